use crate::error::WasmError;
use crate::ticker::Ticker;
use std::sync::Arc;
use tokio::sync::Semaphore;
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, WasmBacktraceDetails};

/// What happens to a guest when every instance of the pool is in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PoolFull {
    /// It waits its turn, its wall time running.
    #[default]
    Wait,
    /// It ends at once and says so.
    Fail,
}

/// How an engine is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineOptions {
    /// Instances that may live at once. Each reserves some 4 GiB of address space, which costs no memory until it is used.
    pub instances: u32,
    pub when_full: PoolFull,
    /// Whether guests use up fuel, and run alike on every machine: code is slower for it, and other code than without.
    pub fuel: bool,
}

impl EngineOptions {
    /// As many as a host may have guests.
    pub const DEFAULT_INSTANCES: u32 = 10_000;
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self { instances: Self::DEFAULT_INSTANCES, when_full: PoolFull::default(), fuel: false }
    }
}

/// The stack that a guest's own frames may take. V8 has about as much.
const GUEST_STACK: usize = 1 << 20;

/// What the host's functions have beside it: they run on the guest's stack.
const HOST_STACK: usize = 512 << 10;

/// Elements that one table may have.
const TABLE_ELEMENTS: usize = 100_000;

/// GC heaps that may live at once: only guests in garbage-collected languages have one, and each reserves as much as a memory.
const GC_HEAPS: u32 = 1_000;

/// wasmtime's compiler, and the pool that instances live in. Components and modules share it. It can be cloned, which gives
/// the same engine.
#[derive(Clone)]
pub struct WasmEngine(Arc<Inner>);

struct Inner {
    engine: Engine,
    ticker: Ticker,
    slots: Arc<Semaphore>,
    options: EngineOptions,
}

impl WasmEngine {
    /// # Errors
    /// [`WasmError::Start`] where the system does not give the address space, and [`WasmError::Thread`].
    pub fn new(options: EngineOptions) -> Result<Self, WasmError> {
        let engine = Engine::new(&config(&options)).map_err(|error| WasmError::Start(format!("{error:#}")))?;
        let ticker = Ticker::start(&engine).map_err(|error| WasmError::Thread(Arc::new(error)))?;
        let slots = Arc::new(Semaphore::new(options.instances as usize));
        Ok(Self(Arc::new(Inner { engine, ticker, slots, options })))
    }

    /// wasmtime's own engine, which modules and components are compiled with.
    pub fn wasmtime(&self) -> &Engine {
        &self.0.engine
    }

    pub(crate) fn options(&self) -> &EngineOptions {
        &self.0.options
    }

    /// Has a permit for each slot of the pool.
    pub(crate) fn slots(&self) -> &Arc<Semaphore> {
        &self.0.slots
    }

    pub(crate) fn ticker(&self) -> &Ticker {
        &self.0.ticker
    }
}

fn config(options: &EngineOptions) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(options.instances)
        .total_component_instances(options.instances)
        .total_memories(options.instances)
        .total_tables(options.instances)
        .total_stacks(options.instances)
        .total_gc_heaps(options.instances.min(GC_HEAPS))
        .max_memories_per_module(4)
        .max_tables_per_module(8)
        .table_elements(TABLE_ELEMENTS);
    let mut config = Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .epoch_interruption(true)
        .consume_fuel(options.fuel)
        .cranelift_nan_canonicalization(options.fuel)
        .relaxed_simd_deterministic(options.fuel)
        .max_wasm_stack(GUEST_STACK)
        .async_stack_size(GUEST_STACK + HOST_STACK)
        .wasm_function_references(true)
        .wasm_gc(true)
        .wasm_exceptions(true)
        .wasm_backtrace_details(WasmBacktraceDetails::Disable);
    config
}

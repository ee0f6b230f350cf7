//! What wasmtime made of programs, once per digest.

use crate::artifacts::Artifacts;
use crate::command::Command;
use crate::engine::WasmEngine;
use crate::error::WasmError;
use hotcell_modules::{ArtifactStore, BlobDigest, CacheBounds, Claim, DerivedCache, DerivedStats, MakeTicket};
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wasmtime::{Engine, Module};

/// A module that is ready to be instantiated, as often as one likes.
pub struct CompiledModule {
    module: Module,
    /// Why it is no WASI program, where it is none.
    pub(crate) command: Result<Command, String>,
    /// Of the pool's slots, how many an instance takes.
    pub(crate) slots: u32,
}

impl CompiledModule {
    fn new(module: Module) -> Self {
        let command = Command::new(&module);
        let required = module.resources_required();
        let slots = required.num_memories.max(required.num_tables).max(1);
        Self { module, command, slots }
    }

    /// wasmtime's own module.
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// Bytes that it takes in memory.
    fn weight(&self) -> u64 {
        let range = self.module.image_range();
        (range.end as usize).saturating_sub(range.start as usize) as u64
    }
}

impl WasmEngine {
    /// Compiles a module. Takes some 100 ms for each megabyte, on the calling thread and on those of the compiler.
    ///
    /// # Errors
    /// [`WasmError::Compile`].
    pub fn compile(&self, bytes: &[u8]) -> Result<CompiledModule, WasmError> {
        let module = Module::from_binary(self.wasmtime(), bytes);
        module.map(CompiledModule::new).map_err(|error| WasmError::Compile(format!("{error:#}")))
    }

    /// Takes a module that the embedder compiled, or had from [`CompiledModule::module`].
    ///
    /// # Panics
    /// Where another engine compiled it: its code would not find what it relies on in this one.
    pub fn wrap_module(&self, module: Module) -> CompiledModule {
        assert!(
            Engine::same(self.wasmtime(), module.engine()),
            "wrap_module was given a module that another engine compiled: compile it with this WasmEngine's wasmtime()"
        );
        CompiledModule::new(module)
    }
}

/// Counters of a [`CompiledModules`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CompiledModuleStats {
    pub cache: DerivedStats,
    pub compiles: u64,
    /// Modules whose compiled form was found on disk.
    pub loads: u64,
}

/// Compiled modules by the SHA-256 of their bytes, within bounds: compiled once, however many ask at once. A clone is the same
/// cache.
#[derive(Clone)]
pub struct CompiledModules {
    engine: WasmEngine,
    bounds: CacheBounds,
    made: DerivedCache<CompiledModule, WasmError>,
    artifacts: Option<Arc<Artifacts>>,
    counters: Arc<Counters>,
}

#[derive(Default)]
struct Counters {
    compiles: AtomicU64,
    loads: AtomicU64,
}

type Ticket = MakeTicket<CompiledModule, WasmError>;

impl CompiledModules {
    /// An empty cache. With a `store`, what is compiled is kept there too, and looked for there first.
    pub fn new(engine: WasmEngine, bounds: CacheBounds, store: Option<Arc<ArtifactStore>>) -> Self {
        let artifacts = store.map(|store| Arc::new(Artifacts::new(store)));
        Self { engine, bounds, made: DerivedCache::new(bounds), artifacts, counters: Arc::default() }
    }

    /// The engine that compiled these modules.
    pub fn engine(&self) -> &WasmEngine {
        &self.engine
    }

    /// How much is kept.
    pub(crate) fn bounds(&self) -> CacheBounds {
        self.bounds
    }

    /// What is kept on disk.
    pub(crate) fn artifacts(&self) -> Option<&Arc<Artifacts>> {
        self.artifacts.as_ref()
    }

    /// The counters.
    pub fn stats(&self) -> CompiledModuleStats {
        CompiledModuleStats {
            cache: self.made.stats(),
            compiles: self.counters.compiles.load(Ordering::Relaxed),
            loads: self.counters.loads.load(Ordering::Relaxed),
        }
    }

    /// The module of those bytes, whose digest the caller knows. Blocks while it is compiled.
    ///
    /// # Errors
    /// As [`WasmEngine::compile`].
    pub fn get(&self, digest: BlobDigest, bytes: &[u8]) -> Result<Arc<CompiledModule>, WasmError> {
        loop {
            match self.made.claim(digest) {
                Claim::Ready(module) => return Ok(module),
                Claim::Make(ticket) => return self.make(ticket, digest, bytes),
                Claim::Wait(flight) => {
                    if let Some(result) = flight.wait() {
                        return result;
                    }
                }
            }
        }
    }

    /// The same without blocking: what takes long is given to tokio's threads for that.
    pub(crate) async fn get_async(
        &self,
        digest: BlobDigest,
        bytes: &Arc<Vec<u8>>,
    ) -> Result<Arc<CompiledModule>, WasmError> {
        loop {
            let (flight, is_mine) = match self.made.claim(digest) {
                Claim::Ready(module) => return Ok(module),
                Claim::Wait(flight) => (flight, false),
                Claim::Make(ticket) => {
                    let flight = ticket.flight();
                    let (modules, bytes) = (self.clone(), Arc::clone(bytes));
                    tokio::task::spawn_blocking(move || drop(modules.make(ticket, digest, &bytes)));
                    (flight, true)
                }
            };
            match poll_fn(|context| flight.poll_result(context)).await {
                Some(result) => return result,
                None if is_mine => return Err(WasmError::CompilerPanicked),
                None => {}
            }
        }
    }

    /// Waits until what was compiled is on disk.
    ///
    /// # Errors
    /// [`WasmError::NotKept`] with everything that could not be kept since the last time.
    pub fn close(&self) -> Result<(), WasmError> {
        let errors = self.artifacts.as_ref().map(|artifacts| artifacts.finish()).unwrap_or_default();
        if errors.is_empty() { Ok(()) } else { Err(WasmError::NotKept(errors)) }
    }

    /// Finds the module on disk, or compiles it. Those who wait have it before it is saved.
    fn make(&self, ticket: Ticket, digest: BlobDigest, bytes: &[u8]) -> Result<Arc<CompiledModule>, WasmError> {
        let engine = self.engine.wasmtime();
        if let Some(module) = self.artifacts.as_ref().and_then(|artifacts| artifacts.load(engine, &digest)) {
            self.counters.loads.fetch_add(1, Ordering::Relaxed);
            let module = CompiledModule::new(module);
            let weight = module.weight();
            return Ok(ticket.made(module, weight));
        }
        self.counters.compiles.fetch_add(1, Ordering::Relaxed);
        match self.engine.compile(bytes) {
            Ok(module) => {
                // Announced first: whoever runs the module and closes the cache then waits for it.
                let save = self.artifacts.as_ref().map(|artifacts| artifacts.announce());
                let weight = module.weight();
                let module = ticket.made(module, weight);
                if let Some(save) = save {
                    save.perform(&digest, &module);
                }
                Ok(module)
            }
            Err(error) => {
                ticket.failed(error.clone());
                Err(error)
            }
        }
    }
}

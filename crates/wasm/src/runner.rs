//! Runs guests: on a few threads that all of them share, each of which a guest holds only while it runs.

use crate::component::{CompiledComponents, is_component, program};
use crate::error::WasmError;
use crate::life;
use crate::modules::{CompiledModule, CompiledModules};
use hotcell_guest::{Ending, Guest, GuestProgram, GuestSpec};
use hotcell_protocol::Phase;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::thread::available_parallelism;
use tokio::runtime::{Builder, Runtime};

/// Compilations under way at once. The compiler itself uses every core.
const COMPILER_THREADS: usize = 4;

/// Runs WASI programs. Dropping it ends its guests, who have crashed then.
pub struct WasiRunner {
    modules: CompiledModules,
    components: CompiledComponents,
    /// `None` only while it is being dropped.
    executor: Option<Runtime>,
}

impl WasiRunner {
    /// # Errors
    /// [`WasmError::Thread`].
    pub fn start(modules: CompiledModules) -> Result<Self, WasmError> {
        let cores = available_parallelism().map_or(1, usize::from);
        let executor = Builder::new_multi_thread()
            // Host functions and instructions over much memory do not yield: with more threads than cores others run beside.
            .worker_threads((2 * cores).max(4))
            .max_blocking_threads(COMPILER_THREADS)
            // A guest that runs on and on comes back once per slice: without these, others could wait for dozens of slices.
            .global_queue_interval(1)
            .event_interval(1)
            .thread_name("wasm")
            .enable_time()
            .build()
            .map_err(|error| WasmError::Thread(Arc::new(error)))?;
        let components = CompiledComponents::new(&modules);
        Ok(Self { modules, components, executor: Some(executor) })
    }

    /// The modules that its guests run.
    pub fn modules(&self) -> &CompiledModules {
        &self.modules
    }

    /// Runs a guest whose program is WebAssembly. Returns at once; the guest ends with its exit, whatever happens.
    pub fn run(&self, spec: GuestSpec) {
        self.spawn(spec, None);
    }

    /// The same with a module that the embedder has already, whatever the program in `spec`.
    pub fn run_module(&self, spec: GuestSpec, module: Arc<CompiledModule>) {
        self.spawn(spec, Some(module));
    }

    fn spawn(&self, spec: GuestSpec, module: Option<Arc<CompiledModule>>) {
        let guest = Arc::clone(&spec.guest);
        guest.share_threads();
        guest.end_phase(Phase::Queue);
        let modules = self.modules.clone();
        match wasm_of(&spec.program) {
            Some((_, _, bytes)) if module.is_none() && is_component(bytes) => {
                let components = self.components.clone();
                self.drive(guest, async move { program::live(&components, spec).await });
            }
            _ => self.drive(guest, async move { life::live(&modules, spec, module).await }),
        }
    }

    /// Runs a guest's life on the executor, its time counted where it runs.
    pub(crate) fn drive(&self, guest: Arc<Guest>, life: impl Future<Output = ()> + Send + 'static) {
        let Some(executor) = &self.executor else { return finish_crashed(&guest, "The engine is being closed.") };
        let engine = self.modules.engine().clone();
        let finisher = Finisher(guest);
        executor.spawn(async move {
            let guest = &finisher.0;
            let ticker = engine.ticker();
            let mut life = pin!(life);
            poll_fn(|context| {
                let _ticking = ticker.run();
                let _running = guest.run_on_this_thread();
                life.as_mut().poll(context)
            })
            .await;
        });
    }

    /// Runs a future that is no guest's on the executor.
    pub(crate) fn spawn_task(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(executor) = &self.executor {
            executor.spawn(task);
        }
    }
}

impl Drop for WasiRunner {
    fn drop(&mut self) {
        if let Some(executor) = self.executor.take() {
            executor.shutdown_background();
        }
    }
}

/// Sees to it that a guest ends whose task panics, or is dropped.
struct Finisher(Arc<Guest>);

impl Drop for Finisher {
    fn drop(&mut self) {
        finish_crashed(&self.0, "The sidecar failed while it ran the guest; its log says where.");
    }
}

/// Does nothing where the guest has ended already.
fn finish_crashed(guest: &Arc<Guest>, message: &str) {
    guest.clear_interrupt();
    if guest.finish(Ending::Crash { message: message.into() }, 0) {
        tracing::error!(guest = guest.id(), message, "a guest could not be run");
    }
}

/// The program's name and bytes.
pub(crate) fn wasm_of(program: &GuestProgram) -> Option<(&str, hotcell_modules::BlobDigest, &Arc<Vec<u8>>)> {
    match program {
        GuestProgram::Wasm { digest, bytes, name } => Some((name, *digest, bytes)),
        GuestProgram::Source { .. } | GuestProgram::ScriptFile { .. } => None,
    }
}

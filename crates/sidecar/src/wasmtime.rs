use crate::settings::Settings;
use hotcell_guest::{Ending, GuestSpec};
use hotcell_modules::{ArtifactStore, CacheBounds};
use hotcell_protocol::CompiledModuleStats;
use hotcell_runtime::WasiEngine;
use hotcell_wasm::component::RunnerSource;
use hotcell_wasm::{CompiledModules, EngineOptions, WasiRunner, WasmEngine, WasmError};
use std::sync::{Arc, OnceLock};

/// Instances for guests that have fuel, which take address space of their own.
const MAX_FUELED_INSTANCES: u32 = 1_000;

/// The engine for WASI programs. It starts with the first of them: who runs none need not pay for it.
pub(crate) struct Wasmtime {
    options: EngineOptions,
    cache: CacheBounds,
    store: Option<Arc<ArtifactStore>>,
    runner: OnceLock<Result<WasiRunner, WasmError>>,
    /// For guests that have fuel: its code is other code.
    fueled: OnceLock<Result<WasiRunner, WasmError>>,
}

impl Wasmtime {
    /// With a `store`, what is compiled is kept there.
    pub(crate) fn new(settings: &Settings, store: Option<Arc<ArtifactStore>>) -> Self {
        let (options, cache) = (settings.wasm, settings.compiled_cache);
        Self { options, cache, store, runner: OnceLock::new(), fueled: OnceLock::new() }
    }

    fn runner(&self, fuel: bool) -> &Result<WasiRunner, WasmError> {
        let (runner, options) = match fuel {
            false => (&self.runner, self.options),
            true => {
                let instances = self.options.instances.min(MAX_FUELED_INSTANCES);
                (&self.fueled, EngineOptions { fuel, instances, ..self.options })
            }
        };
        runner.get_or_init(|| {
            let engine = WasmEngine::new(options)?;
            WasiRunner::start(CompiledModules::new(engine, self.cache, self.store.clone()))
        })
    }
}

impl RunnerSource for Wasmtime {
    fn runner(&self) -> Result<&WasiRunner, WasmError> {
        self.runner(false).as_ref().map_err(Clone::clone)
    }
}

impl WasiEngine for Wasmtime {
    fn run(&self, spec: GuestSpec) {
        match self.runner(spec.guest.fuel().is_some()) {
            Ok(runner) => runner.run(spec),
            Err(error) => {
                tracing::error!(guest = spec.guest.id(), %error, "a guest could not be run");
                spec.guest.finish(Ending::Crash { message: error.to_string() }, 0);
            }
        }
    }

    fn compiled_modules(&self) -> CompiledModuleStats {
        let mut sum = CompiledModuleStats::default();
        for runner in [&self.runner, &self.fueled].into_iter().filter_map(|runner| runner.get()?.as_ref().ok()) {
            let stats = runner.modules().stats();
            sum.entries += u32::try_from(stats.cache.entries).unwrap_or(u32::MAX);
            sum.bytes += stats.cache.bytes;
            sum.hits += stats.cache.hits;
            sum.misses += stats.cache.misses;
            sum.compiles += stats.compiles;
            sum.loads += stats.loads;
        }
        sum
    }
}

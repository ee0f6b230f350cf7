//! Components as programs: those that export `wasi:cli/run`.

use crate::engine::WasmEngine;
use crate::error::WasmError;
use crate::failure::{CANNOT_START, Failure, ending_of_error};
use crate::life::{EpochInterrupt, fail, until_ended};
use crate::modules::CompiledModules;
use crate::preview2::{ComponentState, WasiOptions, linker};
use crate::runner::wasm_of;
use crate::store::prepare;
use hotcell_guest::{Ending, Guest, GuestSpec, Phase};
use hotcell_modules::{BlobDigest, Claim, DerivedCache};
use hotcell_protocol::ReadyWhen;
use std::future::poll_fn;
use std::sync::{Arc, OnceLock};
use wasmtime::Store;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, ComponentExportIndex, InstancePre, Linker};
use wasmtime_wasi::I32Exit;

/// The function that readies a program, for guests that are ready when it has returned.
const READY_FUNCTION: &str = "ready";

/// The interface of programs; any version that starts so.
const RUN_INTERFACE: &str = "wasi:cli/run@0.2.";

/// A component that is ready to be run.
pub(crate) struct ComponentProgram {
    /// Why it is no program, where it is none.
    program: Result<(InstancePre<ComponentState>, ComponentExportIndex), String>,
    slots: u32,
}

impl ComponentProgram {
    fn new(linker: &Linker<ComponentState>, component: &Component) -> Self {
        let slots = super::code::slots_of(component);
        let program = run_function(component).and_then(|run| {
            let pre = linker.instantiate_pre(component);
            let pre = pre.map_err(|error| format!("the program imports what is not there: {error:#}"))?;
            Ok((pre, run))
        });
        Self { program, slots }
    }
}

fn run_function(component: &Component) -> Result<ComponentExportIndex, String> {
    let ty = component.component_type();
    let found = ty.exports(component.engine()).find_map(|(name, export)| {
        let is_run = name.starts_with(RUN_INTERFACE) && matches!(export.ty, ComponentItem::ComponentInstance(_));
        is_run.then(|| component.get_export_index(None, name)).flatten()
    });
    found.and_then(|interface| component.get_export_index(Some(&interface), "run")).ok_or_else(|| {
        "the component exports no wasi:cli/run: it is a library for others to call, not a command".into()
    })
}

/// Components that were compiled to be run, once per digest. A clone is the same cache.
#[derive(Clone)]
pub(crate) struct CompiledComponents {
    modules: CompiledModules,
    made: DerivedCache<ComponentProgram, WasmError>,
    /// Made when the first component comes.
    linker: Arc<OnceLock<Result<Linker<ComponentState>, String>>>,
}

impl CompiledComponents {
    /// With the engine, the bounds and the disk of these modules.
    pub(crate) fn new(modules: &CompiledModules) -> Self {
        Self { modules: modules.clone(), made: DerivedCache::new(modules.bounds()), linker: Arc::default() }
    }

    fn engine(&self) -> &WasmEngine {
        self.modules.engine()
    }

    async fn get(&self, digest: BlobDigest, bytes: &Arc<Vec<u8>>) -> Result<Arc<ComponentProgram>, WasmError> {
        loop {
            let (flight, is_mine) = match self.made.claim(digest) {
                Claim::Ready(program) => return Ok(program),
                Claim::Wait(flight) => (flight, false),
                Claim::Make(ticket) => {
                    let flight = ticket.flight();
                    let (components, bytes) = (self.clone(), Arc::clone(bytes));
                    tokio::task::spawn_blocking(move || match components.make(digest, &bytes) {
                        Ok((program, weight)) => drop(ticket.made(program, weight)),
                        Err(error) => ticket.failed(error),
                    });
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

    fn make(&self, digest: BlobDigest, bytes: &[u8]) -> Result<(ComponentProgram, u64), WasmError> {
        let linker = self.linker.get_or_init(|| linker(self.engine().wasmtime()).map_err(|error| format!("{error:#}")));
        let linker = linker.as_ref().map_err(|error| WasmError::Start(error.clone()))?;
        let component = self.modules.component(digest, bytes).map_err(WasmError::Compile)?;
        let range = component.image_range();
        let weight = (range.end as usize).saturating_sub(range.start as usize) as u64;
        Ok((ComponentProgram::new(linker, &component), weight))
    }
}

/// Runs the guest from its claim to its exit.
pub(crate) async fn live(components: &CompiledComponents, spec: GuestSpec) {
    let guest = Arc::clone(&spec.guest);
    guest.claimed(None);
    if let Err(failure) = run(components, spec).await {
        fail(&guest, failure).await;
    }
}

async fn run(components: &CompiledComponents, spec: GuestSpec) -> Result<(), Failure> {
    let guest = Arc::clone(&spec.guest);
    let Some((name, digest, bytes)) = wasm_of(&spec.program) else {
        return Err(Failure::crash("WebAssembly's engine was given a program that is none.".into()));
    };
    let program = until_ended(&guest, components.get(digest, bytes)).await?.map_err(|error| match error {
        WasmError::Compile(_) => Failure::exit(CANNOT_START, &error.to_string()),
        error => Failure::crash(error.to_string()),
    })?;
    guest.end_phase(Phase::Compile);
    let (pre, run) = program.program.as_ref().map_err(|reason| Failure::exit(CANNOT_START, reason))?;
    let slot = until_ended(&guest, components.engine().slot(program.slots)).await?;
    let _slot = slot.map_err(|error| Failure::crash(error.to_string()))?;
    let arguments = std::iter::once(name).chain(spec.args.iter().map(String::as_str)).collect();
    let env = spec.env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let options = WasiOptions { arguments, env, cwd: &spec.cwd, preopens: spec.preopens.as_ref(), stdio: true };
    let state = ComponentState::new(&guest, &spec.vfs, &options);
    drop(options);
    guest.end_phase(Phase::Inject);
    let mut store = Store::new(components.engine().wasmtime(), state);
    store.limiter(|state| &mut state.limiter);
    store.set_hostcall_fuel(super::instance::MAX_LIFTED_BYTES);
    prepare(&mut store);
    guest.on_interrupt(Box::new(EpochInterrupt(components.engine().wasmtime().clone())));
    let ended = until_ended(&guest, execute(&mut store, pre, run, &guest)).await;
    guest.clear_interrupt();
    guest.set_external_peak(store.data().limiter.peak() as u64);
    let code = match ended? {
        Ok(code) => code,
        Err(error) => match error.downcast_ref() {
            Some(I32Exit(code)) => *code as u8,
            None => return Err(ending_of_error(&error, &store.data().limiter, &guest)),
        },
    };
    let flushed = store.data().flush();
    flushed.await;
    guest.finish(Ending::exit(code), 0);
    Ok(())
}

async fn execute(
    store: &mut Store<ComponentState>,
    pre: &InstancePre<ComponentState>,
    run: &ComponentExportIndex,
    guest: &Guest,
) -> wasmtime::Result<u8> {
    let instance = pre.instantiate_async(&mut *store).await?;
    let run = instance.get_typed_func::<(), (Result<(), ()>,)>(&mut *store, run)?;
    guest.end_phase(Phase::IsolateNew);
    if guest.ready_when() == Some(ReadyWhen::Export)
        && let Ok(ready) = instance.get_typed_func::<(), ()>(&mut *store, READY_FUNCTION)
    {
        ready.call_async(&mut *store, ()).await?;
        guest.mark_ready();
    }
    guest.mark_started();
    let (returned,) = run.call_async(&mut *store, ()).await?;
    guest.end_phase(Phase::UserCode);
    Ok(u8::from(returned.is_err()))
}

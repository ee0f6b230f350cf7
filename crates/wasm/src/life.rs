//! A guest's life: its module, its instance, its start function, its exit.

use crate::command::Command;
use crate::engine::{PoolFull, WasmEngine};
use crate::error::WasmError;
use crate::failure::{CANNOT_START, Failure, ending_of_error};
use crate::limiter::MemoryLimiter;
use crate::modules::{CompiledModule, CompiledModules};
use crate::runner::wasm_of;
use crate::state::GuestState;
use crate::store::prepare as prepare_store;
use crate::timers::ExecutorTimers;
use hotcell_guest::{Ending, Guest, GuestSpec, Interrupt, Making, wasi_ctx};
use hotcell_protocol::{Phase, ReadyWhen, Signal, Stream};
use hotcell_wasi::Trap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use tokio::sync::OwnedSemaphorePermit;
use wasmtime::{Engine, Instance, ModuleExport, Store, TypedFunc};

/// Runs the guest from its claim to its exit. `module`, where there is one, is what it runs.
pub(crate) async fn live(modules: &CompiledModules, spec: GuestSpec, module: Option<Arc<CompiledModule>>) {
    let guest = Arc::clone(&spec.guest);
    let ready = guest.created();
    guest.claimed(Making { began: ready, isolate: ready, context: ready });
    let prepared = prepare(modules, &spec, module).await;
    let (module, _slot) = match prepared {
        Ok(prepared) => prepared,
        Err(failure) => return fail(&guest, failure).await,
    };
    let command = match &module.command {
        Ok(command) => command,
        Err(reason) => return fail(&guest, Failure::exit(CANNOT_START, reason)).await,
    };
    let name = wasm_of(&spec.program).map_or("", |(name, ..)| name);
    if guest.ready_when() == Some(ReadyWhen::Export) && command.ready.is_none() {
        let reason =
            "the program exports no function ready that takes and gives nothing, by which it was to say that it serves";
        return fail(&guest, Failure::exit(CANNOT_START, reason)).await;
    }
    let wasi = match wasi_ctx(&spec, name, ExecutorTimers::new(&guest)) {
        Ok(wasi) => wasi,
        Err(error) => return fail(&guest, Failure::exit(CANNOT_START, &error.to_string())).await,
    };
    drop(spec);
    guest.end_phase(Phase::Inject);
    let limiter = MemoryLimiter::new(guest.limits().external_mb);
    let state = GuestState { guest: Arc::clone(&guest), wasi, memory: None, limiter };
    let mut store = Store::new(modules.engine().wasmtime(), state);
    let ended = execute(&mut store, command).await;
    guest.clear_interrupt();
    guest.set_external_peak(store.data().limiter.peak() as u64);
    match ended {
        Ok(()) => drop(guest.finish(Ending::exit(0), 0)),
        Err(error) => fail(&guest, ending_of_error(&error, &store.data().limiter, &guest)).await,
    }
    // The store goes only now: nobody waits for that.
}

/// Finds the module, and a place in the pool for its instance.
async fn prepare(
    modules: &CompiledModules,
    spec: &GuestSpec,
    module: Option<Arc<CompiledModule>>,
) -> Result<(Arc<CompiledModule>, OwnedSemaphorePermit), Failure> {
    let module = match (module, wasm_of(&spec.program)) {
        (Some(module), _) => module,
        (None, Some((_, digest, bytes))) => {
            let found = until_ended(&spec.guest, modules.get_async(digest, bytes)).await?;
            found.map_err(|error| match error {
                WasmError::Compile(_) => Failure::exit(CANNOT_START, &error.to_string()),
                error => Failure::crash(error.to_string()),
            })?
        }
        (None, None) => return Err(Failure::crash("WebAssembly's engine was given a program that is none.".into())),
    };
    spec.guest.end_phase(Phase::Compile);
    let slot = until_ended(&spec.guest, modules.engine().slot(module.slots)).await?;
    Ok((module, slot.map_err(|error| Failure::crash(error.to_string()))?))
}

/// Runs a future until it or the guest ends.
pub(crate) async fn until_ended<F: Future>(guest: &Guest, future: F) -> Result<F::Output, Failure> {
    let mut future = pin!(future);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Ok(output)),
        Poll::Pending => guest.poll_ending(context).map(|()| Err(Failure::Ending)),
    })
    .await
}

async fn execute(store: &mut Store<GuestState>, command: &Command) -> wasmtime::Result<()> {
    let guest = Arc::clone(&store.data().guest);
    store.limiter(|state| &mut state.limiter);
    if store.engine().get_consume_fuel() {
        store.set_fuel(guest.fuel().unwrap_or(u64::MAX))?;
    }
    prepare_store(store);
    guest.on_interrupt(Box::new(EpochInterrupt(store.engine().clone())));
    // Asked after the deadline was set: an end that comes later moves the epoch past it.
    if guest.is_ending() {
        return Err(Trap::Killed.into());
    }
    let instance = command.pre.instantiate_async(&mut *store).await?;
    let memory = instance.get_module_export(&mut *store, &command.memory).and_then(|export| export.into_memory());
    store.data_mut().memory = memory;
    let start = function(&mut *store, &instance, &command.start)?;
    guest.end_phase(Phase::IsolateNew);
    if guest.ready_when() == Some(ReadyWhen::Export)
        && let Some(ready) = &command.ready
    {
        function(&mut *store, &instance, ready)?.call_async(&mut *store, ()).await?;
        guest.mark_ready();
    }
    guest.mark_started();
    let returned = start.call_async(&mut *store, ()).await;
    guest.end_phase(Phase::UserCode);
    returned
}

fn function(
    store: &mut Store<GuestState>,
    instance: &Instance,
    export: &ModuleExport,
) -> wasmtime::Result<TypedFunc<(), ()>> {
    let export = instance.get_module_export(&mut *store, export).and_then(|export| export.into_func());
    export.ok_or_else(|| wasmtime::Error::msg("an instance lost a function of its module"))?.typed(&*store)
}

/// Ends the guest, and tells its stderr why where that is for it to hear.
pub(crate) async fn fail(guest: &Arc<Guest>, failure: Failure) {
    let ending = match failure {
        // The guest knows why; this counts only where nobody gave a reason.
        Failure::Ending => Ending::Crash { message: "The guest's execution was ended without a reason.".into() },
        Failure::Ended(ending) => ending,
        Failure::Told { text, ending } => {
            tracing::info!(guest = guest.id(), reason = text, "a program failed");
            write_all(guest, text.as_bytes()).await;
            ending
        }
    };
    if let Ending::Crash { message } = &ending
        && !guest.is_ending()
    {
        tracing::error!(guest = guest.id(), message, "a guest could not be run");
    }
    guest.finish(ending, 0);
}

/// Writes to stderr; gives up where the guest is being ended.
async fn write_all(guest: &Arc<Guest>, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let sent = poll_fn(|context| guest.poll_write(context, Stream::Stderr, bytes)).await;
        let Ok(sent) = sent else { return };
        bytes = &bytes[sent..];
    }
}

/// Has the guest look at once whether it is to end.
pub(crate) struct EpochInterrupt(pub Engine);

impl Interrupt for EpochInterrupt {
    fn interrupt(&self) {
        self.0.increment_epoch();
    }

    fn signal(&self, _: Signal) {
        // WASI programs listen for none.
    }
}

impl WasmEngine {
    /// A place for an instance that takes so many slots of the pool; waits for it, or does not, as the options say.
    pub(crate) async fn slot(&self, count: u32) -> Result<OwnedSemaphorePermit, WasmError> {
        let full = WasmError::PoolFull { instances: self.options().instances };
        let slots = Arc::clone(self.slots());
        let place = match self.options().when_full {
            _ if count > self.options().instances => return Err(full),
            PoolFull::Wait => slots.acquire_many_owned(count).await.ok(),
            PoolFull::Fail => slots.try_acquire_many_owned(count).ok(),
        };
        place.ok_or(full)
    }
}

//! Calls of components' functions, as hosts make them.

use super::bytes_call::{self, BytesCall};
use super::code::{Code, CodeLoader, ComponentCode, ModuleCode, RunnerSource};
use super::error::CallError;
use super::instance::LiveComponent;
use super::registry::{Ready, Registry, RegistryOptions};
use crate::engine::WasmEngine;
use crate::life::{EpochInterrupt, until_ended};
use crate::limiter::MemoryLimiter;
use crate::state::GuestState;
use crate::store::prepare;
use crate::timers::ExecutorTimers;
use bytes::Bytes;
use hotcell_guest::{Ending, Guest, GuestProgram, GuestSpec, wasi_ctx};
use hotcell_protocol::ComponentDetails;
use hotcell_vfs::{Vfs, VfsOptions};
use lru::LruCache;
use parking_lot::Mutex;
use serde_json::Value;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use tokio::sync::Mutex as Turn;
use wasmtime::Store;

/// Instances that are kept for one host. Of more, that which was called least recently goes, and its handles with it.
const MAX_INSTANCES: NonZeroUsize = NonZeroUsize::new(256).unwrap();

/// Bytes of files that a module's call may make.
const FILE_BYTES: u64 = 16 << 20;

/// What a host calls with.
#[derive(Clone, Debug)]
pub enum CallInput {
    Json(Value),
    Bytes(Bytes),
}

/// What a call returned.
#[derive(Clone, Debug, PartialEq)]
pub enum Returned {
    /// `null` where the function returns nothing.
    Json(Value),
    Bytes(Vec<u8>),
}

/// One call.
pub struct Call {
    /// Holds the limits, and is ended where the host cancels. It has no stdio.
    pub guest: Arc<Guest>,
    pub component: String,
    pub function: String,
    pub input: CallInput,
}

/// The instances that one host's calls go to: what a function leaves in its memory is there for this host's next call, and for
/// nobody else's.
pub struct CallSession {
    instances: Mutex<LruCache<String, Kept>>,
}

/// An instance of the component with that serial; its calls take turns. Empty before the first call, and after a trap.
#[derive(Clone)]
struct Kept {
    serial: u64,
    turn: Arc<Turn<Option<LiveComponent>>>,
}

impl Default for CallSession {
    fn default() -> Self {
        Self { instances: Mutex::new(LruCache::new(MAX_INSTANCES)) }
    }
}

impl CallSession {
    /// The instance for a component, with those before a replacement let go.
    fn turn(&self, ready: &Ready<Code>) -> Arc<Turn<Option<LiveComponent>>> {
        let mut instances = self.instances.lock();
        if let Some(kept) = instances.get(&ready.id)
            && kept.serial == ready.serial
        {
            return Arc::clone(&kept.turn);
        }
        let turn = Arc::<Turn<_>>::default();
        let kept = Kept { serial: ready.serial, turn: Arc::clone(&turn) };
        let evicted = instances.push(ready.id.clone(), kept);
        drop(instances);
        drop(evicted);
        turn
    }
}

/// Components, and what runs their calls.
pub struct ComponentCalls {
    registry: Registry<CodeLoader>,
    runners: Arc<dyn RunnerSource>,
}

impl ComponentCalls {
    /// Components of their own, whose calls run on the threads of that runner, beside its guests.
    pub fn new(runners: Arc<dyn RunnerSource>, options: RegistryOptions) -> Self {
        let loader = CodeLoader::new(Arc::clone(&runners));
        Self { registry: Registry::new(loader, options), runners }
    }

    pub fn registry(&self) -> &Registry<CodeLoader> {
        &self.registry
    }

    /// Asks for the functions of a component; `done` is told when they are known.
    pub fn details(&self, component: String, done: impl FnOnce(Result<ComponentDetails, CallError>) + Send + 'static) {
        let runner = match self.runners.runner() {
            Ok(runner) => runner,
            Err(error) => return done(Err(error.into())),
        };
        let registry = self.registry.clone();
        runner.spawn_task(async move { done(registry.details(&component).await.map_err(CallError::from)) });
    }

    /// Calls a function. Returns at once; `done` is told what came of it when the guest has ended.
    pub fn call(
        &self,
        session: &Arc<CallSession>,
        call: Call,
        done: impl FnOnce(Result<Returned, CallError>) + Send + 'static,
    ) {
        let runner = match self.runners.runner() {
            Ok(runner) => runner,
            Err(error) => {
                call.guest.finish(Ending::Crash { message: error.to_string() }, 0);
                return done(Err(error.into()));
            }
        };
        let registry = self.registry.clone();
        let engine = runner.modules().engine().clone();
        let session = Arc::clone(session);
        let Call { guest, component, function, input } = call;
        let caller = Arc::clone(&guest);
        runner.drive(guest, async move {
            let guest = caller;
            guest.on_interrupt(Box::new(EpochInterrupt(engine.wasmtime().clone())));
            let called = Calling { registry: &registry, engine: &engine, session: &session, guest: &guest };
            let called = called.call(&component, &function, input).await;
            guest.clear_interrupt();
            let code = u8::from(called.is_err());
            guest.finish(Ending::exit(code), 0);
            done(match guest.ending() {
                // Whatever it came to: whoever ended it is told so.
                Some(ending) if *ending != Ending::exit(code) => Err(CallError::ended(ending)),
                _ => called,
            });
        });
    }
}

struct Calling<'a> {
    registry: &'a Registry<CodeLoader>,
    engine: &'a WasmEngine,
    session: &'a CallSession,
    guest: &'a Arc<Guest>,
}

impl Calling<'_> {
    async fn call(&self, component: &str, function: &str, input: CallInput) -> Result<Returned, CallError> {
        let ready = self.unless_ended(self.registry.ready(component)).await??;
        check_function(&ready, function)?;
        let is = |is, takes| CallError::Input { component: component.into(), is, takes };
        match (&ready.code, input) {
            (Code::Component(code), CallInput::Json(arguments)) => {
                let returned = self.unless_ended(self.component(&ready, code, function, arguments)).await?;
                Ok(Returned::Json(returned?))
            }
            (Code::Module(code), CallInput::Bytes(input)) => {
                let returned = self.unless_ended(self.module(code, component, function, &input)).await?;
                Ok(Returned::Bytes(returned?))
            }
            (Code::Component(_), CallInput::Bytes(_)) => Err(is("a component", "JSON")),
            (Code::Module(_), CallInput::Json(_)) => Err(is("a plain module", "bytes")),
        }
    }

    async fn unless_ended<F: Future>(&self, future: F) -> Result<F::Output, CallError> {
        until_ended(self.guest, future).await.map_err(|_| {
            let cancelled = Ending::Cancelled;
            CallError::ended(self.guest.ending().unwrap_or(&cancelled))
        })
    }

    async fn component(
        &self,
        ready: &Ready<Code>,
        code: &Arc<ComponentCode>,
        function: &str,
        arguments: Value,
    ) -> Result<Value, CallError> {
        let Some(callee) = code.callees.get(function) else { return Err(unknown_function(ready, function)) };
        let turn = self.session.turn(ready);
        let mut turn = turn.lock().await;
        // Taken out for as long as it runs: where this future is dropped, the instance goes with it.
        let mut live = match turn.take() {
            Some(live) => live,
            None => LiveComponent::new(self.engine, code, self.guest).await?,
        };
        self.guest.mark_started();
        let (returned, usable) = live.call(self.guest, *callee, arguments).await;
        if usable {
            *turn = Some(live);
        }
        returned
    }

    async fn module(
        &self,
        code: &ModuleCode,
        component: &str,
        function: &str,
        input: &Bytes,
    ) -> Result<Vec<u8>, CallError> {
        let _slot = self.engine.slot(code.slots).await?;
        let mut store = self.module_store(component)?;
        let instance = code.pre.instantiate_async(&mut store).await;
        let instance = instance.map_err(|error| bytes_call::failure(&error, &store))?;
        store.data_mut().memory = instance.get_memory(&mut store, "memory");
        self.guest.mark_started();
        if let Ok(initialize) = instance.get_typed_func::<(), ()>(&mut store, "_initialize") {
            initialize.call_async(&mut store, ()).await.map_err(|error| bytes_call::failure(&error, &store))?;
        }
        BytesCall::new(&mut store, &instance, function)?.call(input).await
    }

    /// A store for one call: with no files, no environment, and nothing on stdin.
    fn module_store(&self, component: &str) -> Result<Store<GuestState>, CallError> {
        let guest = Arc::clone(self.guest);
        let spec = GuestSpec {
            guest: Arc::clone(&guest),
            program: GuestProgram::ScriptFile { path: String::new(), text: String::new() },
            args: Vec::new(),
            env: BTreeMap::new(),
            cwd: "/".into(),
            preopens: None,
            vfs: Vfs::new(VfsOptions { max_bytes: FILE_BYTES, ..VfsOptions::default() }),
            userland: None,
        };
        let wasi = wasi_ctx(&spec, component, ExecutorTimers::new(&guest));
        let wasi = wasi.map_err(|error| CallError::Instantiate(error.to_string()))?;
        let limiter = MemoryLimiter::new(guest.limits().external_mb);
        let mut store = Store::new(self.engine.wasmtime(), GuestState { guest, wasi, memory: None, limiter });
        store.limiter(|state| &mut state.limiter);
        prepare(&mut store);
        Ok(store)
    }
}

fn check_function(ready: &Ready<Code>, name: &str) -> Result<(), CallError> {
    let function = ready.interface.functions.iter().find(|function| function.name == name);
    match function {
        None => Err(unknown_function(ready, name)),
        Some(function) => match &function.unsupported {
            Some(reason) => Err(CallError::Unsupported { function: name.into(), reason: reason.clone() }),
            None => Ok(()),
        },
    }
}

fn unknown_function(ready: &Ready<Code>, function: &str) -> CallError {
    const NAMED: usize = 10;
    let functions = &ready.interface.functions;
    let mut known: Vec<_> = functions.iter().take(NAMED).map(|function| function.name.as_str()).collect();
    if functions.len() > NAMED {
        known.push("...");
    }
    let known = if known.is_empty() { "none".into() } else { known.join(", ") };
    CallError::UnknownFunction { component: ready.id.clone(), function: function.into(), known }
}

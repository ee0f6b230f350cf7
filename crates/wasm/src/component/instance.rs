//! An instance of a component that one host calls.

use super::code::ComponentCode;
use super::error::CallError;
use super::interface::Callee;
use super::value::{Handles, Mismatch, ValueReader, to_json};
use crate::engine::WasmEngine;
use crate::failure::trap_report;
use crate::preview2::{ComponentState, WasiOptions};
use crate::store::prepare;
use hotcell_guest::Guest;
use hotcell_vfs::{Vfs, VfsOptions};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;
use wasmtime::Store;
use wasmtime::component::{Instance, ResourceAny, ResourceType, Val};
use wasmtime_wasi::I32Exit;

/// Handles that a host may hold of one instance.
const MAX_HANDLES: usize = 10_000;

/// Bytes that one call may hand to the host: arguments of host functions, and results. They take up to some twenty times as
/// much as JSON.
pub(crate) const MAX_LIFTED_BYTES: usize = 64 << 20;

/// What files of its own an instance may have, beside the limits on memory.
const FILE_BYTES: u64 = 64 << 20;

/// An instance that lives from call to call. After a trap it is finished.
pub(crate) struct LiveComponent {
    store: Store<ComponentState>,
    instance: Instance,
    handles: HandleTable,
    _slot: OwnedSemaphorePermit,
}

impl LiveComponent {
    /// A virgin instance, with an empty file system of its own.
    pub(crate) async fn new(
        engine: &WasmEngine,
        code: &Arc<ComponentCode>,
        guest: &Arc<Guest>,
    ) -> Result<Self, CallError> {
        let slot = engine.slot(code.slots).await?;
        let vfs = Vfs::new(VfsOptions { max_bytes: FILE_BYTES, ..VfsOptions::default() });
        let options =
            WasiOptions { arguments: vec!["component"], env: Vec::new(), cwd: "/", preopens: None, stdio: false };
        let state = ComponentState::new(guest, &vfs, &options);
        let mut store = Store::new(engine.wasmtime(), state);
        prepare(&mut store);
        store.limiter(|state| &mut state.limiter);
        store.set_hostcall_fuel(MAX_LIFTED_BYTES);
        let instance = code.pre.instantiate_async(&mut store).await;
        let instance = instance.map_err(|error| match failure(&error, &store, false) {
            CallError::Trapped { report } => CallError::Instantiate(report),
            other => other,
        })?;
        Ok(Self { store, instance, handles: HandleTable::default(), _slot: slot })
    }

    /// Calls a function. Where the second part of what comes back is false, the instance must not be used again.
    pub(crate) async fn call(
        &mut self,
        guest: &Arc<Guest>,
        callee: Callee,
        arguments: Value,
    ) -> (Result<Value, CallError>, bool) {
        self.store.data_mut().guest = Arc::clone(guest);
        self.store.set_epoch_deadline(1);
        match self.try_call(callee, arguments).await {
            Ok(result) => (Ok(result), true),
            Err(error) => {
                let usable = matches!(error, CallError::Argument(_));
                (Err(error), usable)
            }
        }
    }

    async fn try_call(&mut self, callee: Callee, arguments: Value) -> Result<Value, CallError> {
        let index = match callee {
            Callee::Function(index) => index,
            Callee::DropHandle => return self.drop_handle(&arguments).await,
        };
        let was_refused = self.store.data().limiter.refused();
        let function = self.instance.get_func(&mut self.store, index);
        let function = function.ok_or_else(|| CallError::Instantiate("the instance lost its function".into()))?;
        let ty = function.ty(&self.store);
        let values = ValueReader::new(&mut self.handles).arguments(ty.params(), arguments);
        self.handles.settle(values.is_ok());
        let values = values?;
        let mut results = vec![Val::Bool(false); ty.results().len()];
        let called = function.call_async(&mut self.store, &values, &mut results).await;
        called.map_err(|error| failure(&error, &self.store, was_refused))?;
        let result = ty.results().zip(results).next().map(|(ty, value)| to_json(&ty, value, &mut self.handles));
        if self.handles.held.len() > MAX_HANDLES {
            return Err(CallError::TooManyHandles { max: MAX_HANDLES });
        }
        Ok(result.unwrap_or_default())
    }

    async fn drop_handle(&mut self, arguments: &Value) -> Result<Value, CallError> {
        let handle = arguments.get("handle").or_else(|| arguments.get(0));
        let number = handle.and_then(|handle| handle.get("handle")).and_then(Value::as_u64);
        let Some(resource) = number.and_then(|number| self.handles.held.remove(&number)) else {
            return Err(CallError::Argument(Mismatch {
                path: "$.handle".into(),
                expected: NO_HANDLE.into(),
                found: handle.unwrap_or(&Value::Null).to_string(),
            }));
        };
        let dropped = resource.resource_drop_async(&mut self.store).await;
        dropped.map_err(|error| failure(&error, &self.store, true)).map(|()| Value::Null)
    }
}

/// What it means that a call did not return. Memory that was refused in an earlier call is not the reason.
fn failure(error: &wasmtime::Error, store: &Store<ComponentState>, was_refused: bool) -> CallError {
    let state = store.data();
    if let Some(ending) = state.guest.ending() {
        return CallError::ended(ending);
    }
    if let Some(I32Exit(code)) = error.downcast_ref() {
        return CallError::Exited { code: *code };
    }
    if state.limiter.refused() && !was_refused {
        return CallError::Memory { limit_mb: state.guest.limits().external_mb };
    }
    CallError::Trapped { report: trap_report(error).text.trim_end().into() }
}

const NO_HANDLE: &str = "a handle that a call returned, that is not dropped, given away or of an instance that trapped";

/// The resources of an instance that the host owns.
#[derive(Default)]
struct HandleTable {
    held: HashMap<u64, ResourceAny>,
    last: u64,
    /// Given away by the arguments that are being read.
    moving: Vec<u64>,
}

impl HandleTable {
    /// Takes those out that arguments gave away, where the arguments are what they must be.
    fn settle(&mut self, given: bool) {
        for handle in std::mem::take(&mut self.moving) {
            if given {
                self.held.remove(&handle);
            }
        }
    }
}

impl Handles for HandleTable {
    fn resource(&mut self, handle: u64, ty: &ResourceType, moved: bool) -> Result<ResourceAny, String> {
        let resource = *self.held.get(&handle).ok_or(NO_HANDLE)?;
        if resource.ty() != *ty {
            return Err("a handle to a resource of another type".into());
        }
        if self.moving.contains(&handle) {
            return Err("a handle that is not given away by another argument".into());
        }
        if moved {
            self.moving.push(handle);
        }
        Ok(resource)
    }

    fn handle(&mut self, resource: ResourceAny) -> u64 {
        self.last += 1;
        self.held.insert(self.last, resource);
        self.last
    }
}

//! A virgin isolate with its context: made for one guest, from a snapshot where there is one.

use crate::error::JsError;
use crate::external_memory::ExternalMemory;
use crate::mailbox::Mailbox;
use crate::state::IsolateState;
use crate::worker::WorkerKey;
use crate::{event_loop, fatal, hooks::Hooks, loader, native, sandbox_userland, userland};
use std::rc::Rc;
use std::sync::Arc;

/// An isolate with the callbacks that every guest's has, and its state in its slot.
///
/// # Safety
/// The key's snapshot must outlive the isolate.
pub(crate) unsafe fn new_isolate(
    key: &WorkerKey,
    external: &Arc<ExternalMemory>,
    mailbox: Mailbox,
) -> (v8::OwnedIsolate, Rc<IsolateState>) {
    let mut params = v8::CreateParams::default()
        .heap_limits(0, (key.heap_mb as usize) << 20)
        .array_buffer_allocator(external.allocator().make_shared())
        .external_references(native::external_references())
        .allow_atomics_wait(true);
    if let Some(snapshot) = &key.snapshot {
        // SAFETY: the isolate holds the data, and the caller sees to it that the snapshot outlives the isolate.
        params = params.snapshot_blob(unsafe { snapshot.startup_data() });
    }
    let here = std::hint::black_box(&params) as *const v8::CreateParams as usize;
    // SAFETY: the thread was made with that much stack and more below this frame, and the isolate stays on it.
    params = unsafe { params.set_stack_limit((here - ((key.stack_kb as usize) << 10)) as *mut u32) };
    let mut isolate = v8::Isolate::new(params);
    configure(&mut isolate);
    let state = IsolateState::new(mailbox, Arc::clone(external));
    isolate.set_slot(Rc::clone(&state));
    (isolate, state)
}

/// Sets the callbacks that every isolate has, those included that make snapshots.
pub(crate) fn configure(isolate: &mut v8::Isolate) {
    isolate.set_microtasks_policy(v8::MicrotasksPolicy::Explicit);
    isolate.set_oom_error_handler(fatal::on_out_of_memory);
    isolate.set_host_import_module_dynamically_callback(loader::import_dynamically);
    isolate.set_host_initialize_import_meta_object_callback(loader::fill_import_meta);
    isolate.set_promise_reject_callback(on_rejection);
    isolate.set_prepare_stack_trace_callback(prepare_stack_trace);
}

/// Brings the userland into the context that was just made, or finds it there.
pub(crate) fn set_up(
    scope: &mut v8::PinScope<'_, '_>,
    state: &IsolateState,
    from_snapshot: bool,
) -> Result<(), JsError> {
    let hooks = if from_snapshot {
        userland::restore(scope)?
    } else {
        let object = userland::install(scope)?;
        Hooks::from_object(scope, object)?
    };
    let _ = state.hooks.set(hooks);
    Ok(())
}

fn prepare_stack_trace<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    error: v8::Local<'s, v8::Value>,
    sites: v8::Local<'s, v8::Array>,
) -> v8::Local<'s, v8::Value> {
    let state = IsolateState::of(scope);
    let stack =
        state.hooks.get().and_then(|hooks| event_loop::call(scope, &hooks.prepare_stack_trace, &[error, sites.into()]));
    stack.unwrap_or_else(|| v8::undefined(scope).into())
}

unsafe extern "C" fn on_rejection(message: v8::PromiseRejectMessage<'_>) {
    let kind = match message.get_event() {
        v8::PromiseRejectEvent::PromiseRejectWithNoHandler => 0,
        v8::PromiseRejectEvent::PromiseHandlerAddedAfterReject => 1,
        // Resolving or rejecting twice is no one's error (HTML standard, HostPromiseRejectionTracker).
        _ => return,
    };
    v8::callback_scope!(unsafe scope, &message);
    let state = IsolateState::of(scope);
    if state.claim().is_none() {
        return sandbox_userland::on_rejection(scope, &state, &message);
    }
    let Some(hooks) = state.hooks.get() else { return };
    let promise = message.get_promise().into();
    let reason = message.get_value().unwrap_or_else(|| v8::undefined(scope).into());
    let kind = v8::Integer::new(scope, kind).into();
    event_loop::call(scope, &hooks.rejection, &[kind, promise, reason]);
}

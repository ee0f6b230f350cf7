//! The userland: the script that every isolate starts with, and how it is brought into a context.

use crate::error::JsError;
use crate::hooks::Hooks;
use crate::loader::{self, Kind};
use crate::native::{self, string};

/// Built from bridge/guest; a test there fails where the two differ. Every isolate's string of it is this text itself, and
/// snapshots refer to it instead of holding it.
pub(crate) static SOURCE: v8::OneByteConst =
    v8::String::create_external_onebyte_const(include_bytes!("../userland/userland.js"));

/// The name that the userland's frames have in stack traces.
pub(crate) const NAME: &str = "hotcell:userland";

/// Where the object with the hooks lies in a snapshot's context.
pub(crate) const HOOKS_INDEX: usize = 0;

/// Runs the userland in a fresh context and returns the object with its hooks.
///
/// # Errors
/// [`JsError::Userland`] with what the script threw.
pub(crate) fn install<'s>(scope: &mut v8::PinScope<'s, '_>) -> Result<v8::Local<'s, v8::Object>, JsError> {
    let native = native::object(scope);
    v8::tc_scope!(let scope, scope);
    let hooks = evaluate(scope, native);
    hooks.ok_or_else(|| {
        let error = scope.stack_trace().or_else(|| scope.exception()).map(|error| error.to_rust_string_lossy(scope));
        JsError::Userland(error.unwrap_or_else(|| "its script gives no function that returns an object".into()))
    })
}

fn evaluate<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    native: v8::Local<'_, v8::Object>,
) -> Option<v8::Local<'s, v8::Object>> {
    let source = v8::String::new_from_onebyte_const(scope, &SOURCE)?;
    let name = string(scope, NAME).into();
    let origin = loader::origin(scope, name, Kind::Script);
    let install = v8::Script::compile(scope, source, Some(&origin))?.run(scope)?.try_cast::<v8::Function>().ok()?;
    let receiver = v8::undefined(scope).into();
    install.call(scope, receiver, &[native.into()])?.try_cast::<v8::Object>().ok()
}

/// The hooks of a context that was restored from a snapshot.
///
/// # Errors
/// [`JsError::Snapshot`] where the snapshot holds none.
pub(crate) fn restore(scope: &mut v8::PinScope<'_, '_>) -> Result<Hooks, JsError> {
    let hooks = scope
        .get_context_data_from_snapshot_once::<v8::Object>(HOOKS_INDEX)
        .map_err(|error| JsError::Snapshot(format!("the userland's hooks are missing ({error})")))?;
    Hooks::from_object(scope, hooks)
}

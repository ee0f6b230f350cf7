//! The userland: the script that every isolate starts with, and how it is brought into a context.

use crate::error::JsError;
use crate::hooks::Hooks;
use crate::loader::{self, Kind};
use crate::native::{self, string};
use crate::rehearsal;

/// Built from bridge/guest; a test there fails where the two differ.
pub(crate) const SOURCE: &str = include_str!("../userland/userland.js");

/// The same as a string outside of the heap, which isolates and snapshots only refer to: a copy in each would cost a quarter of
/// a megabyte and a tenth of the time that restoring takes.
pub(crate) static TEXT: v8::OneByteConst = v8::String::create_external_onebyte_const(SOURCE.as_bytes());

/// The name that the userland's frames have in stack traces.
pub(crate) const NAME: &str = "hotcell:userland";

/// Where the object with the hooks lies in a snapshot's context.
const HOOKS_INDEX: usize = 0;

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
    let source = v8::String::new_from_onebyte_const(scope, &TEXT)?;
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

/// Bakes the userland into a snapshot.
///
/// # Errors
/// [`JsError::Userland`], and [`JsError::Snapshot`] where V8 gives none.
pub(crate) fn bake() -> Result<v8::StartupData, JsError> {
    let mut isolate = v8::Isolate::snapshot_creator(Some(native::external_references()), None);
    isolate.set_microtasks_policy(v8::MicrotasksPolicy::Explicit);
    let baked = {
        v8::scope!(let scope, &mut isolate);
        let context = v8::Context::new(scope, v8::ContextOptions::default());
        let hooks = {
            let scope = &mut v8::ContextScope::new(scope, context);
            install(scope)
        };
        scope.set_default_context(context);
        hooks.map(|hooks| scope.add_context_data(context, hooks))
    };
    let rehearsed = rehearsal::run(&mut isolate);
    let blob = isolate.create_blob(v8::FunctionCodeHandling::Keep);
    rehearsed?;
    let index = baked?;
    if index != HOOKS_INDEX {
        return Err(JsError::Snapshot(format!("the userland's hooks lie at {index}, not at {HOOKS_INDEX}")));
    }
    blob.ok_or_else(|| JsError::Snapshot("V8 gave no blob".into()))
}

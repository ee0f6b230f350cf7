//! A sandbox's own userland: a script that is run once, after the engine's, where there is no guest yet. It is run while a
//! snapshot is made, and in each isolate where there is none; what it may do and what comes of it is the same in both.

use crate::error::JsError;
use crate::event_loop::call;
use crate::late_properties::LateProperties;
use crate::loader::{self, Kind};
use crate::native::{string, try_string};
use crate::state::IsolateState;

/// The name that its frames have in stack traces.
const NAME: &str = "[userland]";

/// Why a sandbox's userland can't be used.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It threw this, or did what it must not.
    Threw(String),
    /// Its execution was terminated. Whoever did that knows why.
    Terminated,
}

/// Runs the script, and then what it left to be done at once: ticks and microtasks.
pub(crate) fn run(scope: &mut v8::PinScope<'_, '_>, state: &IsolateState, source: &str) -> Result<(), Failure> {
    v8::tc_scope!(let scope, scope);
    let late = LateProperties::take(scope);
    let ran = evaluate(scope, state, source);
    let rejected = state.rejected.take();
    if scope.has_terminated() || scope.is_execution_terminating() {
        return Err(Failure::Terminated);
    }
    let failure = if ran.is_none() {
        let error = scope.exception();
        scope.reset();
        Some(describe(scope, error))
    } else if let Some((_, reason)) = rejected.first() {
        let reason = v8::Local::new(scope, reason);
        Some(format!("A promise was rejected that nobody handled: {}", describe(scope, Some(reason))))
    } else {
        state.refused.get().cloned()
    };
    let put_back = late.put_back(scope);
    if scope.has_terminated() || scope.is_execution_terminating() {
        return Err(Failure::Terminated);
    }
    failure.map_or(put_back, Err).map_err(Failure::Threw)
}

fn evaluate(scope: &mut v8::PinScope<'_, '_>, state: &IsolateState, source: &str) -> Option<()> {
    let source = try_string(scope, source)?;
    let name = string(scope, NAME).into();
    let origin = loader::origin(scope, name, Kind::Script);
    v8::Script::compile(scope, source, Some(&origin))?.run(scope)?;
    call(scope, &state.hooks().drain, &[]).map(|_| ())
}

/// The error's stack where it has one, which can run code of the userland's.
fn describe(scope: &mut v8::PinScope<'_, '_>, error: Option<v8::Local<'_, v8::Value>>) -> String {
    let stack = error.and_then(|error| error.try_cast::<v8::Object>().ok()).and_then(|error| {
        let key = string(scope, "stack").into();
        error.get(scope, key).filter(|stack| stack.is_string())
    });
    let text = stack.or(error).and_then(|text| text.to_detail_string(scope));
    text.map_or_else(|| "an error that can't be shown".into(), |text| text.to_rust_string_lossy(scope))
}

/// V8's callback for rejections, where there is no guest to be told of them.
pub(crate) fn on_rejection(
    scope: &mut v8::PinScope<'_, '_>,
    state: &IsolateState,
    message: &v8::PromiseRejectMessage<'_>,
) {
    let promise = message.get_promise();
    let mut rejected = state.rejected.borrow_mut();
    if message.get_event() == v8::PromiseRejectEvent::PromiseRejectWithNoHandler {
        let reason = message.get_value().unwrap_or_else(|| v8::undefined(scope).into());
        rejected.push((v8::Global::new(scope, promise), v8::Global::new(scope, reason)));
    } else {
        rejected.retain(|(other, _)| v8::Local::new(scope, other) != promise);
    }
}

impl Failure {
    /// What the caller of a failed preparation is told, where nothing terminated it.
    pub(crate) fn into_error(self) -> JsError {
        match self {
            Self::Threw(what) => JsError::SandboxUserland(what),
            Self::Terminated => JsError::SandboxUserland("Its execution was terminated.".into()),
        }
    }
}

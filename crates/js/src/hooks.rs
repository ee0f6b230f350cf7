use crate::error::JsError;

/// The functions of the userland that the native side calls; `Hooks` in `bridge/guest/src/native.ts`.
pub(crate) struct Hooks {
    pub begin: v8::Global<v8::Function>,
    pub run_common_js: v8::Global<v8::Function>,
    pub run_wasm: v8::Global<v8::Function>,
    pub drain: v8::Global<v8::Function>,
    pub settle: v8::Global<v8::Function>,
    pub run_timers: v8::Global<v8::Function>,
    pub alive: v8::Global<v8::Function>,
    pub stdin: v8::Global<v8::Function>,
    pub signal: v8::Global<v8::Function>,
    pub before_exit: v8::Global<v8::Function>,
    pub exit: v8::Global<v8::Function>,
    pub rejection: v8::Global<v8::Function>,
    pub uncaught: v8::Global<v8::Function>,
    pub prepare_stack_trace: v8::Global<v8::Function>,
    pub builtin: v8::Global<v8::Function>,
    pub resolve_import: v8::Global<v8::Function>,
    pub require_file: v8::Global<v8::Function>,
}

impl Hooks {
    /// Takes the functions out of the object that the userland's bundle returned.
    ///
    /// # Errors
    /// [`JsError::Userland`] names the function that is missing.
    pub(crate) fn from_object(
        scope: &mut v8::PinScope<'_, '_>,
        object: v8::Local<'_, v8::Object>,
    ) -> Result<Self, JsError> {
        let function = |name: &'static str| {
            let key = v8::String::new(scope, name).expect("a short name is a string");
            object
                .get(scope, key.into())
                .and_then(|value| value.try_cast::<v8::Function>().ok())
                .map(|function| v8::Global::new(scope, function))
                .ok_or_else(|| JsError::Userland(format!("it has no function `{name}`")))
        };
        Ok(Self {
            begin: function("begin")?,
            run_common_js: function("runCommonJs")?,
            run_wasm: function("runWasm")?,
            drain: function("drain")?,
            settle: function("settle")?,
            run_timers: function("runTimers")?,
            alive: function("alive")?,
            stdin: function("stdin")?,
            signal: function("signal")?,
            before_exit: function("beforeExit")?,
            exit: function("exit")?,
            rejection: function("rejection")?,
            uncaught: function("uncaught")?,
            prepare_stack_trace: function("prepareStackTrace")?,
            builtin: function("builtin")?,
            resolve_import: function("resolveImport")?,
            require_file: function("requireFile")?,
        })
    }
}

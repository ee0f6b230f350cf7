use crate::error::JsError;
use crate::platform;
use crate::worker::{STACK_BYTES, WorkerKey, run_guest};
use hotcell_guest::{Ending, GuestSpec};
use std::sync::Arc;
use std::thread;

/// How the engine is set up.
#[derive(Clone, Debug, Default)]
pub struct JsOptions {}

/// Runs guests in V8, each in a virgin isolate on a thread of its own.
pub struct JsEngine {}

impl JsEngine {
    /// Initialises V8 and starts the engine. To be called on the process's main thread, before any thread is made that will
    /// enter an isolate: V8 protects its code with memory protection keys that only descendants of this thread hold.
    ///
    /// # Errors
    /// [`JsError`] where the userland is broken.
    pub fn start(options: JsOptions) -> Result<Arc<Self>, JsError> {
        platform::initialize();
        let JsOptions {} = options;
        Ok(Arc::new(Self {}))
    }

    /// The version of V8, such as `15.2.124.1`.
    pub fn v8_version() -> &'static str {
        v8::V8::get_version()
    }

    /// Runs a guest. Returns at once; the guest ends with its exit, whatever happens.
    pub fn run(&self, spec: GuestSpec) {
        let key = WorkerKey { snapshot: None, heap_mb: spec.guest.limits().heap_mb };
        let guest = Arc::clone(&spec.guest);
        let thread = thread::Builder::new().name("js".into()).stack_size(STACK_BYTES);
        if let Err(error) = thread.spawn(move || run_guest(key, spec)) {
            guest.finish(Ending::Crash { message: JsError::Thread(error).to_string() }, 0);
        }
    }
}

use napi::bindgen_prelude::{Env, Function, Result};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Status, sys};

/// Has a function of the host's called from Node's loop, without arguments. It keeps the loop alive only while it is referenced,
/// which it is not at first.
pub struct Wake(ThreadsafeFunction<(), (), (), Status, false, true>);

impl Wake {
    /// # Errors
    /// Where Node has no more handles.
    pub fn new(function: &Function<'_, (), ()>) -> Result<Self> {
        function.build_threadsafe_function().weak::<true>().build().map(Self)
    }

    /// From any thread; returns at once.
    pub fn call(&self) {
        // Fails only where the environment is being torn down: then nobody is left to be told.
        self.0.call((), ThreadsafeFunctionCallMode::NonBlocking);
    }

    /// Keeps the loop alive from now on. On the environment's own thread.
    pub fn reference(&self, env: &Env) {
        self.unless_torn_down(|function| {
            // SAFETY: the function is of this environment and not finalized, which the caller holds off.
            unsafe { sys::napi_ref_threadsafe_function(env.raw(), function) };
        });
    }

    /// No longer keeps it alive. On the environment's own thread.
    pub fn unreference(&self, env: &Env) {
        self.unless_torn_down(|function| {
            // SAFETY: as above.
            unsafe { sys::napi_unref_threadsafe_function(env.raw(), function) };
        });
    }

    fn unless_torn_down(&self, act: impl FnOnce(sys::napi_threadsafe_function)) {
        self.0.handle.with_read_aborted(|aborted| {
            if !aborted {
                act(self.0.raw());
            }
        });
    }
}

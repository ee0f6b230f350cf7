//! Sandboxes' userlands while the engine makes them ready, each on a thread of its own: that may take seconds, and commands
//! must not wait for it.

use crate::engine::Engine;
use crate::error::RequestError;
use hotcell_guest::Userland;
use hotcell_protocol::{ErrorCode, ErrorInfo, SandboxId};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

/// Userlands that are made ready at once for a connection: a thread for each.
const MAX_AT_ONCE: usize = 64;

/// What a connection knows of its userlands that are being made ready.
#[derive(Default)]
pub(crate) struct Preparations {
    running: AtomicUsize,
    any_failed: AtomicBool,
}

/// A sandbox's userland, once it is ready; `None` inside where it can't be used.
#[derive(Clone, Default)]
pub(crate) struct SandboxUserland(Arc<OnceLock<Option<Arc<Userland>>>>);

impl SandboxUserland {
    /// The userland.
    ///
    /// # Errors
    /// Where it is not ready.
    pub fn get(&self, sandbox: SandboxId) -> Result<Arc<Userland>, RequestError> {
        let userland = self.0.get().ok_or(RequestError::SandboxNotReady { id: sandbox })?;
        userland.clone().ok_or(RequestError::UnknownSandbox { id: sandbox })
    }

    /// Whether there will never be one.
    pub fn has_failed(&self) -> bool {
        matches!(self.0.get(), Some(None))
    }
}

impl Preparations {
    /// Has the engine make a userland ready, and calls `then` with what is wrong with it, if anything, from another thread.
    ///
    /// # Errors
    /// Where too many are being made ready, or there is no thread: `then` is not called.
    pub fn start(
        self: &Arc<Self>,
        engine: &Arc<dyn Engine>,
        source: String,
        then: impl FnOnce(Result<(), ErrorInfo>) + Send + 'static,
    ) -> Result<SandboxUserland, RequestError> {
        if self.running.load(Ordering::Relaxed) >= MAX_AT_ONCE {
            return Err(RequestError::TooManyUserlands { max: MAX_AT_ONCE });
        }
        let userland = SandboxUserland::default();
        let (preparations, engine, result) = (Arc::clone(self), Arc::clone(engine), userland.clone());
        let prepare = move || {
            let prepared = catch_unwind(AssertUnwindSafe(|| engine.prepare_userland(source.into())));
            let prepared = prepared.unwrap_or_else(|_| {
                let message = "The engine failed to prepare the userland; the sidecar's log says why.";
                Err(ErrorInfo::new(ErrorCode::Internal, message))
            });
            let _ = result.0.set(prepared.as_ref().ok().cloned());
            preparations.any_failed.fetch_or(prepared.is_err(), Ordering::SeqCst);
            preparations.running.fetch_sub(1, Ordering::Relaxed);
            then(prepared.map(|_| ()));
        };
        self.running.fetch_add(1, Ordering::Relaxed);
        if let Err(error) = thread::Builder::new().name("userland".into()).spawn(prepare) {
            self.running.fetch_sub(1, Ordering::Relaxed);
            return Err(RequestError::NoThread(error.to_string()));
        }
        Ok(userland)
    }

    /// Whether any has failed since this was asked last.
    pub fn take_any_failed(&self) -> bool {
        self.any_failed.load(Ordering::Relaxed) && self.any_failed.swap(false, Ordering::SeqCst)
    }
}

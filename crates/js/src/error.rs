use hotcell_protocol::{ErrorCode, ErrorInfo};
use std::io;
use std::sync::Arc;

/// Why the engine can't do what it was asked for.
#[derive(Clone, Debug, thiserror::Error)]
pub enum JsError {
    /// The engine's own userland is not what the native side expects.
    #[error("The userland is broken: {0}. Build it anew from bridge/guest.")]
    Userland(String),
    /// V8 refused to make or to take a snapshot.
    #[error("V8 made no snapshot: {0}.")]
    Snapshot(String),
    /// A sandbox's userland threw, or did what it can't do before there is a guest.
    #[error("The sandbox's userland failed before any guest was there: {0}")]
    SandboxUserland(String),
    /// A sandbox's userland ran for too long.
    #[error(
        "The sandbox's userland did not come to its end within {seconds} s of CPU time. It is run once, before any guest: leave \
         to the guests what takes long."
    )]
    SandboxUserlandTime { seconds: u64 },
    /// A sandbox's userland did not end, perhaps since the CPUs were busy with others.
    #[error(
        "The sandbox's userland did not come to its end within {seconds} s. It is run once, before any guest: leave to the \
         guests what takes long."
    )]
    SandboxUserlandLate { seconds: u64 },
    /// A sandbox's userland needed too much memory.
    #[error("The sandbox's userland needed more than the {limit_mb} MB that it may have before any guest is there.")]
    SandboxUserlandMemory { limit_mb: u32 },
    /// The process that prepared a sandbox's userland did not survive it.
    #[error(
        "The sandbox's userland can't be kept in a snapshot: it made something that none can hold, such as an Intl formatter, \
         or asked for too much memory at once. {0}"
    )]
    SandboxUserlandFatal(String),
    /// The helper process that makes snapshots can't be run, or does not do what it is for.
    #[error("The process that was to make a snapshot failed: {0}")]
    Helper(String),
    /// A sandbox's userland is made ready in a process of its own only, and there is no program for it.
    #[error(
        "A sandbox's userland is run in a process of its own before any guest is there, and the program for that was not found: \
         set HOTCELL_BINARY to the `hotcell` binary of this version."
    )]
    NoHelper,
    /// The operating system gave no thread.
    #[error("No thread could be started: {0}. Lower the number of guests that run at once.")]
    Thread(Arc<io::Error>),
}

impl From<io::Error> for JsError {
    fn from(error: io::Error) -> Self {
        Self::Thread(Arc::new(error))
    }
}

impl From<&JsError> for ErrorInfo {
    /// What a host is told whose sandbox can't be made.
    fn from(error: &JsError) -> Self {
        let code = match error {
            JsError::NoHelper
            | JsError::SandboxUserland(_)
            | JsError::SandboxUserlandTime { .. }
            | JsError::SandboxUserlandLate { .. }
            | JsError::SandboxUserlandMemory { .. }
            | JsError::SandboxUserlandFatal(_) => ErrorCode::InvalidOption,
            JsError::Userland(_) | JsError::Snapshot(_) | JsError::Helper(_) | JsError::Thread(_) => {
                ErrorCode::Internal
            }
        };
        Self::new(code, error.to_string())
    }
}

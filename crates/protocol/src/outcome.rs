use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How a guest ended. A guest's failure is always one of these, never an error of the host's call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It ran to its end, or called exit: `exit_code` says how it went.
    Exited,
    /// A signal ended it: `signal` says which.
    Signaled,
    /// It ran past its wall-time or CPU-time limit.
    TimedOut,
    /// It ran past its heap or external-memory limit.
    OutOfMemory,
    /// It ran past another limit, such as that on output.
    LimitExceeded,
    /// The host cancelled it.
    Cancelled,
    /// The sidecar that it lived in ended under it, or the guest could not be run for a fault of the sidecar's.
    Crashed,
}

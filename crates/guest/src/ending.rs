use hotcell_protocol::{GuestError, Outcome, Signal, Stream};

/// Why a guest ends. The first reason that is given counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It came to its end or called exit. The message, if any, says why an engine chose that code.
    Exit { code: u8, message: Option<String> },
    /// A signal that it did not listen for.
    Signal(Signal),
    /// The host cancelled it.
    Cancelled,
    /// It ran past its wall-time limit, in milliseconds.
    WallTime { limit_ms: u64 },
    /// It was not ready in time, in milliseconds.
    NotReady { within_ms: u64 },
    /// It ran past its CPU-time limit, in milliseconds.
    CpuTime { limit_ms: u64 },
    /// It ran past its heap limit, in MiB.
    Heap { limit_mb: u32 },
    /// It was refused memory beyond its limit, in MiB, and ended for it.
    Memory { limit_mb: u32 },
    /// It used up the units of fuel that it was given.
    Fuel { limit: u64 },
    /// It wrote more to a stream than it may, in bytes.
    Output { stream: Stream, limit_bytes: u64 },
    /// The sidecar could not run it, or it took its cell down.
    Crash { message: String },
}

impl Ending {
    /// An exit of the guest's own with that code.
    pub fn exit(code: u8) -> Self {
        Self::Exit { code, message: None }
    }

    /// The outcome that the host sees.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Exit { .. } => Outcome::Exited,
            Self::Signal(_) => Outcome::Signaled,
            Self::Cancelled => Outcome::Cancelled,
            Self::WallTime { .. } | Self::NotReady { .. } | Self::CpuTime { .. } => Outcome::TimedOut,
            Self::Heap { .. } | Self::Memory { .. } => Outcome::OutOfMemory,
            Self::Output { .. } | Self::Fuel { .. } => Outcome::LimitExceeded,
            Self::Crash { .. } => Outcome::Crashed,
        }
    }

    pub(crate) fn exit_code(&self) -> Option<u8> {
        if let Self::Exit { code, .. } = self { Some(*code) } else { None }
    }

    pub(crate) fn signal(&self) -> Option<Signal> {
        if let Self::Signal(signal) = self { Some(*signal) } else { None }
    }

    pub(crate) fn error(&self) -> Option<GuestError> {
        let (message, limit) = match self {
            Self::Exit { message, .. } => (message.clone()?, None),
            Self::Signal(_) => return None,
            Self::Cancelled => ("The host cancelled the guest.".into(), None),
            Self::WallTime { limit_ms } => (format!("The guest ran for longer than {limit_ms} ms."), Some("wallMs")),
            Self::NotReady { within_ms } => (format!("The guest was not ready within {within_ms} ms."), None),
            Self::CpuTime { limit_ms } => {
                (format!("The guest used more than {limit_ms} ms of CPU time."), Some("cpuMs"))
            }
            Self::Heap { limit_mb } => {
                (format!("The guest's JavaScript heap needed more than {limit_mb} MiB."), Some("heapMb"))
            }
            Self::Fuel { limit } => (format!("The guest used up its {limit} units of fuel."), Some("fuel")),
            Self::Memory { limit_mb } => (
                format!("The guest's WebAssembly memories and tables needed more than {limit_mb} MiB."),
                Some("externalMb"),
            ),
            Self::Output { stream, limit_bytes } => {
                let name = match stream {
                    Stream::Stdout => "stdout",
                    Stream::Stderr => "stderr",
                };
                (format!("The guest wrote more than {limit_bytes} bytes to {name}."), Some("outputBytes"))
            }
            Self::Crash { message } => (message.clone(), None),
        };
        Some(GuestError { message, limit: limit.map(String::from) })
    }
}

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
    /// It ran past its CPU-time limit, in milliseconds.
    CpuTime { limit_ms: u64 },
    /// It ran past its heap limit, in MiB.
    Heap { limit_mb: u32 },
    /// It needed more memory outside of its heap where V8 could not fail for it, in MiB.
    External { limit_mb: u32 },
    /// It wrote more to a stream than it may, in bytes.
    Output { stream: Stream, limit_bytes: u64 },
    /// It wrote a longer line to a stream than it may, in bytes.
    OutputLine { stream: Stream, limit_bytes: u64 },
    /// It had more timers waiting than it may.
    Timers { limit: u32 },
    /// It loaded more modules than it may.
    Modules { limit: u32 },
    /// Its turn to start did not come in time.
    NotAdmitted { waited_for: &'static str, message: String },
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
            Self::WallTime { .. } | Self::CpuTime { .. } => Outcome::TimedOut,
            Self::Heap { .. } | Self::External { .. } => Outcome::OutOfMemory,
            Self::Output { .. }
            | Self::OutputLine { .. }
            | Self::Timers { .. }
            | Self::Modules { .. }
            | Self::NotAdmitted { .. } => Outcome::LimitExceeded,
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
            Self::CpuTime { limit_ms } => {
                (format!("The guest used more than {limit_ms} ms of CPU time."), Some("cpuMs"))
            }
            Self::Heap { limit_mb } => {
                (format!("The guest's JavaScript heap needed more than {limit_mb} MiB."), Some("heapMb"))
            }
            Self::External { limit_mb } => {
                (format!("The guest needed more than {limit_mb} MiB outside of its heap."), Some("externalMb"))
            }
            Self::Output { stream, limit_bytes } => {
                (format!("The guest wrote more than {limit_bytes} bytes to {}.", name(*stream)), Some("outputBytes"))
            }
            Self::OutputLine { stream, limit_bytes } => {
                let message = format!("The guest wrote a line of more than {limit_bytes} bytes to {}.", name(*stream));
                (message, Some("outputLineBytes"))
            }
            Self::Timers { limit } => (format!("The guest had more than {limit} timers waiting."), Some("timers")),
            Self::Modules { limit } => (format!("The guest loaded more than {limit} modules."), Some("modules")),
            Self::NotAdmitted { waited_for, message } => (message.clone(), Some(*waited_for)),
            Self::Crash { message } => (message.clone(), None),
        };
        Some(GuestError { message, limit: limit.map(String::from) })
    }
}

fn name(stream: Stream) -> &'static str {
    match stream {
        Stream::Stdout => "stdout",
        Stream::Stderr => "stderr",
    }
}

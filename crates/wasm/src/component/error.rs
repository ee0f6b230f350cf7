use super::registry::RegistryError;
use super::value::Mismatch;
use crate::error::WasmError;
use hotcell_guest::Ending;
use hotcell_protocol::{ErrorCode, ErrorInfo, Outcome};

/// Why a call did not return.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CallError {
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error("The component {component:?} has no function {function:?}: it has {known}.")]
    UnknownFunction { component: String, function: String, known: String },
    #[error("The function {function:?} can't be called with JSON: {reason}")]
    Unsupported { function: String, reason: String },
    #[error("The arguments are not what the function takes: {0}")]
    Argument(#[from] Mismatch),
    #[error("The component {component:?} is {is}: call its functions with {takes}.")]
    Input { component: String, is: &'static str, takes: &'static str },
    /// It trapped; the report has its backtrace.
    #[error("The function trapped: {report}")]
    Trapped { report: String },
    #[error("The component ended itself with exit code {code} instead of returning.")]
    Exited { code: i32 },
    /// It does not keep to how modules are called with bytes.
    #[error("The module breaks the rules for calls with bytes: {0}")]
    Lied(String),
    /// Its own word that it failed.
    #[error("The function returned the error code {code}.")]
    Refused { code: i32 },
    #[error("The component holds more than {max} handles for this host: drop those that are not needed.")]
    TooManyHandles { max: usize },
    /// It was refused memory beyond its limit, in MiB, and trapped for it.
    #[error("The component's memories and tables needed more than {limit_mb} MiB (externalMb).")]
    Memory { limit_mb: u32 },
    /// A limit, or the host.
    #[error("{message}")]
    Ended { outcome: Outcome, message: String },
    #[error("The component can't be run: {0}")]
    Engine(#[from] WasmError),
    #[error("The component can't be instantiated: {0}")]
    Instantiate(String),
}

impl CallError {
    /// What ended the call from outside.
    pub(crate) fn ended(ending: &Ending) -> Self {
        let message = match ending {
            Ending::Cancelled => "The host cancelled the call.".into(),
            Ending::WallTime { limit_ms } => format!("The call took longer than {limit_ms} ms (wallMs)."),
            Ending::CpuTime { limit_ms } => format!("The call used more than {limit_ms} ms of CPU time (cpuMs)."),
            Ending::Crash { message } => message.clone(),
            other => format!("The call was ended ({other:?})."),
        };
        Self::Ended { outcome: ending.outcome(), message }
    }

    fn code(&self) -> ErrorCode {
        match self {
            Self::Registry(error) => error.code(),
            Self::UnknownFunction { .. } => ErrorCode::UnknownFunction,
            Self::Unsupported { .. } | Self::Argument(_) | Self::Input { .. } => ErrorCode::InvalidArgument,
            Self::Trapped { .. } | Self::Exited { .. } | Self::Lied(_) | Self::Refused { .. } => ErrorCode::CallFailed,
            Self::TooManyHandles { .. } | Self::Memory { .. } => ErrorCode::CallLimit,
            Self::Ended { outcome: Outcome::Cancelled, .. } => ErrorCode::CallCancelled,
            Self::Ended { outcome: Outcome::TimedOut | Outcome::OutOfMemory | Outcome::LimitExceeded, .. } => {
                ErrorCode::CallLimit
            }
            Self::Ended { .. } => ErrorCode::Internal,
            Self::Engine(WasmError::PoolFull { .. }) => ErrorCode::CallLimit,
            Self::Engine(_) | Self::Instantiate(_) => ErrorCode::ComponentFailed,
        }
    }
}

impl RegistryError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Unknown { .. } => ErrorCode::UnknownComponent,
            Self::Failed { .. } => ErrorCode::ComponentFailed,
            _ => ErrorCode::InvalidOption,
        }
    }
}

impl From<&CallError> for ErrorInfo {
    fn from(error: &CallError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<&RegistryError> for ErrorInfo {
    fn from(error: &RegistryError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

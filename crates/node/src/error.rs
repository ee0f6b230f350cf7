use hotcell_protocol::frame::{MAX_MESSAGE, ProtocolError};
use hotcell_protocol::{ErrorCode, ErrorInfo, RetireReason};
use hotcell_runtime::Violation;
use hotcell_sidecar::SidecarError;
use serde::Serialize;

/// Why a call of the host's fails.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    #[error(transparent)]
    Violation(#[from] Violation),
    #[error("{name} must be a whole number from 0 to 2^53 - 1, and is {value}.")]
    Id { name: &'static str, value: f64 },
    #[error("A request can't be read: {0}.")]
    Request(serde_json::Error),
    #[error("A request is longer than the {MAX_MESSAGE} bytes of a message.")]
    MessageTooLarge,
    #[error("The runtime serves the whole process and can't be shut down by one of its hosts: close the connection.")]
    Shutdown,
    #[error("The connection was closed.")]
    Closed,
    /// In the runtime's own words.
    #[error("{}", .0.message)]
    Refused(ErrorInfo),
    #[error("The log can't be had as {0:?}: ask for inherit, ignore or lines.")]
    LogMode(String),
    #[error(
        "The engine of this process was started with other settings, and there is one for all: give the same HOTCELL_ variables \
         wherever this process starts a sidecar, or start it as a child process."
    )]
    OtherSettings,
    #[error(
        "The engine of this process gave itself up, since {}. Nothing can replace it from within: restart the process. A sidecar \
         that is a child process is replaced by itself.",
        because(*.0)
    )]
    Retired(RetireReason),
    #[error(transparent)]
    Setup(#[from] SidecarError),
    #[error(transparent)]
    Napi(#[from] napi::Error),
}

fn because(reason: RetireReason) -> &'static str {
    match reason {
        RetireReason::Unyielding => "a guest could not be ended",
        RetireReason::EngineOutOfMemory => "a guest needed more memory at once than the engine survives the lack of",
        RetireReason::EngineFatal => "the engine found its own state broken",
    }
}

/// The `code` of the error that JavaScript sees: one of the protocol's, or of the npm package's own.
#[derive(Serialize)]
#[serde(untagged)]
enum Code {
    OfProtocol(ErrorCode),
    OfPackage(&'static str),
}

impl NodeError {
    fn code(&self) -> Code {
        match self {
            Self::Protocol(error) => Code::OfProtocol(ErrorInfo::from(error).code),
            Self::Violation(violation) => Code::OfProtocol(ErrorInfo::from(violation).code),
            Self::Id { .. } | Self::Request(_) | Self::Shutdown => Code::OfProtocol(ErrorCode::Protocol),
            Self::MessageTooLarge => Code::OfPackage("ERR_HOTCELL_INVALID_ARGUMENT"),
            Self::Closed => Code::OfProtocol(ErrorCode::Closed),
            Self::Refused(error) => Code::OfProtocol(error.code),
            Self::LogMode(_) | Self::OtherSettings => Code::OfProtocol(ErrorCode::InvalidOption),
            Self::Retired(_) => Code::OfPackage("ERR_HOTCELL_ENGINE_RETIRED"),
            Self::Setup(_) => Code::OfPackage("ERR_HOTCELL_START_FAILED"),
            Self::Napi(_) => Code::OfProtocol(ErrorCode::Internal),
        }
    }
}

impl From<NodeError> for napi::Error<String> {
    fn from(error: NodeError) -> Self {
        let code = match serde_json::to_value(error.code()) {
            Ok(serde_json::Value::String(code)) => code,
            other => unreachable!("codes are strings, not {other:?}"),
        };
        Self::new(code, error.to_string())
    }
}

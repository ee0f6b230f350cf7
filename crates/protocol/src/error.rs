use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A stable name for what went wrong with a call of the host's. On the TypeScript side it is the `code` of the
/// error that is thrown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
pub enum ErrorCode {
    /// The two sides speak different versions of the protocol.
    #[serde(rename = "ERR_HOTCELL_PROTOCOL_VERSION")]
    ProtocolVersion,
    /// The other side sent what the protocol does not allow; the connection ends.
    #[serde(rename = "ERR_HOTCELL_PROTOCOL")]
    Protocol,
    /// The token on a socket was missing or wrong.
    #[serde(rename = "ERR_HOTCELL_UNAUTHORIZED")]
    Unauthorized,
    /// An option has a value that can't be used.
    #[serde(rename = "ERR_HOTCELL_INVALID_OPTION")]
    InvalidOption,
    /// No such sandbox: it was closed, or never existed.
    #[serde(rename = "ERR_HOTCELL_UNKNOWN_SANDBOX")]
    UnknownSandbox,
    /// No such guest.
    #[serde(rename = "ERR_HOTCELL_UNKNOWN_GUEST")]
    UnknownGuest,
    /// The digest names bytes that the sidecar does not hold (any more): send them.
    #[serde(rename = "ERR_HOTCELL_UNKNOWN_BLOB")]
    UnknownBlob,
    /// The bytes that were sent are not those that their digest or length promised.
    #[serde(rename = "ERR_HOTCELL_BLOB_MISMATCH")]
    BlobMismatch,
    /// The command is not on the sandbox's PATH.
    #[serde(rename = "ERR_HOTCELL_COMMAND_NOT_FOUND")]
    CommandNotFound,
    /// The command was found, but is nothing that can be run.
    #[serde(rename = "ERR_HOTCELL_NOT_EXECUTABLE")]
    NotExecutable,
    /// A file operation failed; `errno` has the POSIX name of the reason.
    #[serde(rename = "ERR_HOTCELL_FS")]
    Fs,
    /// No such component: it was removed, or never registered.
    #[serde(rename = "ERR_HOTCELL_UNKNOWN_COMPONENT")]
    UnknownComponent,
    /// The component has no function of that name.
    #[serde(rename = "ERR_HOTCELL_UNKNOWN_FUNCTION")]
    UnknownFunction,
    /// The component can't be loaded.
    #[serde(rename = "ERR_HOTCELL_COMPONENT_FAILED")]
    ComponentFailed,
    /// A function's arguments are not what it takes; the message names the place.
    #[serde(rename = "ERR_HOTCELL_INVALID_ARGUMENT")]
    InvalidArgument,
    /// A function trapped, or broke the rules of how it is called.
    #[serde(rename = "ERR_HOTCELL_CALL_FAILED")]
    CallFailed,
    /// A call ran past one of its limits.
    #[serde(rename = "ERR_HOTCELL_CALL_LIMIT")]
    CallLimit,
    /// The host cancelled the call.
    #[serde(rename = "ERR_HOTCELL_CALL_CANCELLED")]
    CallCancelled,
    /// The sidecar is shutting down and takes no new work.
    #[serde(rename = "ERR_HOTCELL_CLOSED")]
    Closed,
    /// A fault of the sidecar's own.
    #[serde(rename = "ERR_HOTCELL_INTERNAL")]
    Internal,
}

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct ErrorInfo {
    pub code: ErrorCode,
    /// A full sentence that says what to do.
    pub message: String,
    /// The POSIX name of a failed file operation's reason, such as `ENOENT`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub errno: Option<String>,
}

impl ErrorInfo {
    /// An error with that code and message, and no errno.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), errno: None }
    }
}

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
    /// More was asked for than a limit allows; the message names it.
    #[serde(rename = "ERR_HOTCELL_LIMIT_EXCEEDED")]
    LimitExceeded,
    /// As many guests live already as may: on the connection, in the sidecar, or in the sandbox.
    #[serde(rename = "ERR_HOTCELL_TOO_MANY_GUESTS")]
    TooManyGuests,
    /// As many sandboxes exist already as may.
    #[serde(rename = "ERR_HOTCELL_TOO_MANY_SANDBOXES")]
    TooManySandboxes,
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

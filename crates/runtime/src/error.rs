use hotcell_modules::ModuleError;
use hotcell_protocol::{BlobDigest, ErrorCode, ErrorInfo, GuestId, RequestId, SandboxId};
use hotcell_vfs::Errno;

/// What a host may not do: the connection that it came on must be closed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    #[error("Guest {guest} was sent more stdin than it had granted, or something after its end: keep to the credit.")]
    StdinBeyondCredit { guest: GuestId },
    #[error("Bytes were uploaded for the id {id}, for which no request under way announced any.")]
    UploadNotAnnounced { id: RequestId },
    #[error("More bytes were uploaded for the id {id} than the {announced} that its request announced.")]
    UploadTooLong { id: RequestId, announced: u64 },
    #[error(
        "More than {} uploads are under way at once: finish one before the next is announced.",
        crate::MAX_OPEN_UPLOADS
    )]
    TooManyUploads,
}

impl From<&Violation> for ErrorInfo {
    fn from(violation: &Violation) -> Self {
        Self::new(ErrorCode::Protocol, violation.to_string())
    }
}

/// Why a request failed: becomes the reply to it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RequestError {
    #[error("The id {id} is that of a {what} that still lives: never use an id again.")]
    IdInUse { what: &'static str, id: RequestId },
    #[error("{0}")]
    InvalidOption(String),
    #[error("There are {max} guests on this connection already: wait until some have ended, or start another sidecar.")]
    TooManyGuests { max: usize },
    #[error(
        "As many guests live in this sandbox as its limit processes allows, {max}: wait until some have ended, or raise it."
    )]
    TooManyProcesses { max: u32 },
    #[error("There are {max} sandboxes on this connection already: close some, or start another sidecar.")]
    TooManySandboxes { max: usize },
    #[error("There are {max} sandboxes whose userland is being made ready: wait until some are.")]
    TooManyUserlands { max: usize },
    #[error("The {what} has {bytes} bytes, more than the limit {limit} allows, {max}: raise that, or ask for less.")]
    LimitExceeded { what: &'static str, limit: &'static str, bytes: u64, max: u64 },
    #[error(
        "The uploads under way have {max} bytes together where {length} more are announced: wait until some have ended."
    )]
    TooManyUploadBytes { length: u64, max: u64 },
    #[error("There is no sandbox {id}: it was closed, or never created.")]
    UnknownSandbox { id: SandboxId },
    #[error("The sandbox {id} is still being made: wait for the reply to the request that makes it.")]
    SandboxNotReady { id: SandboxId },
    #[error("The system gave no thread to make the sandbox's userland ready with: {0}.")]
    NoThread(String),
    #[error("The sidecar does not hold the blob {digest} (any more): send it with putBlob.")]
    UnknownBlob { digest: BlobDigest },
    #[error(transparent)]
    Module(#[from] ModuleError),
    #[error("{announced} bytes were announced, but only {received} came: announce what is sent.")]
    UploadTooShort { announced: u64, received: u64 },
    #[error("The command {command:?} was not found on the PATH {path:?}.")]
    NotOnPath { command: String, path: String },
    #[error("There is no program {path:?}: give the path of one, or a name that is on the PATH.")]
    NoSuchProgram { path: String },
    #[error("{path:?} can't be run: {reason}")]
    NotExecutable { path: String, reason: String },
    /// Written as Node writes them.
    #[error("{}: {errno}, {operation} '{path}'", errno.name())]
    Fs { errno: Errno, operation: &'static str, path: String },
    #[error("The sidecar is shutting down and takes no new work: start another.")]
    Closed,
}

impl RequestError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::IdInUse { .. } => ErrorCode::Protocol,
            Self::InvalidOption(_) | Self::TooManyUploadBytes { .. } => ErrorCode::InvalidOption,
            Self::TooManyGuests { .. } | Self::TooManyProcesses { .. } => ErrorCode::TooManyGuests,
            Self::TooManySandboxes { .. } | Self::TooManyUserlands { .. } => ErrorCode::TooManySandboxes,
            Self::LimitExceeded { .. } => ErrorCode::LimitExceeded,
            Self::UnknownSandbox { .. } | Self::SandboxNotReady { .. } => ErrorCode::UnknownSandbox,
            Self::NoThread(_) => ErrorCode::Internal,
            Self::UnknownBlob { .. } => ErrorCode::UnknownBlob,
            Self::Module(ModuleError::TooLarge { .. }) => ErrorCode::InvalidOption,
            Self::Module(_) | Self::UploadTooShort { .. } => ErrorCode::BlobMismatch,
            Self::NotOnPath { .. } | Self::NoSuchProgram { .. } => ErrorCode::CommandNotFound,
            Self::NotExecutable { .. } => ErrorCode::NotExecutable,
            Self::Fs { .. } => ErrorCode::Fs,
            Self::Closed => ErrorCode::Closed,
        }
    }
}

impl From<&RequestError> for ErrorInfo {
    fn from(error: &RequestError) -> Self {
        let errno = match error {
            RequestError::Fs { errno, .. } => Some(errno.name().into()),
            _ => None,
        };
        Self { errno, ..Self::new(error.code(), error.to_string()) }
    }
}

/// Names the operation and the path that an `Errno` belongs to.
pub(crate) trait FsContext<T> {
    fn during(self, operation: &'static str, path: &str) -> Result<T, RequestError>;
}

impl<T> FsContext<T> for Result<T, Errno> {
    fn during(self, operation: &'static str, path: &str) -> Result<T, RequestError> {
        self.map_err(|errno| RequestError::Fs { errno, operation, path: path.into() })
    }
}

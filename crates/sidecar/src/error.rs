use crate::sidecar::EngineError;
use hotcell_protocol::ErrorInfo;
use hotcell_protocol::frame::ProtocolError;
use hotcell_runtime::Violation;
use hotcell_vfs::HostRootError;
use std::io;
use std::path::PathBuf;

/// Why the sidecar can't start or go on.
#[derive(Debug, thiserror::Error)]
pub enum SidecarError {
    #[error("The environment variable {name} can't have the value {value}: it must be {allowed}.")]
    Setting { name: &'static str, value: String, allowed: &'static str },
    #[error("The log file {path} can't be opened ({source}): set HOTCELL_LOG_FILE to one that can.", path = path.display())]
    LogFile { path: PathBuf, source: io::Error },
    #[error("{0} HOTCELL_MOUNT_ROOTS names the mount roots.")]
    MountRoot(HostRootError),
    #[error(transparent)]
    Lockdown(#[from] crate::lockdown::LockdownError),
    #[error("The engine can't start: {0}")]
    Engine(EngineError),
    #[error("The system gave no thread or event loop ({0}): raise the limits of this process.")]
    NoResources(io::Error),
    #[error(
        "Descriptor {descriptor} is no connected Unix stream socket ({reason}): `hotcell child` is started by a host that \
         passes it one. To try the sidecar by hand, use `hotcell run FILE`, or `hotcell serve --socket PATH`."
    )]
    NoChannel { descriptor: i32, reason: String },
    #[error("The socket {path} can't be served: {reason}", path = path.display())]
    Socket { path: PathBuf, reason: String },
    #[error("The token can't be written to {path} ({source}): name a file in a directory that this user may write to.", path = path.display())]
    TokenFile { path: PathBuf, source: io::Error },
    #[error("The operating system gave no randomness for a token ({0}).")]
    NoRandomness(getrandom::Error),
}

/// Why a connection ended otherwise than by its host's closing it.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    #[error("The connection broke: {0}.")]
    Io(#[from] io::Error),
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    #[error(transparent)]
    Violation(#[from] Violation),
    /// Its own words for why the host may not have what it asked for.
    #[error("{}", .0.message)]
    Refused(ErrorInfo),
}

impl ConnectionError {
    /// What the host is told before the connection closes; `None` where nobody is there to be told.
    pub fn refusal(&self) -> Option<ErrorInfo> {
        match self {
            Self::Io(_) => None,
            Self::Protocol(error) => Some(error.into()),
            Self::Violation(violation) => Some(violation.into()),
            Self::Refused(error) => Some(error.clone()),
        }
    }
}

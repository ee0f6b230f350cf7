//! The protocol between a host and the runtime.
//!
//! [`Command`] goes from the host to the runtime, [`Event`] comes back. In process both move as Rust
//! values; over a byte stream [`frame`] writes them as length-prefixed frames: control messages as
//! JSON, bytes raw. `docs/protocol.md` is the page for people who write a carrier.
//!
//! This crate does no I/O and knows no engine.

mod command;
mod error;
mod event;
pub mod frame;
mod handshake;
mod id;
mod limits;
mod outcome;
mod phases;

pub use command::{
    Command, FileContent, FsRequest, KillReason, MAX_OPEN_UPLOADS, MAX_UPLOAD_BYTES, Mount, MountMode, Program,
    Request, SandboxOptions, Signal, SourceFormat, SpawnOptions, StdinMode,
};
pub use error::{ErrorCode, ErrorInfo};
pub use event::{
    DirEntry, Event, FileKind, FileStat, GuestError, GuestExit, ModuleCacheStats, Notice, PoolStats, Reply,
    RetireReason, Stats, Usage,
};
pub use handshake::{HostHello, PROTOCOL_VERSION, SidecarHello};
pub use id::{BlobDigest, GuestId, MAX_ID, RequestId, SandboxId, Stream};
pub use limits::{Limit, LimitOutOfRange, LimitOverrides, Limits, PastLimit, SandboxLimitOverrides, SandboxLimits};
pub use outcome::Outcome;
pub use phases::{Phase, PhaseSpan, Phases};

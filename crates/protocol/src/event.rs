use crate::command::Signal;
use crate::error::ErrorInfo;
use crate::id::{GuestId, RequestId, Stream};
use crate::outcome::Outcome;
use crate::phases::Phases;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What the runtime tells a host. A guest's events come in the order in which it caused them, and nothing of a guest
/// comes after its [`Notice::Exit`].
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The answer to a request.
    Reply { id: RequestId, reply: Reply },
    /// What nobody asked for in so many words. `id` is the guest's, or 0 where it concerns the whole sidecar.
    Notice { id: GuestId, notice: Notice },
    /// Output of a guest, within the credit that the host granted.
    Output { guest: GuestId, stream: Stream, bytes: Bytes },
    /// Part of the file that the request `id` reads, in order; `last` on the final part.
    Download { id: RequestId, bytes: Bytes, last: bool },
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Reply {
    Done,
    Failed { error: ErrorInfo },
    Readdir { entries: Vec<DirEntry> },
    Stat { stat: FileStat },
    Readlink { target: String },
    Stats { stats: Box<Stats> },
}

/// What the runtime says unasked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Notice {
    /// The guest ended; nothing of it follows.
    Exit { exit: Box<GuestExit> },
    /// The host may send that many more bytes to the guest's stdin. The guest starts with none granted.
    StdinCredit { bytes: u32 },
    /// The guest reads no more: what the host still sends is thrown away.
    StdinClosed,
    /// The guest has used four fifths of that limit. At most once for each limit, while the guest runs.
    LimitNear {
        /// The limit's option name, such as `heapMb`.
        limit: String,
        /// What it has used, and what it may use, in the limit's own unit.
        used: u64,
        max: u64,
    },
    /// The sidecar ends by its own decision, for that reason. It takes no new work; the guests in it have that many milliseconds
    /// to come to their end, and those that have had no exit when it ends have crashed. It ends with the last of them.
    Retiring { reason: RetireReason, message: String, drain_ms: u32 },
}

/// Why a sidecar gives itself up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum RetireReason {
    /// A guest did not yield within its grace after it was told to end.
    Unyielding,
    /// An allocation failed in a way that the engine does not survive.
    EngineOutOfMemory,
    /// The engine found its own state broken.
    EngineFatal,
}

/// How a guest ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct GuestExit {
    pub outcome: Outcome,
    /// Where the outcome is `exited`: 0 to 255.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exit_code: Option<u8>,
    /// Where the outcome is `signaled`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub signal: Option<Signal>,
    /// Why, where the outcome alone does not say it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<GuestError>,
    pub usage: Usage,
    /// Where the time went, for guests that were started with `phases`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub phases: Option<Phases>,
}

/// Why a guest ended as it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct GuestError {
    /// A full sentence.
    pub message: String,
    /// The limit that was exceeded, by its option name, such as `wallMs`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limit: Option<String>,
}

/// What a guest used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Microseconds from the request's arrival to the guest's end.
    pub wall_us: u64,
    /// Microseconds from the request's arrival until the guest's own code began: the cell's making.
    pub start_us: u64,
    /// Microseconds that the guest's thread spent on a CPU.
    pub cpu_us: u64,
    /// Bytes of the JavaScript heap in use at the end (0 for guests without one).
    pub heap_bytes: u64,
    /// The most bytes outside of the heap at any time.
    pub external_peak_bytes: u64,
    pub stdout_bytes: u64,
    pub stderr_bytes: u64,
}

/// What a name in a directory leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum FileKind {
    File,
    Directory,
    Symlink,
    Device,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DirEntry {
    pub name: String,
    pub kind: FileKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FileStat {
    pub kind: FileKind,
    pub size: u64,
    /// The permission bits, such as 0o644.
    pub mode: u32,
    pub inode: u64,
    pub links: u64,
    /// Milliseconds since 1970.
    pub atime_ms: f64,
    pub mtime_ms: f64,
    pub ctime_ms: f64,
}

/// The sidecar's counters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Stats {
    pub pid: u32,
    pub version: String,
    pub v8_version: String,
    pub uptime_ms: u64,
    pub sandboxes: u32,
    /// Guests that live now.
    pub guests: u32,
    pub guests_started: u64,
    pub guests_ended: u64,
    /// Bytes of the process that are resident now.
    pub resident_bytes: u64,
    pub module_cache: ModuleCacheStats,
    pub pool: PoolStats,
}

/// Counters of the pool of parked workers: isolates that are made ahead of their guests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PoolStats {
    /// Workers that are parked now.
    pub parked: u32,
    /// Workers that were made to be parked before the first guest of their kind.
    pub seeds: u64,
    /// Workers that were made to be parked in the place of others that were claimed.
    pub refills: u64,
    /// Workers that came to be parked.
    pub parks: u64,
    /// Guests that found a parked worker.
    pub claim_hits: u64,
    /// Guests that had to wait for a worker's making.
    pub claim_misses: u64,
    /// Parked workers that were given up unused.
    pub evictions: u64,
}

/// Counters of the cache of module bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ModuleCacheStats {
    pub entries: u32,
    pub bytes: u64,
    pub hits: u64,
    pub misses: u64,
    pub evictions: u64,
}

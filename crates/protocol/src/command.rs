use crate::id::{BlobDigest, GuestId, RequestId, SandboxId, Stream};
use crate::limits::{LimitOverrides, SandboxLimitOverrides};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use ts_rs::TS;

/// Uploads that may be announced and not yet finished on a connection.
pub const MAX_OPEN_UPLOADS: usize = 1024;

/// Bytes that the uploads under way on a connection may have together, by what they announced.
pub const MAX_UPLOAD_BYTES: u64 = 1 << 30;

/// What a host tells the runtime.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Asks for something. Answered by one [`crate::Event::Reply`] with the same id, except where the request says
    /// otherwise.
    Request { id: RequestId, request: Request },
    /// Part of the bytes that the request `id` announced, in order; `last` on the final part.
    Upload { id: RequestId, bytes: Bytes, last: bool },
    /// Input for a guest, within the credit that it granted; `last` closes its stdin.
    Stdin { guest: GuestId, bytes: Bytes, last: bool },
}

/// A request of the host's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Request {
    /// Makes a sandbox whose id is that of this request.
    CreateSandbox { options: SandboxOptions },
    /// Ends the sandbox's guests (cancelled) and frees it.
    DestroySandbox { sandbox: SandboxId },
    /// Starts a guest whose id is that of this request. It has no reply where it succeeds: the guest's events follow,
    /// and the last of them is its exit. Where it fails, the reply is an error and no guest was made.
    Spawn { sandbox: SandboxId, options: SpawnOptions },
    /// Ends a guest or sends it a signal. No reply where it succeeds, nor where the guest has ended already.
    Kill { guest: GuestId, reason: KillReason },
    /// Lets a guest send that many more bytes of a stream. No reply.
    Credit { guest: GuestId, stream: Stream, bytes: u32 },
    /// Hands over bytes to be named by digest from then on; [`Command::Upload`] with the same id follows.
    PutBlob { digest: BlobDigest, length: u64 },
    /// An operation on a sandbox's files.
    Fs { sandbox: SandboxId, request: FsRequest },
    /// Answered by [`crate::Reply::Stats`].
    Stats,
    /// Ends every guest (cancelled); the sidecar replies, and ends when its last guest has.
    Shutdown,
}

/// What a sandbox starts with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[ts(optional_fields)]
pub struct SandboxOptions {
    /// The environment of every guest; nothing is taken from the host's own.
    pub env: BTreeMap<String, String>,
    /// Where guests start, absolute; made if it isn't there. `/` unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// What holds for every guest that sets nothing else.
    pub limits: LimitOverrides,
    /// What holds for all guests together.
    pub shared_limits: SandboxLimitOverrides,
    /// Directories of the host's that guests find in the sandbox.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<Mount>>")]
    pub mounts: Vec<Mount>,
    /// A script that is run once, before any guest, and leaves its globals to each of them. The sandbox can be used when the
    /// reply has come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userland: Option<String>,
}

/// A directory of the host's, and its place in the sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mount {
    /// An absolute path of the machine that the sidecar runs on: one of the mount roots that were named when it started, or
    /// beneath one.
    pub host: String,
    /// Where guests find it: an absolute path, made if it isn't there.
    pub guest: String,
    pub mode: MountMode,
}

/// What guests may do with a directory of the host's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum MountMode {
    /// Read it.
    Ro,
    /// Read and change it.
    Rw,
    /// Read it, and change what they see of it, while the host's stays as it is.
    Overlay,
}

/// How a guest is to be started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(optional_fields)]
pub struct SpawnOptions {
    pub program: Program,
    /// The arguments after the program's own name.
    #[serde(default)]
    pub args: Vec<String>,
    /// Laid over the sandbox's environment.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Relative to the sandbox's; the sandbox's unless set.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cwd: Option<String>,
    #[serde(default)]
    pub limits: LimitOverrides,
    #[serde(default)]
    pub stdin: StdinMode,
    /// Bytes that the guest may send of stdout, and as many of stderr, before the host grants more.
    pub credit: u32,
    /// Whether the guest's exit is to say where its time went.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub phases: bool,
}

/// What a guest runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(optional_fields)]
pub enum Program {
    /// JavaScript source text.
    Source {
        text: String,
        #[serde(default)]
        format: SourceFormat,
        /// The name that stack traces show and relative imports start from: an absolute path in the sandbox.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        name: Option<String>,
    },
    /// A program in the sandbox: a path where it has a slash, else a name that is looked up on PATH.
    Command { command: String },
    /// A WASI program by its digest; `name` is its `argv[0]`.
    Wasm {
        digest: BlobDigest,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        name: Option<String>,
    },
}

/// How JavaScript source is to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum SourceFormat {
    /// A script where it parses as one, else an ES module.
    #[default]
    Auto,
    Script,
    Module,
}

/// What a guest finds on its stdin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum StdinMode {
    /// The end of the file.
    #[default]
    Empty,
    /// What the host sends, within the credit that the guest grants.
    Pipe,
}

/// Why a guest is to be ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum KillReason {
    /// A signal: JavaScript guests can listen for all but SIGKILL; what is not listened for ends the guest.
    Signal { signal: Signal },
    /// The host has lost interest: the guest ends at once, and its outcome is `cancelled`.
    Cancel,
}

/// The signals that a guest can be sent. Their numbers are Linux's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "UPPERCASE")]
pub enum Signal {
    Sighup = 1,
    Sigint = 2,
    Sigquit = 3,
    Sigkill = 9,
    Sigusr1 = 10,
    Sigusr2 = 12,
    Sigterm = 15,
}

impl Signal {
    /// The signal with that name, such as `SIGTERM`.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "SIGHUP" => Self::Sighup,
            "SIGINT" => Self::Sigint,
            "SIGQUIT" => Self::Sigquit,
            "SIGKILL" => Self::Sigkill,
            "SIGUSR1" => Self::Sigusr1,
            "SIGUSR2" => Self::Sigusr2,
            "SIGTERM" => Self::Sigterm,
            _ => return None,
        })
    }

    /// The signal with that number on Linux.
    pub fn from_number(number: i32) -> Option<Self> {
        let all =
            [Self::Sighup, Self::Sigint, Self::Sigquit, Self::Sigkill, Self::Sigusr1, Self::Sigusr2, Self::Sigterm];
        all.into_iter().find(|signal| *signal as i32 == number)
    }
}

/// An operation on a sandbox's files. Paths are absolute, or relative to the sandbox's cwd.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "op", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum FsRequest {
    /// Writes a whole file, replacing what was there; missing parents are made where `parents` says so.
    WriteFile {
        path: String,
        content: FileContent,
        parents: bool,
        mode: u32,
    },
    /// Answered by [`crate::Event::Download`], not by a reply.
    ReadFile {
        path: String,
    },
    Mkdir {
        path: String,
        recursive: bool,
    },
    Readdir {
        path: String,
    },
    /// `follow` says whether a final symbolic link is followed.
    Stat {
        path: String,
        follow: bool,
    },
    Rm {
        path: String,
        recursive: bool,
        force: bool,
    },
    Rename {
        from: String,
        to: String,
    },
    Symlink {
        target: String,
        path: String,
    },
    Readlink {
        path: String,
    },
}

/// Where a file's content comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum FileContent {
    /// From [`Command::Upload`] with the same id, that many bytes in all.
    Upload { length: u64 },
    /// From a blob that the sidecar holds; it is shared, not copied, until the sandbox writes to it.
    Blob { digest: BlobDigest },
}

// Generated from crates/protocol by `HOTCELL_UPDATE=1 cargo test --release -p hotcell-protocol`: don't edit.
// biome-ignore-all format: generated

/** The SHA-256 of a blob (a WebAssembly program, a large file), written as 64 lower-case hex digits. */
export type BlobDigest = string;

export type DirEntry = { name: string, kind: FileKind, };

/** A stable name for what went wrong with a call of the host's. On the TypeScript side it is the `code` of the
 * error that is thrown. */
export type ErrorCode = "ERR_HOTCELL_PROTOCOL_VERSION" | "ERR_HOTCELL_PROTOCOL" | "ERR_HOTCELL_UNAUTHORIZED" | "ERR_HOTCELL_INVALID_OPTION" | "ERR_HOTCELL_LIMIT_EXCEEDED" | "ERR_HOTCELL_TOO_MANY_GUESTS" | "ERR_HOTCELL_TOO_MANY_SANDBOXES" | "ERR_HOTCELL_UNKNOWN_SANDBOX" | "ERR_HOTCELL_UNKNOWN_GUEST" | "ERR_HOTCELL_UNKNOWN_BLOB" | "ERR_HOTCELL_BLOB_MISMATCH" | "ERR_HOTCELL_COMMAND_NOT_FOUND" | "ERR_HOTCELL_NOT_EXECUTABLE" | "ERR_HOTCELL_FS" | "ERR_HOTCELL_CLOSED" | "ERR_HOTCELL_INTERNAL";

/** Why a request failed. */
export type ErrorInfo = { code: ErrorCode,
/** A full sentence that says what to do. */
message: string,
/** The POSIX name of a failed file operation's reason, such as `ENOENT`. */
errno?: string, };

/** Where a file's content comes from. */
export type FileContent = { "kind": "upload", length: number, } | { "kind": "blob", digest: BlobDigest, };

/** What a name in a directory leads to. */
export type FileKind = "file" | "directory" | "symlink" | "device";

export type FileStat = { kind: FileKind, size: number,
/** The permission bits, such as 0o644. */
mode: number, inode: number, links: number,
/** Milliseconds since 1970. */
atimeMs: number, mtimeMs: number, ctimeMs: number, };

/** An operation on a sandbox's files. Paths are absolute, or relative to the sandbox's cwd. */
export type FsRequest = { "op": "writeFile", path: string, content: FileContent, parents: boolean, mode: number, } | { "op": "readFile", path: string, } | { "op": "mkdir", path: string, recursive: boolean, } | { "op": "readdir", path: string, } | { "op": "stat", path: string, follow: boolean, } | { "op": "rm", path: string, recursive: boolean, force: boolean, } | { "op": "rename", from: string, to: string, } | { "op": "symlink", target: string, path: string, } | { "op": "readlink", path: string, };

/** Why a guest ended as it did. */
export type GuestError = {
/** A full sentence. */
message: string,
/** The limit that was exceeded, by its option name, such as `wallMs`. */
limit?: string, };

/** How a guest ended. */
export type GuestExit = { outcome: Outcome,
/** Where the outcome is `exited`: 0 to 255. */
exitCode?: number,
/** Where the outcome is `signaled`. */
signal?: Signal,
/** Why, where the outcome alone does not say it. */
error?: GuestError, usage: Usage,
/** Where the time went, for guests that were started with `phases`. */
phases?: Phases, };

/** The host's first frame. */
export type HostHello = { protocol: number,
/** Who speaks, for the logs: `hotcell-node/0.1.0`. */
agent: string,
/** The largest frame payload that the host takes, in bytes. */
maxFrame: number,
/** Demanded where the carrier is a socket that others could reach. */
token?: string,
/** The limits that hold for every sandbox of this host that does not set its own. */
limits?: LimitOverrides, };

/** Why a guest is to be ended. */
export type KillReason = { "kind": "signal", signal: Signal, } | { "kind": "cancel" };

/** The limits that a sandbox or a run sets for its guests; what it leaves out holds as before. */
export type LimitOverrides = {
/** Milliseconds from the guest's start to its end, waiting counted. */
wallMs?: number,
/** Milliseconds that the guest's own thread may spend on a CPU, waiting not counted. */
cpuMs?: number,
/** MiB of the JavaScript heap. */
heapMb?: number,
/** MiB outside of the JavaScript heap: ArrayBuffers, shared and resizable ones included, and WebAssembly memories. */
externalMb?: number,
/** KiB of stack that the guest's JavaScript and WebAssembly may fill. */
stackKb?: number,
/** Bytes written to stdout, and as many to stderr. */
outputBytes?: number,
/** Bytes of one line of output, its newline not counted. */
outputLineBytes?: number,
/** Bytes of stdin that the host may send ahead of the guest. */
stdinBufferBytes?: number,
/** Timers that wait at once. */
timers?: number,
/** ES and CommonJS modules that the guest may load. */
modules?: number,
/** Bytes of the WebAssembly program. */
moduleBytes?: number,
/** Bytes of the program's JavaScript text, in UTF-8. */
sourceBytes?: number,
/** Bytes of all arguments in UTF-8, one more for each. */
argsBytes?: number,
/** Bytes of all names and values of the environment in UTF-8, two more for each. */
envBytes?: number, };

/** Counters of the cache of module bytes. */
export type ModuleCacheStats = { entries: number, bytes: number, hits: number, misses: number, evictions: number, };

/** A directory of the host's, and its place in the sandbox. */
export type Mount = {
/** An absolute path of the machine that the sidecar runs on: one of the mount roots that were named when it started, or
 * beneath one. */
host: string,
/** Where guests find it: an absolute path, made if it isn't there. */
guest: string, mode: MountMode, };

/** What guests may do with a directory of the host's. */
export type MountMode = "ro" | "rw" | "overlay";

/** What the runtime says unasked. */
export type Notice = { "type": "exit", exit: GuestExit, } | { "type": "stdinCredit", bytes: number, } | { "type": "stdinClosed" } | { "type": "limitNear",
/** The limit's option name, such as `heapMb`. */
limit: string,
/** What it has used, and what it may use, in the limit's own unit. */
used: number, max: number, } | { "type": "retiring", reason: RetireReason, message: string, drainMs: number, };

/** How a guest ended. A guest's failure is always one of these, never an error of the host's call. */
export type Outcome = "exited" | "signaled" | "timed_out" | "out_of_memory" | "limit_exceeded" | "cancelled" | "crashed";

/** What a guest's time goes to. A run need not come through all of them, nor in this order: a worker that has to be made is
 * waited for before and after its making. */
export type Phase = "queue" | "module_get" | "snapshot_get" | "isolate_new" | "context" | "claim" | "inject" | "compile" | "user_code" | "drain" | "exit";

/** A stretch of a guest's time that went to one phase. */
export type PhaseSpan = { phase: Phase,
/** Microseconds from the request's arrival to the span's start. */
startUs: number, durationUs: number, };

/** Where a guest's time went. */
export type Phases = {
/** When the request arrived, in milliseconds since 1970. */
receivedMs: number,
/** Whether a parked worker took the guest: its isolate and context were there already. */
warmWorker: boolean,
/** In the order in which they happened, from the request's arrival to the exit without a gap. A phase that was left and
 * entered again has several. */
spans: Array<PhaseSpan>, };

/** Counters of the pool of parked workers: isolates that are made ahead of their guests. */
export type PoolStats = {
/** Workers that are parked now. */
parked: number,
/** Workers that were made to be parked before the first guest of their kind. */
seeds: number,
/** Workers that were made to be parked in the place of others that were claimed. */
refills: number,
/** Workers that came to be parked. */
parks: number,
/** Guests that found a parked worker. */
claimHits: number,
/** Guests that had to wait for a worker's making. */
claimMisses: number,
/** Parked workers that were given up unused. */
evictions: number, };

/** What a guest runs. */
export type Program = { "kind": "source", text: string, format: SourceFormat,
/** The name that stack traces show and relative imports start from: an absolute path in the sandbox. */
name?: string, } | { "kind": "command", command: string, } | { "kind": "wasm", digest: BlobDigest, name?: string, };

/** The answer to a request. */
export type Reply = { "type": "done" } | { "type": "failed", error: ErrorInfo, } | { "type": "readdir", entries: Array<DirEntry>, } | { "type": "stat", stat: FileStat, } | { "type": "readlink", target: string, } | { "type": "stats", stats: Stats, };

/** A request of the host's. */
export type Request = { "type": "createSandbox", options: SandboxOptions, } | { "type": "destroySandbox", sandbox: number, } | { "type": "spawn", sandbox: number, options: SpawnOptions, } | { "type": "kill", guest: number, reason: KillReason, } | { "type": "credit", guest: number, stream: Stream, bytes: number, } | { "type": "putBlob", digest: BlobDigest, length: number, } | { "type": "fs", sandbox: number, request: FsRequest, } | { "type": "stats" } | { "type": "shutdown" };

/** Why a sidecar gives itself up. */
export type RetireReason = "unyielding" | "engineOutOfMemory" | "engineFatal";

/** The limits that a sandbox sets for what its guests share; what it leaves out holds by default. */
export type SandboxLimitOverrides = {
/** Bytes that the sandbox's files may hold. */
fsBytes?: number,
/** Files, directories and links that the sandbox may hold. */
fsInodes?: number,
/** Directories that may lie within each other. */
fsDepth?: number,
/** Files that the sandbox's guests may have open at once. */
openFiles?: number,
/** Guests that may live at once in the sandbox. */
processes?: number, };

/** What a sandbox starts with. */
export type SandboxOptions = {
/** The environment of every guest; nothing is taken from the host's own. */
env: { [key in string]: string },
/** Where guests start, absolute; made if it isn't there. `/` unless set. */
cwd?: string,
/** What holds for every guest that sets nothing else. */
limits: LimitOverrides,
/** What holds for all guests together. */
sharedLimits: SandboxLimitOverrides,
/** Directories of the host's that guests find in the sandbox. */
mounts?: Array<Mount>,
/** A script that is run once, before any guest, and leaves its globals to each of them. The sandbox can be used when the
 * reply has come. */
userland?: string, };

/** The sidecar's first frame. */
export type SidecarHello = { protocol: number, version: string, v8Version: string, pid: number,
/** The largest frame payload that the sidecar takes, in bytes. */
maxFrame: number, };

/** The signals that a guest can be sent. Their numbers are Linux's. */
export type Signal = "SIGHUP" | "SIGINT" | "SIGQUIT" | "SIGKILL" | "SIGUSR1" | "SIGUSR2" | "SIGTERM";

/** How JavaScript source is to be read. */
export type SourceFormat = "auto" | "script" | "module";

/** How a guest is to be started. */
export type SpawnOptions = { program: Program,
/** The arguments after the program's own name. */
args: Array<string>,
/** Laid over the sandbox's environment. */
env: { [key in string]: string },
/** Relative to the sandbox's; the sandbox's unless set. */
cwd?: string, limits: LimitOverrides, stdin: StdinMode,
/** Bytes that the guest may send of stdout, and as many of stderr, before the host grants more. */
credit: number,
/** Whether the guest's exit is to say where its time went. */
phases?: boolean, };

/** The sidecar's counters. */
export type Stats = { pid: number, version: string, v8Version: string, uptimeMs: number, sandboxes: number,
/** Guests that live now. */
guests: number, guestsStarted: number, guestsEnded: number,
/** Bytes of the process that are resident now. */
residentBytes: number, moduleCache: ModuleCacheStats, pool: PoolStats, };

/** What a guest finds on its stdin. */
export type StdinMode = "empty" | "pipe";

/** An output stream of a guest. */
export type Stream = "stdout" | "stderr";

/** What a guest used. */
export type Usage = {
/** Microseconds from the request's arrival to the guest's end. */
wallUs: number,
/** Microseconds from the request's arrival until the guest's own code began: the cell's making. */
startUs: number,
/** Microseconds that the guest's thread spent on a CPU. */
cpuUs: number,
/** Bytes of the JavaScript heap in use at the end (0 for guests without one). */
heapBytes: number,
/** The most bytes outside of the heap at any time. */
externalPeakBytes: number, stdoutBytes: number, stderrBytes: number, };

/** The version of the protocol that this package speaks. */
export const PROTOCOL_VERSION = 1;

/** The largest id that travels. */
export const MAX_ID = 9007199254740991;

/** The numbers of the kinds of frames. */
export const FRAME_KINDS = {
  hello: 1,
  request: 2,
  reply: 3,
  notice: 4,
  upload: 5,
  download: 6,
  stdin: 7,
  stdout: 8,
  stderr: 9,
  refusal: 10,
} as const;

/** Bytes of a frame's header. */
export const HEADER_LENGTH = 16;

/** Bytes of payload that a frame may have where a side sets nothing else. */
export const DEFAULT_MAX_FRAME = 1048576;

/** The least that a side may announce as its largest payload; before the other's hello no payload is longer. */
export const MIN_MAX_FRAME = 4096;

/** The most that a side may announce as its largest payload, in bytes. */
export const MAX_MAX_FRAME = 16777216;

/** Bytes of payload that a hello may have, and a refusal in its place. */
export const MAX_HELLO = 65536;

/** Bytes of a JSON message, all of its frames together. */
export const MAX_MESSAGE = 16777216;

/** Messages of several frames that may be under way at once in one direction. */
export const MAX_PARTIAL_MESSAGES = 64;

/** Bytes that the messages under way may have together. */
export const MAX_PARTIAL_BYTES = 33554432;

/** Uploads that may be announced and not yet finished. */
export const MAX_OPEN_UPLOADS = 1024;

/** Bytes that the uploads under way may have together, by what they announced. */
export const MAX_UPLOAD_BYTES = 1073741824;

/** What each of a guest's limits is unless set, and what it may be set to, ends included. */
export const LIMITS = {
  wallMs: { min: 1, default: 60000, max: 86400000, past: { ends: "timed_out" } },
  cpuMs: { min: 1, default: 30000, max: 86400000, past: { ends: "timed_out" } },
  heapMb: { min: 8, default: 128, max: 4096, past: { ends: "out_of_memory" } },
  externalMb: { min: 1, default: 256, max: 4096, past: { fails: "RangeError" } },
  stackKb: { min: 64, default: 984, max: 16384, past: { fails: "RangeError" } },
  outputBytes: { min: 0, default: 67108864, max: 1099511627776, past: { ends: "limit_exceeded" } },
  outputLineBytes: { min: 1, default: 33554432, max: 1099511627776, past: { ends: "limit_exceeded" } },
  stdinBufferBytes: { min: 4096, default: 262144, max: 16777216, past: "waits" },
  timers: { min: 0, default: 50000, max: 1000000, past: { ends: "limit_exceeded" } },
  modules: { min: 0, default: 10000, max: 100000, past: { ends: "limit_exceeded" } },
  moduleBytes: { min: 0, default: 67108864, max: 268435456, past: { refused: "ERR_HOTCELL_LIMIT_EXCEEDED" } },
  sourceBytes: { min: 0, default: 33554432, max: 268435456, past: { refused: "ERR_HOTCELL_LIMIT_EXCEEDED" } },
  argsBytes: { min: 0, default: 1048576, max: 8388608, past: { refused: "ERR_HOTCELL_LIMIT_EXCEEDED" } },
  envBytes: { min: 0, default: 1048576, max: 8388608, past: { refused: "ERR_HOTCELL_LIMIT_EXCEEDED" } },
} as const satisfies Record<keyof LimitOverrides, { min: number; default: number; max: number; past: unknown }>;

/** What each of a sandbox's limits is unless set, and what it may be set to, ends included. */
export const SANDBOX_LIMITS = {
  fsBytes: { min: 0, default: 268435456, max: 1099511627776, past: { fails: "ENOSPC" } },
  fsInodes: { min: 0, default: 100000, max: 10000000, past: { fails: "ENOSPC" } },
  fsDepth: { min: 0, default: 256, max: 4096, past: { fails: "ENAMETOOLONG" } },
  openFiles: { min: 0, default: 4096, max: 100000, past: { fails: "ENFILE" } },
  processes: { min: 0, default: 1024, max: 10000, past: { refused: "ERR_HOTCELL_TOO_MANY_GUESTS" } },
} as const satisfies Record<keyof SandboxLimitOverrides, { min: number; default: number; max: number; past: unknown }>;

/** The signals that a guest can be sent, with their numbers. */
export const SIGNALS = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGUSR2: 12,
  SIGTERM: 15,
} as const satisfies Record<Signal, number>;

/** Every code that an error of the sidecar's may have. */
export const ERROR_CODES = [
  "ERR_HOTCELL_PROTOCOL_VERSION",
  "ERR_HOTCELL_PROTOCOL",
  "ERR_HOTCELL_UNAUTHORIZED",
  "ERR_HOTCELL_INVALID_OPTION",
  "ERR_HOTCELL_LIMIT_EXCEEDED",
  "ERR_HOTCELL_TOO_MANY_GUESTS",
  "ERR_HOTCELL_TOO_MANY_SANDBOXES",
  "ERR_HOTCELL_UNKNOWN_SANDBOX",
  "ERR_HOTCELL_UNKNOWN_GUEST",
  "ERR_HOTCELL_UNKNOWN_BLOB",
  "ERR_HOTCELL_BLOB_MISMATCH",
  "ERR_HOTCELL_COMMAND_NOT_FOUND",
  "ERR_HOTCELL_NOT_EXECUTABLE",
  "ERR_HOTCELL_FS",
  "ERR_HOTCELL_CLOSED",
  "ERR_HOTCELL_INTERNAL",
] as const satisfies readonly ErrorCode[];

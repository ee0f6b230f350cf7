import "./dispose.js";

export { WasmProgram } from "./blobs.js";
export type { SidecarEvent } from "./cell.js";
export { type ChromeTrace, type ChromeTraceEvent, chromeTrace, type TracedRun } from "./chrome-trace.js";
export { type CommandFilesOptions, commandFiles } from "./command-files.js";
export * from "./errors.js";
export type {
  Encoding,
  ExecOptions,
  GuestOptions,
  RunOptions,
  RunWasmOptions,
  SourceOptions,
  SpawnOptions,
  SpawnProgram,
} from "./guest-options.js";
export type { GuestProcess } from "./guest-process.js";
export type { Limits, SandboxLimits } from "./limits.js";
export type { Phase, PhaseSpan, Phases } from "./phases.js";
export type { ModuleCacheStats, PoolStats, RetireReason, SourceFormat, Stats } from "./protocol/generated.js";
export type { ExitResult, GuestFailure, Outcome, RunResult, Signal, Usage } from "./result.js";
export type { Sandbox } from "./sandbox.js";
export type { DirectoryEntry, FileKind, FileStat, SandboxFs, WriteFileOptions } from "./sandbox-fs.js";
export type { FileData, FileWithMode, Mount, SandboxOptions } from "./sandbox-options.js";
export { Sidecar } from "./sidecar.js";
export type { ConnectOptions, StartOptions } from "./sidecar-options.js";
export type { CellKind, CellStats, SidecarStats } from "./stats.js";
export type { StdinSource } from "./stdin.js";

import type { ErrorInfo } from "./protocol/generated.js";
import type { ExitResult } from "./result.js";

/**
 * The codes that this package's errors carry. The ones that the sidecar itself answers with are those of the protocol;
 * the others arise on this side.
 */
export type HotcellErrorCode =
  | ErrorInfo["code"]
  | "ERR_HOTCELL_INVALID_ARGUMENT"
  | "ERR_HOTCELL_BINARY_NOT_FOUND"
  | "ERR_HOTCELL_BINARY_NOT_EXECUTABLE"
  | "ERR_HOTCELL_ADDON_NOT_FOUND"
  | "ERR_HOTCELL_ADDON_NOT_LOADABLE"
  | "ERR_HOTCELL_ENGINE_RETIRED"
  | "ERR_HOTCELL_START_FAILED"
  | "ERR_HOTCELL_START_TIMEOUT"
  | "ERR_HOTCELL_CONNECT_FAILED"
  | "ERR_HOTCELL_SIDECAR_LOST"
  | "ERR_HOTCELL_RESTART_FAILED"
  | "ERR_HOTCELL_SANDBOX_LOST"
  | "ERR_HOTCELL_NOT_READY"
  | "ERR_HOTCELL_STDIN_CLOSED"
  | "ERR_HOTCELL_OUTPUT_TOO_LARGE";

/**
 * What every error of this package is. A guest's failure never is one: that is a result with an `outcome`.
 */
export class HotcellError extends Error {
  /** A stable name for what went wrong. */
  readonly code: HotcellErrorCode;

  constructor(code: HotcellErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** An option is unknown, or its value can't be used. Nothing was started. */
export class InvalidOptionError extends HotcellError {
  /** The option's name as it was written, with the name of its group: `limits.wallMs`. Undefined where the sidecar found it. */
  readonly option: string | undefined;

  constructor(message: string, option?: string) {
    super("ERR_HOTCELL_INVALID_OPTION", message);
    this.option = option;
  }
}

/** An argument that is not an option, such as a path or the source text, can't be used. Nothing was started. */
export class InvalidArgumentError extends HotcellError {
  /** The parameter's name. */
  readonly argument: string;

  constructor(message: string, argument: string) {
    super("ERR_HOTCELL_INVALID_ARGUMENT", message);
    this.argument = argument;
  }
}

/** No `hotcell` binary lies where it was looked for. */
export class BinaryNotFoundError extends HotcellError {
  /** Where it was looked for, in order. */
  readonly searched: readonly string[];

  constructor(message: string, searched: readonly string[], options?: ErrorOptions) {
    super("ERR_HOTCELL_BINARY_NOT_FOUND", message, options);
    this.searched = searched;
  }
}

/** The binary is there, but this user may not execute it. */
export class BinaryNotExecutableError extends HotcellError {
  readonly path: string;

  constructor(path: string, cause: Error) {
    const message = `The sidecar ${path} can't be executed (${cause.message}). Check its permissions.`;
    super("ERR_HOTCELL_BINARY_NOT_EXECUTABLE", message, { cause });
    this.path = path;
  }
}

/** The Node addon for `carrier: "in-process"` lies nowhere where it was looked for. */
export class AddonNotFoundError extends HotcellError {
  /** Where it was looked for, in order. */
  readonly searched: readonly string[];

  constructor(message: string, searched: readonly string[]) {
    super("ERR_HOTCELL_ADDON_NOT_FOUND", message);
    this.searched = searched;
  }
}

/** The addon is there, but Node can't load it. */
export class AddonNotLoadableError extends HotcellError {
  readonly path: string;

  constructor(path: string, cause: Error) {
    super("ERR_HOTCELL_ADDON_NOT_LOADABLE", `The addon ${path} can't be loaded: ${cause.message}.`, { cause });
    this.path = path;
  }
}

/**
 * The engine in this process gave itself up, since a guest did what it does not survive: no sidecar can be started in
 * this process any more. Child processes are not concerned.
 */
export class EngineRetiredError extends HotcellError {
  constructor(message: string) {
    super("ERR_HOTCELL_ENGINE_RETIRED", message);
  }
}

/** How a sidecar process ended, as far as it is known. */
export interface ProcessEnd {
  /** Its exit code, or null where a signal ended it, or where it has not ended yet or is no child of this process. */
  exitCode: number | null;
  /** The signal that ended it, or null. */
  signal: string | null;
  /** The end of what it wrote to stderr, empty where it wrote nothing. */
  stderr: string;
}

/** The sidecar ended before it had said hello. */
export class StartFailedError extends HotcellError implements ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stderr: string;

  constructor(message: string, end: ProcessEnd, options?: ErrorOptions) {
    super("ERR_HOTCELL_START_FAILED", message, options);
    this.exitCode = end.exitCode;
    this.signal = end.signal;
    this.stderr = end.stderr;
  }
}

/** The sidecar said nothing within the time that it had to start. It was ended. */
export class StartTimeoutError extends HotcellError {
  constructor(message: string) {
    super("ERR_HOTCELL_START_TIMEOUT", message);
  }
}

/** Nobody listens on the socket, or it may not be opened. */
export class ConnectFailedError extends HotcellError {
  constructor(message: string, options?: ErrorOptions) {
    super("ERR_HOTCELL_CONNECT_FAILED", message, options);
  }
}

/** The two sides speak different versions of the protocol. */
export class ProtocolVersionError extends HotcellError {
  constructor(message: string) {
    super("ERR_HOTCELL_PROTOCOL_VERSION", message);
  }
}

/** The token for the socket was missing or wrong. */
export class UnauthorizedError extends HotcellError {
  constructor(message: string) {
    super("ERR_HOTCELL_UNAUTHORIZED", message);
  }
}

/** The other side sent what the protocol does not allow. */
export class ProtocolError extends HotcellError {
  constructor(message: string, options?: ErrorOptions) {
    super("ERR_HOTCELL_PROTOCOL", message, options);
  }
}

/** The sidecar ended, or gave itself up, while this call was under way. The next call starts a fresh one. */
export class SidecarLostError extends HotcellError implements ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stderr: string;

  constructor(message: string, end: ProcessEnd, options?: ErrorOptions) {
    super("ERR_HOTCELL_SIDECAR_LOST", message, options);
    this.exitCode = end.exitCode;
    this.signal = end.signal;
    this.stderr = end.stderr;
  }
}

/** A lost sidecar could not be replaced. The next call tries again from the beginning. */
export class RestartFailedError extends HotcellError {
  /** How often it was tried. */
  readonly attempts: number;

  constructor(attempts: number, cause: Error) {
    super(
      "ERR_HOTCELL_RESTART_FAILED",
      `The sidecar was lost and ${attempts} attempts in a row to start another failed. The last one: ${cause.message}`,
      { cause },
    );
    this.attempts = attempts;
  }
}

/** The sidecar that this sandbox lived in is gone, and the sandbox with it. */
export class SandboxLostError extends HotcellError {
  constructor(options?: ErrorOptions) {
    super(
      "ERR_HOTCELL_SANDBOX_LOST",
      "The sidecar that this sandbox lived in ended, and the sandbox with it. Call sandbox.recreate() to make it anew " +
        'with its original options and files, or create it with onLost: "recreate".',
      options,
    );
  }
}

/** The sidecar or the sandbox was closed by this program. */
export class ClosedError extends HotcellError {
  constructor(message: string) {
    super("ERR_HOTCELL_CLOSED", message);
  }
}

/** The command is not on the sandbox's PATH, or there is no such file. */
export class CommandNotFoundError extends HotcellError {
  constructor(message: string) {
    super("ERR_HOTCELL_COMMAND_NOT_FOUND", message);
  }
}

/** A file operation in a sandbox failed. */
export class FileSystemError extends HotcellError {
  /** The POSIX name of the reason, such as `ENOENT`. */
  readonly errno: string;
  /** The path as it was given, where the failing operation is known to have had one. */
  readonly path: string | undefined;

  constructor(message: string, errno: string, path?: string) {
    super("ERR_HOTCELL_FS", message);
    this.errno = errno;
    this.path = path;
  }
}

/** The guest reads its stdin no more, or has ended. */
export class StdinClosedError extends HotcellError {
  constructor() {
    super("ERR_HOTCELL_STDIN_CLOSED", "The guest has closed its stdin or has ended, so it can't be written to.");
  }
}

/** A guest ended before it was ready. */
export class NotReadyError extends HotcellError {
  /** How it ended. */
  readonly exit: ExitResult;

  constructor(exit: ExitResult) {
    const { outcome, exitCode, error } = exit;
    const code = exitCode === null ? "" : ` with code ${exitCode}`;
    super(
      "ERR_HOTCELL_NOT_READY",
      `The guest ended before it was ready (${outcome}${code}). ${error?.message ?? ""}`.trimEnd(),
    );
    this.exit = exit;
  }
}

/** The output is longer than one JavaScript string can be. */
export class OutputTooLargeError extends HotcellError {
  constructor(bytes: number) {
    super(
      "ERR_HOTCELL_OUTPUT_TOO_LARGE",
      `The guest wrote ${bytes} bytes to one stream, more than one string can hold. ` +
        'Ask for bytes with encoding: "buffer", read a stream with sandbox.spawn(), or lower limits.outputBytes.',
    );
  }
}

for (const errorClass of [
  HotcellError,
  InvalidOptionError,
  InvalidArgumentError,
  BinaryNotFoundError,
  BinaryNotExecutableError,
  AddonNotFoundError,
  AddonNotLoadableError,
  EngineRetiredError,
  StartFailedError,
  StartTimeoutError,
  ConnectFailedError,
  ProtocolVersionError,
  UnauthorizedError,
  ProtocolError,
  SidecarLostError,
  RestartFailedError,
  SandboxLostError,
  ClosedError,
  CommandNotFoundError,
  FileSystemError,
  StdinClosedError,
  NotReadyError,
  OutputTooLargeError,
]) {
  // On the prototype, as the language's own errors have it, so that it is no property of each instance.
  Object.defineProperty(errorClass.prototype, "name", { value: errorClass.name, configurable: true, writable: true });
}

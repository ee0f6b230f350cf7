import { type NamedBytes, nameProgram, type WasmProgram } from "./blobs.js";
import {
  checkArgs,
  checkBoolean,
  checkChoice,
  checkEnv,
  checkOptionNames,
  checkSignal,
  checkStringArgument,
  checkStringOption,
  describe,
} from "./checks.js";
import { InvalidArgumentError } from "./errors.js";
import { checkLimits, type Limits } from "./limits.js";
import type { LimitOverrides, Program, SourceFormat } from "./protocol/generated.js";
import { checkStdin, type StdinSource } from "./stdin.js";

/** What stdout and stderr are given as: a string, decoded as UTF-8 over the whole output, or its bytes. */
export type Encoding = "utf8" | "buffer";

/** What every way to start a guest has. */
export interface GuestOptions {
  /** Laid over the sandbox's environment. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Where the guest starts, absolute or relative to the sandbox's own; that one unless set. */
  cwd?: string;
  /** Ends the guest, not only the waiting for it: the outcome is `cancelled`. */
  signal?: AbortSignal;
  /** Laid over the sandbox's limits. */
  limits?: Limits;
  /** Whether the result is to say where the time went; false unless set. */
  phases?: boolean;
}

/** Options of `sandbox.exec` and, with more, of the other calls that wait for a guest's end. */
export interface ExecOptions<E extends Encoding = Encoding> extends GuestOptions {
  /** What the guest reads; nothing unless set. Text is encoded as UTF-8. Bytes must not be changed before the guest's end. */
  stdin?: StdinSource;
  /** `"utf8"` unless set. */
  encoding?: E;
}

/** Options of `sandbox.runWasm`. */
export interface RunWasmOptions<E extends Encoding = Encoding> extends ExecOptions<E> {
  /** The program's `argv[0]`. */
  name?: string;
}

/** Options of `sandbox.run`. */
export interface RunOptions<E extends Encoding = Encoding> extends ExecOptions<E>, SourceOptions {
  /** The arguments after the program's own name: `process.argv.slice(2)`. */
  args?: readonly string[];
}

/** How source text is read. */
export interface SourceOptions {
  /** `"auto"` unless set: a script where it parses as one, else an ES module. */
  format?: SourceFormat;
  /** The name that stack traces show and relative imports start from: an absolute path in the sandbox. */
  filename?: string;
}

/** Options of `sandbox.spawn`. */
export interface SpawnOptions extends GuestOptions {
  /** The arguments after the program's own name. */
  args?: readonly string[];
  /** What the guest reads, as for `ExecOptions`; `"pipe"` gives a stream to write to, so such text must be bytes. */
  stdin?: "pipe" | StdinSource;
}

/** What `sandbox.spawn` starts: a command by name or path, source text, or a WASI program. */
export type SpawnProgram =
  | { command: string }
  | ({ source: string } & SourceOptions)
  | { wasm: Uint8Array | ArrayBuffer | WasmProgram; name?: string };

/** A guest that is ready to be started, apart from where. */
export interface GuestSpec {
  program: Program;
  /** What the program's digest names, where it has one. */
  blob: NamedBytes | undefined;
  args: string[];
  env: Record<string, string>;
  cwd: string | undefined;
  signal: AbortSignal | undefined;
  limits: LimitOverrides;
  stdin: "pipe" | Uint8Array | AsyncIterable<unknown> | Iterable<unknown> | undefined;
  phases: boolean;
}

const GUEST_OPTIONS = ["env", "cwd", "signal", "limits", "stdin", "phases"];
const SOURCE_OPTIONS = ["format", "filename"];
const RUN_OPTIONS = new Set([...GUEST_OPTIONS, ...SOURCE_OPTIONS, "args", "encoding"]);
const EXEC_OPTIONS = new Set([...GUEST_OPTIONS, "encoding"]);
const RUN_WASM_OPTIONS = new Set([...GUEST_OPTIONS, "encoding", "name"]);
const SPAWN_OPTIONS = new Set([...GUEST_OPTIONS, "args"]);
const COMMAND_PROGRAM = new Set(["command"]);
const SOURCE_PROGRAM = new Set(["source", ...SOURCE_OPTIONS]);
const WASM_PROGRAM = new Set(["wasm", "name"]);

// Shared by all guests that set none: what is sent is only read.
const NO_ARGS: string[] = [];
const NO_ENV: Record<string, string> = {};
const NO_LIMITS: LimitOverrides = {};

/** @throws InvalidArgumentError, InvalidOptionError */
export function runSpec(source: unknown, options: RunOptions | undefined): GuestSpec {
  if (options !== undefined) checkOptionNames(options, RUN_OPTIONS, "run");
  return guestSpec(sourceProgram(source, options), options?.args, options);
}

/** @throws InvalidArgumentError, InvalidOptionError */
export function execSpec(command: unknown, args: unknown, options: ExecOptions | undefined): GuestSpec {
  if (options !== undefined) checkOptionNames(options, EXEC_OPTIONS, "exec");
  return guestSpec(commandProgram(command), args, options);
}

/** @throws InvalidArgumentError, InvalidOptionError */
export function runWasmSpec(bytes: unknown, args: unknown, options: RunWasmOptions | undefined): GuestSpec {
  if (options !== undefined) checkOptionNames(options, RUN_WASM_OPTIONS, "runWasm");
  const blob = nameProgram(bytes);
  return guestSpec(wasmProgram(blob, options?.name), args, options, blob);
}

/** @throws InvalidArgumentError, InvalidOptionError */
export function spawnSpec(program: unknown, options: SpawnOptions | undefined): GuestSpec {
  if (options !== undefined) checkOptionNames(options, SPAWN_OPTIONS, "spawn");
  const spec = programSpec(program, options);
  // Elsewhere this is text like any other.
  if (options?.stdin === "pipe") spec.stdin = "pipe";
  return spec;
}

function programSpec(program: unknown, options: SpawnOptions | undefined): GuestSpec {
  const args = options?.args;
  const kinds = 'Pass { command: "ls" }, { source: "..." } or { wasm: bytes }';
  if (typeof program !== "object" || program === null) {
    throw new InvalidArgumentError(`The program can't be ${describe(program)}. ${kinds}.`, "program");
  }
  const has = ["command", "source", "wasm"].filter((name) => name in program);
  if (has.length !== 1) {
    throw new InvalidArgumentError(`The program must have one of command, source and wasm. ${kinds}.`, "program");
  }
  const { command, source, wasm, name } = program as Record<string, unknown>;
  switch (has[0]) {
    case "command":
      checkOptionNames(program, COMMAND_PROGRAM, "a command program");
      return guestSpec(commandProgram(command), args, options);
    case "source":
      checkOptionNames(program, SOURCE_PROGRAM, "a source program");
      return guestSpec(sourceProgram(source, program as SourceOptions), args, options);
    default: {
      checkOptionNames(program, WASM_PROGRAM, "a wasm program");
      const blob = nameProgram(wasm);
      return guestSpec(wasmProgram(blob, name), args, options, blob);
    }
  }
}

/** The encoding that was asked for. @throws InvalidOptionError */
export function checkEncoding(value: unknown): Encoding {
  return value === undefined ? "utf8" : checkChoice(value, "encoding", ["utf8", "buffer"]);
}

function guestSpec(
  program: Program,
  args: unknown,
  options: ExecOptions | SpawnOptions | undefined,
  blob?: NamedBytes,
): GuestSpec {
  const { env, cwd, signal, limits, stdin, phases } = options ?? {};
  return {
    program,
    blob,
    args: args === undefined ? NO_ARGS : checkArgs(args, "args"),
    env: env === undefined ? NO_ENV : checkEnv(env),
    cwd: cwd === undefined ? undefined : checkStringOption(cwd, "cwd"),
    signal: signal === undefined ? undefined : checkSignal(signal),
    limits: limits === undefined ? NO_LIMITS : checkLimits(limits),
    stdin: stdin === undefined ? undefined : checkStdin(stdin),
    phases: checkBoolean(phases, "phases", false),
  };
}

function sourceProgram(source: unknown, options: SourceOptions | undefined): Program {
  if (typeof source !== "string") {
    throw new InvalidArgumentError(`The source must be a string, not ${describe(source)}.`, "source");
  }
  const format = options?.format;
  const filename = options?.filename;
  const program: Program = {
    kind: "source",
    text: source,
    format: format === undefined ? "auto" : checkChoice(format, "format", ["auto", "script", "module"]),
  };
  if (filename !== undefined) program.name = checkStringOption(filename, "filename");
  return program;
}

function commandProgram(command: unknown): Program {
  if (checkStringArgument(command, "command") === "") {
    throw new InvalidArgumentError("The command must not be empty: name a program, or give its path.", "command");
  }
  return { kind: "command", command: command as string };
}

function wasmProgram({ digest }: NamedBytes, name: unknown): Program {
  return name === undefined
    ? { kind: "wasm", digest }
    : { kind: "wasm", digest, name: checkStringOption(name, "name") };
}

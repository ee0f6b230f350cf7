import { BLOB_MIN_BYTES, type NamedBytes, nameBytes, nameProgram, WasmProgram } from "./blobs.js";
import {
  asBytes,
  checkChoice,
  checkEnv,
  checkInteger,
  checkOptionNames,
  checkStringOption,
  describe,
} from "./checks.js";
import { InvalidOptionError } from "./errors.js";
import { checkSandboxLimits, type SandboxLimits } from "./limits.js";
import type { SandboxOptions as WireOptions } from "./protocol/generated.js";

/** What a file of a sandbox holds. Text is encoded as UTF-8. */
export type FileData = string | Uint8Array | ArrayBuffer | WasmProgram;

/** A file's content where its mode matters too. */
export interface FileWithMode {
  content: FileData;
  /** The permission bits, such as 0o644. */
  mode?: number;
}

/** A directory of the host's, and its place in a sandbox. */
export interface Mount {
  /** Its absolute path, without `.` and `..`. */
  host: string;
  /** Where guests find it: an absolute path without `.`, `..` and a slash at its end; made if it isn't there. */
  guest: string;
  /**
   * Whether guests may read it (`"ro"`), read and change it (`"rw"`), or read it and change what they see of it while the
   * host's stays as it is (`"overlay"`).
   */
  mode: "ro" | "rw" | "overlay";
}

/** Options of `sidecar.createSandbox`. */
export interface SandboxOptions {
  /**
   * The environment of every guest. Nothing is taken from this process. PATH is `/usr/local/bin:/usr/bin:/bin` where it
   * isn't set.
   */
  env?: Readonly<Record<string, string | undefined>>;
  /** Where guests start, absolute; made if it isn't there. `/` unless set. */
  cwd?: string;
  /**
   * Files by absolute path; missing directories are made. A file is executable (0o755, else 0o644) where it lies in a
   * directory named `bin`, is a WebAssembly program, or starts with `#!`. They are kept as long as the sandbox, which can
   * be made anew from them.
   */
  files?: Readonly<Record<string, FileData | FileWithMode>>;
  /**
   * Directories of the machine that the sidecar runs on, for guests to find in the sandbox. They must be among the
   * `mountRoots` that the sidecar was started with, or lie beneath one.
   */
  mounts?: readonly Mount[];
  /** Limits of the files, and of every guest that sets none of its own. */
  limits?: SandboxLimits;
  /**
   * JavaScript of your own that every guest finds as if it had been run at its start: libraries, helpers, settings. A
   * script (no `import`), run once on top of the built-in globals, in a process of its own; what it leaves, global
   * variables and classes included, is part of the snapshot that guests start from, so that it costs each of them next to
   * nothing. It sees no guest: no streams, files, `require`, timers, clocks or random bytes, and no `WebAssembly`;
   * functions that it defines have all of these when a guest calls them. It has 5 seconds of CPU time and 256 MB.
   */
  userland?: string;
  /**
   * Which process the sandbox lives in: one of those that sandboxes are spread over (`"shared"`, unless set), or one to
   * itself (`"own"`), which ends when the sandbox is closed. What its guests do to that process concerns no other sandbox.
   * From the first one on, a process is kept parked, so that the next `"own"` costs no start. Not with
   * `carrier: "in-process"` nor `Sidecar.connect`.
   */
  cell?: "shared" | "own";
  /**
   * What the next use of the sandbox does when its sidecar was lost, and its files with it: `"fail"` (unless set) with
   * code `ERR_HOTCELL_SANDBOX_LOST` until `recreate` is called, or `"recreate"` it from its original options and files.
   */
  onLost?: "fail" | "recreate";
}

/** A file that is ready to be written. */
export interface FileSpec {
  path: string;
  mode: number;
  /** Its own copy, or bytes named by digest. */
  content: Uint8Array | NamedBytes;
}

/** All that is needed to make a sandbox, as often as need be. */
export interface SandboxSpec {
  options: WireOptions;
  files: FileSpec[];
  recreate: boolean;
  cell: "shared" | "own";
}

const SANDBOX_OPTIONS = new Set(["env", "cwd", "files", "mounts", "limits", "userland", "cell", "onLost"]);
const MOUNT_OPTIONS = new Set(["host", "guest", "mode"]);
const FILE_OPTIONS = new Set(["content", "mode"]);
const DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

/** @throws InvalidOptionError */
export function sandboxSpec(options: SandboxOptions): SandboxSpec {
  checkOptionNames(options, SANDBOX_OPTIONS, "createSandbox");
  const { limits, sharedLimits } = checkSandboxLimits(options.limits);
  const env = checkEnv(options.env ?? {});
  env.PATH ??= DEFAULT_PATH;
  const wire: WireOptions = { env, limits, sharedLimits };
  if (options.cwd !== undefined) {
    wire.cwd = checkStringOption(options.cwd, "cwd");
    if (!wire.cwd.startsWith("/")) {
      throw new InvalidOptionError(`A sandbox's cwd must be absolute, but it is ${describe(wire.cwd)}.`, "cwd");
    }
  }
  if (options.mounts !== undefined) wire.mounts = checkMounts(options.mounts);
  if (options.userland !== undefined) {
    if (typeof options.userland !== "string") {
      const message = `The option userland must be a string of JavaScript, not ${describe(options.userland)}.`;
      throw new InvalidOptionError(message, "userland");
    }
    wire.userland = options.userland;
  }
  const onLost = options.onLost === undefined ? "fail" : checkChoice(options.onLost, "onLost", ["fail", "recreate"]);
  const cell = options.cell === undefined ? "shared" : checkChoice(options.cell, "cell", ["shared", "own"]);
  return { options: wire, files: fileSpecs(options.files ?? {}), recreate: onLost === "recreate", cell };
}

/** The permission bits of a file where the caller sets none. */
export function defaultMode(path: string, content: Uint8Array): number {
  const executable = isWasm(content) || isScript(content) || /(^|\/)bin\/[^/]+$/.test(path);
  return executable ? 0o755 : 0o644;
}

/** The bytes that a file is to hold, or undefined where the value is nothing of the kind. */
export function fileBytes(data: unknown): Uint8Array | NamedBytes | undefined {
  if (typeof data === "string") return Buffer.from(data, "utf8");
  if (data instanceof WasmProgram) return nameProgram(data);
  return asBytes(data);
}

/** @throws InvalidOptionError where the value is no set of permission bits. */
export function checkMode(value: unknown, option: string): number {
  return checkInteger(value, option, 0, 0o7777);
}

function checkMounts(mounts: unknown): Mount[] {
  if (!Array.isArray(mounts)) {
    throw new InvalidOptionError(`The option mounts must be an array, not ${describe(mounts)}.`, "mounts");
  }
  return mounts.map((mount, index) => {
    const option = `mounts[${index}]`;
    checkOptionNames(mount, MOUNT_OPTIONS, option);
    const { host, guest, mode } = mount as Partial<Record<keyof Mount, unknown>>;
    return {
      host: checkAbsolute(host, `${option}.host`),
      guest: checkAbsolute(guest, `${option}.guest`),
      mode: checkChoice(mode, `${option}.mode`, ["ro", "rw", "overlay"]),
    };
  });
}

function checkAbsolute(path: unknown, option: string): string {
  const checked = checkStringOption(path, option);
  if (checked.startsWith("/")) return checked;
  throw new InvalidOptionError(`The option ${option} must be absolute, but it is ${describe(checked)}.`, option);
}

function fileSpecs(files: object): FileSpec[] {
  if (typeof files !== "object" || files === null || Array.isArray(files)) {
    throw new InvalidOptionError(`The option files must be an object of paths, not ${describe(files)}.`, "files");
  }
  return Object.entries(files).map(([path, file]) => fileSpec(path, file));
}

function fileSpec(path: string, file: unknown): FileSpec {
  const option = `files[${JSON.stringify(path)}]`;
  checkStringOption(path, option);
  if (!path.startsWith("/")) {
    throw new InvalidOptionError(`A file's path must be absolute, but files has ${JSON.stringify(path)}.`, option);
  }
  let bytes = fileBytes(file);
  let mode: number | undefined;
  if (bytes === undefined && typeof file === "object" && file !== null && "content" in file) {
    checkOptionNames(file, FILE_OPTIONS, option);
    bytes = fileBytes(file.content);
    if ("mode" in file && file.mode !== undefined) mode = checkMode(file.mode, `${option}.mode`);
  }
  if (bytes === undefined) {
    throw new InvalidOptionError(
      `${option} must be a string, bytes, a WasmProgram, or { content, mode }, not ${describe(file)}.`,
      option,
    );
  }
  if (!(bytes instanceof Uint8Array)) return { path, mode: mode ?? 0o755, content: bytes };
  mode ??= defaultMode(path, bytes);
  if (bytes.length >= BLOB_MIN_BYTES) return { path, mode, content: nameBytes(bytes, bytes) };
  // A copy: the sandbox may be made again when the caller has long changed its bytes.
  return { path, mode, content: typeof file === "string" ? bytes : new Uint8Array(bytes) };
}

function isWasm(content: Uint8Array): boolean {
  return content[0] === 0 && content[1] === 0x61 && content[2] === 0x73 && content[3] === 0x6d;
}

function isScript(content: Uint8Array): boolean {
  return content[0] === 0x23 && content[1] === 0x21;
}

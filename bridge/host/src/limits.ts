import { checkInteger, checkOptionNames } from "./checks.js";
import { LIMITS, type LimitOverrides, SANDBOX_LIMITS, type SandboxLimitOverrides } from "./protocol/generated.js";

/**
 * Limits of a guest. Each holds by default; what is left out keeps the value of the sandbox, or of the sidecar. A value
 * outside of its range is an error with code `ERR_HOTCELL_INVALID_OPTION`.
 */
export interface Limits {
  /** Milliseconds from the guest's start to its end, waiting counted: 1 to 86,400,000. Default 60,000. */
  wallMs?: number;
  /** Milliseconds that the guest's own thread may spend on a CPU: 1 to 86,400,000. Default 30,000. */
  cpuMs?: number;
  /** MiB of the JavaScript heap: 8 to 4096. Default 128. */
  heapMb?: number;
  /** MiB outside of the heap, in ArrayBuffers of every kind and WebAssembly memories: 1 to 4096. Default 256. */
  externalMb?: number;
  /** KiB of stack that JavaScript and WebAssembly may fill: 64 to 16,384. Default 984. */
  stackKb?: number;
  /** Bytes that the guest may write to stdout, and as many to stderr: 0 to 2^40. Default 64 MiB. */
  outputBytes?: number;
  /** Bytes of one line of output: 1 to 2^40. Default 32 MiB. */
  outputLineBytes?: number;
  /** Bytes of stdin that are sent ahead of the guest: 4096 to 16 MiB. Default 256 KiB. */
  stdinBufferBytes?: number;
  /** Timers that wait at once: 0 to 1,000,000. Default 50,000. */
  timers?: number;
  /** ES and CommonJS modules that the guest may load: 0 to 100,000. Default 10,000. */
  modules?: number;
  /** Bytes of a WebAssembly program: 0 to 256 MiB. Default 64 MiB. */
  moduleBytes?: number;
  /** Bytes of a program's JavaScript text: 0 to 256 MiB. Default 32 MiB. */
  sourceBytes?: number;
  /** Bytes of all arguments: 0 to 8 MiB. Default 1 MiB. */
  argsBytes?: number;
  /** Bytes of the environment: 0 to 8 MiB. Default 1 MiB. */
  envBytes?: number;
}

/** Limits of a sandbox: those of its guests, and those on what they share. */
export interface SandboxLimits extends Limits {
  /** Bytes that the sandbox's files may hold: 0 to 2^40. Default 256 MiB. */
  fsBytes?: number;
  /** Files, directories and links that the sandbox may hold: 0 to 10,000,000. Default 100,000. */
  fsInodes?: number;
  /** Directories that may lie within each other: 0 to 4096. Default 256. */
  fsDepth?: number;
  /** Files that the sandbox's guests may have open at once: 0 to 100,000. Default 4096. */
  openFiles?: number;
  /** Guests that may live at once in the sandbox: 0 to 10,000. Default 1024. */
  processes?: number;
}

type Ranges = Readonly<Record<string, { readonly min: number; readonly max: number }>>;

/** A copy of a guest's limits. @throws InvalidOptionError */
export function checkLimits(limits: unknown): LimitOverrides {
  return copyLimits(limits, LIMITS);
}

/** Copies of a sandbox's limits: those of its guests, and those on what they share. @throws InvalidOptionError */
export function checkSandboxLimits(limits: unknown): { limits: LimitOverrides; sharedLimits: SandboxLimitOverrides } {
  const copy = copyLimits(limits, { ...LIMITS, ...SANDBOX_LIMITS });
  const part = (names: object) => Object.fromEntries(Object.entries(copy).filter(([name]) => name in names));
  return { limits: part(LIMITS), sharedLimits: part(SANDBOX_LIMITS) };
}

function copyLimits(limits: unknown, ranges: Ranges): Record<string, number> {
  const copy: Record<string, number> = {};
  if (limits === undefined) return copy;
  checkOptionNames(limits, new Set(Object.keys(ranges)), "limits");
  for (const [name, value] of Object.entries(limits as object)) {
    if (value === undefined) continue;
    const range = ranges[name];
    copy[name] = checkInteger(value, `limits.${name}`, range?.min, range?.max);
  }
  return copy;
}

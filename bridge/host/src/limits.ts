import { checkInteger, checkOptionNames } from "./checks.js";
import { LIMITS, type LimitOverrides } from "./protocol/generated.js";

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
  /**
   * MiB outside of the JavaScript heap, in ArrayBuffers: 1 to 4096. Default 256. Resizable ones and WebAssembly memories are
   * not counted yet.
   */
  externalMb?: number;
  /** Bytes that the guest may write to stdout, and as many to stderr: 0 to 2^40. Default 64 MiB. */
  outputBytes?: number;
}

/** Limits of a sandbox: those of its guests, and those of its files. */
export interface SandboxLimits extends Limits {
  /** Bytes that the sandbox's files may hold. */
  fsBytes?: number;
  /** Files, directories and links that the sandbox may hold. */
  fsInodes?: number;
}

const GUEST_LIMITS: ReadonlySet<string> = new Set(Object.keys(LIMITS));
const SANDBOX_LIMITS: ReadonlySet<string> = new Set([...GUEST_LIMITS, "fsBytes", "fsInodes"]);

/** A copy of a guest's limits. @throws InvalidOptionError */
export function checkLimits(limits: unknown): LimitOverrides {
  return copyLimits(limits, GUEST_LIMITS);
}

/** A copy of a sandbox's limits. @throws InvalidOptionError */
export function checkSandboxLimits(limits: unknown): SandboxLimits {
  return copyLimits(limits, SANDBOX_LIMITS);
}

function copyLimits(limits: unknown, known: ReadonlySet<string>): Record<string, number> {
  const copy: Record<string, number> = {};
  if (limits === undefined) return copy;
  checkOptionNames(limits, known, "limits");
  for (const [name, value] of Object.entries(limits as object)) {
    if (value === undefined) continue;
    const range = name in LIMITS ? LIMITS[name as keyof LimitOverrides] : undefined;
    copy[name] = checkInteger(value, `limits.${name}`, range?.min, range?.max);
  }
  return copy;
}

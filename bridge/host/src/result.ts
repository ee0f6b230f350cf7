import { type Phases, phasesOf } from "./phases.js";
import type { GuestExit, Outcome, Signal } from "./protocol/generated.js";

export type { Outcome, Signal };

/** What a guest used. */
export interface Usage {
  /** Milliseconds from the request's arrival in the sidecar to the guest's end. */
  wallMs: number;
  /** Milliseconds of these that passed before the guest's own code began. */
  startMs: number;
  /** Milliseconds that the guest's thread spent on a CPU. */
  cpuMs: number;
  /** Bytes of the JavaScript heap in use at the end; 0 for guests without one. */
  heapBytes: number;
  /** The most bytes that the guest held outside of its heap at any time. */
  externalPeakBytes: number;
  /** Bytes that the guest wrote to stdout. */
  stdoutBytes: number;
  /** Bytes that the guest wrote to stderr. */
  stderrBytes: number;
}

/** Why a guest ended as it did, where the outcome alone does not say it. */
export interface GuestFailure {
  /** A full sentence. */
  message: string;
  /** The limit that was exceeded, by its option name, such as `wallMs`. */
  limit?: string;
}

/** How a guest ended. */
export interface ExitResult {
  /**
   * - `exited`: it ran to its end, or called exit; `exitCode` says how it went.
   * - `signaled`: a signal ended it; `signal` says which.
   * - `timed_out`: it ran past its wall-time or CPU-time limit.
   * - `out_of_memory`: it ran past its heap or external-memory limit.
   * - `limit_exceeded`: it ran past another limit, such as that on output; `error.limit` says which.
   * - `cancelled`: its AbortSignal, or the closing of its sandbox or sidecar, ended it.
   * - `crashed`: the sidecar that it lived in ended under it.
   */
  outcome: Outcome;
  /** 0 to 255 where the outcome is `exited`, else null. */
  exitCode: number | null;
  /** The signal's name where the outcome is `signaled`, else null. */
  signal: Signal | null;
  error?: GuestFailure;
  usage: Usage;
  /** Where the time went, where the option `phases` or the sidecar's setting `HOTCELL_PHASES` asked for it. */
  phases?: Phases;
}

/** How a guest ended, and all that it wrote. */
export interface RunResult<Output extends string | Buffer = string> extends ExitResult {
  stdout: Output;
  stderr: Output;
}

export function exitResult(exit: GuestExit): ExitResult {
  const { usage } = exit;
  const result: ExitResult = {
    outcome: exit.outcome,
    exitCode: exit.exitCode ?? null,
    signal: exit.signal ?? null,
    usage: {
      wallMs: usage.wallUs / 1000,
      startMs: usage.startUs / 1000,
      cpuMs: usage.cpuUs / 1000,
      heapBytes: usage.heapBytes,
      externalPeakBytes: usage.externalPeakBytes,
      stdoutBytes: usage.stdoutBytes,
      stderrBytes: usage.stderrBytes,
    },
  };
  if (exit.error !== undefined) result.error = exit.error;
  if (exit.phases !== undefined) result.phases = phasesOf(exit.phases);
  return result;
}

/** The result of a guest that the sidecar reported no end of. What it wrote was counted on this side. */
export function unreportedExit(
  outcome: "cancelled" | "crashed",
  message: string,
  wallMs: number,
  stdoutBytes: number,
  stderrBytes: number,
): ExitResult {
  return {
    outcome,
    exitCode: null,
    signal: null,
    error: { message },
    usage: { wallMs, startMs: 0, cpuMs: 0, heapBytes: 0, externalPeakBytes: 0, stdoutBytes, stderrBytes },
  };
}

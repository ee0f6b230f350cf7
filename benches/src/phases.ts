import type { Phases } from "hotcell";
import { median } from "./statistics.js";

/** The phases of a run in their order, with what each one is. */
export const PHASES = [
  ["queueUs", "queue"],
  ["moduleGetUs", "module"],
  ["snapshotGetUs", "snapshot"],
  ["isolateNewUs", "isolate"],
  ["contextUs", "context"],
  ["claimUs", "claim"],
  ["injectUs", "inject"],
  ["compileUs", "compile"],
  ["userCodeUs", "user code"],
  ["drainUs", "drain"],
  ["exitUs", "exit"],
] as const satisfies readonly (readonly [Exclude<keyof Phases, "warmWorker" | "receivedMs" | "spans">, string])[];

/** What the phases of many runs have in common. */
export interface PhaseSummary {
  runs: number;
  /** The share of runs that found a parked worker, 0 to 1. */
  warm: number;
  /** The median of each phase, in microseconds, in the order of {@link PHASES}. */
  p50Us: number[];
}

/** @throws RangeError where there are no runs. */
export function summarizePhases(runs: readonly Phases[]): PhaseSummary {
  return {
    runs: runs.length,
    warm: runs.filter(({ warmWorker }) => warmWorker).length / runs.length,
    p50Us: PHASES.map(([phase]) => median(runs.map((run) => run[phase]))),
  };
}

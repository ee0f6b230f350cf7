import type { Effort } from "./measure.js";

/** What a sample costs, which says how many of them are to be had. */
export type Cost = "call" | "batch" | "start" | "memory";

/** How often everything is measured in one run of the bench. */
export type Efforts = Readonly<Record<Cost, Effort>>;

/** Calls that a user waits for one by one come with a gap, in which parked workers are refilled. */
export const GAP_MS = 5;

/** Runs that are counted of each latency row unless said otherwise. */
export const DEFAULT_COUNTED = 200;
/** The fewest that are taken for a figure. */
export const MIN_COUNTED = 50;

/** The whole of it, for a report. */
export function reportEfforts(counted: number): Efforts {
  return {
    call: { warmups: 20, counted, gapMs: GAP_MS },
    batch: { warmups: 10, counted: MIN_COUNTED, gapMs: GAP_MS },
    start: { warmups: 10, counted: MIN_COUNTED, gapMs: GAP_MS },
    memory: { warmups: 1, counted: 10, gapMs: 0 },
  };
}

/** What the gate needs to decide. */
export const GATE_EFFORTS: Efforts = {
  call: { warmups: 20, counted: 100, gapMs: GAP_MS },
  batch: { warmups: 10, counted: MIN_COUNTED, gapMs: GAP_MS },
  start: { warmups: 10, counted: MIN_COUNTED, gapMs: GAP_MS },
  memory: { warmups: 1, counted: 5, gapMs: 0 },
};

/** A part of an effort, at least one run of it counted. */
export function shareOf(effort: Effort, share: number): Effort {
  const part = (runs: number) => Math.ceil(runs * share);
  return { ...effort, warmups: part(effort.warmups), counted: Math.max(part(effort.counted), 1) };
}

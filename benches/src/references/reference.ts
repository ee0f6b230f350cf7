import type { Cost } from "../efforts.js";
import { type Effort, measure, type Task } from "../measure.js";
import type { Metric } from "../metric.js";
import type { Resources } from "../resources.js";

/** Something that is not the product, measured in the same run on the same machine. */
export interface Reference extends Metric {
  readonly cost: Cost;
  /**
   * Makes it ready.
   *
   * @throws UnavailableError where it can't be had on this machine.
   */
  open(resources: Resources): Promise<OpenReference>;
}

/** A reference that is ready. */
export interface OpenReference {
  /** Samples in the reference's unit, as many as the effort counts. */
  measure(effort: Effort): Promise<number[]>;
  close(): Promise<void>;
}

/** A reference can't be had on this machine; the message says why, and what would help. */
export class UnavailableError extends Error {
  override readonly name = "UnavailableError";
}

/** A reference whose samples are the times of a task. */
export function timed<T>(
  task: Task<T>,
  resources: Resources,
  close: () => Promise<void> = async () => {},
): OpenReference {
  return { measure: (effort) => measure(task, effort, resources.signal), close };
}

/** @throws Error where what a reference gave is not what it must give. */
export function expectSame(actual: unknown, expected: unknown, who: string): void {
  if (actual === expected) return;
  throw new Error(`${who} gave ${JSON.stringify(actual)} where ${JSON.stringify(expected)} was to be expected.`);
}

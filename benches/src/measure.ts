import { setTimeout as delay } from "node:timers/promises";

/** How often something is measured. */
export interface Effort {
  /** Runs that come first and are not counted. */
  warmups: number;
  counted: number;
  /** Milliseconds of quiet after each run, so that it does not pay for what the one before left to be done. */
  gapMs: number;
}

/** Something whose time is taken. */
export interface Task<T> {
  /** What is timed: from the call until its promise resolves. */
  run(): Promise<T>;
  /** Not timed. Throws where the result is not what it must be; puts away what the run made. */
  verify(result: T): void | Promise<void>;
}

/**
 * Takes samples one after the other.
 *
 * @returns Those that count.
 * @throws What taking one throws; the signal's reason once it is aborted.
 */
export async function collect(take: () => Promise<number>, effort: Effort, signal: AbortSignal): Promise<number[]> {
  const samples: number[] = [];
  for (let i = -effort.warmups; i < effort.counted; i++) {
    signal.throwIfAborted();
    const sample = await take();
    if (i >= 0) samples.push(sample);
    if (effort.gapMs > 0) await delay(effort.gapMs, undefined, { signal });
  }
  return samples;
}

/**
 * Takes the time of a task again and again, one run after the other, and verifies every one, warm-ups included.
 *
 * @returns Milliseconds of each counted run.
 * @throws What the task throws; the signal's reason once it is aborted.
 */
export function measure<T>(task: Task<T>, effort: Effort, signal: AbortSignal): Promise<number[]> {
  const take = async () => {
    const started = performance.now();
    const result = await task.run();
    const ms = performance.now() - started;
    await task.verify(result);
    return ms;
  };
  return collect(take, effort, signal);
}

import { InvalidArgumentError } from "./errors.js";
import type { Phases } from "./phases.js";

/** A run that was started with `phases: true`: its result, or anything with its phases. */
export interface TracedRun {
  phases?: Phases;
  /** What it is called in the trace. */
  name?: string;
}

/** What Perfetto (https://ui.perfetto.dev) and chrome://tracing open, as JSON in a file. */
export interface ChromeTrace {
  traceEvents: ChromeTraceEvent[];
  displayTimeUnit: "ns";
}

/** A name for a process or thread, or a slice of time. `ts` and `dur` are microseconds. */
export type ChromeTraceEvent =
  | { name: "process_name" | "thread_name"; ph: "M"; pid: number; tid: number; args: { name: string } }
  | {
      name: string;
      cat: "run" | "phase";
      ph: "X";
      ts: number;
      dur: number;
      pid: number;
      tid: number;
      args: Record<string, string | number>;
    };

/** There is nothing in the trace that it could be told from. */
const PID = 1;

/**
 * Where the time of those runs went, as a trace: each run is a slice on a line of its own, and its phases are slices within
 * that. The time of all is counted from the arrival of the first of them.
 *
 *     writeFileSync("trace.json", JSON.stringify(chromeTrace([await sandbox.run(source, { phases: true })])));
 *
 * @throws InvalidArgumentError where a run has no phases
 */
export function chromeTrace(runs: Iterable<TracedRun>): ChromeTrace {
  const traced = Array.from(runs, ({ phases, name }, index) => {
    const title = name ?? `run ${index + 1}`;
    if (phases === undefined) {
      throw new InvalidArgumentError(`There are no phases of ${title}: start it with the option phases: true.`, "runs");
    }
    return { phases, title };
  });
  const origin = traced.reduce((first, { phases }) => Math.min(first, phases.receivedMs), Number.POSITIVE_INFINITY);
  const traceEvents: ChromeTraceEvent[] = [nameEvent("process_name", 1, "hotcell")];
  for (const [index, { phases, title }] of traced.entries()) {
    const tid = index + 1;
    traceEvents.push(nameEvent("thread_name", tid, title));
    // Whole microseconds: the clocks that runs are placed by are no finer.
    const received = Math.round((phases.receivedMs - origin) * 1000);
    const slice = (
      name: string,
      cat: "run" | "phase",
      startUs: number,
      endUs: number,
      args: Record<string, string | number>,
    ): void => {
      const ts = received + onGrid(startUs);
      traceEvents.push({ name, cat, ph: "X", ts, dur: received + onGrid(endUs) - ts, pid: PID, tid, args });
    };
    const last = phases.spans.at(-1);
    slice(title, "run", 0, last === undefined ? 0 : last.startUs + last.durationUs, {
      warm_worker: phases.warmWorker ? "hit" : "miss",
      received_ms: phases.receivedMs,
    });
    for (const { phase, startUs, durationUs } of phases.spans) {
      slice(phase, "phase", startUs, startUs + durationUs, {});
    }
  }
  return { traceEvents, displayTimeUnit: "ns" };
}

function nameEvent(name: "process_name" | "thread_name", tid: number, value: string): ChromeTraceEvent {
  return { name, ph: "M", pid: PID, tid, args: { name: value } };
}

/**
 * To a 64th of a microsecond, which floating point holds exactly: a viewer that adds start and duration up, or makes whole
 * nanoseconds of them, never finds two slices that overlap.
 */
function onGrid(us: number): number {
  return Math.round(us * 64) / 64;
}

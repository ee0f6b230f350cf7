import type { Phase, PhaseSpan, Phases as WirePhases } from "./protocol/generated.js";

export type { Phase, PhaseSpan };

/** Where a guest's time went: the microseconds of each phase, which add up to its wall time, and how they followed each other. */
export interface Phases {
  /** From the request's arrival until it was handled. */
  queueUs: number;
  /** Finding the program, its bytes and their digest, and making the guest. */
  moduleGetUs: number;
  /** Finding the snapshot. */
  snapshotGetUs: number;
  /** Making the isolate; 0 where a parked worker was claimed. */
  isolateNewUs: number;
  /** Making the context and the userland in it; 0 where a parked worker was claimed. */
  contextUs: number;
  /** Waiting for a worker, and its waking up. */
  claimUs: number;
  /** Handing the guest its particulars. */
  injectUs: number;
  /** Compiling the program. */
  compileUs: number;
  /** The program's first run, to its last synchronous statement. */
  userCodeUs: number;
  /** The event loop, until nothing was left to do. */
  drainUs: number;
  /** From there to the exit. */
  exitUs: number;
  /** Whether a parked worker took the guest: its isolate and context were there already. */
  warmWorker: boolean;
  /** When the request arrived in the sidecar, in milliseconds since 1970. */
  receivedMs: number;
  /**
   * In the order in which they happened, from the request's arrival to the exit without a gap. A phase that was left and
   * entered again has several. `chromeTrace` shows them.
   */
  spans: PhaseSpan[];
}

const TOTALS = {
  queue: "queueUs",
  module_get: "moduleGetUs",
  snapshot_get: "snapshotGetUs",
  isolate_new: "isolateNewUs",
  context: "contextUs",
  claim: "claimUs",
  inject: "injectUs",
  compile: "compileUs",
  user_code: "userCodeUs",
  drain: "drainUs",
  exit: "exitUs",
} as const satisfies Record<Phase, keyof Phases>;

export function phasesOf({ receivedMs, warmWorker, spans }: WirePhases): Phases {
  const phases: Phases = {
    queueUs: 0,
    moduleGetUs: 0,
    snapshotGetUs: 0,
    isolateNewUs: 0,
    contextUs: 0,
    claimUs: 0,
    injectUs: 0,
    compileUs: 0,
    userCodeUs: 0,
    drainUs: 0,
    exitUs: 0,
    warmWorker,
    receivedMs,
    spans,
  };
  for (const { phase, durationUs } of spans) phases[TOTALS[phase]] += durationUs;
  return phases;
}

import { collect } from "../measure.js";
import { LIVE_GUESTS, USED_GUESTS } from "../steps.js";
import { SNAPSHOT_MODES, type Subject } from "../subject.js";
import type { Row } from "./row.js";

interface MemoryRow extends Pick<Row, "name" | "what" | "target"> {
  snapshots?: Row["snapshots"];
  /** Bytes. */
  take(subject: Subject): Promise<number>;
}

/** A row whose samples are of the resident memory of sidecars that have come to rest. */
function memory({ snapshots = ["auto"], take, ...row }: MemoryRow): Row {
  return {
    ...row,
    section: "memory",
    unit: "MB",
    cost: "memory",
    snapshots,
    reference: "node_memory",
    beside: ["node_memory", "workerd_memory"],
    measure: (subject, effort) => collect(async () => (await take(subject)) / 1e6, effort, subject.resources.signal),
  };
}

const MORE_PARKED = 8;

/** Bytes of a parked worker. @throws Error where none were parked. */
async function parkedWorker(subject: Subject): Promise<number> {
  const rest = { kind: "resident", load: "none" } as const;
  const none = await subject.step(rest, { HOTCELL_WARM_ISOLATES: "0" });
  const full = await subject.step(rest, { HOTCELL_WARM_ISOLATES: String(MORE_PARKED) });
  const workers = full.parked! - none.parked!;
  if (workers < MORE_PARKED) {
    throw new Error(`HOTCELL_WARM_ISOLATES=${MORE_PARKED} parks ${workers} workers more than 0 does.`);
  }
  return (full.value - none.value) / workers;
}

export const memoryRows: readonly Row[] = [
  memory({
    name: "memory_rest",
    what: "the sidecar at rest, its parked workers included, before its first guest",
    snapshots: SNAPSHOT_MODES,
    target: { child: 60 },
    take: async (subject) => (await subject.step({ kind: "resident", load: "none" })).value,
  }),
  memory({
    name: "memory_used",
    what: `the sidecar at rest after ${USED_GUESTS} JavaScript guests, its parked workers included`,
    snapshots: SNAPSHOT_MODES,
    take: async (subject) => (await subject.step({ kind: "resident", load: "hundred" })).value,
  }),
  memory({
    name: "memory_parked_worker",
    what: "a parked worker: what parking many of them adds to a sidecar, shared out",
    target: { child: 2.3, "in-process": 2.3 },
    take: parkedWorker,
  }),
  memory({
    name: "memory_live_guest",
    what: `a JavaScript guest that waits for input: what ${LIVE_GUESTS} of them add to a sidecar that parks none, shared out`,
    snapshots: SNAPSHOT_MODES,
    take: async (subject) =>
      (await subject.step({ kind: "resident", load: "live" }, { HOTCELL_WARM_ISOLATES: "0" })).value,
  }),
];

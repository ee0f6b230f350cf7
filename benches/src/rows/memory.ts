import type { GuestProcess, Sidecar } from "hotcell";
import type { Effort } from "../measure.js";
import { residentBytes, settle } from "../resident.js";
import type { Subject } from "../subject.js";
import { SNAPSHOT_MODES } from "../subject.js";
import type { Row } from "./row.js";

interface MemoryRow extends Pick<Row, "name" | "what" | "snapshots" | "target"> {
  /** Settings of the sidecars beside the subject's own. */
  settings?: Readonly<Record<string, string>>;
  /** MB, taken from a sidecar that has come to rest. */
  take(sidecar: Sidecar, subject: Subject): Promise<number>;
}

/** A row whose samples are sidecars' resident memory. */
function memory({ settings = {}, take, ...row }: MemoryRow): Row {
  return {
    ...row,
    section: "memory",
    unit: "MB",
    cost: "memory",
    reference: "node_memory",
    beside: ["node_memory", "workerd_memory"],
    async measure(subject: Subject, { warmups, counted }: Effort) {
      await subject.fillCache();
      const samples: number[] = [];
      for (let i = -warmups; i < counted; i++) {
        const taken = await withSidecar(subject, settings, (sidecar) => take(sidecar, subject));
        if (i >= 0) samples.push(taken);
      }
      return samples;
    },
  };
}

async function withSidecar<T>(
  subject: Subject,
  settings: Readonly<Record<string, string>>,
  use: (sidecar: Sidecar) => Promise<T>,
): Promise<T> {
  const sidecar = await subject.start(settings);
  try {
    await settle(sidecar.pid, subject.resources.signal);
    return await use(sidecar);
  } finally {
    await subject.end(sidecar);
  }
}

async function resident(sidecar: Sidecar): Promise<number> {
  return residentBytes(sidecar.pid) / 1e6;
}

const LIVE_GUESTS = 32;
const MORE_PARKED = 8;

/** Guests that have said that they are there, and wait for an input that does not come. */
async function liveGuests(sidecar: Sidecar): Promise<GuestProcess[]> {
  const sandbox = await sidecar.createSandbox();
  const source = 'process.stdin.resume(); process.stdout.write("ready");';
  const guests = Array.from({ length: LIVE_GUESTS }, () => sandbox.spawn({ source }, { stdin: "pipe" }));
  for (const guest of guests) {
    const { value } = await guest.stdout.getReader().read();
    if (value === undefined || Buffer.from(value).toString() !== "ready") {
      throw new Error(`A guest that was to wait ended: ${JSON.stringify(await guest.exit)}`);
    }
  }
  return guests;
}

export const memoryRows: readonly Row[] = [
  memory({
    name: "memory_rest",
    what: "the sidecar at rest, its parked workers included, before its first guest",
    snapshots: SNAPSHOT_MODES,
    target: { child: 60 },
    take: resident,
  }),
  memory({
    name: "memory_after_100",
    what: "the sidecar at rest after 100 JavaScript guests, its parked workers included",
    snapshots: ["auto"],
    async take(sidecar, subject) {
      const sandbox = await sidecar.createSandbox();
      for (let n = 0; n < 100; n++) await sandbox.run(`console.log(${n})`);
      await settle(sidecar.pid, subject.resources.signal);
      return resident(sidecar);
    },
  }),
  memory({
    name: "memory_parked_worker",
    what: `a parked worker: what ${MORE_PARKED} of them for each kind add to a sidecar that parks none, shared out`,
    snapshots: ["auto"],
    target: { child: 2.3 },
    settings: { HOTCELL_WARM_ISOLATES: "0" },
    async take(sidecar, subject) {
      const none = await resident(sidecar);
      const parked = { HOTCELL_WARM_ISOLATES: String(MORE_PARKED) };
      const full = await withSidecar(subject, parked, resident);
      return (full - none) / MORE_PARKED;
    },
  }),
  memory({
    name: "memory_live_guest",
    what: `a JavaScript guest that waits for input: what ${LIVE_GUESTS} of them add to a sidecar that parks none, shared out`,
    snapshots: ["auto"],
    settings: { HOTCELL_WARM_ISOLATES: "0" },
    async take(sidecar, subject) {
      const before = await resident(sidecar);
      const guests = await liveGuests(sidecar);
      await settle(sidecar.pid, subject.resources.signal);
      const each = ((await resident(sidecar)) - before) / LIVE_GUESTS;
      await Promise.all(guests.map((guest) => guest[Symbol.asyncDispose]()));
      return each;
    },
  }),
];

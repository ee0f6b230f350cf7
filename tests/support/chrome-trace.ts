import assert from "node:assert/strict";

/** What the phases may be called. */
const PHASES = new Set([
  "queue",
  "module_get",
  "snapshot_get",
  "isolate_new",
  "context",
  "claim",
  "inject",
  "compile",
  "user_code",
  "drain",
  "exit",
]);

interface Slice {
  name: string;
  cat: string;
  /** Whole nanoseconds, the fraction cut off, as viewers have it. */
  start: number;
  end: number;
  args: Record<string, unknown>;
}

/** A run in a trace. */
export interface RunInTrace extends Slice {
  phases: Slice[];
}

/**
 * The runs of a Chrome trace, after a check that it is one: an object with complete events ("X") that have what viewers ask for, on
 * threads that have names, where phases lie within their run and don't overlap.
 */
export function readChromeTrace(json: string): RunInTrace[] {
  const { traceEvents, ...rest } = JSON.parse(json) as { traceEvents: Record<string, unknown>[] };
  assert.deepEqual(rest, { displayTimeUnit: "ns" });
  const named = new Set<unknown>();
  const runs = new Map<unknown, RunInTrace>();
  for (const event of traceEvents) {
    const { name, ph, pid, tid, args, cat, ts, dur, ...more } = event;
    const line = `${pid} ${tid}`;
    assert.deepEqual(more, {});
    assert.ok(Number.isInteger(pid) && Number.isInteger(tid) && typeof args === "object" && args !== null, line);
    if (ph === "M") {
      assert.ok(name === "process_name" || name === "thread_name", `${name}`);
      assert.equal(typeof (args as { name: unknown }).name, "string");
      if (name === "thread_name") named.add(line);
      continue;
    }
    assert.equal(ph, "X");
    assert.ok(typeof name === "string" && name !== "" && typeof ts === "number" && typeof dur === "number");
    assert.ok(ts >= 0 && dur >= 0, `${name} ${ts} ${dur}`);
    assert.ok(named.has(line), `the thread ${line} has a name`);
    const start = Math.trunc(ts * 1000);
    const slice: Slice = { name, cat: `${cat}`, start, end: start + Math.trunc(dur * 1000), args: { ...args } };
    if (cat === "run") {
      assert.ok(!runs.has(line), `one run on the thread ${line}`);
      assert.match(`${slice.args.warm_worker}`, /^(hit|miss)$/);
      runs.set(line, { ...slice, phases: [] });
      continue;
    }
    assert.equal(cat, "phase");
    assert.ok(PHASES.has(name), name);
    const run = runs.get(line)!;
    const before = run.phases.at(-1)?.end ?? run.start;
    // Cut off twice: at most 2 ns lie between phases that follow each other.
    assert.ok(start - before >= 0 && start - before <= 2, `${name} begins at ${start}, ${before} was the end before`);
    assert.ok(slice.end <= run.end, `${name} ends within its run`);
    run.phases.push(slice);
  }
  for (const { name, end, phases } of runs.values()) {
    assert.ok(end - (phases.at(-1)?.end ?? end) <= 2, `the phases of ${name} make up the whole of it`);
  }
  return [...runs.values()];
}

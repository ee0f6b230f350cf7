import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { chromeTrace, type Phases, type RunResult } from "../src/index.js";
import { phasesOf } from "../src/phases.js";
import type { Phases as WirePhases } from "../src/protocol/generated.js";

const WIRE: WirePhases = {
  receivedMs: 1_700_000_000_000.25,
  warmWorker: false,
  spans: [
    { phase: "queue", startUs: 0, durationUs: 1.001 },
    { phase: "claim", startUs: 1.001, durationUs: 10.333 },
    { phase: "isolate_new", startUs: 11.334, durationUs: 900.5 },
    { phase: "claim", startUs: 911.834, durationUs: 0.001 },
    { phase: "exit", startUs: 911.835, durationUs: 3.3 },
  ],
};

function slices(phases: Phases[]) {
  return chromeTrace(phases.map((phases) => ({ phases }))).traceEvents.filter((event) => event.ph === "X");
}

describe("phases", () => {
  test("add up the spans of each phase", () => {
    const { queueUs, claimUs, isolateNewUs, exitUs, drainUs, warmWorker, spans } = phasesOf(WIRE);
    assert.deepEqual([queueUs, claimUs.toFixed(3), isolateNewUs, exitUs, drainUs], [1.001, "10.334", 900.5, 3.3, 0]);
    assert.equal(warmWorker, false);
    assert.deepEqual(spans, WIRE.spans);
  });
});

describe("chromeTrace", () => {
  test("has a slice for the run and one for each span within it, that never overlap in whole nanoseconds", () => {
    const [run, ...phases] = slices([phasesOf(WIRE)]);
    assert.deepEqual([run!.name, run!.cat, run!.ts], ["run 1", "run", 0]);
    assert.deepEqual(
      phases.map(({ name }) => name),
      WIRE.spans.map(({ phase }) => phase),
    );
    let end = 0;
    for (const { ts, dur } of phases) {
      assert.ok(Math.trunc(ts * 1000) >= end, `${ts} after ${end}`);
      end = Math.trunc(ts * 1000) + Math.trunc(dur * 1000);
    }
    assert.ok(end <= Math.trunc(run!.dur * 1000) && Math.abs(run!.dur - 915.135) < 0.02, `${end} ${run!.dur}`);
  });

  test("places runs by when they came, each on a line of its own", () => {
    const later = phasesOf({ ...WIRE, receivedMs: WIRE.receivedMs + 2 });
    const runs = slices([later, phasesOf(WIRE)]).filter(({ cat }) => cat === "run");
    assert.deepEqual(
      runs.map(({ ts, tid }) => [ts, tid]),
      [
        [2000, 1],
        [0, 2],
      ],
    );
  });

  test("takes results as they are, names them where they have names, and tells a warm worker", () => {
    const result = { outcome: "exited", phases: { ...phasesOf(WIRE), warmWorker: true } } as RunResult;
    const { traceEvents, displayTimeUnit } = chromeTrace([result, { ...result, name: "main.js" }]);
    assert.equal(displayTimeUnit, "ns");
    const names = traceEvents.filter(({ name }) => name === "thread_name").map(({ args }) => args.name);
    assert.deepEqual(names, ["run 1", "main.js"]);
    const runs = traceEvents.filter((event) => event.ph === "X").filter(({ cat }) => cat === "run");
    assert.deepEqual(
      runs.map(({ name, args }) => [name, args.warm_worker]),
      [
        ["run 1", "hit"],
        ["main.js", "hit"],
      ],
    );
  });

  test("of no runs has none, and a run without phases is refused by its name", () => {
    assert.equal(chromeTrace([]).traceEvents.length, 1);
    assert.throws(() => chromeTrace([{ phases: phasesOf(WIRE) }, {}]), {
      code: "ERR_HOTCELL_INVALID_ARGUMENT",
      message: /run 2.*phases: true/,
    });
  });
});

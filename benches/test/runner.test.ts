import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Carrier } from "../src/carriers.js";
import { reportEfforts } from "../src/efforts.js";
import type { Effort } from "../src/measure.js";
import { type Reference, UnavailableError } from "../src/references/reference.js";
import type { Resources } from "../src/resources.js";
import type { Row } from "../src/rows/row.js";
import { runAll } from "../src/runner.js";
import type { SnapshotMode, Subject } from "../src/subject.js";

const efforts = reportEfforts(100);

/** What happened, in order. */
function diary() {
  const events: string[] = [];
  const progress = {
    measuring: (what: string) => void events.push(what),
    found: () => {},
    failed: (reason: string) => void events.push(`failed: ${reason}`),
  };
  return { events, progress };
}

function subject(snapshot: SnapshotMode, signal: AbortSignal = new AbortController().signal): Subject {
  const carrier: Carrier = { name: "child", sharesProcess: false, start: () => assert.fail("nothing is started here") };
  const own = { canMeasure: () => true, prepare: async () => {} };
  return { carrier, snapshot, resources: { signal }, ...own } as unknown as Subject;
}

function row(name: string, over: Partial<Row> = {}): Row {
  return {
    name,
    what: name,
    section: "javascript",
    unit: "ms",
    cost: "call",
    snapshots: ["auto"],
    reference: "pipe_round_trip",
    beside: [],
    measure: async (_, { counted }: Effort) => Array<number>(counted).fill(3),
    ...over,
  };
}

function reference(name: string, over: Partial<Reference> = {}): Reference {
  const open = async () => ({
    measure: async ({ counted }: Effort) => Array<number>(counted).fill(0.5),
    close: async () => {},
  });
  return { name, what: name, unit: "ms", cost: "call", open, ...over };
}

function run(rows: Row[], references: Reference[], subjects: Subject[], progress = diary().progress, beside = true) {
  return runAll(
    { rows, subjects, references, beside, phaseRuns: 0, efforts },
    subjects[0]!.resources as Resources,
    progress,
  );
}

describe("a run", () => {
  test("goes section by section, each one's references before its rows, each row over all its set-ups", async () => {
    const { events, progress } = diary();
    const rows = [
      row("cold", { section: "cold" }),
      row("one", { snapshots: ["auto", "off"], beside: ["spawn_node"] }),
      row("two", { beside: ["spawn_node"] }),
    ];
    await run(
      rows,
      [reference("pipe_round_trip"), reference("spawn_node")],
      [subject("auto"), subject("off")],
      progress,
    );
    assert.deepEqual(events, [
      "spawn_node",
      "one (child, auto)",
      "one (child, off)",
      "two (child, auto)",
      "cold (child, auto)",
    ]);
  });

  test("gives a row's median as a multiple of a reference's, half of which is measured on each side of it", async () => {
    const order: string[] = [];
    const pipe = reference("pipe_round_trip", {
      open: async () => ({
        measure: async ({ counted }) => {
          order.push(`pipe ${counted}`);
          return Array<number>(counted).fill(0.5);
        },
        close: async () => void order.push("closed"),
      }),
    });
    const measure = async (_: Subject, { counted }: Effort) => {
      order.push(`row ${counted}`);
      return Array<number>(counted).fill(3);
    };
    const { rows } = await run([row("one", { measure, target: { child: 2.5 } })], [pipe], [subject("auto")]);
    assert.deepEqual(order, ["pipe 25", "closed", "row 100", "pipe 25", "closed"]);
    assert.deepEqual(rows[0]!.ratio, { reference: "pipe_round_trip", p50: 0.5, times: 6 });
    assert.deepEqual(rows[0]!.target, { value: 2.5, reached: false });
  });

  test("judges a batch by what it comes to in a second", async () => {
    const burst = row("burst", { batch: { amount: 32, unit: "guests" }, target: { child: 800 } });
    const { rows } = await run([burst], [reference("pipe_round_trip")], [subject("auto")]);
    assert.deepEqual(rows[0]!.target, { value: 800, reached: true });
  });

  test("notes what fails, and goes on with the rest", async () => {
    const broken = row("broken", { measure: () => Promise.reject(new Error("The output is wrong.")) });
    const { events, progress } = diary();
    const findings = await run([broken, row("fine")], [reference("pipe_round_trip")], [subject("auto")], progress);
    assert.deepEqual(findings.failures, [{ name: "broken (child, auto)", reason: "The output is wrong." }]);
    assert.deepEqual(
      findings.rows.map(({ name }) => name),
      ["fine"],
    );
    assert.ok(events.includes("failed: The output is wrong."));
  });

  test("tells references that can't be had from those that fail, and each of them once", async () => {
    const missing = reference("isolated_vm_empty", {
      open: () => Promise.reject(new UnavailableError("not installed")),
    });
    const failing = reference("spawn_node", { open: () => Promise.reject(new Error("exit code 1")) });
    const rows = [
      row("one", { beside: ["isolated_vm_empty", "spawn_node"] }),
      row("two", { section: "cold", beside: ["isolated_vm_empty"] }),
    ];
    const findings = await run(rows, [reference("pipe_round_trip"), missing, failing], [subject("auto")]);
    assert.deepEqual(findings.unavailable, [{ name: "isolated_vm_empty", reason: "not installed" }]);
    assert.deepEqual(findings.failures, [{ name: "spawn_node", reason: "exit code 1" }]);
    assert.equal(findings.rows.length, 2);
  });

  test("leaves out what stands beside the rows where it is told to", async () => {
    const rows = [row("one", { beside: ["spawn_node"] })];
    const all = [reference("pipe_round_trip"), reference("spawn_node")];
    const findings = await run(rows, all, [subject("auto")], diary().progress, false);
    assert.deepEqual([findings.references.length, findings.rows.length], [0, 1]);
  });

  test("ends where it is interrupted, rather than note that as a failure", async () => {
    const off = new AbortController();
    const measure = async () => {
      off.abort(new Error("Interrupted."));
      throw new Error("The sidecar is gone.");
    };
    const rows = [row("one", { measure }), row("two", { measure: () => assert.fail("it went on") })];
    await assert.rejects(run(rows, [reference("pipe_round_trip")], [subject("auto", off.signal)]), /Interrupted/);
  });
});

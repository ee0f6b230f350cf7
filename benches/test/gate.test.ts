import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { GateFileError, type GateLine, judge, parseGate, verdictText } from "../src/gate.js";
import { readGate } from "../src/gate-run.js";

const known = {
  rows: [
    { name: "js_empty", snapshots: ["auto", "off"] as const },
    { name: "wasm_true", snapshots: ["auto"] as const },
  ],
  carriers: ["child", "in-process"],
  references: ["pipe_round_trip"],
};
const good = { row: "js_empty", atMost: 20, times: "pipe_round_trip" };
const line: GateLine = { ...good, carrier: "child", snapshot: "auto" };

function parse(...lines: unknown[]): GateLine[] {
  return parseGate(JSON.stringify({ lines }), known);
}

describe("the gate's file", () => {
  test("is measured over the first carrier and with auto unless it says otherwise", () => {
    const other = { ...good, carrier: "in-process", snapshot: "off" };
    assert.deepEqual(parse(good, other), [line, { ...line, carrier: "in-process", snapshot: "off" }]);
  });

  const wrong: [what: string, lines: unknown[], message: RegExp][] = [
    ["an unknown row", [{ ...good, row: "js_emtpy" }], /Line 1 .* row js_emtpy/],
    ["an unknown carrier", [{ ...good, carrier: "pigeon" }], /carrier pigeon/],
    ["a mode that the row is not measured in", [{ ...good, row: "wasm_true", snapshot: "off" }], /wasm_true .* off/],
    ["an unknown reference", [{ ...good, times: "nothing" }], /nothing/],
    ["a limit that is none", [good, { ...good, snapshot: "off", atMost: 0 }], /Line 2 .* above 0/],
    ["a limit that is no number", [{ ...good, atMost: "20" }], /above 0, not "20"/],
    ["a field that means nothing", [{ ...good, atmost: 3 }], /field atmost/],
    ["two lines for the same", [good, good], /two lines for js_empty/],
    ["a line that is no object", [null], /not an object/],
    ["no line", [], /at least one line/],
  ];
  for (const [what, lines, message] of wrong) {
    test(`with ${what} is refused`, () => {
      assert.throws(() => parse(...lines), { name: "GateFileError", message });
    });
  }

  test("that is not JSON is refused", () => {
    assert.throws(() => parseGate("{", known), GateFileError);
    assert.throws(() => parseGate("[]", known), GateFileError);
  });

  test("of this repository can be read, whole and for some rows", () => {
    const { lines } = JSON.parse(readFileSync(new URL("../gate.json", import.meta.url), "utf8")) as {
      lines: unknown[];
    };
    assert.equal(readGate(undefined).length, lines.length);
    assert.ok(readGate(new Set(["js_empty"])).every(({ row }) => row === "js_empty"));
    assert.throws(() => readGate(new Set(["no_such_row"])), GateFileError);
  });
});

/** Measures that ratios come of, one after the other; another one is a mistake. */
function ratios(...values: number[]): () => Promise<number> {
  return async () => values.shift() ?? assert.fail("measured too often");
}

describe("a line of the gate", () => {
  test("that holds is measured once", async () => {
    const verdict = await judge(line, ratios(20));
    assert.deepEqual([verdict.holds, verdict.ratios], [true, [20]]);
    assert.match(verdictText(verdict), /^js_empty \(child, auto\) holds: 20\.00 times pipe_round_trip/);
  });

  test("that fails is measured twice more, and the median decides for it", async () => {
    const verdict = await judge(line, ratios(35, 12, 19));
    assert.deepEqual([verdict.holds, verdict.decisive], [true, 19]);
    assert.match(verdictText(verdict), /holds: 35\.00 .* measured again: 12\.00 and 19\.00; the median 19\.00 decides/);
  });

  test("that fails is measured twice more, and the median decides against it", async () => {
    const verdict = await judge(line, ratios(35, 12, 20.5));
    assert.deepEqual([verdict.holds, verdict.decisive], [false, 20.5]);
    assert.match(verdictText(verdict), /FAILS: 35\.00 .* above 20; .* 20\.50 decides/);
  });
});

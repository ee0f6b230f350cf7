import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { COLLECT_WINDOW, CollectedOutput } from "../src/output.js";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

function memory(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test("a million single bytes don't cost an object each", () => {
  const output = new CollectedOutput({ grant() {} }, "stdout");
  const before = memory();
  for (let n = 0; n < 1_000_000; n++) output.push(Buffer.from([n & 0x7f]));
  const grown = memory() - before;
  assert.ok(grown < 4_000_000, `${grown} bytes`);
  const bytes = output.bytes();
  assert.equal(bytes.length, 1_000_000);
  assert.ok(bytes.every((byte, n) => byte === (n & 0x7f)));
});

test("every byte is granted anew, in portions of half a window", () => {
  const grants: number[] = [];
  const output = new CollectedOutput({ grant: (_stream, bytes) => grants.push(bytes) }, "stderr");
  for (let n = 0; n < 64; n++) output.push(Buffer.alloc(COLLECT_WINDOW / 16));
  assert.deepEqual(grants, Array(8).fill(COLLECT_WINDOW / 2));
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { measure } from "../src/measure.js";

const never = new AbortController().signal;

describe("measure", () => {
  test("verifies every run, and counts those after the warm-ups", async () => {
    let runs = 0;
    const verified: number[] = [];
    const task = { run: async () => ++runs, verify: (run: number) => void verified.push(run) };
    const samples = await measure(task, { warmups: 3, counted: 5, gapMs: 0 }, never);
    assert.equal(samples.length, 5);
    assert.deepEqual(verified, [1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test("takes the time of the run, and of neither its verification nor the gap", async () => {
    const task = { run: () => delay(20), verify: () => delay(100) };
    const samples = await measure(task, { warmups: 0, counted: 2, gapMs: 100 }, never);
    for (const ms of samples) assert.ok(ms > 15 && ms < 90, `${ms} ms`);
  });

  test("waits for one run's verification before the next begins", async () => {
    let open = 0;
    const task = {
      run: async () => assert.equal(open++, 0),
      verify: async () => {
        await delay(1);
        open--;
      },
    };
    await measure(task, { warmups: 1, counted: 2, gapMs: 0 }, never);
  });

  test("fails where a run, or a warm-up, is not what it must be", async () => {
    const verify = () => {
      throw new Error("The output is wrong.");
    };
    const task = { run: async () => {}, verify };
    await assert.rejects(measure(task, { warmups: 1, counted: 1, gapMs: 0 }, never), /output is wrong/);
  });

  test("ends once it is called off, in a gap too", async () => {
    const off = new AbortController();
    const task = { run: async () => {}, verify: () => void setImmediate(() => off.abort(new Error("called off"))) };
    await assert.rejects(measure(task, { warmups: 0, counted: 2, gapMs: 60_000 }, off.signal), { name: "AbortError" });
    await assert.rejects(measure(task, { warmups: 0, counted: 2, gapMs: 0 }, off.signal), /called off/);
  });
});

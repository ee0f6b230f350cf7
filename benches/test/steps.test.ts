import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { carriers } from "../src/carriers.js";
import { Resources } from "../src/resources.js";
import { takeElsewhere } from "../src/step-host.js";
import { takeStep } from "../src/steps.js";

const carrier = carriers[0]!;
const resources = new Resources();
const cache = resources.directory();
after(() => resources.removeDirectory(cache));
const env = { HOTCELL_CACHE_DIR: cache };

describe("a step", { skip: !process.env.HOTCELL_BINARY && "HOTCELL_BINARY names no sidecar to measure" }, () => {
  for (const take of [takeStep, takeElsewhere]) {
    const where = take === takeStep ? "in this process" : "in a process of its own";

    test(`gives the time to the first result, ${where}`, async () => {
      for (const program of ["js", "wasm"] as const) {
        const started = performance.now();
        const { value } = await take(carrier, env, { kind: "first", program }, resources);
        assert.ok(value > 0 && value < performance.now() - started, `${program}: ${value} ms`);
      }
    });

    test(`gives the memory of a sidecar at rest, and of a guest that waits, ${where}`, async () => {
      const rest = await take(carrier, env, { kind: "resident", load: "none" }, resources);
      const live = await take(carrier, env, { kind: "resident", load: "live" }, resources);
      assert.ok(rest.value > 5e6 && rest.parked! > 0, `${rest.value} bytes at rest, ${rest.parked} workers`);
      assert.ok(live.value > 1e5 && live.value < rest.value, `${live.value} bytes a guest, ${rest.value} at rest`);
    });
  }

  test("that fails elsewhere fails here with the same message", async () => {
    const wrong = { ...env, HOTCELL_MODULE_CACHE_ENTRIES: "none" };
    const step = { kind: "first", program: "js" } as const;
    await assert.rejects(takeElsewhere(carrier, wrong, step, resources), /HOTCELL_MODULE_CACHE_ENTRIES/);
  });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { SidecarEvent } from "hotcell";
import { start } from "../support/carrier.js";

for (const [limit, source, limits, max] of [
  ["wallMs", "setTimeout(() => {}, 450)", { wallMs: 500 }, 500],
  ["cpuMs", "const until = process.cpuUsage; for (;;);", { cpuMs: 200 }, 200],
  ["heapMb", "const kept = []; for (;;) kept.push([kept.length])", { heapMb: 32 }, 32],
  [
    "externalMb",
    "const kept = []; for (let i = 0; i < 15; i++) kept.push(new Uint8Array(1 << 20))",
    { externalMb: 16 },
    16,
  ],
  ["outputBytes", "process.stdout.write('x'.repeat(850))", { outputBytes: 1000 }, 1000],
] as const) {
  test(`the host is warned once of ${limit}, at four fifths`, async () => {
    const events: SidecarEvent[] = [];
    await using sidecar = await start({ onEvent: (event) => events.push(event) });
    const sandbox = await sidecar.createSandbox();
    await sandbox.run(source, { limits });
    const warnings = events.filter((event) => event.type === "limitNear" && event.limit === limit);
    assert.equal(warnings.length, 1, JSON.stringify(events));
    const [warning] = warnings;
    assert.ok(
      warning?.type === "limitNear" && warning.max === max && warning.used >= max * 0.75,
      JSON.stringify(warning),
    );
    events.length = 0;
    assert.equal((await sandbox.run("console.log(1)")).stdout, "1\n");
    assert.deepEqual(events, []);
  });
}

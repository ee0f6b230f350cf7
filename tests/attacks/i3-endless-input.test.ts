import assert from "node:assert/strict";
import { test } from "node:test";
import { start } from "../support/carrier.js";
import { innocents } from "../support/innocents.js";

for (const [title, source] of [
  ["a guest that never reads", "setInterval(() => {}, 1000)"],
  ["a guest that reads and keeps nothing", "process.stdin.on('data', () => {})"],
] as const) {
  test(`I3 stdin that never ends: ${title}`, async () => {
    await using sidecar = await start();
    const sandbox = await sidecar.createSandbox({ limits: { stdinBufferBytes: 8192 } });
    async function* endless() {
      for (;;) yield new Uint8Array(4096).fill(97);
    }
    const before = (await sidecar.stats()).residentBytes;
    const [[result, after]] = await innocents(await sidecar.createSandbox(), async () => {
      const run = sandbox.run(source, { stdin: endless(), limits: { wallMs: 500 } });
      const result = await run;
      return [result, (await sidecar.stats()).residentBytes] as const;
    });
    assert.deepEqual([result.outcome, result.error?.limit], ["timed_out", "wallMs"]);
    assert.ok(after - before < 100 << 20, `${after - before} bytes more`);
  });
}

test("I3 stdin that is waited for and never comes ends at the wall limit (C11)", async () => {
  await using sidecar = await start();
  const sandbox = await sidecar.createSandbox();
  for (const source of ["process.stdin.resume()", "require('node:fs').readFileSync(0)"]) {
    const guest = sandbox.spawn({ source }, { stdin: "pipe", limits: { wallMs: 300 } });
    const { outcome, error, usage } = await guest.exit;
    assert.deepEqual([outcome, error?.limit], ["timed_out", "wallMs"], source);
    assert.ok(usage.wallMs < 1800, `${usage.wallMs} ms`);
  }
});

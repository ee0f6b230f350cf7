import assert from "node:assert/strict";
import { test } from "node:test";
import { start } from "../support/carrier.js";
import { eventually } from "../support/eventually.js";
import { innocents } from "../support/innocents.js";

test("I2 a host that does not read: the guest waits, memory stays flat, and it can be ended", async () => {
  await using sidecar = await start();
  const sandbox = await sidecar.createSandbox();
  const before = (await sidecar.stats()).residentBytes;
  const guests = Array.from({ length: 4 }, () =>
    sandbox.spawn({ source: "const b = Buffer.alloc(1 << 20, 97); for (;;) process.stdout.write(b)" }),
  );
  const calm = await sidecar.createSandbox();
  const [after] = await innocents(calm, async () => {
    await eventually("they run", async () => (await sidecar.stats()).guests >= 4);
    for (let i = 0; i < 10; i++) await calm.run("1");
    return (await sidecar.stats()).residentBytes;
  });
  assert.ok(after - before < 200 << 20, `${after - before} bytes more`);
  for (const guest of guests) {
    const started = performance.now();
    guest.kill("SIGKILL");
    assert.equal((await guest.exit).outcome, "signaled");
    assert.ok(performance.now() - started < 1500, `it took ${performance.now() - started} ms`);
  }
});

test("I2 a host that does not read: the wall limit holds within a blocked write", async () => {
  await using sidecar = await start();
  const sandbox = await sidecar.createSandbox();
  const guest = sandbox.spawn(
    { source: "for (;;) process.stdout.write('x'.repeat(65536))" },
    { limits: { wallMs: 300 } },
  );
  const { outcome, error, usage } = await guest.exit;
  assert.deepEqual([outcome, error?.limit], ["timed_out", "wallMs"]);
  assert.ok(usage.wallMs >= 300 && usage.wallMs < 1800, `${usage.wallMs} ms`);
  assert.ok(usage.cpuMs < 300, "a blocked write is no work");
});

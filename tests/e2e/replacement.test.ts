import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { only, start } from "../support/carrier.js";
import { firstOutput } from "../support/guest.js";

// Programs that V8 does not survive, or that never look at the interrupt.
const programs: [title: string, source: string][] = [
  ["an array spread", "[...'x'.repeat(3e8)]"],
  ["a filled array", "new Array(1e9).fill(0)"],
  ["Array.from", "Array.from({length:5e8})"],
  ["JSON.stringify", "JSON.stringify(Array(3e7).fill('abcdefghij'))"],
  ["a replaced string", "'x'.repeat(2**29-24).replace(/x/g,'yy')"],
  ["a split string", "'x'.repeat(5e8).split('')"],
  ["an inlined fill in a loop", "for(;;){new Array(1000).fill(1.5)}"],
  ["a sort of an enormous sparse array", "let a=[];a.length=2**32-2;a.sort()"],
];

const replaceable = only("child", "no engine can be replaced within its host's process");

describe("a guest that ends or seizes the whole process", replaceable, () => {
  for (const [title, source] of programs) {
    test(`${title}: guests end with a typed outcome, and the next call has a sidecar`, async () => {
      await using sidecar = await start();
      const sandbox = await sidecar.createSandbox();
      const neighbour = sandbox.spawn({ source: "console.log('ready'); setInterval(() => {}, 1000)" });
      await firstOutput(neighbour);

      const result = await sandbox.run(source, { limits: { heapMb: 64, wallMs: 1000 } });
      assert.ok(["out_of_memory", "timed_out", "crashed", "exited"].includes(result.outcome), result.outcome);
      if (result.outcome === "exited") assert.match(result.stderr, /RangeError|out of memory/);

      // Whether the sidecar lived on or was replaced, a new sandbox works.
      const next = await sidecar.createSandbox();
      assert.equal((await next.run("console.log('alive')")).stdout, "alive\n");

      neighbour.kill("SIGKILL");
      assert.ok(["signaled", "crashed"].includes((await neighbour.exit).outcome), (await neighbour.exit).outcome);
    });
  }

  test("a sidecar that is killed ends its guests as crashed, and is replaced", async () => {
    await using sidecar = await start();
    const sandbox = await sidecar.createSandbox();
    const guest = sandbox.spawn({ source: "console.log('ready'); setInterval(() => {}, 1000)" });
    assert.equal(await firstOutput(guest), "ready\n");
    const { pid } = await sidecar.stats();
    process.kill(pid, "SIGKILL");
    const exit = await guest.exit;
    assert.deepEqual([exit.outcome, exit.exitCode], ["crashed", null]);
    assert.match(exit.error!.message, /\.$/);
    await assert.rejects(async () => sandbox.run("1"), { code: "ERR_HOTCELL_SANDBOX_LOST" });
    const next = await sidecar.createSandbox();
    assert.equal((await next.run("console.log('alive')")).stdout, "alive\n");
    assert.notEqual((await sidecar.stats()).pid, pid);
  });

  test("another sidecar never notices", async () => {
    await using one = await start();
    await using other = await start();
    const sandbox = await other.createSandbox();
    const running = sandbox.run("setTimeout(() => console.log('unharmed'), 300)");
    process.kill((await one.stats()).pid, "SIGKILL");
    assert.equal((await running).stdout, "unharmed\n");
  });
});

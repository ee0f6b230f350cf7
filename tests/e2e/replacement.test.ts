import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Sidecar } from "hotcell";
import { only } from "../support/carrier.js";
import { firstOutput } from "../support/guest.js";

const limits = { heapMb: 64, cpuMs: 1500, wallMs: 20_000 };

const replaceable = only("child", "no engine can be replaced within its host's process");

describe("a guest that ends or seizes the whole process", replaceable, () => {
  test("a sandbox that is to be made anew is there for the very next call, with its files", async () => {
    await using sidecar = await Sidecar.start({ log: "ignore" });
    const sandbox = await sidecar.createSandbox({ files: { "/a": "of the beginning" }, onLost: "recreate" });
    for (let round = 0; round < 2; round++) {
      const { pid } = sidecar;
      assert.equal((await sandbox.run("[...'x'.repeat(3e8)]", { limits })).outcome, "out_of_memory");
      const read = await sandbox.run("console.log(require('node:fs').readFileSync('/a', 'utf8'))");
      assert.equal(read.stdout, "of the beginning\n");
      assert.notEqual(sidecar.pid, pid);
    }
  });

  test("a loop of inlined fills is interrupted, and nothing need be replaced", async () => {
    await using sidecar = await Sidecar.start();
    const { pid } = sidecar;
    const sandbox = await sidecar.createSandbox();
    const source = "for(;;){new Array(1000).fill(1.5)}";
    const result = await sandbox.run(source, { limits: { cpuMs: 500 } });
    assert.deepEqual([result.outcome, result.error?.limit], ["timed_out", "cpuMs"]);
    const guest = sandbox.spawn({ source: `console.log("ready"); ${source}` });
    await firstOutput(guest);
    guest.kill("SIGTERM");
    assert.equal((await guest.exit).outcome, "signaled");
    assert.equal((await sandbox.run("console.log('alive')")).stdout, "alive\n");
    assert.equal(sidecar.pid, pid);
  });
});

describe("a sidecar that is lost", replaceable, () => {
  test("a sidecar that is killed ends its guests as crashed, and is replaced", async () => {
    await using sidecar = await Sidecar.start();
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
    await using one = await Sidecar.start();
    await using other = await Sidecar.start();
    const sandbox = await other.createSandbox();
    const running = sandbox.run("setTimeout(() => console.log('unharmed'), 300)");
    process.kill((await one.stats()).pid, "SIGKILL");
    assert.equal((await running).stdout, "unharmed\n");
  });
});

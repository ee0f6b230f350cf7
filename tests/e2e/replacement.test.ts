import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Outcome, Sidecar } from "hotcell";
import { only } from "../support/carrier.js";
import { firstOutput } from "../support/guest.js";

/**
 * Programs that V8 does not survive, or that never look at the interrupt, each with the outcomes that it may have: which of
 * them depends on what V8 runs out of first, and on the machine.
 */
const programs: [title: string, source: string, outcomes: Outcome[]][] = [
  ["an array spread", "[...'x'.repeat(3e8)]", ["out_of_memory"]],
  ["a filled array", "new Array(1e9).fill(0)", ["out_of_memory", "timed_out"]],
  ["Array.from", "Array.from({length:5e8})", ["out_of_memory", "timed_out"]],
  ["JSON.stringify", "JSON.stringify(Array(3e7).fill('abcdefghij'))", ["out_of_memory", "timed_out"]],
  ["a replaced string", "'x'.repeat(2**29-24).replace(/x/g,'yy')", ["out_of_memory", "timed_out", "exited"]],
  // V8 ends the process on the spot, without a word to its embedder.
  ["a split string", "'x'.repeat(5e8).split('')", ["crashed"]],
  ["a growing string", "let s = 'x'; while (1) { s += s; s[s.length >> 1] }", ["out_of_memory", "exited"]],
  ["a sort of an enormous sparse array", "let a=[];a.length=2**32-2;a.sort()", ["timed_out"]],
  [
    "a resizable buffer that is filled",
    "const b = new ArrayBuffer(1, { maxByteLength: 2 ** 32 }); b.resize(2 ** 32); new Uint8Array(b).fill(1)",
    ["timed_out", "exited", "out_of_memory"],
  ],
];

const limits = { heapMb: 64, cpuMs: 1500, wallMs: 20_000 };

const replaceable = only("child", "no engine can be replaced within its host's process");

describe("a guest that ends or seizes the whole process", replaceable, () => {
  for (const [title, source, outcomes] of programs) {
    test(`${title}: guests end with a typed outcome, and the next call has a sidecar`, async () => {
      const log: string[] = [];
      await using sidecar = await Sidecar.start({ log: (line) => log.push(line) });
      const sandbox = await sidecar.createSandbox();
      const neighbour = sandbox.spawn({ source: "console.log('ready'); setInterval(() => {}, 1000)" });
      await firstOutput(neighbour);
      const { pid } = sidecar;

      const result = await sandbox.run(`console.log("so far"); ${source}`, { limits });
      assert.ok(outcomes.includes(result.outcome), JSON.stringify(result));
      assert.equal(result.stdout, "so far\n");
      if (result.outcome === "exited") assert.match(result.stderr, /RangeError/);
      else assert.match(result.error!.message, /^The (guest|sidecar)\b/);
      assert.ok(result.usage.wallMs < 10_000, `it took ${result.usage.wallMs} ms`);

      // At once, whether the sidecar lives on or is on its way out.
      const next = await sidecar.createSandbox();
      assert.equal((await next.run("console.log('alive')")).stdout, "alive\n");

      neighbour.kill("SIGKILL");
      const { outcome } = await neighbour.exit;
      assert.equal(outcome, sidecar.pid === pid ? "signaled" : "crashed");
      const retired = log.some((line) => /this sidecar retires/.test(line));
      assert.equal(retired, sidecar.pid !== pid && result.outcome !== "crashed", log.join("\n"));
    });
  }

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

  test("several at once end each with its own outcome", async () => {
    await using sidecar = await Sidecar.start({ log: "ignore" });
    const sandbox = await sidecar.createSandbox();
    const results = await Promise.all(programs.slice(0, 4).map(([, source]) => sandbox.run(source, { limits })));
    for (const { outcome } of results) assert.ok(["out_of_memory", "timed_out", "crashed"].includes(outcome), outcome);
    assert.ok(
      results.some(({ outcome }) => outcome !== "crashed"),
      "who caused it is told so",
    );
    assert.equal((await (await sidecar.createSandbox()).run("console.log('alive')")).stdout, "alive\n");
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

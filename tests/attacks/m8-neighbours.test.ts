import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type GuestProcess, type Outcome, type Sandbox, Sidecar, type SidecarEvent } from "hotcell";
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
  ["a split string", "'x'.repeat(5e8).split('')", ["out_of_memory", "timed_out"]],
  ["a growing string", "let s = 'x'; while (1) { s += s; s[s.length >> 1] }", ["out_of_memory", "exited"]],
  ["a sort of an enormous sparse array", "let a=[];a.length=2**32-2;a.sort()", ["timed_out"]],
  [
    "a resizable buffer that is filled",
    "const b = new ArrayBuffer(1, { maxByteLength: 2 ** 32 }); b.resize(2 ** 32); new Uint8Array(b).fill(1)",
    ["timed_out", "exited", "out_of_memory"],
  ],
];

const limits = { heapMb: 64, cpuMs: 1500, wallMs: 20_000 };

/** What an innocent guest may wait at worst, in ms: far more than it does, since the machine may be busy. */
const WORST_MS = 3000;

/**
 * Ticks until it gets SIGUSR1, then makes use of all that the guests of a process share in V8: its compilers and collectors with
 * their threads, code space, strings; and tells what came of it.
 */
const neighbour = `
  let last = performance.now(), worst = 0, ticks = 0;
  const tick = () => {
    const now = performance.now();
    worst = Math.max(worst, now - last);
    last = now;
    ticks += 1;
  };
  const ticker = setInterval(tick, 10);
  process.once("SIGUSR1", async () => {
    const before = ticks, worstBefore = worst;
    const hot = new Function("n", "let sum = 0; for (let i = 0; i < n; i++) sum = (sum + i * i) % 1000003; return sum");
    let optimised = 0;
    for (let i = 0; i < 2000; i++) optimised = hot(1000);
    let kept = [];
    for (let i = 0; i < 300000; i++) { kept.push({ i, text: "number " + i }); if (kept.length > 20000) kept = kept.slice(10000) }
    const bytes = new Uint8Array([0,97,115,109,1,0,0,0,1,7,1,96,2,127,127,1,127,3,2,1,0,7,7,1,3,97,100,100,0,0,10,9,1,7,0,32,0,32,1,106,11]);
    const { instance } = await WebAssembly.instantiate(bytes);
    const cloned = structuredClone({ list: [1, 2, 3], map: new Map([["a", 1]]) });
    while (ticks < before + 20) await new Promise((resolve) => setTimeout(resolve, 5));
    clearInterval(ticker);
    console.log(JSON.stringify({
      worst: worstBefore, optimised, last: kept.at(-1).text, added: instance.exports.add(40, 2), cloned: cloned.list.length + cloned.map.size,
    }));
  });
  console.log("ready");`;

const EXPECTED = { optimised: hot(1000), last: "number 299999", added: 42, cloned: 4 };

function hot(n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum = (sum + i * i) % 1000003;
  return sum;
}

async function begin(sandbox: Sandbox): Promise<GuestProcess> {
  const guest = sandbox.spawn({ source: neighbour });
  assert.equal(await firstOutput(guest), "ready\n");
  return guest;
}

/** Lets a neighbour finish, and holds it to its results and its latency. */
async function finish(guest: GuestProcess): Promise<number> {
  guest.kill("SIGUSR1");
  let told = "";
  for await (const chunk of guest.stdout) told += Buffer.from(chunk).toString();
  const exit = await guest.exit;
  assert.deepEqual([exit.outcome, exit.exitCode, exit.error], ["exited", 0, undefined], told);
  const { worst, ...results } = JSON.parse(told);
  assert.deepEqual(results, EXPECTED);
  assert.ok(worst < WORST_MS, `a neighbour waited ${worst} ms at worst`);
  return worst;
}

const replaceable = only("child", "no engine can be replaced within its host's process");

describe("M8 a guest that its process does not survive", replaceable, () => {
  for (const [title, source, outcomes] of programs) {
    // Elsewhere V8 ends the process on the spot, without a word to its embedder.
    const skip = title === "a split string" && process.platform !== "linux";
    test(`${title}: its neighbours finish, and those of another process never notice`, { skip }, async (context) => {
      const events: SidecarEvent[] = [];
      const onEvent = (event: SidecarEvent) => events.push(event);
      await using sidecar = await Sidecar.start({ cells: 2, log: "ignore", onEvent });
      const culprit = await sidecar.createSandbox();
      const elsewhere = await sidecar.createSandbox();
      assert.notEqual(elsewhere.pid, culprit.pid);
      const { pid } = culprit;
      // One in its very sandbox, one in another sandbox of the process.
      const beside = await sidecar.createSandbox();
      assert.equal(beside.pid, pid);
      const neighbours = await Promise.all([culprit, beside, elsewhere].map(begin));

      const result = await culprit.run(`console.log("so far"); ${source}`, { limits });
      assert.ok(outcomes.includes(result.outcome), JSON.stringify(result));
      assert.equal(result.stdout, "so far\n");
      if (result.outcome === "exited") assert.match(result.stderr, /RangeError/);
      else assert.match(result.error!.message, /^The guest\b/);
      const { wallMs } = result.usage;
      assert.ok(wallMs < limits.wallMs + WORST_MS, `it took ${wallMs} ms`);

      // At once, whether the process lives on or is on its way out.
      assert.equal((await elsewhere.run("console.log('unharmed')")).stdout, "unharmed\n");
      const next = await sidecar.createSandbox();
      assert.equal((await next.run("console.log('alive')")).stdout, "alive\n");
      const retiring = events.find((event) => event.type === "retiring");
      if (retiring !== undefined) {
        assert.equal(retiring.pid, pid);
        await assert.rejects(beside.run("1"), { code: "ERR_HOTCELL_SANDBOX_LOST" });
      }
      const worst = await Promise.all(neighbours.map(finish));
      context.diagnostic(`${result.outcome} after ${wallMs.toFixed(0)} ms, ${retiring?.reason ?? "not replaced"}`);
      context.diagnostic(`longest waits of its neighbours: ${worst.map((ms) => ms.toFixed(1)).join(", ")} ms`);
    });
  }

  test("several at once end each with its own outcome, and the neighbours finish", async () => {
    // Some of them take their time.
    await using sidecar = await Sidecar.start({ log: "ignore", env: { HOTCELL_DRAIN_MS: "60000" } });
    const beside = await begin(await sidecar.createSandbox());
    const sandbox = await sidecar.createSandbox();
    const results = await Promise.all(programs.slice(0, 5).map(([, source]) => sandbox.run(source, { limits })));
    for (const { outcome } of results) {
      assert.ok(["out_of_memory", "timed_out", "exited", "crashed"].includes(outcome), outcome);
    }
    // Those that were sent when the process took none any more have crashed.
    const ended = results.filter(({ outcome }) => outcome !== "crashed");
    assert.ok(ended.length > 0, "who caused it is told so");
    await finish(beside);
    assert.equal((await (await sidecar.createSandbox()).run("console.log('alive')")).stdout, "alive\n");
  });

  test("neighbours that don't come to their end have crashed when their time is over", async () => {
    await using sidecar = await Sidecar.start({ log: "ignore", env: { HOTCELL_DRAIN_MS: "300" } });
    const { pid } = sidecar;
    const endless = (await sidecar.createSandbox()).spawn({ source: "console.log('ready'); for (;;) {}" });
    await firstOutput(endless);
    const sandbox = await sidecar.createSandbox();
    assert.equal((await sandbox.run("[...'x'.repeat(3e8)]", { limits })).outcome, "out_of_memory");
    const { outcome, error } = await endless.exit;
    assert.equal(outcome, "crashed");
    assert.match(error!.message, /needed more memory at once than V8 survives/);
    assert.notEqual((await sidecar.stats()).pid, pid);
  });
});

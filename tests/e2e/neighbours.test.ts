import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Sandbox } from "hotcell";
import { binFiles } from "../support/commands.js";
import { fileSidecar } from "../support/sidecar.js";

const sidecar = await fileSidecar();

/** What innocent neighbours may wait at worst, in ms, on a machine with two busy cores. */
const WORST_MS = 3000;
const MEDIAN_MS = 500;

/** Runs innocent guests one after the other until `over`, checks all that they give, and returns how long each took. */
async function runInnocents(sandbox: Sandbox, over: () => boolean): Promise<number[]> {
  const took: number[] = [];
  for (let i = 0; !over() || took.length < 4; i++) {
    const started = performance.now();
    if (i % 2 === 0) {
      const sum = await sandbox.run(`let s = 0; for (let i = 0; i <= ${i}; i++) s += i; console.log(s)`);
      assert.deepEqual([sum.outcome, sum.exitCode, sum.stdout, sum.stderr], ["exited", 0, `${(i * (i + 1)) / 2}\n`, ""]);
    } else {
      const echo = await sandbox.exec("echo", ["number", String(i)]);
      assert.deepEqual([echo.outcome, echo.exitCode, echo.stdout, echo.stderr], ["exited", 0, `number ${i}\n`, ""]);
    }
    took.push(performance.now() - started);
  }
  return took;
}

function checkLatency(what: string, milliseconds: number[]): void {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const median = sorted[sorted.length >> 1]!;
  const worst = sorted.at(-1)!;
  assert.ok(worst < WORST_MS, `${what} took ${worst} ms at worst`);
  assert.ok(median < MEDIAN_MS, `${what} took ${median} ms at the median`);
}

const hostile: Record<string, { source: string; outcomes: string[] }> = {
  "while(1){}": { source: "while(1){}", outcomes: ["timed_out"] },
  "an endlessly growing array": { source: "const a = []; while (1) a.push([a.length])", outcomes: ["out_of_memory"] },
  "an endlessly growing string": { source: "let s = 'x'; while (1) { s += s; s[s.length >> 1] }", outcomes: ["exited"] },
  "a 2 GB ArrayBuffer": { source: "new ArrayBuffer(2 ** 31)", outcomes: ["exited"] },
  "a 4 GB resizable ArrayBuffer": {
    source: "const b = new ArrayBuffer(1, { maxByteLength: 2 ** 32 }); b.resize(2 ** 32); new Uint8Array(b).fill(1)",
    outcomes: ["exited"],
  },
  "3 GB of Uint8Arrays": {
    source: "const kept = []; for (let i = 0; i < 3072; i++) kept.push(new Uint8Array(1 << 20).fill(1))",
    outcomes: ["exited"],
  },
  "a 4 GB WebAssembly memory": {
    source: "const m = new WebAssembly.Memory({ initial: 1 }); m.grow(65535); new Uint8Array(m.buffer).fill(1)",
    outcomes: ["exited"],
  },
  "endless output": { source: "while (1) process.stdout.write('x'.repeat(65536))", outcomes: ["limit_exceeded"] },
  "for(;;){new Array(1000).fill(1.5)}": { source: "for(;;){new Array(1000).fill(1.5)}", outcomes: ["timed_out"] },
};

describe("a hostile guest leaves the others and the sidecar alone", () => {
  for (const [title, { source, outcomes }] of Object.entries(hostile)) {
    test(title, async () => {
      const sandbox = await sidecar.createSandbox({ env: { PATH: "/bin" }, files: binFiles("echo") });
      const { pid } = await sidecar.stats();
      const ticking = sandbox.spawn({
        source: `
          let last = performance.now(), worst = 0, ticks = 0;
          const ticker = setInterval(() => {
            const now = performance.now();
            worst = Math.max(worst, now - last);
            last = now;
            ticks += 1;
          }, 10);
          process.on("SIGTERM", () => { clearInterval(ticker); console.log(JSON.stringify({ worst, ticks })); });`,
      });
      let over = false;
      const innocents = runInnocents(sandbox, () => over);
      const limits = { wallMs: 1000, heapMb: 64, externalMb: 128, outputBytes: 32 << 20 };
      const result = await sandbox.run(source, { limits }).finally(() => {
        over = true;
      });
      assert.ok(outcomes.includes(result.outcome), JSON.stringify({ ...result, stdout: "" }));
      if (result.outcome === "exited") {
        assert.equal(result.exitCode, 1);
        assert.match(result.stderr, /RangeError/);
      }
      assert.ok(result.usage.wallMs < 3000, `it ended after ${result.usage.wallMs} ms`);
      assert.ok(result.usage.externalPeakBytes <= 160 << 20, `it held ${result.usage.externalPeakBytes} bytes`);
      checkLatency("an innocent run", await innocents);

      ticking.kill("SIGTERM");
      let told = "";
      for await (const chunk of ticking.stdout) told += Buffer.from(chunk).toString();
      const { worst, ticks } = JSON.parse(told);
      assert.ok(ticks > 0 && worst < WORST_MS, `a tick came ${worst} ms after the one before`);
      assert.equal((await ticking.exit).exitCode, 0);
      assert.equal((await sidecar.stats()).pid, pid, "it is the same sidecar");
    });
  }

  test("all of them at once", async () => {
    const sandbox = await sidecar.createSandbox({ env: { PATH: "/bin" }, files: binFiles("echo") });
    const { pid } = await sidecar.stats();
    let over = false;
    const innocents = runInnocents(sandbox, () => over);
    const limits = { wallMs: 2000, heapMb: 64, externalMb: 64, outputBytes: 8 << 20 };
    const results = await Promise.all(
      Object.values(hostile).map(async ({ source, outcomes }) => {
        const { outcome, exitCode } = await sandbox.run(source, { limits });
        // With less of a CPU for each, any of them may reach its time first.
        return outcome === "timed_out" || (outcomes.includes(outcome) && exitCode !== 0);
      }),
    ).finally(() => {
      over = true;
    });
    assert.deepEqual(results, results.map(() => true));
    const took = await innocents;
    assert.ok(Math.max(...took) < 2 * WORST_MS, `an innocent run took ${Math.max(...took)} ms`);
    assert.equal((await sidecar.stats()).pid, pid, "it is the same sidecar");
  });
});

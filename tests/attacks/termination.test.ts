import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunResult, Sandbox } from "hotcell";
import { start } from "../support/carrier.js";
import { assemble } from "../support/wasm.js";

/** Guests of each kind; more for figures. */
const ROUNDS = Number(process.env.HOTCELL_TERMINATION_ROUNDS ?? 8);
/** Milliseconds past the limit at p99: what is promised for a quiet machine, and what any machine must keep. */
const BOUND_MS = process.env.HOTCELL_QUIET_MACHINE === "1" ? 50 : 1500;
const WALL_MS = 200;

const loops = assemble(`(module (memory (export "memory") 1) (func (export "_start") (loop $l (br $l))))`);
const limits = { wallMs: WALL_MS };

const kinds: Record<string, (sandbox: Sandbox) => Promise<Pick<RunResult<string>, "outcome" | "usage">>> = {
  "a loop": (sandbox) => sandbox.run("for (;;);", { limits }),
  "endless microtasks": (sandbox) =>
    sandbox.run("const again = () => Promise.resolve().then(again); again()", { limits }),
  "a regular expression": (sandbox) => sandbox.run("/^(a+)+$/.test('a'.repeat(40) + 'b')", { limits }),
  finally: (sandbox) => sandbox.run("for (;;) { try { for (;;); } finally { continue } }", { limits }),
  "a WebAssembly loop": (sandbox) => sandbox.runWasm(loops, [], { limits }),
  "a blocked write": (sandbox) =>
    sandbox.spawn({ source: "for (;;) process.stdout.write('x'.repeat(65536))" }, { limits }).exit,
  "Atomics.wait": (sandbox) => sandbox.run("Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)", { limits }),
};

for (const [title, run] of Object.entries(kinds)) {
  test(`termination lands soon after the limit, within ${title}`, async (context) => {
    await using sidecar = await start();
    const sandbox = await sidecar.createSandbox();
    const past: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const { outcome, usage } = await run(sandbox);
      assert.equal(outcome, "timed_out");
      past.push(usage.wallMs - WALL_MS);
    }
    past.sort((a, b) => a - b);
    const p50 = past[past.length >> 1]!;
    const p99 = past[Math.ceil(past.length * 0.99) - 1]!;
    context.diagnostic(`p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms past the limit`);
    assert.ok(past[0]! >= 0, `it ended ${-past[0]!} ms before its limit`);
    assert.ok(p99 < BOUND_MS, `p99 ${p99} ms`);
  });
}

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { firstOutput } from "../support/guest.js";
import { fileSidecar } from "../support/sidecar.js";
import { assemble } from "../support/wasm.js";

const sidecar = await fileSidecar();
const sandbox = await sidecar.createSandbox();

describe("limits", () => {
  test("wall time ends a guest that waits", async () => {
    const result = await sandbox.run("console.log('before'); setInterval(() => {}, 1000)", { limits: { wallMs: 200 } });
    assert.deepEqual([result.outcome, result.error?.limit, result.exitCode], ["timed_out", "wallMs", null]);
    assert.equal(result.stdout, "before\n");
    assert.ok(result.usage.wallMs >= 200 && result.usage.wallMs < 1500, `${result.usage.wallMs} ms`);
  });

  test("CPU time ends a guest that runs, and waiting does not count", async () => {
    const result = await sandbox.run("while (true) {}", { limits: { cpuMs: 100 } });
    assert.deepEqual([result.outcome, result.error?.limit], ["timed_out", "cpuMs"]);
    assert.ok(result.usage.cpuMs >= 100 && result.usage.cpuMs < 1000, `${result.usage.cpuMs} ms`);
    const waits = await sandbox.run("setTimeout(() => console.log('done'), 400)", { limits: { cpuMs: 200 } });
    assert.deepEqual([waits.outcome, waits.stdout], ["exited", "done\n"]);
  });

  // C1 to C10: each ends at its limit, with its type.
  for (const [title, source] of [
    ["a loop (C1)", "while (true) {}"],
    ["endless microtasks (C2)", "const again = () => Promise.resolve().then(again); again()"],
    ["Atomics.wait (C3)", "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)"],
    ["a catastrophic regular expression (C4)", "/^(a+)+$/.test('a'.repeat(40) + 'b')"],
    ["a long builtin (C5)", "let n = 3n; while (true) n = n * n % (2n ** 100000n)"],
    ["finally around its end (C6)", "while (true) { try { while (true) {} } finally { continue } }"],
    ["catch around its end (C6)", "while (true) { try { while (true) {} } catch {} }"],
    ["an inlined fill (C1)", "for (;;) { new Array(1000).fill(1.5) }"],
    ["a million timers (C9)", "for (;;) setTimeout(() => {}, 1e9)"],
    ["endless ticks", "const again = () => process.nextTick(again); again()"],
    ["exit listeners", "process.on('exit', () => { while (true) {} })"],
  ] as const) {
    test(`${title} ends at the limit`, async () => {
      const result = await sandbox.run(source, { limits: { wallMs: 500 } });
      // A million timers may reach the heap's limit first.
      assert.ok(
        ["timed_out", "out_of_memory"].includes(result.outcome) || /Atomics/.test(result.stderr),
        JSON.stringify(result),
      );
      assert.ok(result.usage.wallMs < 3000, `${result.usage.wallMs} ms`);
      assert.equal((await sandbox.run("console.log(1)")).stdout, "1\n");
    });
  }

  test("a WASI program's loop ends at the limit (C10)", async () => {
    const loops = assemble(`(module (memory (export "memory") 1) (func (export "_start") (loop $l (br $l))))`);
    const result = await sandbox.runWasm(loops, [], { limits: { wallMs: 300 } });
    assert.deepEqual([result.outcome, result.error?.limit], ["timed_out", "wallMs"]);
    const starts = assemble(
      `(module (memory (export "memory") 1) (func $s (loop $l (br $l))) (start $s) (func (export "_start")))`,
    );
    assert.equal((await sandbox.runWasm(starts, [], { limits: { cpuMs: 300 } })).outcome, "timed_out");
  });

  test("a WASI program's memory counts (M3)", async () => {
    const grows = assemble(`(module (memory (export "memory") 1) (func (export "_start")
      (loop $l (br_if $l (i32.ne (memory.grow (i32.const 256)) (i32.const -1)))) unreachable))`);
    const result = await sandbox.runWasm(grows, [], { limits: { externalMb: 64 } });
    assert.ok(
      result.outcome === "out_of_memory" || (result.outcome === "exited" && result.exitCode !== 0),
      result.outcome,
    );
    assert.ok(result.usage.externalPeakBytes <= 80 << 20, `${result.usage.externalPeakBytes} bytes`);
  });

  test("output ends a guest at its limit, with all of it that was allowed", async () => {
    const result = await sandbox.run("while (true) process.stdout.write('0123456789')", {
      limits: { outputBytes: 1005 },
    });
    assert.deepEqual([result.outcome, result.error?.limit], ["limit_exceeded", "outputBytes"]);
    assert.equal(result.stdout, "0123456789".repeat(101).slice(0, 1005));
  });

  test("the heap ends a guest that grows (M1)", async () => {
    const result = await sandbox.run(
      "const kept = []; while (true) kept.push({ number: kept.length, more: [1, 2, 3] })",
      {
        limits: { heapMb: 32 },
      },
    );
    assert.deepEqual([result.outcome, result.error?.limit], ["out_of_memory", "heapMb"]);
  });

  test("memory outside of the heap is refused past its limit (M2)", async () => {
    const result = await sandbox.run("try { new ArrayBuffer(2 ** 31) } catch (error) { console.log(error.name) }", {
      limits: { externalMb: 64 },
    });
    assert.ok(
      (result.outcome === "exited" && result.stdout === "RangeError\n") || result.outcome === "out_of_memory",
      JSON.stringify(result),
    );
    const many = await sandbox.run("const kept = []; while (true) kept.push(new Uint8Array(1 << 20).fill(1))", {
      limits: { externalMb: 64 },
    });
    assert.ok(
      many.outcome === "out_of_memory" || (many.outcome === "exited" && many.exitCode === 1),
      JSON.stringify(many),
    );
    assert.ok(many.usage.externalPeakBytes <= 66 << 20, `${many.usage.externalPeakBytes} bytes`);
  });

  test("what one guest does leaves the others and the sidecar alone", async () => {
    const { pid } = await sidecar.stats();
    const witness = sandbox.spawn({
      source:
        "let n = 0; setInterval(() => console.log(n++), 20); process.on('SIGTERM', () => process.exit(n > 0 ? 0 : 1))",
    });
    await firstOutput(witness);
    const hostile = await Promise.all([
      sandbox.run("while (1) {}", { limits: { wallMs: 800 } }),
      sandbox.run("const a = []; while (1) a.push([a.length])", { limits: { heapMb: 64 } }),
      sandbox.run("new ArrayBuffer(2 ** 31)"),
    ]);
    assert.deepEqual([hostile[0].outcome, hostile[1].outcome], ["timed_out", "out_of_memory"]);
    assert.ok(hostile[2].outcome === "out_of_memory" || hostile[2].exitCode === 1, JSON.stringify(hostile[2]));
    witness.kill("SIGTERM");
    assert.deepEqual([(await witness.exit).outcome, (await witness.exit).exitCode], ["exited", 0]);
    assert.equal((await sidecar.stats()).pid, pid, "it is the same sidecar");
  });
});

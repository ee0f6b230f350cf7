import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileSidecar } from "../support/sidecar.js";
import { assemble } from "../support/wasm.js";

const sidecar = await fileSidecar();
const sandbox = await sidecar.createSandbox();

describe("limits", () => {
  test("wall time ends a guest that waits", async () => {
    const result = await sandbox.run("console.log('before'); setInterval(() => {}, 1000)", {
      limits: { wallMs: 1000 },
    });
    assert.deepEqual([result.outcome, result.error?.limit, result.exitCode], ["timed_out", "wallMs", null]);
    assert.equal(result.stdout, "before\n");
    assert.ok(result.usage.wallMs >= 1000 && result.usage.wallMs < 2000, `${result.usage.wallMs} ms`);
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
      // A million timers are more than a guest may have.
      const outcomes = title.startsWith("a million timers") ? ["timed_out", "limit_exceeded"] : ["timed_out"];
      assert.ok(outcomes.includes(result.outcome), JSON.stringify(result));
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

  test("a WASI program that asks for ever more memory gets what its limit allows, and nobody else notices (M3)", async () => {
    const grows = assemble(`
      (module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func (export "_start")
          (loop $more (br_if $more (i32.ne (memory.grow (i32.const 256)) (i32.const -1))))
          (call $exit (i32.div_u (memory.size) (i32.const 256)))))`);
    const result = await sandbox.runWasm(grows);
    // 256 MiB, in steps of 16 from 64 KiB on; a little is the program's own bytes.
    assert.deepEqual([result.outcome, result.exitCode, result.stderr], ["exited", 15, ""]);
    assert.equal((await sandbox.run("console.log(1)")).stdout, "1\n");
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
    const limits = { externalMb: 64 };
    for (const source of [
      "new ArrayBuffer(2 ** 31)",
      "new SharedArrayBuffer(2 ** 31)",
      "new Float64Array(2 ** 28)",
      "Buffer.alloc(65 << 20)",
      "structuredClone(new Uint8Array(33 << 20))",
      "const kept = []; while (true) kept.push(new Uint8Array(1 << 20).fill(1))",
    ]) {
      const result = await sandbox.run(source, { limits });
      assert.deepEqual([result.outcome, result.exitCode], ["exited", 1], source);
      assert.match(result.stderr, /RangeError|Unable to deserialize/, source);
      assert.ok(result.usage.externalPeakBytes <= 64 << 20, `${source}: ${result.usage.externalPeakBytes} bytes`);
    }
    const caught = await sandbox.run("try { new ArrayBuffer(2 ** 31) } catch (error) { console.log(error.name) }", {
      limits,
    });
    assert.deepEqual([caught.stdout, caught.exitCode], ["RangeError\n", 0]);
    // What is given back can be had again.
    const reused = await sandbox.run(
      "for (let i = 0; i < 200; i++) new Uint8Array(8 << 20).fill(1); console.log('done')",
      { limits },
    );
    assert.deepEqual([reused.stdout, reused.stderr], ["done\n", ""]);
  });
});

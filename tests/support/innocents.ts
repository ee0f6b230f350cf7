import assert from "node:assert/strict";
import type { Sandbox } from "hotcell";
import { assemble } from "./wasm.js";

/** What an innocent guest may take while others attack, in ms: far more than it needs, since the machine may be busy. */
const WORST_MS = 5000;
const MEDIAN_MS = 1000;

/** A WASI program that writes `fine` and exits with 7. */
const fine = assemble(`
  (module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "fine")
    (data (i32.const 0) "\\10\\00\\00\\00\\04\\00\\00\\00")
    (func (export "_start")
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (call $exit (i32.const 7))))`);

/**
 * Runs innocent guests of either kind, one after the other, for as long as an attack goes on, and holds what they give and how
 * long they take to what they always do. Gives what came of the attack, and the latency in words.
 */
export async function innocents<T>(sandbox: Sandbox, attack: () => Promise<T>): Promise<[T, string]> {
  let over = false;
  const attacked = attack().finally(() => {
    over = true;
  });
  const took: number[] = [];
  for (let i = 0; !over || i < 4; i++) {
    const started = performance.now();
    if (i % 2 === 0) {
      const sum = await sandbox.run(`let s = 0; for (let i = 0; i <= ${i}; i++) s += i; console.log(s)`);
      const told = [sum.outcome, sum.exitCode, sum.stdout, sum.stderr];
      assert.deepEqual(told, ["exited", 0, `${(i * (i + 1)) / 2}\n`, ""], "an innocent script");
    } else {
      const { outcome, exitCode, stdout, stderr } = await sandbox.runWasm(fine);
      assert.deepEqual([outcome, exitCode, stdout, stderr], ["exited", 7, "fine", ""], "an innocent program");
    }
    took.push(performance.now() - started);
  }
  const result = await attacked;
  const sorted = took.toSorted((a, b) => a - b);
  const median = sorted[sorted.length >> 1]!;
  const worst = sorted.at(-1)!;
  const latency = `${took.length} innocent guests took ${median.toFixed(1)} ms at the median, ${worst.toFixed(1)} at worst`;
  assert.ok(median < MEDIAN_MS && worst < WORST_MS, latency);
  return [result, latency];
}

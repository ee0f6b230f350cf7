import assert from "node:assert/strict";
import type { RunResult } from "hotcell";
import { attack } from "../support/attack.js";

/** The guest never held more MiB than that outside of its heap. */
function within(mb: number): (result: RunResult<string>) => void {
  return ({ usage }) => assert.ok(usage.externalPeakBytes <= mb << 20, `${usage.externalPeakBytes} bytes`);
}

/** A WASI program that grows its memory by 1 MiB until it can't, and exits with the MiB that it has. */
const grows = `
  (module
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 16)
    (func (export "_start")
      (loop $more (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
      (call $exit (i32.div_u (memory.size) (i32.const 16)))))`;

attack("M3", "WebAssembly memories and tables", {
  "a program that grows its memory": {
    wasm: grows,
    limits: { externalMb: 64 },
    ends: "exited",
    check(result) {
      within(64)(result);
      assert.ok(result.exitCode! > 32 && result.exitCode! <= 64, `${result.exitCode} MiB`);
    },
  },
  "a memory that is larger than the limit from the start": {
    wasm: `(module (memory (export "memory") 2048) (func (export "_start")))`,
    limits: { externalMb: 64 },
    ends: "exited",
    stderr: /Out of memory/,
    check: within(64),
  },
  "WebAssembly.Memory": {
    source: "new WebAssembly.Memory({ initial: 32768 })",
    limits: { externalMb: 64 },
    ends: "exited",
    stderr: /RangeError/,
    check: within(64),
  },
  "WebAssembly.Memory that grows": {
    source: `
      const memory = new WebAssembly.Memory({ initial: 1 });
      try { for (;;) { memory.grow(16); new Uint8Array(memory.buffer).fill(1) } } catch (error) { console.log(error.name) }`,
    limits: { externalMb: 64 },
    ends: "exited",
    stdout: "RangeError\n",
    check: within(64),
  },
  "a shared memory that grows": {
    source: `
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
      try { for (;;) memory.grow(16) } catch (error) { console.log(error.name) }`,
    limits: { externalMb: 64 },
    ends: "exited",
    stdout: "RangeError\n",
    check: within(64),
  },
  "many memories": {
    source: `
      const kept = [];
      try { for (;;) kept.push(new WebAssembly.Memory({ initial: 16 })) } catch (error) { console.log(error.name) }`,
    limits: { externalMb: 64 },
    ends: "exited",
    stdout: "RangeError\n",
    check: within(64),
  },
  "memories that were collected can be had again": {
    source: "for (let i = 0; i < 300; i++) new WebAssembly.Memory({ initial: 160, maximum: 160 }); console.log('done')",
    limits: { externalMb: 64 },
    ends: "exited",
    stdout: "done\n",
    check: within(64),
  },
  tables: {
    source: "const kept = []; for (;;) kept.push(new WebAssembly.Table({ initial: 100_000, element: 'externref' }))",
    limits: { heapMb: 32 },
    ends: ["out_of_memory", "exited"],
    mayTakeTheProcess: true,
  },
  "a table that grows": {
    source: "const table = new WebAssembly.Table({ initial: 1, element: 'anyfunc' }); for (;;) table.grow(100_000)",
    limits: { heapMb: 64 },
    ends: ["out_of_memory", "exited"],
    mayTakeTheProcess: true,
  },
});

import { attack } from "../support/attack.js";

attack("C10", "WebAssembly that does not end", {
  "a loop": {
    wasm: `(module (memory (export "memory") 1) (func (export "_start") (loop $l (br $l))))`,
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "a start function": {
    wasm: `(module (memory (export "memory") 1) (func $s (loop $l (br $l))) (start $s) (func (export "_start")))`,
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "memory.fill over 16 MiB, again and again": {
    wasm: `(module (memory (export "memory") 256) (func (export "_start")
      (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 16777216)) (br $l))))`,
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "memory.fill over a gigabyte at once": {
    wasm: `(module (memory (export "memory") 16384) (func (export "_start")
      (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 1073741824)) (br $l))))`,
    limits: { externalMb: 1100, wallMs: 500 },
    ends: "timed_out",
    limit: "wallMs",
    mayTakeTheProcess: true,
  },
  "memory.copy over 8 MiB, again and again": {
    wasm: `(module (memory (export "memory") 256) (func (export "_start")
      (loop $l (memory.copy (i32.const 0) (i32.const 8388608) (i32.const 8388608)) (br $l))))`,
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "calls that call each other": {
    wasm: `(module (memory (export "memory") 1) (func $f (param i32) (result i32)
        (if (result i32) (local.get 0)
          (then (i32.add (call $f (i32.sub (local.get 0) (i32.const 1))) (call $f (i32.sub (local.get 0) (i32.const 1)))))
          (else (i32.const 1))))
      (func (export "_start") (drop (call $f (i32.const 60)))))`,
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "a system call in a loop": {
    wasm: `(module (import "wasi_snapshot_preview1" "sched_yield" (func $y (result i32)))
      (memory (export "memory") 1) (func (export "_start") (loop $l (drop (call $y)) (br $l))))`,
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
});

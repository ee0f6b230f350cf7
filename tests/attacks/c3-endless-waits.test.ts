import { attack } from "../support/attack.js";

attack("C3", "a wait without an end", {
  "Atomics.wait": {
    source: "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)",
    limits: { wallMs: 300 },
    ends: "timed_out",
    limit: "wallMs",
  },
  "Atomics.wait again and again": {
    source: "const a = new Int32Array(new SharedArrayBuffer(4)); for (;;) Atomics.wait(a, 0, 0, 10)",
    limits: { wallMs: 300 },
    ends: "timed_out",
    limit: "wallMs",
  },
  "Atomics.waitAsync": {
    source:
      "Atomics.waitAsync(new Int32Array(new SharedArrayBuffer(4)), 0, 0).value.then(() => {}); setInterval(() => {}, 1e6)",
    limits: { wallMs: 300 },
    ends: "timed_out",
    limit: "wallMs",
  },
  "poll_oneoff on a clock": {
    wasm: `(module
      (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "_start")
        (i32.store (i32.const 16) (i32.const 1))
        (i64.store (i32.const 24) (i64.const 1000000000000))
        (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))))`,
    limits: { wallMs: 300 },
    ends: "timed_out",
    limit: "wallMs",
  },
});

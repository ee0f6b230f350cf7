import assert from "node:assert/strict";
import { attack } from "../support/attack.js";

attack("I1", "output without an end", {
  "process.stdout.write": {
    source: "for (;;) process.stdout.write('0123456789')",
    limits: { outputBytes: 1005 },
    ends: "limit_exceeded",
    limit: "outputBytes",
    stdout: "0123456789".repeat(101).slice(0, 1005),
  },
  "stderr has a limit of its own": {
    source: "process.stdout.write('x'.repeat(1000)); for (;;) process.stderr.write('e')",
    limits: { outputBytes: 1000 },
    ends: "limit_exceeded",
    limit: "outputBytes",
    check: ({ stdout, stderr }) => assert.deepEqual([stdout.length, stderr.length], [1000, 1000]),
  },
  "one write of 100 MiB": {
    source: "process.stdout.write(Buffer.alloc(100 << 20, 97))",
    limits: { outputBytes: 1 << 20 },
    ends: "limit_exceeded",
    limit: "outputBytes",
    check: ({ stdout }) => assert.equal(stdout.length, 1 << 20),
  },
  "a line without an end": {
    source: "console.log('fine'); for (;;) process.stdout.write('x'.repeat(100))",
    limits: { outputLineBytes: 1000 },
    ends: "limit_exceeded",
    limit: "outputLineBytes",
    stdout: `fine\n${"x".repeat(1000)}`,
  },
  "lines as long as may be": {
    source: "for (let i = 0; i < 10; i++) console.log('x'.repeat(1000)); ",
    limits: { outputLineBytes: 1000 },
    ends: "exited",
    stdout: `${"x".repeat(1000)}\n`.repeat(10),
  },
  "a WASI program that writes for ever": {
    wasm: `(module
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "\\10\\00\\00\\00\\04\\00\\00\\00")
      (data (i32.const 16) "spam")
      (func (export "_start")
        (loop $l (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))) (br $l))))`,
    limits: { outputBytes: 1002 },
    ends: "limit_exceeded",
    limit: "outputBytes",
    stdout: "spam".repeat(251).slice(0, 1002),
  },
});

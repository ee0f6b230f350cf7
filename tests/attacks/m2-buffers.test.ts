import assert from "node:assert/strict";
import type { RunResult } from "hotcell";
import { attack } from "../support/attack.js";

/** The guest never held more MiB than that outside of its heap. */
function within(mb: number): (result: RunResult<string>) => void {
  return ({ usage }) => assert.ok(usage.externalPeakBytes <= mb << 20, `${usage.externalPeakBytes} bytes`);
}

attack("M2", "buffers beyond the limit on external memory", {
  "an ArrayBuffer": {
    source: "new ArrayBuffer(2 ** 31)",
    limits: { externalMb: 64 },
    ends: "exited",
    stderr: /RangeError/,
    check: within(64),
  },
  "a SharedArrayBuffer": {
    source: "new SharedArrayBuffer(2 ** 31)",
    limits: { externalMb: 64 },
    ends: "exited",
    stderr: /RangeError/,
    check: within(64),
  },
  "many small ones": {
    source: "const kept = []; for (;;) kept.push(new Uint8Array(1 << 16).fill(1))",
    limits: { externalMb: 64 },
    ends: "exited",
    stderr: /RangeError/,
    check: within(64),
  },
  "one that is resizable": {
    source: "const b = new ArrayBuffer(1, { maxByteLength: 2 ** 31 }); b.resize(2 ** 31)",
    limits: { externalMb: 64 },
    ends: "exited",
    stderr: /RangeError/,
    check: within(64),
  },
  "one that is resized step by step": {
    source: `
      const b = new ArrayBuffer(1, { maxByteLength: 2 ** 31 });
      let length = 0;
      try { for (;;) { b.resize(length += 1 << 20); new Uint8Array(b).fill(1, length - (1 << 20)) } } catch (error) { console.log(error.name, length >> 20) }`,
    limits: { externalMb: 64 },
    ends: "exited",
    stdout: "RangeError 64\n",
    check: within(64),
  },
  "what is shrunk can be had again": {
    source: `
      const b = new ArrayBuffer(1, { maxByteLength: 2 ** 28 });
      for (let i = 0; i < 10; i++) { b.resize(48 << 20); b.resize(1) }
      new Uint8Array(40 << 20);
      console.log("done");`,
    limits: { externalMb: 64 },
    ends: "exited",
    stdout: "done\n",
    check: within(64),
  },
  "a SharedArrayBuffer that grows": {
    source: "const b = new SharedArrayBuffer(1, { maxByteLength: 2 ** 31 }); b.grow(2 ** 31)",
    limits: { externalMb: 64 },
    ends: "exited",
    stderr: /RangeError/,
    check: within(64),
  },
  "many that are resizable and filled": {
    source: `
      const kept = [];
      for (;;) { const b = new ArrayBuffer(1 << 20, { maxByteLength: 1 << 30 }); new Uint8Array(b).fill(1); kept.push(b) }`,
    limits: { externalMb: 64 },
    ends: "exited",
    stderr: /RangeError/,
    check: within(64),
  },
  "many that are resizable and empty": {
    source:
      "const kept = []; try { for (;;) kept.push(new ArrayBuffer(0, { maxByteLength: 1 << 20 })) } catch (error) { console.log(error.name, kept.length) }",
    limits: { externalMb: 64 },
    ends: "exited",
    stdout: "RangeError 1024\n",
  },
  "what was collected can be had again": {
    source:
      "for (let i = 0; i < 500; i++) new Uint8Array(new ArrayBuffer(8 << 20, { maxByteLength: 16 << 20 })).fill(1, 0, 100); console.log('done')",
    limits: { externalMb: 64 },
    ends: "exited",
    stdout: "done\n",
    check: within(64),
  },
  "Buffer and structuredClone": {
    source:
      "const b = Buffer.alloc(40 << 20); try { structuredClone(b) } catch (error) { console.log('refused') } try { Buffer.concat([b, b]) } catch (error) { console.log(error.name) }",
    limits: { externalMb: 64 },
    ends: "exited",
    stdout: "refused\nRangeError\n",
    check: within(64),
  },
});

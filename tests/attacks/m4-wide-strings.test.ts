import { attack } from "../support/attack.js";

const limits = { heapMb: 64, cpuMs: 1500, wallMs: 20_000 };

attack("M4", "one allocation far beyond the limit", {
  "an array spread": {
    source: "[...'x'.repeat(3e8)]",
    limits,
    ends: ["out_of_memory", "timed_out"],
    mayTakeTheProcess: true,
  },
  "a filled array": {
    source: "new Array(1e9).fill(0)",
    limits,
    ends: ["out_of_memory", "timed_out"],
    mayTakeTheProcess: true,
  },
  "Array.from": {
    source: "Array.from({ length: 5e8 })",
    limits,
    ends: ["out_of_memory", "timed_out"],
    mayTakeTheProcess: true,
  },
  "a wide join": {
    source: "Array(3e7).fill('abcdefghij').join('-')",
    limits,
    ends: ["out_of_memory", "timed_out", "exited"],
    mayTakeTheProcess: true,
  },
  "a text that is longer than texts can be": {
    source: "'x'.repeat(2 ** 30)",
    limits,
    ends: "exited",
    stderr: /RangeError/,
  },
  "a replaced text": {
    source: "'x'.repeat(2 ** 29 - 24).replace(/x/g, 'yy')",
    limits,
    ends: ["out_of_memory", "timed_out", "exited"],
    mayTakeTheProcess: true,
  },
  "a text that is flattened": {
    source: "let s = 'x'; for (;;) { s += s; s[s.length >> 1] }",
    limits,
    ends: ["out_of_memory", "exited"],
    mayTakeTheProcess: true,
  },
});

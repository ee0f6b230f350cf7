import { attack } from "../support/attack.js";

attack("C5", "a builtin that takes long", {
  "BigInt multiplication": {
    source: "let n = 3n; for (;;) n = (n * n) % (2n ** 100000n)",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "BigInt power": { source: "for (;;) 3n ** 1000000n % 7n", limits: { cpuMs: 200 }, ends: "timed_out", limit: "cpuMs" },
  "BigInt to text": {
    source: "for (;;) (3n ** 300000n).toString()",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "a sort with a comparator": {
    source: "for (;;) Array.from({ length: 1e6 }, (_, i) => (i * 7919) % 1e6).sort((a, b) => a - b)",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "JSON.stringify": {
    source: "const o = Array(1e5).fill({ a: [1, 2, 3] }); for (;;) JSON.stringify(o)",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "JSON.parse": {
    source: "const t = JSON.stringify(Array(1e5).fill({ a: 1 })); for (;;) JSON.parse(t)",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "joined strings": {
    source: "const a = Array(1e5).fill('x'); for (;;) a.join('-')",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "indexOf in a long text": {
    source: "const t = 'a'.repeat(1e6); for (;;) t.indexOf('a'.repeat(1000) + 'b')",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  normalize: {
    source: "const t = '\\u1e9b\\u0323'.repeat(1e5); for (;;) t.normalize('NFKD')",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "a sparse array of 2^32 - 2 that is sorted": {
    source: "const a = []; a.length = 2 ** 32 - 2; a.sort()",
    limits: { wallMs: 500 },
    ends: "timed_out",
    mayTakeTheProcess: true,
  },
});

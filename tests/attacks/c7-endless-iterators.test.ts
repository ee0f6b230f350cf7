import { attack } from "../support/attack.js";

attack("C7", "an iterator without an end that is handed to the userland", {
  URLSearchParams: {
    source: "new URLSearchParams({ *[Symbol.iterator]() { for (;;) yield ['a', 'b'] } })",
    limits: { cpuMs: 1000, heapMb: 32 },
    ends: ["timed_out", "out_of_memory"],
  },
  "Buffer.from": {
    source: "Buffer.from({ length: 2 ** 31, get 0() { for (;;); } })",
    limits: { cpuMs: 200 },
    ends: ["timed_out", "exited"],
  },
  "console.log of a Proxy": {
    source: "console.log(new Proxy({}, { ownKeys() { for (;;); } })); for (;;);",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "process.stdout.write of what makes its own text": {
    source: "try { process.stdout.write({ toString() { for (;;); } }) } catch {} for (;;);",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "structuredClone of a getter": {
    source: "structuredClone({ get a() { for (;;); } })",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "Promise.all": {
    source: "Promise.all({ *[Symbol.iterator]() { for (;;) yield 1 } })",
    limits: { cpuMs: 1000, heapMb: 32 },
    ends: ["timed_out", "out_of_memory"],
  },
});

import { attack } from "../support/attack.js";

attack("C1", "a loop without an end", {
  "while (true)": { source: "while (true) {}", limits: { cpuMs: 200 }, ends: "timed_out", limit: "cpuMs" },
  "an empty for": { source: "for (;;);", limits: { wallMs: 300 }, ends: "timed_out", limit: "wallMs" },
  "within a callback of a builtin": {
    source: "[1].forEach(() => { for (;;); })",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "a fill that is inlined": {
    source: "for (;;) { new Array(1000).fill(1.5) }",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "in a module, at the top": {
    source: "await 0; for (;;);",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "in a generator": {
    source: "function* g() { for (;;) yield 1 } for (const x of g());",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "in a getter that the inspector calls": {
    source: "console.log({ get [Symbol.toStringTag]() { for (;;); } })",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "in a listener of exit": {
    source: "process.on('exit', () => { for (;;); })",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
});

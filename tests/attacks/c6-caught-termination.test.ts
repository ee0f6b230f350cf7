import { attack } from "../support/attack.js";

attack("C6", "code that catches its end", {
  finally: {
    source: "for (;;) { try { for (;;); } finally { continue } }",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  catch: {
    source: "for (;;) { try { for (;;); } catch {} }",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "a rejection that is caught": {
    source: "(async () => { for (;;) { try { await 0; for (;;); } catch {} finally { await 0 } } })()",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "an iterator's return": {
    source:
      "for (const x of { [Symbol.iterator]: () => ({ next: () => ({ value: 1 }), return() { for (;;); } }) }) for (;;);",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "a listener for uncaught exceptions": {
    source: "process.on('uncaughtException', () => { for (;;); }); throw new Error('x')",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
});

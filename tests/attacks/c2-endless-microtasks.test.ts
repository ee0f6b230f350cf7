import { attack } from "../support/attack.js";

attack("C2", "microtasks without an end", {
  promises: {
    source: "const again = () => Promise.resolve().then(again); again()",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  await: { source: "(async () => { for (;;) await 0 })()", limits: { cpuMs: 200 }, ends: "timed_out", limit: "cpuMs" },
  queueMicrotask: {
    source: "const again = () => queueMicrotask(again); again()",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "process.nextTick": {
    source: "const again = () => process.nextTick(again); again()",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "an async generator": {
    source: "(async () => { for await (const x of (async function* () { for (;;) yield 1 })()); })()",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "thenables that resolve to thenables": {
    source: "const t = { then(r) { r({ then: t.then }) } }; Promise.resolve(t)",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
});

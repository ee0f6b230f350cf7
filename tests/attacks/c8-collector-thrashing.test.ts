import { attack } from "../support/attack.js";

attack("C8", "a heap that is full of garbage, just below its limit", {
  "small objects beside a large live heap": {
    source: `
      const kept = [];
      for (let i = 0; i < 6e5; i++) kept.push({ i });
      for (let i = 0; ; i++) kept[i % kept.length] = { i, more: [i] };`,
    limits: { wallMs: 1500, heapMb: 64 },
    ends: ["timed_out", "out_of_memory"],
  },
  "weak references and finalizers": {
    source: `
      const registry = new FinalizationRegistry(() => {});
      for (;;) { const o = {}; registry.register(o, 1); new WeakRef(o); }`,
    limits: { cpuMs: 500, heapMb: 64 },
    ends: ["timed_out", "out_of_memory"],
  },
  "buffers that come and go": { source: "for (;;) new Uint8Array(1 << 20)", limits: { cpuMs: 500 }, ends: "timed_out" },
});

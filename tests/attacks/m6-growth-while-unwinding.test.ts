import { attack } from "../support/attack.js";

attack("M6", "growth while V8 makes room to unwind", {
  "a finally that allocates": {
    source:
      "const kept = []; for (;;) { try { for (;;) kept.push({ n: kept.length }) } finally { for (;;) kept.push([1]); } }",
    limits: { heapMb: 32 },
    ends: "out_of_memory",
    limit: "heapMb",
  },
  "a fill that is inlined and kept": {
    source: "const kept = []; for (;;) kept.push(new Array(1000).fill(1.5))",
    limits: { heapMb: 32 },
    ends: "out_of_memory",
    limit: "heapMb",
  },
  "promises that allocate when they are rejected": {
    source:
      "const kept = []; (async () => { for (;;) { try { await Promise.reject(kept.push({})) } catch { kept.push([1, 2, 3]) } } })()",
    limits: { heapMb: 32 },
    ends: "out_of_memory",
    limit: "heapMb",
  },
});

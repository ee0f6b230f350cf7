import { attack } from "../support/attack.js";

attack("M1", "a heap that grows without an end", {
  objects: {
    source: "const kept = []; for (;;) kept.push({ n: kept.length, more: [1, 2, 3] })",
    limits: { heapMb: 32 },
    ends: "out_of_memory",
    limit: "heapMb",
  },
  strings: {
    source: "const kept = []; for (let i = 0; ; i++) kept.push(String(i).padStart(1000, 'x') + 'y')",
    limits: { heapMb: 32 },
    ends: "out_of_memory",
    limit: "heapMb",
  },
  "a Map": {
    source: "const kept = new Map(); for (let i = 0; ; i++) kept.set(i, [i])",
    limits: { heapMb: 64, cpuMs: 20_000 },
    ends: "out_of_memory",
    limit: "heapMb",
  },
  "closures in promises": {
    source: "const kept = []; (async () => { for (;;) kept.push(new Promise(() => {}).then(() => kept)) })()",
    limits: { heapMb: 32 },
    ends: "out_of_memory",
    limit: "heapMb",
  },
  "a generator that never ends, spread": {
    source: "[...(function* () { for (;;) yield {} })()]",
    limits: { heapMb: 32 },
    ends: "out_of_memory",
    limit: "heapMb",
    mayTakeTheProcess: true,
  },
});

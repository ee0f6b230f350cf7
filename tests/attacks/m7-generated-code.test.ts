import { attack } from "../support/attack.js";

attack("M7", "code that makes code", {
  "functions from text": {
    source:
      "const kept = []; for (let i = 0; ; i++) { const f = new Function('return ' + i + '+' + i); f(); kept.push(f) }",
    limits: { heapMb: 32, cpuMs: 10_000 },
    ends: ["out_of_memory", "timed_out"],
  },
  "functions that are optimised": {
    source: `
      const kept = [];
      for (let i = 0; ; i++) {
        const f = new Function("a", \`let s = 0; for (let i = 0; i < 100; i++) s += a * \${i}; return s\`);
        for (let j = 0; j < 1000; j++) f(j);
        kept.push(f);
      }`,
    limits: { heapMb: 32, cpuMs: 3000 },
    ends: ["out_of_memory", "timed_out"],
  },
  "WebAssembly modules": {
    source: `
      const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 4, 1, 2, 0, 11]);
      const kept = [];
      for (;;) kept.push(new WebAssembly.Instance(new WebAssembly.Module(bytes)));`,
    limits: { heapMb: 32, cpuMs: 3000 },
    ends: ["out_of_memory", "timed_out", "exited"],
    mayTakeTheProcess: true,
  },
  "regular expressions": {
    source:
      "const kept = []; for (let i = 0; ; i++) { const r = new RegExp('(a' + i + ')+b'); r.test('a1a1b'); kept.push(r) }",
    limits: { heapMb: 32, cpuMs: 5000 },
    ends: ["out_of_memory", "timed_out"],
  },
  "more modules than a guest may load": {
    source: `
      const fs = require("node:fs");
      for (let i = 0; i < 20; i++) { fs.writeFileSync("/m" + i + ".cjs", ""); require("/m" + i + ".cjs"); console.log(i) }`,
    limits: { modules: 10 },
    ends: "limit_exceeded",
    limit: "modules",
    stdout: /^0\n(\d\n){9}$/,
  },
  "more ES modules than a guest may load": {
    source: `
      const fs = require("node:fs");
      (async () => { for (let i = 0; i < 20; i++) { fs.writeFileSync("/m" + i + ".mjs", ""); await import("/m" + i + ".mjs"); console.log(i) } })()`,
    limits: { modules: 10 },
    ends: "limit_exceeded",
    limit: "modules",
    stdout: /^0\n(\d\n){9}$/,
  },
});

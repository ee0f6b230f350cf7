import { attack } from "../support/attack.js";

attack("M9", "recursion without an end", {
  functions: { source: "const f = () => f(); f()", ends: "exited", stderr: /RangeError/ },
  "functions with many arguments": {
    source: "const f = (...a) => f(...a, 1); f()",
    ends: "exited",
    stderr: /RangeError/,
  },
  "JSON.stringify": {
    source: "let o = {}; for (let i = 0; i < 1e6; i++) o = { o }; JSON.stringify(o)",
    ends: "exited",
    stderr: /RangeError/,
  },
  "JSON.parse": { source: "JSON.parse('['.repeat(1e6))", ends: "exited", stderr: /RangeError|SyntaxError/ },
  "a regular expression": {
    source: "new RegExp('('.repeat(1e6) + ')'.repeat(1e6))",
    ends: "exited",
    stderr: /SyntaxError|RangeError/,
  },
  "console.log of a deep object": {
    source:
      "let o = {}; for (let i = 0; i < 1e6; i++) o = { o }; console.log(require('node:util').inspect(o, { depth: Infinity }).length > 0)",
    limits: { cpuMs: 10_000 },
    ends: ["exited", "timed_out", "out_of_memory"],
  },
  structuredClone: {
    source: "let o = {}; for (let i = 0; i < 1e6; i++) o = { o }; structuredClone(o)",
    ends: "exited",
    stderr: /Error/,
  },
  "a getter that gets itself": { source: "({ get a() { return this.a } }).a", ends: "exited", stderr: /RangeError/ },
  "toString of itself": {
    source: "const o = { toString() { return '' + o } }; '' + o",
    ends: "exited",
    stderr: /RangeError/,
  },
  "a WASI program": {
    wasm: `(module (memory (export "memory") 1) (func $f (call $f)) (func (export "_start") (call $f)))`,
    ends: "exited",
    stderr: /RangeError|stack/,
  },
  "a small stack is shallower": {
    source: "let n = 0; const f = () => { n++; f() }; try { f() } catch { console.log(n < 3000) }",
    limits: { stackKb: 128 },
    ends: "exited",
    stdout: "true\n",
  },
  "a large stack is deeper": {
    source: "let n = 0; const f = () => { n++; f() }; try { f() } catch { console.log(n > 30_000) }",
    limits: { stackKb: 8000 },
    ends: "exited",
    stdout: "true\n",
  },
});

import { attack } from "../support/attack.js";

attack("C12", "text and modules that are made to be slow to parse or to compile", {
  "brackets within brackets": { source: "[".repeat(1e6), ends: "exited", stderr: /RangeError|SyntaxError/ },
  "a long chain of additions": {
    source: `0${"+1".repeat(1e6)}`,
    limits: { wallMs: 5000 },
    ends: ["exited", "timed_out"],
  },
  "many functions": { source: "function f(){};".repeat(1e5), limits: { wallMs: 5000 }, ends: ["exited", "timed_out"] },
  "arrow functions within each other": {
    source: `${"a=>(".repeat(2e4)}1${")".repeat(2e4)}`,
    limits: { wallMs: 5000 },
    ends: ["exited", "timed_out"],
  },
  "text that is compiled again and again": {
    source: "for (let i = 0; ; i++) new Function('return ' + '1+'.repeat(1e5) + i)()",
    limits: { cpuMs: 500 },
    ends: ["timed_out", "exited"],
  },
  "more text than the limit allows": {
    source: "eval(' '.repeat(100))",
    limits: { cpuMs: 200, sourceBytes: 1000 },
    ends: "exited",
  },
  "a WebAssembly function of half a megabyte": {
    wasm: `(module (memory (export "memory") 1) (func (export "_start") (local $x i32)
      ${"(local.set $x (i32.mul (local.get $x) (i32.const 3)))".repeat(4e4)}))`,
    limits: { wallMs: 10_000 },
    ends: "exited",
  },
});

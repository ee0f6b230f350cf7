import { attack } from "../support/attack.js";

attack("B2 B3 B4 B6", "prototypes, getters, proxies and species on the bridge", {
  "__proto__ as an environment variable and argument": {
    source: `
      process.env.__proto__ = "x";
      process.env.constructor = "y";
      console.log(Object.getPrototypeOf(process.env) === Object.prototype || Object.getPrototypeOf(process.env) === null, ({}).polluted, JSON.parse('{"__proto__": {"polluted": 1}}').polluted === undefined || true);`,
    ends: "exited",
    stdout: /^(true|false) undefined true\n$/,
  },
  "setters on Array.prototype do not fire within the userland": {
    source: `
      let fired = 0;
      for (let i = 0; i < 50; i++) Object.defineProperty(Array.prototype, i, { set() { fired++ }, get() { fired++ }, configurable: true });
      Object.defineProperty(Object.prototype, "value", { set() { fired++ }, get() { fired++; return 1 }, configurable: true });
      setTimeout(() => {}, 0); process.nextTick(() => {}); queueMicrotask(() => {});
      require("node:fs").writeFileSync("/f", "x");
      require("node:fs").readFileSync("/f", "utf8");
      process.stdout.write("text\\n");
      const before = fired;
      process.stdout.write(String(before) + "\\n");`,
    ends: "exited",
    stdout: "text\n0\n",
  },
  "replaced intrinsics change nothing in the userland": {
    source: `
      const prototypes = [Array.prototype, String.prototype, Map.prototype, Promise.prototype, Function.prototype, RegExp.prototype, Uint8Array.prototype, Object.getPrototypeOf(Uint8Array.prototype)];
      const { ownKeys, getOwnPropertyDescriptor, defineProperty } = Reflect;
      const text = String;
      for (let i = 0; i < prototypes.length; i++) {
        const keys = ownKeys(prototypes[i]);
        for (let j = 0; j < keys.length; j++) {
          const key = keys[j];
          const d = getOwnPropertyDescriptor(prototypes[i], key);
          if (d.configurable && typeof d.value === "function" && key !== "constructor")
            defineProperty(prototypes[i], key, { value() { throw new Error("replaced " + text(key)) }, configurable: true, writable: true });
        }
      }
      setTimeout(() => process.stdout.write("timer\\n"), 1);
      console.log("log", 1, { a: 1 });`,
    ends: "exited",
    stdout: "log 1 { a: 1 }\ntimer\n",
    stderr: /^$/,
  },
  "arguments that change while they are checked": {
    source: `
      const fs = require("node:fs");
      let n = 0;
      const path = { toString() { return n++ ? "/etc/passwd" : "/f" } };
      for (const attempt of [() => fs.readFileSync(path), () => fs.writeFileSync("/f", { toString() { for (;;); } }), () => Buffer.from(new Proxy({}, { get() { throw 1 } }))])
        try { attempt(); console.log("taken") } catch (error) { console.log(error?.code ?? "thrown") }`,
    ends: "exited",
    stdout: "ERR_INVALID_ARG_TYPE\nERR_INVALID_ARG_TYPE\nthrown\n",
  },
  "Symbol.species": {
    source: `
      let called = 0;
      class Evil extends Uint8Array { static get [Symbol.species]() { called++; return Array } }
      process.stdout.write(new Evil([104, 105, 10]));
      require("node:fs").writeFileSync("/f", new Evil([1, 2]));
      console.log(called);`,
    ends: "exited",
    stdout: "hi\n0\n",
  },
});

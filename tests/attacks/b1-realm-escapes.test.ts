import { attack } from "../support/attack.js";

attack("B1 B7", "constructors that reach out of the realm", {
  "this.constructor.constructor": {
    source: `
      const results = [];
      for (const get of [
        () => this.constructor.constructor("return this")(),
        () => globalThis.constructor.constructor("return globalThis")(),
        () => console.log.constructor("return this")(),
        () => (async () => {}).constructor("return globalThis")() instanceof Promise && globalThis,
        () => (function* () {}).constructor("yield globalThis")().next().value,
        () => process.constructor.constructor("return this")(),
        () => require("node:fs").readFileSync.constructor("return this")(),
        () => Reflect.construct(Function, ["return this"])(),
        () => (0, eval)("this"),
      ]) results.push(get() === globalThis);
      console.log(results.join());`,
    ends: "exited",
    stdout: "true,true,true,true,true,true,true,true,true\n",
  },
  "nothing of the native side is in reach": {
    source: `
      const seen = new Set(), names = [];
      const walk = (value, path, depth) => {
        if (depth > 6 || (typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) return;
        seen.add(value);
        for (const key of Reflect.ownKeys(value)) {
          let next;
          try { next = Object.getOwnPropertyDescriptor(value, key)?.value } catch { continue }
          if (/^(wasiBindMemory|sharedModule|moduleBytes|listenSignals|allowTimers|stdinRead|runMicrotasks)$/.test(String(key))) names.push(path + "." + String(key));
          walk(next, path + "." + String(key), depth + 1);
        }
        walk(Reflect.getPrototypeOf(value), path + ".__proto__", depth + 1);
      };
      walk(globalThis, "globalThis", 0);
      for (const name of ["fs", "util", "timers", "events", "crypto", "buffer"]) walk(require("node:" + name), name, 0);
      console.log(JSON.stringify(names));`,
    limits: { cpuMs: 10_000 },
    ends: "exited",
    stdout: "[]\n",
  },
  "dynamic import of a module of the host's": {
    source: "import('node:child_process').then(() => console.log('LOADED'), (error) => console.log(error.code))",
    ends: "exited",
    stdout: "ERR_UNKNOWN_BUILTIN_MODULE\n",
  },
});

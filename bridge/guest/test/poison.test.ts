/** Threats B4 and B6: a guest that replaces intrinsics, or sets traps on their prototypes, changes nothing in the userland. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Guest, type GuestOptions } from "./guest.ts";

/** Replaces all that can be replaced of the intrinsics. Takes care to need none of it itself. */
const POISON = `(() => {
  const { defineProperty, getOwnPropertyDescriptor, ownKeys, getPrototypeOf } = Reflect;
  const { globalThis: global } = { globalThis };
  const fail = () => { throw "poisoned"; };
  const names = ["Array", "ArrayBuffer", "AggregateError", "BigInt", "BigInt64Array", "BigUint64Array", "Boolean", "DataView", "Date", "Error", "EvalError",
    "FinalizationRegistry", "Float32Array", "Float64Array", "Function", "Int8Array", "Int16Array", "Int32Array", "Map", "Number", "Object", "Promise", "Proxy",
    "RangeError", "ReferenceError", "RegExp", "Set", "String", "Symbol", "SyntaxError", "TypeError", "URIError", "Uint8Array", "Uint8ClampedArray",
    "Uint16Array", "Uint32Array", "WeakMap", "WeakRef", "WeakSet", "Atomics", "JSON", "Math", "Reflect", "Iterator"];
  const targets = { __proto__: null, count: 0 };
  const add = (target) => { targets[targets.count++] = target; };
  for (let i = 0; i < names.length; i++) {
    const value = global[names[i]];
    if (value === undefined) continue;
    add(value);
    if (typeof value === "function" && value.prototype) add(value.prototype);
  }
  add(getPrototypeOf(Uint8Array)); add(getPrototypeOf(Uint8Array).prototype);
  add(getPrototypeOf([][Symbol.iterator]())); add(getPrototypeOf(getPrototypeOf([][Symbol.iterator]())));
  add(getPrototypeOf(new Map().entries())); add(getPrototypeOf(new Set().values())); add(getPrototypeOf(""[Symbol.iterator]()));
  add(getPrototypeOf(function* () {})); add(getPrototypeOf(function* () {}).prototype); add(getPrototypeOf(async () => {}));
  add(getPrototypeOf(async function* () {})); add(getPrototypeOf(async function* () {}).prototype);
  for (let t = 0; t < targets.count; t++) {
    const target = targets[t];
    const keys = ownKeys(target);
    for (let k = 0; k < keys.length; k++) {
      const key = keys[k];
      const descriptor = getOwnPropertyDescriptor(target, key);
      // What a class looks up on itself when it is called is not the userland's to guard.
      if (!descriptor.configurable || key === "prototype" || key === "name" || (key === "length" && !descriptor.get) || key === "__proto__" || key === "prepareStackTrace") continue;
      // An inspector shows what the constructor is called, so only those stay hidden that methods look for a species on.
      if (key === "constructor" && !(target === Array.prototype || target === Promise.prototype || target === RegExp.prototype)) continue;
      if (typeof descriptor.value === "function" || descriptor.get) {
        defineProperty(target, key, { __proto__: null, configurable: true, get: fail, set: fail });
      }
    }
  }
  for (let i = 0; i < 8; i++) defineProperty(Array.prototype, i, { __proto__: null, configurable: true, get: fail, set: fail });
  const traps = ["get", "set", "value", "writable", "enumerable", "configurable", "item", "list", "previous", "0", "1", "2"];
  for (let i = 0; i < traps.length; i++) defineProperty(Object.prototype, traps[i], { __proto__: null, configurable: true, get: fail, set: fail });
  // All but Error, which Node looks at where V8 makes a stack.
  for (let i = 0; i < names.length; i++) if (names[i] !== "Error") defineProperty(global, names[i], { __proto__: null, configurable: true, get: fail, set: fail });
})();`;

/** Runs a program that uses syntax and the userland only, with and without the poison, and asserts that nothing changes. */
function assertUnmoved(program: string, options: GuestOptions = {}, commonJs = false): void {
  const outcome = (isPoisoned: boolean) => {
    const guest = new Guest(options);
    if (isPoisoned) guest.evaluate(POISON);
    const code = commonJs ? guest.runCommonJs() : guest.run(program);
    return `exit code ${code}\n${guest.stdout}--- stderr\n${guest.stderr}`;
  };
  const clean = outcome(false);
  assert.equal(outcome(true), clean);
  assert.doesNotMatch(clean, /poisoned/);
}

test("poison_does_not_change_what_the_console_prints", () => {
  assertUnmoved(`
    const values = [1, -0, "text", 'it\\'s "so"', 10n, true, null, undefined, [1, [2, [3, [4]]]], { a: { b: { c: { d: 1 } } }, "x-y": 1 }, () => {}, function f() {}, class A {}, async () => {}, [,, 1]];
    for (let i = 0; i < values.length; i++) console.log(values[i]);
    console.log("%s %d %i %f %j %o %O %c%%", "s", 1.5, 2.7, 3.1, { a: 1 }, [1], { b: 2 }, "css", "rest");
    console.log({ long: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", other: "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy", multi: "line\\nbreak" });
    console.log([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30]);
    const circular = { name: "c" }; circular.self = circular; console.log(circular);
    console.table([{ a: 1, b: "x" }, { a: 2, c: [1] }]); console.table([[1, 2], [3]]); console.group("G"); console.log("in\\nside"); console.groupEnd(); console.count(); console.assert(false, "no"); console.dir({ a: { b: { c: {} } } }, { depth: 0 });
    console.error("err"); console.time("t"); console.timeEnd("t"); console.timeEnd("none"); console.trace("here");
  `);
});

test("poison_does_not_change_what_objects_of_intrinsic_classes_print", () => {
  const make = `globalThis.values = { map: new Map([["a", { b: 1 }], [2, new Set([1, [2]])]]), set: new Set(["x"]), date: new Date(0), regexp: /x/g, typed: new Uint8Array([1, 2]), buffer: new ArrayBuffer(3), error: new RangeError("re"), boxed: [Object(1), Object("s")], symbol: Symbol("s"), weak: new WeakMap(), keys: new Map([[1, 2]]).keys(), view: new DataView(new ArrayBuffer(1)), nullProto: Object.create(null), args: (function () { return arguments; })(1), node: Buffer.from("hi"), url: new URL("http://a/b?c=d") };`;
  const outcome = (isPoisoned: boolean) => {
    const guest = new Guest();
    guest.evaluate(make);
    if (isPoisoned) guest.evaluate(POISON);
    guest.run("for (const key in values) { process.stdout.write(key + ' '); console.log(values[key]); }");
    return guest.stdout + guest.stderr;
  };
  const clean = outcome(false);
  assert.match(clean, /map Map\(2\)/);
  assert.equal(outcome(true), clean);
});

test("poison_does_not_change_the_event_loop", () => {
  assertUnmoved(`
    setTimeout(() => console.log("timer 2"), 2); const t = setTimeout((a, b) => { console.log("timer 1", a, b); t.refresh; }, 1, "a", "b"); const c = setTimeout(() => console.log("never"), 1); clearTimeout(c); clearTimeout(+setTimeout(() => console.log("never"), 1));
    let n = 0; const i = setInterval(() => { console.log("interval"); if (++n === 2) clearInterval(i); }, 3); setImmediate((x) => console.log("immediate", x), 1); clearImmediate(setImmediate(() => console.log("never")));
    process.nextTick((x) => console.log("tick", x), 5); queueMicrotask(() => console.log("microtask")); setTimeout(() => { throw "thrown in a timer"; }, 10); process.on("uncaughtException", (e) => console.log("taken", e));
    process.on("exit", (code) => console.log("exit", code)); process.once("beforeExit", () => { console.log("beforeExit"); setTimeout(() => console.log("more"), 1); }); process.emitWarning("warned", "W", "C");
    try { setTimeout("x"); } catch (e) { console.log(e.code); } try { process.nextTick(); } catch (e) { console.log(e.code); }
  `);
});

test("poison_does_not_change_process_events_and_streams", () => {
  assertUnmoved(
    `
    process.env.A = 5; console.log(process.env.A, process.env, process.argv.length, process.cwd(), process.hrtime()[0] >= 0, process.memoryUsage().rss > 0); process.exitCode = 3;
    const f = (x) => console.log("event", x); process.on("e", f); process.once("e", f); process.prependListener("e", () => console.log("first")); console.log(process.emit("e", 1), process.emit("e", 2), process.listenerCount("e"), process.listeners("e").length); process.off("e", f); process.removeAllListeners("e"); process.on("SIGTERM", f); console.log(process.eventNames().length > 0);
    process.stdout.write("write\\n"); process.stdout.write("aGkK", "base64"); process.stdin.setEncoding("utf8"); process.stdin.on("data", (d) => console.log("data", d)); process.stdin.on("end", () => console.log("end"));
    const e = new EventTarget(); e.addEventListener("x", (v) => console.log(v.type, v.defaultPrevented)); e.dispatchEvent(new Event("x")); const a = new AbortController(); a.signal.addEventListener("abort", () => console.log("aborted", a.signal.reason.name)); a.signal.onabort = () => console.log("on"); a.abort(); console.log(AbortSignal.any([a.signal]).aborted);
  `,
    { stdin: ["pie", "ces €".slice(0, 4)] },
  );
});

test("poison_does_not_change_the_webs_classes", () => {
  assertUnmoved(`
    const u = new URL("http://u:p@h:81/p?q=1&r=a%20b#h"); u.searchParams.append("z", "é&"); u.searchParams.sort(); u.searchParams.delete("q"); console.log(u.href, u.searchParams.get("r"), u.searchParams.getAll("z"), u.searchParams.size, u.searchParams.has("r")); u.pathname = "/x y"; console.log(u.toString(), u); u.searchParams.forEach((v, k) => console.log(k, v)); console.log(URL.canParse("nope"), new URLSearchParams("a=1&b=2").toString(), u.searchParams.keys().next());
    console.log(new TextDecoder().decode(new TextEncoder().encode("héé€")), atob(btoa("bin")), crypto.randomUUID().length, new TextDecoder("utf-16le").encoding); const d = new DOMException("m", "AbortError"); console.log(d.code, d.name, d.message); performance.mark("m", { startTime: 1 }); console.log(performance.getEntriesByName("m").length, performance.measure("x", "m").entryType);
    try { new URL("nope"); } catch (e) { console.log(e.code, e.message); } try { atob("*"); } catch (e) { console.log(e.name); } try { new TextDecoder("x"); } catch (e) { console.log(e.code); } try { structuredClone(() => {}); } catch (e) { console.log(e.name); }
  `);
});

test("poison_does_not_change_buffers_files_and_modules", () => {
  const program = `
    const fs = require("fs"), path = require("path"), util = require("util"), EventEmitter = require("events"), assert = require("assert");
    fs.writeFileSync("/app/w", "text é"); fs.appendFileSync("/app/w", "!"); console.log(fs.readFileSync("/app/w", "utf8"), fs.readFileSync("/app/w"), fs.existsSync("/app/w"), fs.statSync("/app/w").size, fs.readdirSync("/app"), fs.readdirSync("/app", { withFileTypes: true })[0].isFile()); fs.mkdirSync("/app/d/e", { recursive: true }); fs.rmSync("/app/d", { recursive: true }); fs.copyFileSync("/app/w", "/app/v"); fs.renameSync("/app/v", "/app/u"); fs.unlinkSync("/app/u"); fs.readFile("/app/w", "latin1", (e, t) => console.log(e, t)); try { fs.readFileSync("/nope"); } catch (e) { console.log(e.code, e.message); }
    console.log(path.join("/a", "../b", "c"), path.resolve("x"), path.relative("/a/b", "/a/c/d"), path.basename("/x/y.js", ".js"), path.extname("a.b"), path.parse("/a/b.c"), path.normalize("/a//../b/"), path.format({ dir: "/a", base: "b" }), path.dirname("/a/b"));
    const b = Buffer.from("héllo"); console.log(b, b.toString("hex"), b.toString("base64"), b.slice(1, 3), b.equals(Buffer.from("x")), b.indexOf("l"), Buffer.concat([b, b]), b.readUInt16BE(0), Buffer.alloc(3).fill("ab"), b.toJSON(), Buffer.byteLength("é"), b.write("zz", 1), b.includes("z"), Buffer.compare(b, b), b.swap16, Buffer.from([1, 2, 3, 4]).readDoubleLE === undefined);
    console.log(require("./lib"), require("./data.json"), require("pkg"), require("./lib") === require("./lib")); try { require("./none"); } catch (e) { console.log(e.code, e.message); }
    console.log(util.inspect({ a: 1 }), util.format("%s", 1), util.isDeepStrictEqual({ a: [1] }, { a: [1] }), util.types.isDate({})); class E extends EventEmitter { constructor() { super(); } } const e = new E(); e.on("x", (v) => console.log("x", v)); e.once("x", () => console.log("once")); e.emit("x", 1); e.emit("x", 2); try { e.emit("error", { a: 1 }); } catch (x) { console.log(x.code, x.message); }
    try { assert.deepStrictEqual({ a: 1, b: [1] }, { a: 1, b: [2] }); } catch (x) { console.log(x.message); } try { assert.throws(() => {}); } catch (x) { console.log(x.message); } assert.strictEqual(1, 1); process.on("exit", () => console.log("exit"));
    throw new (assert.AssertionError)({ message: "uncaught at the end" });
  `;
  assertUnmoved(
    program,
    {
      files: {
        "/app/main.js": program,
        "/app/lib.js": "exports.lib = __filename;",
        "/app/data.json": '{"x":[1,2]}',
        "/app/node_modules/pkg/package.json":
          '{"exports":{".":{"import":"./no","default":"./main.js"},"./x/*":"./y/*"}}',
        "/app/node_modules/pkg/main.js": "module.exports = 'pkg';",
      },
    },
    true,
  );
});

test("poison_does_not_change_how_a_rejection_ends_the_guest", () => {
  for (const reason of ["1", "{ a: 1 }", "globalThis.failure"]) {
    const outcome = (isPoisoned: boolean) => {
      const guest = new Guest();
      guest.evaluate(
        "globalThis.failure = new TypeError('failed'); globalThis.promise = Promise.reject(1); promise.catch(() => {});",
      );
      guest.evaluate(`globalThis.reason = ${reason};`);
      if (isPoisoned) guest.evaluate(POISON);
      guest.hooks.rejection(0, guest.context.promise, guest.context.reason);
      return guest.live(() => {}) + guest.stderr;
    };
    assert.equal(outcome(true), outcome(false));
    assert.match(outcome(false), /^1/);
  }
});

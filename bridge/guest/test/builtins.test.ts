import assert from "node:assert/strict";
import { test } from "node:test";
import { assertSameAsNode } from "./compare.ts";
import { Guest } from "./guest.ts";

test("events_emit_as_node", () => {
  assertSameAsNode(`
    const EventEmitter = require("events"); const { once, on, errorMonitor } = EventEmitter; const e = new EventEmitter(); const log = (n) => (...a) => console.log(n, ...a);
    e.on("a", log("on")); e.prependListener("a", log("first")); e.once("a", log("once")); e.prependOnceListener("a", log("first once")); console.log(e.emit("a", 1, 2), e.emit("a", 3), e.emit("none"), e.listenerCount("a"), e.eventNames());
    const f = log("f"); e.on("b", f); e.on("b", f); e.off("b", f); console.log(e.listenerCount("b"), e.listeners("b")[0] === f); e.removeListener("b", f); console.log(e.listenerCount("b"), e.eventNames(), e.rawListeners("zz")); e.once("r", f); console.log(e.rawListeners("r")[0].listener === f, e.listeners("r")[0] === f);
    e.on("newListener", (n) => console.log("new", n)); e.on("removeListener", (n) => console.log("removed", n)); e.on("c", f); e.off("c", f); e.once("d", f); e.emit("d"); e.on("e", f); e.on("e", () => {}); e.removeAllListeners("e"); e.removeAllListeners(); console.log(e.eventNames());
    for (const g of [() => e.emit("error", new RangeError("re")), () => e.emit("error", { x: 1 }), () => e.emit("error"), () => e.on("x", 5), () => e.on("x"), () => e.setMaxListeners(-1), () => e.off("x", null), () => { EventEmitter.defaultMaxListeners = "x"; }]) try { g(); } catch (x) { console.log(x.name, x.code, x.message, x.context); }
    e.on(errorMonitor, (x) => console.log("monitor", x.message)); e.on("error", (x) => console.log("handled", x.message)); e.emit("error", new Error("m"));
    class Mine extends EventEmitter { constructor() { super(); this.x = 1; } } const m = new Mine(); m.on("q", function () { console.log(this === m); }); m.emit("q"); console.log(m instanceof EventEmitter, EventEmitter.EventEmitter === EventEmitter, EventEmitter.name, EventEmitter.defaultMaxListeners, m.getMaxListeners());
    function Old() { EventEmitter.call(this); } require("util").inherits(Old, EventEmitter); const o = new Old(); o.on("z", log("old")); o.emit("z", 1); console.log(Old.super_ === EventEmitter);
    const w = new EventEmitter(); w.setMaxListeners(1); w.on("l", () => {}); w.on("l", () => {}); w.on("l", () => {}); const self = new EventEmitter(); self.on("s", function g() { self.off("s", g); self.on("s", log("added")); }); self.on("s", log("second")); self.emit("s"); self.emit("s"); const sym = Symbol("sym"); self.on(sym, log("symbol")); self.emit(sym); console.log(self.eventNames());
    (async () => { setTimeout(() => e.emit("p", 1, 2)); console.log(await once(e, "p")); setTimeout(() => e.emit("error", new Error("oe"))); await once(e, "p").catch((x) => console.log("rejected", x.message)); const ac = new AbortController(); setTimeout(() => ac.abort()); await once(e, "p", { signal: ac.signal }).catch((x) => console.log(x.name, x.code));
      setTimeout(() => { e.emit("it", 1); e.emit("it", 2); e.emit("it", 3); }); for await (const v of on(e, "it")) { console.log(v); if (v[0] === 3) break; } console.log(e.listenerCount("it"), EventEmitter.listenerCount(e, "error")); const t = new EventTarget(); setTimeout(() => t.dispatchEvent(new Event("et"))); console.log((await once(t, "et"))[0].type); })();
  `);
});

test("util_does_as_node", () => {
  assertSameAsNode(`
    const util = require("util"); const { inspect, format, promisify, callbackify, types, isDeepStrictEqual: eq } = util;
    console.log(inspect({ a: { b: { c: { d: 1 } } } }, { depth: 0 }), inspect({ a: { b: { c: { d: 1 } } } }, false, null), inspect("x", { colors: true }), inspect([1, [2]], { compact: false }), inspect({ b: 1, a: 2 }, { sorted: true }), inspect([..."abcdef"], { maxArrayLength: 2 }), inspect("long".repeat(10), { maxStringLength: 5 }));
    console.log(inspect({ [inspect.custom](d, o, i) { return "custom " + d + typeof o.stylize + (i === inspect); } }), inspect(new (class A { [inspect.custom]() { return { x: 1 }; } })()), inspect(1234567.891, { numericSeparator: true }), inspect({ get a() { return 5; } }, { getters: true }), inspect(new Proxy({ a: 1 }, {}), { showProxy: true }), inspect(new Map([["a", new Set([1])]]), { showHidden: true }), inspect([1], { showHidden: true }));
    console.log(format("%s %o", "a", { b: 1 }), util.formatWithOptions({ compact: false }, "%O", { a: 1 }), util.stripVTControlCharacters("\\u001b[31mred\\u001b[0m"), util.toUSVString("a\\ud800"), inspect.defaultOptions.depth, util.inspect.custom === Symbol.for("nodejs.util.inspect.custom"));
    const ok = (x, cb) => cb(null, x, "more"), bad = (cb) => cb(new Error("bad")); promisify(ok)(1).then(console.log); promisify(bad)().catch((e) => console.log(e.message)); callbackify(async (x) => x + 1)(1, (e, r) => console.log(e, r)); callbackify(async () => { throw null; })((e) => console.log(e.code, e.reason)); const custom = Object.assign(() => {}, { [promisify.custom]: () => "own" }); console.log(promisify(custom)(), promisify(ok).name, promisify(promisify(ok)) === promisify(ok));
    for (const f of [() => promisify(5), () => callbackify("x"), () => util.inherits({}, 5), () => util.inherits(function () {}, null)]) try { f(); } catch (e) { console.log(e.code); } const dep = util.deprecate(() => "result", "old thing", "DEP1"); console.log(dep(), dep());
    const values = { date: new Date(), map: new Map(), set: new Set(), re: /x/, err: new Error(), prom: Promise.resolve(), prox: new Proxy({}, {}), args: (function () { return arguments; })(), async: async () => {}, gen: function* () {}, genObj: (function* () {})(), u8: new Uint8Array(), f64: new Float64Array(), ab: new ArrayBuffer(1), dv: new DataView(new ArrayBuffer(1)), wm: new WeakMap(), ws: new WeakSet(), num: Object(1), str: Object("s"), bool: Object(true), sym: Object(Symbol()), big: Object(1n), mi: new Map().entries(), si: new Set().values(), plain: {}, arr: [], nul: null, prim: 5, fake: { __proto__: Date.prototype }, tagged: { [Symbol.toStringTag]: "Map" } };
    for (const name of Object.keys(types).sort()) if (!/External|Key|CryptoKey|KeyObject|EventTarget/.test(name)) console.log(name, Object.keys(values).filter((k) => types[name](values[k])).join());
    const pairs = [[1, 1], [1, "1"], [0, -0], [NaN, NaN], [{ a: 1 }, { a: 1 }], [{ a: 1 }, { a: 1, b: undefined }], [[1, , 2], [1, undefined, 2]], [new Date(1), new Date(1)], [new Date(1), new Date(2)], [/a/g, /a/g], [/a/g, /a/i], [new Map([[{ a: 1 }, [1]], [2, 3]]), new Map([[2, 3], [{ a: 1 }, [1]]])], [new Set([{ a: 1 }, 2]), new Set([2, { a: 1 }])], [new Set([1]), new Set([2])], [new Error("a"), new Error("a")], [new Error("a"), new Error("b")], [new TypeError("a"), new Error("a")], [Object(1), Object(1)], [Object("a"), Object("b")], [new Uint8Array([1]), new Uint8Array([1])], [new Uint8Array([1]), new Int8Array([1])], [Buffer.from("a"), new Uint8Array([97])], [{ __proto__: null, a: 1 }, { a: 1 }], [[1], { 0: 1, length: 1 }], [{ [Symbol.for("s")]: 1 }, { [Symbol.for("s")]: 1 }], [{ [Symbol.for("s")]: 1 }, { [Symbol.for("s")]: 2 }], [() => {}, () => {}], [null, undefined], [new (class A {})(), new (class B {})()], [[1, 2, 3], [1, 2]], [new Set([[1], [2]]), new Set([[1], [1]])], [new ArrayBuffer(2), new ArrayBuffer(2)], [Object.assign([1], { x: 1 }), [1]]];
    console.log(pairs.map(([a, b]) => +eq(a, b)).join("")); const ca = {}; ca.self = ca; const cb2 = {}; cb2.self = cb2; console.log(eq(ca, cb2), eq({ x: ca }, { x: cb2 })); const assert = require("assert"); console.log(pairs.map(([a, b]) => { try { assert.deepEqual(a, b); return 1; } catch { return 0; } }).join(""));
  `);
});

test("assert_does_as_node", () => {
  assertSameAsNode(`
    const assert = require("assert"); const show = (f) => { try { f(); console.log("ok"); } catch (e) { console.log(e.name, e.code, JSON.stringify(e.message), e.operator, e.generatedMessage, e.actual === undefined ? "" : typeof e.actual); } };
    for (const f of [() => assert.ok(1), () => assert.ok(0, "msg"), () => assert(null, new RangeError("own")), () => assert.equal(1, "1"), () => assert.equal(1, 2), () => assert.notEqual(1, 1), () => assert.strictEqual(1, 2), () => assert.strictEqual(NaN, NaN), () => assert.strictEqual(1, 1), () => assert.notStrictEqual(1, 1), () => assert.notStrictEqual(1, 2), () => assert.deepStrictEqual({ a: 1, b: [1, 2] }, { a: 1, b: [1, 3] }), () => assert.deepStrictEqual([1, 2], [1, 2]), () => assert.notDeepStrictEqual({ a: 1 }, { a: 1 }), () => assert.deepEqual([1], ["1"]), () => assert.notDeepEqual([1], ["1"]), () => assert.deepEqual([1], [2]), () => assert.fail(), () => assert.fail("boom"), () => assert.match("abc", /b/), () => assert.match("abc", /x/), () => assert.doesNotMatch("abc", /x/), () => assert.doesNotMatch("abc", /b/), () => assert.ifError(null), () => assert.ifError(new Error("q")), () => assert.ifError("text"),
      () => assert.throws(() => { throw new TypeError("t"); }), () => assert.throws(() => {}), () => assert.throws(() => { throw new TypeError("t"); }, TypeError), () => assert.throws(() => { throw new TypeError("t"); }, /t/), () => assert.throws(() => { throw new TypeError("t"); }, /x/), () => assert.throws(() => { throw new TypeError("t"); }, { name: "TypeError", message: "t" }), () => assert.throws(() => { throw new TypeError("t"); }, { message: /t/ }), () => assert.throws(() => { throw new TypeError("t"); }, (e) => e.message === "t"), () => assert.throws(() => { throw new TypeError("t"); }, (e) => false), () => assert.throws(5), () => assert.doesNotThrow(() => {}), () => assert.doesNotThrow(() => { throw new Error("d"); }), () => assert.strict.equal(1, "1"), () => assert.strict.deepEqual([1], ["1"])]) show(f);
    (async () => { for (const f of [() => assert.rejects(Promise.reject(new Error("r"))), () => assert.rejects(async () => { throw new TypeError("r"); }, TypeError), () => assert.rejects(Promise.reject(new Error("r")), /x/), () => assert.rejects(Promise.resolve(1))]) await f().then(() => console.log("ok"), (e) => console.log(e.name, e.code, JSON.stringify(e.message))); })();
    console.log(assert.strict === require("assert/strict"), new assert.AssertionError({ message: "m", actual: 1, expected: 2, operator: "op" }).operator, assert.AssertionError.name, assert.name);
  `);
});

test("timers_promises_do_as_node", () => {
  assertSameAsNode(`
    const { setTimeout: wait, setImmediate: soon, setInterval: every, scheduler } = require("timers/promises"); const timers = require("timers");
    (async () => { console.log(await wait(5, "v"), await soon("s"), await scheduler.wait(1), await scheduler.yield()); let n = 0; for await (const v of every(20, "tick")) { console.log(v, ++n); if (n === 3) break; }
      const ac = new AbortController(); setTimeout(() => ac.abort(), 10); await wait(5000, 0, { signal: ac.signal }).catch((e) => console.log(e.name, e.code)); await wait(1, 0, { signal: AbortSignal.abort() }).catch((e) => console.log(e.name)); const ac2 = new AbortController(); setTimeout(() => ac2.abort(), 30); try { for await (const _ of every(5000, 0, { signal: ac2.signal })); } catch (e) { console.log(e.name); }
      console.log(timers.setTimeout === setTimeout, await require("util").promisify(setTimeout)(1, "p"), await require("util").promisify(setImmediate)("i")); wait(1e6, 0, { ref: false }); })();
  `);
});

test("url_and_os_modules_do_as_node", () => {
  assertSameAsNode(`
    const url = require("url"); for (const p of ["/a b/c", "/%25/?#\\\\\\n", "/é", "/dir/"]) console.log(url.pathToFileURL(p).href, url.fileURLToPath(url.pathToFileURL(p)));
    for (const u of ["file:///a%20b", "http://x", "file://host/x", "file:///a%2fb", 5, new URL("file:///x/y")]) try { console.log(url.fileURLToPath(u)); } catch (e) { console.log(e.name, e.code); } console.log(url.URL === URL, url.format(new URL("http://u:p@a/?q#f"), { auth: false, fragment: false, search: false }));
    const os = require("os"); console.log(os.EOL === "\\n", os.platform(), os.arch(), os.type(), os.endianness(), os.devNull, os.constants.signals.SIGTERM, typeof os.tmpdir(), typeof os.homedir(), typeof os.hostname());
  `);
});

test("os_tells_nothing_of_the_machine", () => {
  const guest = new Guest();
  guest.run(
    'const os = require("os"); console.log(os.hostname(), os.cpus().length, os.networkInterfaces(), os.userInfo().username, os.release(), os.homedir(), os.tmpdir());',
  );
  assert.equal(guest.stdout, "hotcell 1 {} root 0.0.0 / /tmp\n");
});

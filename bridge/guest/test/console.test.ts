import assert from "node:assert/strict";
import { test } from "node:test";
import { assertSameAsNode } from "./compare.ts";
import { Guest } from "./guest.ts";

test("console_prints_primitives_and_objects_as_node", () => {
  assertSameAsNode(`
    console.log(1, -0, 1.5, 1e21, NaN, 10n, true, null, undefined, Symbol("s"), "text");
    console.log([1, -0, "a\\nb'c", "it's", 'say "hi"', \`all' "three" \\\`\`]);
    console.log([1, , 3, , , 6], Array(3), [undefined, null], Object.assign([1, 2], { x: 1 }));
    console.log({ a: 1, "b-c": 2, [Symbol("k")]: 3, 4: 5, "it's": 6 });
    console.log({ a: { b: { c: { d: 1 } } } }, [[[[[]]]]]);
    console.log({ get a() { return 1; }, set a(v) {}, get b() { return 1; }, set c(v) {} });
    console.log(new Map([[1, { a: 2 }], ["x", new Map()]]), new Set([1, "a", [2]]), new WeakMap(), new WeakSet());
    console.log(new Map([[1, 2]]).entries(), new Map([[1, 2]]).keys(), new Set([5]).values(), [1, 2].values());
    console.log(new Date(0), new Date(NaN), /x/gi, Object.assign(/y/, { z: 1 }));
    console.log(function f() {}, () => {}, class A {}, class B extends Array {}, async function g() {}, function* h() {});
    console.log(async () => {}, async function* () {}, Object.assign(() => {}, { a: 1 }), class { static x = 1; });
    console.log(Object.create(null), Object.create({ a: 1 }), Object.create(Array.prototype), new (class Foo { x = 1; })());
    console.log(new Number(3), new String("abc"), new Boolean(false), Object(Symbol("a")), Object(1n));
    console.log(new Uint8Array(3), new Float64Array([1.5]), new ArrayBuffer(4), new DataView(new ArrayBuffer(2)));
    console.log(Buffer.from("hello"), [Buffer.alloc(60)]);
    console.log(new Proxy({ a: 1 }, {}), new Proxy([1, 2], {}), new Proxy(function f() {}, {}), [new Proxy(class Q {}, {})]);
    console.log((function () { return arguments; })(1, 2), (function* () {})(), Math, JSON, Reflect, Atomics, globalThis.Intl);
    console.log({ f() {}, g: class {}, h: class X extends Map {} }, new (class extends Map {})([[1, 2]]), new (class E2 extends Set {})());
    console.log(Object.setPrototypeOf(new Map([[1, 2]]), null), Object.setPrototypeOf(new Date(0), null));
    console.log(Object.setPrototypeOf([1], null), Object.setPrototypeOf(/a/, null), Object.setPrototypeOf(function z() {}, null));
    console.log({ [Symbol.toStringTag]: "Tag" }, new (class T { get [Symbol.toStringTag]() { return "TT"; } })());
    console.log("\\u{1F600}", ["\\u0000", "\\x7f", "\\ud800", "\\t\\\\", "漢字"]);
    const circular = { name: "c" }; circular.self = circular; circular.list = [circular, { circular }]; console.log(circular);
    const map = new Map(); map.set("m", map); console.log(map);
    console.log(Object.defineProperty({}, "hidden", { value: 1 }), Object.freeze({ a: 1 }));
    console.log(new WeakRef({ a: 1 }), new (class N extends null { constructor() { return Object.create(N.prototype); } })());
  `);
});

test("console_prints_the_state_of_promises", () => {
  // The test runner marks promises that are made in its process, so these are not compared with Node's.
  const guest = new Guest();
  guest.run(`
    const unmarked = (promise) => { for (const key of Object.getOwnPropertySymbols(promise)) delete promise[key]; return promise; };
    const rejected = Promise.reject("reason");
    rejected.catch(() => {});
    console.log(unmarked(Promise.resolve(5)), unmarked(rejected), unmarked(new Promise(() => {})));
    console.log(unmarked(new (class P extends Promise {})(() => {})));
  `);
  assert.equal(
    guest.stdout,
    "Promise { 5 } Promise { <rejected> 'reason' } Promise { <pending> }\nP [Promise] { <pending> }\n",
  );
});

test("console_lays_out_long_values_as_node", () => {
  assertSameAsNode(`
    console.log(Array.from({ length: 120 }, (_, i) => i));
    console.log(Array.from({ length: 30 }, (_, i) => "item" + i), Array.from({ length: 101 }, () => "ab"));
    console.log(["x".repeat(80), "y".repeat(80)], { a: "x".repeat(80), b: "y".repeat(80) }, "z".repeat(200));
    console.log({ text: "multi\\nline", list: ["multi\\nline".repeat(20)] }, ["x".repeat(20000)].length);
    console.log(new Map(Array.from({ length: 20 }, (_, i) => ["key" + i, { value: i }])));
    console.log(new Set(Array.from({ length: 110 }, (_, i) => i)));
    console.log({ a: [{ b: { c: {} } }], f: [() => {}, class {}], d: new Date(86400000), deep: { deeper: { deepest: {} } } });
    console.log(Object.fromEntries(Array.from({ length: 30 }, (_, i) => ["property" + i, "value" + i])));
    console.log("x".repeat(12000).length, ["x".repeat(10010)]);
    console.log(new Uint8Array(200), "é".repeat(40), ["漢字".repeat(10), "テスト".repeat(10), "a", "b", "c", "d", "e"]);
  `);
});

test("console_formats_directives_as_node", () => {
  assertSameAsNode(`
    console.log("%s %d %i %f %j %o %O %c %%", "a", 1.5, 1.9, "2.5", { a: 1 }, [1, { b: 2 }], { c: { d: { e: { f: 1 } } } }, "css");
    console.log("%s %s %s %s %s", { a: { b: { c: 1 } } }, [1, [2, [3]]], Symbol("x"), 5n, -0, "rest", { x: 1 });
    console.log("%s", class A {}, "%s", () => {}, function f() {}, new (class B { toString() { return "B!"; } })(), new Error("e").message);
    console.log("%d %d %d %i", "x", {}, 5n, "12.7", "%d"); console.log("%x %", 1); console.log("100%", 5); console.log("%s");
    console.log("%j", (() => { const a = {}; a.a = a; return a; })()); console.log("a%sb%sc", 1); console.log("%o", function f() {});
    console.log(); console.log(""); console.log(" ", ""); console.log(undefined); console.log("a\\nb", { c: 1 });
    console.error("to stderr %s", 1); console.warn({ w: 1 }); console.info("info"); console.debug("debug"); console.dirxml({ a: 1 }, 2);
  `);
});

test("console_tables_counts_groups_and_asserts_as_node", () => {
  assertSameAsNode(`
    console.table([{ a: 1, b: "x" }, { a: 2, c: [1, 2] }]); console.table([[1, 2], [3, 4]]);
    console.table(new Map([["a", 1], ["b", { x: 1 }]])); console.table(new Set([1, "b"])); console.table(5);
    console.table([1, "a", { b: 1 }]); console.table([{ a: 1, b: 2 }], ["b"]); console.table({ x: { v: 1 }, y: { v: 2 } });
    console.table([]); console.table([{ a: "漢字" }]); console.table([{ a: 1 }], ["zz"]); console.table([() => {}, { f() {} }]);
    console.table(new Map([[{ a: 1 }, 1]]).entries()); console.table(new Uint8Array([1, 2])); console.table([{ a: { b: 1 } }, { a: { b: 1, c: 2, d: 3 } }]);
    console.table([[], [undefined, null]]); console.table([{ "": 1, __proto__: { p: 1 } }]); console.table([5], ["a"]); console.table(null);
    console.group("G", "x"); console.log("a\\nb"); console.group(); console.warn("w\\nx"); console.table([{ a: 1 }]); console.groupEnd();
    console.groupCollapsed("C"); console.log({ a: 1, b: ["x".repeat(70), "y".repeat(60)] }); console.groupEnd(); console.groupEnd();
    console.groupEnd(); console.log("out");
    console.assert(true, "no"); console.assert(false); console.assert(false, "m %s", "q"); console.assert(false, { a: 1 }); console.assert(0, 1, 2);
    console.count(); console.count("x"); console.count(); console.countReset(); console.count(); console.count(null);
    console.dir({ a: { b: { c: { d: 1 } } } }, { depth: 0 }); console.dir({ [require("util").inspect.custom]() { return "custom"; } });
    console.countReset("nope"); console.timeEnd("nope"); console.timeLog("nope"); console.time("twice"); console.time("twice");
    try { console.table([], 5); } catch (e) { console.log(e.code, e.message); }
  `);
});

test("console_prints_errors_as_node", () => {
  assertSameAsNode(`
    class Mine extends Error { constructor(m) { super(m); this.name = "Mine"; this.extra = { a: 1 }; } }
    console.log(new Error("plain")); console.log(new Mine("own")); console.log([new TypeError("in a list")]);
    console.log(new Error("with code", {}), Object.assign(new Error("c"), { code: "E_CODE" }));
    console.log({ e: new RangeError("nested\\nlines") }); console.log(new AggregateError([new Error("one"), 2], "many"));
    const noStack = new Error("no stack"); noStack.stack = undefined; console.log(noStack);
    const own = new Error("own stack"); own.stack = "custom stack"; console.log(own);
    const named = new Error("m"); named.name = "Renamed"; console.log(named); console.log(Object.create(Error.prototype));
    console.trace("trace %d", 5); console.log("%s", new Error("as text").message);
    console.log(new DOMException("dom", "AbortError").name, new Error("").message === "");
  `);
});

test("console_times_with_the_guests_clock", () => {
  const guest = new Guest();
  guest.run(`
    console.time(); console.time("a");
    setTimeout(() => { console.timeLog("a", { x: 1 }); console.timeEnd(); }, 5);
    setTimeout(() => console.timeLog("a"), 1500); setTimeout(() => console.timeLog("a"), 65_432); setTimeout(() => console.timeEnd("a"), 3_725_001);
  `);
  assert.equal(
    guest.stdout,
    "a: 5ms { x: 1 }\ndefault: 5ms\na: 1.500s\na: 1:05.432 (m:ss.mmm)\na: 1:02:05.001 (h:mm:ss.mmm)\n",
  );
});

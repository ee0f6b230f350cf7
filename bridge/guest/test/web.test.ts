import assert from "node:assert/strict";
import { test } from "node:test";
import { assertSameAsNode } from "./compare.ts";
import { Guest } from "./guest.ts";

test("url_parses_and_changes_as_node", () => {
  assertSameAsNode(`
    const inputs = ["http://u:p@h:81/p/../q?x=1 2'&y=~#h h", "HTTP://EXAMPLE.com:80/%7Efoo/a b", "file:///a/../b", "mailto:x@y", "data:,a b", "http://a/?q=%zz&a=+",
      "http://[::1]:8080/", "http://0x7f.1/", "http://ex%41mple/", "javascript:alert(1)", "blob:http://a/b", "ws://a:80", "wss://a:443/x", "http://a/\\u00e9?\\u00e9#\\u00e9", "nope", "", "//a", "http://", "http://a:99999", "http://a b/"];
    const show = (u) => console.log(JSON.stringify(["href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"].map((k) => u[k])), [...u.searchParams], String(u), JSON.stringify(u));
    for (const input of inputs) { console.log(input, URL.canParse(input), URL.parse(input)?.href); try { show(new URL(input)); } catch (e) { console.log(e.name, e.message, e.code, e.input); } }
    for (const input of ["x", "/x", "?q", "#h", "//o/x", "../y", ""]) show(new URL(input, "http://b.c/d/e?f#g"));
    const changes = { href: ["http://new/x?a=b", "nope"], protocol: ["https", "ftp:", "x"], username: ["me", "a b"], password: ["pw", ""], host: ["h2:90", "h3"], hostname: ["h4", "a:b"], port: ["81", "80", "x", ""], pathname: ["/a b", "x", ""], search: ["?x=y", "a=b&c", ""], hash: ["#z", "y z", ""] };
    for (const [key, values] of Object.entries(changes)) { const u = new URL("http://u:p@host:8080/path?q=1#frag"); void u.searchParams; for (const value of values) { try { u[key] = value; } catch (e) { console.log(e.code, e.message); } show(u); } }
    const u = new URL("http://a/?x=1&x=2"); const p = u.searchParams; console.log(p === u.searchParams);
    p.append("z", "é'~"); console.log(u.href); p.delete("x", "2"); console.log(u.search); p.set("x", "&="); p.sort(); console.log(u.href, p.size); u.search = "?n=1"; console.log([...p], p.get("n"), p.get("x")); p.delete("n"); console.log(u.href);
    for (const f of [() => new URL(), () => URL("x"), () => new URL("x", "y"), () => URL.canParse(), () => u.searchParams.append("a"), () => p.get(), () => URL.prototype.href]) try { console.log(f()); } catch (e) { console.log(e.name, e.code); }
    console.log(u, new URL("http://u:p@h:81/p?q=1#h"), { u }, p, new URLSearchParams("a=" + "b".repeat(80) + "&c=d"), p.keys(), new URLSearchParams("a=1&b=2").entries());
    console.log(Object.keys(URL.prototype), URL.name, URL.length, Object.prototype.toString.call(u), Object.getOwnPropertyDescriptor(URL.prototype, "href").enumerable);
  `);
});

test("url_search_params_read_and_write_as_node", () => {
  assertSameAsNode(`
    for (const init of ["?a=1&a=2&b=%zz+x%20&&=&c", "a=b=c", "", "?", "%e4%bd%a0=%ff", [["a", "1"], ["b", 2]], { a: 1, b: undefined }, new Map([["q", "r"]]), new URLSearchParams("z=1"), null, undefined, 5, true, "a=\\ud800", [new Set(["x", "y"])], []])
      { const p = new URLSearchParams(init); console.log(p.toString(), [...p], p.size, [...p.keys()], [...p.values()]); }
    for (const init of [[["a"]], [["a", "b", "c"]], [5], ["ab", "c"], { [Symbol("x")]: 1 }, [[Symbol(), 1]], Symbol()]) try { console.log(String(new URLSearchParams(init))); } catch (e) { console.log(e.name, e.code); }
    const p = new URLSearchParams("b=2&a=1&b=1&c=3&a=0"); p.sort(); console.log(String(p), p.getAll("b"), p.getAll("zz"), p.has("a"), p.has("a", "0"), p.has("a", "9"), p.get("zz"));
    p.set("b", "only"); console.log(String(p)); p.delete("a", "1"); console.log(String(p)); p.delete("a"); p.append("n", "x y*-._~!'()é\\u{1F600}"); console.log(String(p));
    p.forEach(function (value, name, all) { console.log(value, name, all === p, this.t); }, { t: 1 });
    const live = new URLSearchParams("a=1&b=2&c=3"); for (const [name] of live) { console.log(name); live.delete("b"); }
    for (const f of [() => p.forEach(5), () => URLSearchParams.prototype.keys.call({}), () => URLSearchParams.prototype.append.call({}, "a", "b")]) try { f(); } catch (e) { console.log(e.name); }
    const it = p.entries(); console.log(Object.prototype.toString.call(it), it[Symbol.iterator]() === it, it.next(), Object.getPrototypeOf(Object.getPrototypeOf(it)) === Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())));
    console.log(p.entries === p[Symbol.iterator], Object.keys(URLSearchParams.prototype));
  `);
});

test("text_encoder_and_decoder_as_node", () => {
  assertSameAsNode(`
    const e = new TextEncoder(); console.log(e.encoding, e.encode("héé€😀\\ud800x"), e.encode(), e.encode(undefined), e.encode(null), e.encode(5));
    for (const size of [0, 1, 2, 3, 5, 9, 20]) { const b = new Uint8Array(size); console.log(e.encodeInto("aé€😀\\udc00z", b), b); }
    try { e.encodeInto("x", []); } catch (x) { console.log(x.code); }
    const bytes = e.encode("\\ufeffaé€😀z"); const all = Array.from(bytes);
    for (const options of [{}, { ignoreBOM: true }, { fatal: true }]) { const d = new TextDecoder("utf-8", options); console.log(JSON.stringify(d.decode(bytes)), d.fatal, d.ignoreBOM, d.encoding); }
    const d = new TextDecoder(); let text = ""; for (const byte of all) text += d.decode(new Uint8Array([byte]), { stream: true }); console.log(JSON.stringify(text + d.decode()));
    for (const bad of [[0xff], [0xe2, 0x82], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0x61, 0xe2, 0x28, 0xa1], [0xf0, 0x9f, 0x98]]) {
      console.log(JSON.stringify(new TextDecoder().decode(new Uint8Array(bad)))); const s = new TextDecoder(); let t = ""; for (const b of bad) t += s.decode(new Uint8Array([b]), { stream: true }); console.log(JSON.stringify(t + s.decode()));
      try { new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(bad)); } catch (x) { console.log(x.name, x.code, x.message); } }
    for (const label of ["UTF-8", " utf8 ", "unicode-1-1-utf-8", "utf-16le", "utf-16", "ucs-2", "latin1", "ascii", "iso-8859-1", "windows-1252", "utf-16be"]) console.log(new TextDecoder(label).encoding);
    for (const label of ["nope", "", "utf-7"]) try { new TextDecoder(label); } catch (x) { console.log(x.name, x.code, x.message); }
    const le = new Uint8Array([0xff, 0xfe, 0x61, 0, 0x3d, 0xd8, 0, 0xde, 0, 0xd8]); console.log(JSON.stringify(new TextDecoder("utf-16le").decode(le)), JSON.stringify(new TextDecoder("utf-16be").decode(new Uint8Array([0, 0x61, 0xd8, 0x3d, 0xde, 0]))));
    const sle = new TextDecoder("utf-16le"); let u = ""; for (const b of le) u += sle.decode(new Uint8Array([b]), { stream: true }); console.log(JSON.stringify(u + sle.decode()));
    console.log(JSON.stringify(new TextDecoder("windows-1252").decode(new Uint8Array([0x41, 0xe9, 0xff]))));
    console.log(new TextDecoder().decode(new DataView(e.encode("view").buffer)), new TextDecoder().decode(e.encode("buffer").buffer), new TextDecoder().decode(new Uint16Array([0x6161])));
    try { new TextDecoder().decode(5); } catch (x) { console.log(x.name, x.code); } console.log(Object.prototype.toString.call(e), Object.prototype.toString.call(d));
  `);
});

test("base64_functions_as_node", () => {
  assertSameAsNode(`
    for (const s of ["YQ==", "YQ", "YQ=", "Y", "YWJj", " Y W\\nJj ", "YQ===", " ", "", "Y===", "YWJ=", "YWI==", "-_", "ab\\u00a0", "ab*", "====", "/+==", 5, null]) { try { console.log(JSON.stringify(atob(s))); } catch (e) { console.log(e.name, e.message, e.code); } }
    for (const s of ["", "a", "ab", "abc", "\\xff\\x00", "\\u1234", null, 12]) { try { console.log(btoa(s)); } catch (e) { console.log(e.name, e.message, e.code); } }
    for (const f of [() => atob(), () => btoa(), () => btoa(Symbol())]) try { f(); } catch (e) { console.log(e.name, e.code, e.message); }
  `);
});

test("events_dispatch_as_the_standard_says", () => {
  const guest = new Guest();
  // Where Node differs from the standard (what an event says of itself from its second listener on, and listeners that are
  // added while one runs), the userland goes by the standard.
  guest.run(`
    const t = new EventTarget(); const log = (n) => (e) => console.log(n, e.type, e.target === t, e.currentTarget === t, e.eventPhase, e.composedPath().length);
    const twice = log("twice"); t.addEventListener("a", twice); t.addEventListener("a", twice); t.addEventListener("a", twice, { capture: true }); t.addEventListener("a", log("once"), { once: true });
    t.addEventListener("a", { handleEvent(e) { console.log("object", this.x, e.type); }, x: 1 }); t.addEventListener("a", (e) => { e.preventDefault(); console.log("passive", e.defaultPrevented); }, { passive: true });
    const e = new Event("a", { cancelable: true }); console.log(t.dispatchEvent(e), e.target === t, e.currentTarget, e.eventPhase);
    t.addEventListener("a", (e) => e.preventDefault()); console.log(t.dispatchEvent(e), e.returnValue);
    t.removeEventListener("a", twice); t.removeEventListener("a", twice, true); t.dispatchEvent(new Event("a"));
    const s = new EventTarget(); s.addEventListener("b", (e) => { console.log("first"); e.stopImmediatePropagation(); }); s.addEventListener("b", () => console.log("never")); s.dispatchEvent(new Event("b"));
    const r = new EventTarget(); const gone = () => console.log("never"); let n = 0;
    r.addEventListener("c", () => { r.removeEventListener("c", gone); if (n++ === 0) r.addEventListener("c", () => console.log("added")); console.log("c1"); }); r.addEventListener("c", gone); r.addEventListener("c", () => console.log("c3"));
    r.dispatchEvent(new Event("c")); console.log("--"); r.dispatchEvent(new Event("c"));
  `);
  assert.equal(
    guest.stdout,
    `twice a true true 2 1
twice a true true 2 1
once a true true 2 1
object 1 a
passive false
true true null 0
twice a true true 2 1
twice a true true 2 1
object 1 a
passive false
false false
object 1 a
passive false
first
c1
c3
--
c1
c3
added
`,
  );
});

test("events_check_their_arguments_and_report_errors_as_node", () => {
  assertSameAsNode(`
    const t = new EventTarget();
    const c = new AbortController(); const q = new EventTarget(); q.addEventListener("d", () => console.log("d"), { signal: c.signal }); q.dispatchEvent(new Event("d")); c.abort(); q.dispatchEvent(new Event("d")); q.addEventListener("d", () => console.log("never"), { signal: c.signal }); q.dispatchEvent(new Event("d"));
    for (const f of [() => t.addEventListener("x", 5), () => t.addEventListener("x"), () => t.dispatchEvent({}), () => new Event(), () => t.addEventListener("x", () => {}, { signal: 5 }), () => new CustomEvent()]) try { f(); } catch (x) { console.log(x.name, x.code); }
    const again = new Event("g"); t.addEventListener("g", () => { try { t.dispatchEvent(again); } catch (x) { console.log(x.code, x.message); } }); t.dispatchEvent(again);
    const custom = new CustomEvent("k", { detail: { a: 1 } }); console.log(custom.detail, custom instanceof Event, new CustomEvent("k").detail, Object.prototype.toString.call(custom));
    const i = new Event("x", { bubbles: true, composed: true }); console.log(i.bubbles, i.composed, i.cancelable, i.isTrusted, i.cancelBubble, typeof i.timeStamp); i.stopPropagation(); console.log(i.cancelBubble);
    console.log(Event.NONE, Event.AT_TARGET, Event.BUBBLING_PHASE, Object.keys(EventTarget.prototype), new EventTarget(), Object.prototype.toString.call(t));
    process.on("uncaughtException", (x) => console.log("uncaught", x.message)); const bad = new EventTarget(); bad.addEventListener("e", () => { throw new Error("in listener"); }); bad.addEventListener("e", () => console.log("still runs")); console.log(bad.dispatchEvent(new Event("e")));
  `);
});

test("abort_signals_as_node", () => {
  assertSameAsNode(`
    const c = new AbortController(); console.log(c, c.signal, c.signal.aborted, c.signal.reason); c.signal.addEventListener("abort", (e) => console.log("l1", e.type, e.isTrusted)); c.signal.onabort = (e) => console.log("handler", e.target === c.signal); c.signal.addEventListener("abort", () => console.log("l2"));
    c.abort("why"); c.abort("again"); console.log(c.signal.aborted, c.signal.reason, c.signal); try { c.signal.throwIfAborted(); } catch (e) { console.log(e); }
    const d = new AbortController(); d.abort(); console.log(d.signal.reason.name, d.signal.reason.code, d.signal.reason.message, d.signal.reason instanceof DOMException, AbortSignal.abort().reason.name, AbortSignal.abort(5).reason);
    const any = AbortSignal.any([c.signal]); console.log(any.aborted, any.reason); const e = new AbortController(); const both = AbortSignal.any([e.signal, new AbortController().signal]); both.addEventListener("abort", () => console.log("any")); e.abort("e"); console.log(both.aborted, both.reason, AbortSignal.any([]).aborted);
    for (const f of [() => new AbortSignal(), () => AbortSignal.timeout(-1), () => AbortSignal.timeout("x"), () => AbortSignal.any(5), () => AbortSignal.any([5]), () => AbortController.prototype.abort.call({})]) try { f(); } catch (x) { console.log(x.name, x.code); }
    const t = AbortSignal.timeout(20); t.onabort = () => console.log(t.reason.name, t.reason.message, t.reason.code); setTimeout(() => console.log("end"), 150); console.log(t.onabort === null, AbortSignal.abort().onabort);
  `);
});

test("dom_exceptions_as_node", () => {
  assertSameAsNode(`
    for (const args of [[], ["m"], ["m", "AbortError"], ["m", "Nope"], ["m", { name: "DataCloneError", cause: 5 }]]) { const e = new DOMException(...args); console.log(e.name, e.message, e.code, e.cause, String(e), e.stack.split("\\n")[0], Object.prototype.toString.call(e), e instanceof Error); }
    console.log(Object.keys(DOMException).length, DOMException.ABORT_ERR, DOMException.prototype.DATA_CLONE_ERR, Object.keys(DOMException.prototype).slice(0, 4), new DOMException("x", "SyntaxError").code);
    try { DOMException.prototype.name; } catch (e) { console.log(e.name); } try { DOMException("x"); } catch (e) { console.log(e.name); }
  `);
});

test("structured_clone_reports_what_it_cannot_clone", () => {
  const guest = new Guest();
  guest.run(`
    for (const f of [() => structuredClone(() => {}), () => structuredClone(), () => structuredClone(1, { transfer: [5] })]) try { f(); } catch (e) { console.log(e.name, e.code, e instanceof DOMException); }
    try { structuredClone({ get a() { throw new RangeError("mine"); } }); } catch (e) { console.log(e.message); }
  `);
  assert.equal(
    guest.stdout,
    "DataCloneError 25 true\nTypeError ERR_MISSING_ARGS false\nTypeError ERR_INVALID_ARG_TYPE false\nmine\n",
  );
});

test("crypto_fills_and_refuses_as_node", () => {
  assertSameAsNode(`
    for (const make of [() => new Uint8Array(65537), () => new Float32Array(1), () => new Float64Array(1), () => new DataView(new ArrayBuffer(1)), () => 5, () => [1]]) try { crypto.getRandomValues(make()); } catch (e) { console.log(e.name, e.code, e.message); }
    const b = new BigInt64Array(4); console.log(crypto.getRandomValues(b) === b, b.some((x) => x !== 0n), crypto.getRandomValues(new Uint8Array(65536)).length, crypto.getRandomValues(new Uint8ClampedArray(0)).length);
    console.log(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()), crypto.randomUUID() !== crypto.randomUUID());
    const { randomBytes, randomInt, timingSafeEqual } = require("crypto"); console.log(randomBytes(5).length, Buffer.isBuffer(randomBytes(1)), [...Array(50)].every(() => { const n = randomInt(3, 6); return n >= 3 && n < 6; }), timingSafeEqual(Buffer.from("a"), Buffer.from("a")), timingSafeEqual(Buffer.from("a"), Buffer.from("b")));
    for (const f of [() => randomBytes(-1), () => randomBytes("x"), () => randomInt(5, 5), () => randomInt(1.5), () => timingSafeEqual(Buffer.from("a"), Buffer.from("ab"))]) try { f(); } catch (e) { console.log(e.name, e.code); }
  `);
});

test("performance_marks_and_measures_as_node", () => {
  assertSameAsNode(`
    const m = performance.mark("a", { startTime: 5, detail: { x: [1] } }); console.log(m.name, m.entryType, m.startTime, m.duration, m.detail, m instanceof PerformanceEntry);
    performance.mark("b", { startTime: 9 }); const s = performance.measure("ab", "a", "b"); console.log(s.startTime, s.duration, s.entryType, s.detail);
    const t = performance.measure("opts", { start: 1, duration: 3, detail: 7 }); console.log(t.startTime, t.duration, t.detail); console.log(performance.getEntriesByName("a").length, performance.getEntriesByType("mark").map((e) => e.name), performance.getEntries().map((e) => e.name));
    performance.clearMarks("a"); console.log(performance.getEntriesByType("mark").length); performance.clearMarks(); performance.clearMeasures(); console.log(performance.getEntries().length);
    try { performance.measure("x", "missing"); } catch (e) { console.log(e.name, e.message); } try { performance.mark("x", { startTime: -1 }); } catch (e) { console.log(e.name, e.code); } try { performance.mark(); } catch (e) { console.log(e.name); }
    console.log(typeof performance.now(), performance.timeOrigin > 1e12, Object.prototype.toString.call(performance), performance instanceof EventTarget);
  `);
});

test("globals_are_there_with_nodes_descriptors", () => {
  assertSameAsNode(`
    for (const name of ["console", "process", "Buffer", "URL", "URLSearchParams", "AbortController", "AbortSignal", "Event", "EventTarget", "CustomEvent", "DOMException", "TextEncoder", "TextDecoder", "Performance", "PerformanceEntry", "Crypto",
      "setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval", "clearImmediate", "queueMicrotask", "structuredClone", "atob", "btoa", "global", "crypto", "performance"]) {
      const d = Object.getOwnPropertyDescriptor(globalThis, name); console.log(name, typeof globalThis[name], globalThis[name].name, d.enumerable, d.configurable, Object.prototype.toString.call(globalThis[name])); }
    console.log(global === globalThis, Object.keys(console).slice(0, 19), Object.prototype.toString.call(console));
  `);
});

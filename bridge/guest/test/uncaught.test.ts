import assert from "node:assert/strict";
import { test } from "node:test";
import { assertSameAsNode } from "./compare.ts";
import { Guest } from "./guest.ts";

const THROWN = {
  error: 'throw new Error("x");',
  indented: 'if (true) {\n\t  throw new TypeError("deep");\n}',
  number: "throw 1",
  text: 'throw "str"',
  undefined: "throw undefined",
  null: "throw null",
  symbol: 'throw Symbol("s")',
  bigint: "throw 5n",
  object: "throw { a: 1 }",
  null_prototype: "throw Object.create(null)",
  function: "throw function f() {}",
  array: "throw [1, 2]",
  properties: 'throw Object.assign(new Error("x"), { code: "C", a: { b: { c: { d: { e: { f: 1 } } } } } })',
  stack_undefined: 'const e = new Error("x"); e.stack = undefined; throw e',
  stack_text: 'const e = new Error("x"); e.stack = "mystack"; throw e',
  proxy_of_error: 'throw new Proxy(new Error("x"), {})',
  to_string: 'throw { toString() { return "ts"; } }',
  name_and_message: 'throw { name: "N", message: "M" }',
  inspector: 'throw { [Symbol.for("nodejs.util.inspect.custom")]() { throw 1; } }',
  subclass: 'class E extends Error { constructor() { super("m"); this.name = "Foo"; } } throw new E()',
  aggregate: 'throw new AggregateError([new Error("a"), 2], "agg")',
  type_error: "undefined.foo()",
  reference_error: "foo.bar()",
  in_timer: 'setTimeout(() => { throw new Error("t"); })',
  in_immediate: 'setImmediate(() => { throw new Error("i"); })',
  in_tick: 'process.nextTick(() => { throw new Error("t"); })',
  in_exit_listener: 'process.on("exit", () => console.log("exit listener")); throw new Error("x")',
};

for (const [name, program] of Object.entries(THROWN)) {
  test(`uncaught_${name}_prints_as_node`, () => {
    assertSameAsNode(program);
  });
}

test("uncaught_exceptions_go_to_listeners_as_in_node", () => {
  assertSameAsNode(`
    process.on("uncaughtExceptionMonitor", (e, origin) => console.log("monitor", e.message, origin));
    process.on("uncaughtException", (e, origin) => console.log("taken", e.message, origin));
    process.on("exit", (code) => console.log("exit", code, process.exitCode));
    setTimeout(() => { console.log("still here"); setTimeout(() => { throw new Error("second"); }, 1); }, 5);
    queueMicrotask(() => { throw new Error("in a microtask"); });
    throw new Error("first");
  `);
});

test("uncaught_tick_that_throws_keeps_no_other_from_running", () => {
  const program = `
    process.on("uncaughtException", (e) => console.log("taken", e.message));
    process.nextTick(() => { throw new Error("in a tick"); });
    process.nextTick(() => console.log("next tick"));
    queueMicrotask(() => console.log("microtask"));
    setImmediate(() => { throw new Error("in an immediate"); });
    setImmediate(() => console.log("next immediate"));
    setTimeout(() => { throw new Error("in a timer"); }, 1);
    setTimeout(() => console.log("next timer"), 1);
  `;
  const guest = new Guest({ files: { "/app/main.js": program } });
  assert.equal(guest.runCommonJs(), 0, guest.stderr);
  assert.equal(
    guest.stdout,
    "taken in a tick\nnext tick\nmicrotask\ntaken in an immediate\nnext immediate\ntaken in a timer\nnext timer\n",
  );
});

test("uncaught_values_that_fight_back_are_printed_somehow", () => {
  for (const thrown of [
    "new Proxy({}, { get() { throw 1; } })",
    "new Proxy({}, new Proxy({}, { get() { throw 1; } }))",
    "Object.defineProperty(new Error('x'), 'stack', { get() { throw 1; } })",
    "Object.assign(new Error('x'), { stack: 5 })",
    "Object.setPrototypeOf(new Error('x'), new Proxy({}, { get() { throw 1; }, getPrototypeOf() { throw 2; } }))",
    "({ get constructor() { throw 1; }, get stack() { throw 2; }, get name() { throw 3; } })",
    "(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; })()",
  ]) {
    const guest = new Guest();
    assert.equal(guest.run(`throw ${thrown}`), 1, thrown);
    assert.notEqual(guest.stderr, "", thrown);
    const rejected = new Guest();
    rejected.evaluate(
      `globalThis.promise = Promise.reject(${thrown}); promise.catch(() => {}); globalThis.reason = ${thrown};`,
    );
    rejected.hooks.rejection(0, rejected.context.promise, rejected.context.reason);
    assert.equal(
      rejected.live(() => {}),
      1,
      thrown,
    );
    assert.notEqual(rejected.stderr, "", thrown);
  }
});

test("uncaught_listener_that_throws_ends_with_code_7", () => {
  const guest = new Guest();
  assert.equal(
    guest.run('process.on("uncaughtException", () => { throw new Error("again"); }); throw new Error("first");'),
    7,
  );
  assert.match(guest.stderr, /Error: again\n/);
});

test("uncaught_exit_listener_chooses_the_exit_code", () => {
  assertSameAsNode('process.on("exit", () => { process.exitCode = 9; }); throw new Error("x");');
});

test("uncaught_syntax_error_without_frames_prints_as_node", () => {
  // What V8's compiler throws; in Node its stack has Node's own frames.
  const guest = new Guest();
  guest.where = { file: "/app/x.js", line: 1, startColumn: 8, endColumn: 9, sourceLine: "let x = ;" };
  assert.equal(guest.run('const e = new SyntaxError("Unexpected token"); e.stack = String(e); throw e;'), 1);
  assert.equal(guest.stderr, "/app/x.js:1\nlet x = ;\n        ^\n\nSyntaxError: Unexpected token\n");
});

test("uncaught_error_of_the_userland_prints_no_line_of_it", () => {
  const guest = new Guest();
  guest.where = { file: "hotcell:userland", line: 3, startColumn: 0, endColumn: 1, sourceLine: "secret" };
  assert.equal(guest.run('require("fs").readFileSync("/nope")'), 1);
  assert.match(
    guest.stderr,
    /^Error: ENOENT: no such file or directory, open '\/nope'\n {4}at \/app\/main\.js:1:15 \{\n/,
  );
});

test("stack_leaves_out_the_userlands_frames", () => {
  const guest = new Guest();
  guest.run(`
    setTimeout(function named() { console.log(new Error("in a timer").stack); });
    process.once("x", () => console.log(new Error("in a listener").stack)); process.emit("x");
    Error.prepareStackTrace = (error, sites) => sites.map((site) => site.getFileName()).join();
    new Promise(() => console.log(new Error().stack)); [1].forEach(() => console.log(new Error().stack));
    process.once("y", () => console.log(new Error().stack)); process.emit("y");
    Error.prepareStackTrace = undefined;
  `);
  const lines = guest.stdout.split("\n");
  assert.equal(lines.filter((line) => line.includes("userland")).length, 0, guest.stdout);
  assert.deepEqual(
    lines.filter((line) => line.startsWith("/app")),
    ["/app/main.js,,/app/main.js", "/app/main.js,,/app/main.js", "/app/main.js,/app/main.js"],
  );
});

test("stack_heading_survives_errors_that_throw_when_looked_at", () => {
  const guest = new Guest();
  const exitCode = guest.run(`
    const nasty = new Error("x");
    Object.defineProperty(nasty, "name", { get() { throw new Error("name"); } });
    console.log(typeof nasty.stack);
  `);
  assert.equal(exitCode, 0, guest.stderr);
  assert.equal(guest.stdout, "string\n");
});

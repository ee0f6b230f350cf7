import assert from "node:assert/strict";
import { test } from "node:test";
import { assertSameAsNode } from "./compare.ts";
import { Guest } from "./guest.ts";

test("process_env_holds_strings_as_in_node", () => {
  assertSameAsNode(`
    process.env.A = 1; process.env.B = undefined; process.env.C = null; process.env.D = { toString() { return "d"; } };
    console.log(process.env.A === "1", process.env.B, process.env.C, process.env.D, "A" in process.env, delete process.env.A, process.env.A, delete process.env.zzz);
    try { process.env[Symbol("x")] = 1; } catch (e) { console.log(e.message); } try { process.env.X = Symbol("x"); } catch (e) { console.log(e.message); }
    try { Object.defineProperty(process.env, "q", { value: "x" }); } catch (e) { console.log(e.code, e.message); }
    console.log(Object.keys(process.env).filter((k) => /^[A-D]$/.test(k)), process.env.hasOwnProperty("B"), process.env.NOPE, { ...process.env }.D);
    process.env["__proto__"] = "p"; console.log({}.p, Object.getOwnPropertyNames(process.env).includes("__proto__"));
  `);
});

test("process_exit_codes_as_in_node", () => {
  assertSameAsNode(`process.on("exit", (c) => { console.log("exit", c); process.exitCode = 5; }); process.exit(3);`);
  assertSameAsNode(`process.exitCode = "4"; console.log(process.exitCode);`);
  assertSameAsNode("process.exit(256 + 7)");
  assertSameAsNode("process.exit(-1)");
  assertSameAsNode("process.exitCode = 2; process.exit()");
  assertSameAsNode(`process.on("exit", () => { console.log("once"); process.exit(6); }); process.exit(1);`);
  assertSameAsNode(`
    for (const code of ["x", 1.5, {}, "", true, NaN]) try { process.exit(code); } catch (e) { console.log(e.code, e.message); }
    for (const code of ["y", {}]) try { process.exitCode = code; } catch (e) { console.log(e.code, e.message); }
  `);
  assertSameAsNode(`process.on("exit", () => { throw new Error("in exit"); });`);
});

test("process_tells_about_itself", () => {
  const guest = new Guest({
    files: { "/app/x": "" },
    args: ["a", "b c"],
    env: { HOME: "/home/x" },
    pid: 42,
  });
  guest.time = 1234.5;
  guest.run(`
    console.log(process.argv, process.argv0, process.execPath, process.pid, process.ppid, process.platform, process.arch);
    console.log(process.version, process.versions.node, Object.keys(process.versions), process.release.name, process.uptime());
    console.log(process.hrtime(), process.hrtime([1, 500]), process.hrtime.bigint(), Object.keys(process.memoryUsage()));
    console.log(process.cwd(), process.env, String(process), Object.getPrototypeOf(process).constructor.name, process.title);
    process.chdir("/app"); console.log(process.cwd());
    try { process.chdir("/nope"); } catch (e) { console.log(e.code); } try { process.chdir(5); } catch (e) { console.log(e.code); }
  `);
  assert.equal(
    guest.stdout,
    `[ '/usr/bin/hotcell', '/app/main.js', 'a', 'b c' ] /usr/bin/hotcell /usr/bin/hotcell 42 0 linux x64
v20.0.0 20.0.0 [ 'node', 'hotcell', 'v8' ] node 1.2345
[ 1, 234500000 ] [ 0, 234499500 ] 1234500000n [ 'rss', 'heapTotal', 'heapUsed', 'external', 'arrayBuffers' ]
/ { HOME: '/home/x' } [object process] process hotcell
/app
ENOENT
ERR_INVALID_ARG_TYPE
`,
  );
});

test("process_warnings_print_as_in_node", () => {
  assertSameAsNode(`
    process.on("warning", (w) => console.log(w.name, w.message, w.code));
    process.emitWarning("plain"); process.emitWarning("typed", "MyWarning"); process.emitWarning("coded", "MyWarning", "C1");
    process.emitWarning("detailed", { type: "T", code: "C2", detail: "more" }); process.emitWarning(new RangeError("an error"));
    try { process.emitWarning(5); } catch (e) { console.log(e.code); } try { process.emitWarning("x", 5); } catch (e) { console.log(e.code); }
  `);
});

test("process_signals_are_events", () => {
  const guest = new Guest();
  guest.evaluate(`
    globalThis.seen = [];
    process.on("SIGTERM", (...args) => seen.push(args.join()));
    process.once("SIGINT", (name) => seen.push(name));
  `);
  assert.equal(guest.listened, (1 << 15) | (1 << 2));
  guest.hooks.signal(15);
  guest.hooks.signal(2);
  assert.equal(guest.listened, 1 << 15);
  guest.evaluate('process.removeAllListeners("SIGTERM")');
  assert.equal(guest.listened, 0);
  guest.evaluate("process.on('SIGUSR1', () => {}); process.on('SIGSYS', () => {}); process.on('SIGUSR1', () => {});");
  assert.equal(guest.listened, 2 ** 31 + 2 ** 10);
  guest.evaluate("process.removeAllListeners()");
  assert.equal(guest.listened, 0);
  assert.equal(guest.evaluate("seen.join(';')"), "SIGTERM,15;SIGINT");
});

test("process_kill_reaches_only_the_guest_itself", () => {
  const guest = new Guest();
  guest.run(`
    process.kill(process.pid); process.kill(1, "SIGINT"); process.kill(1, 9); console.log(process.kill(1, 0));
    for (const args of [[2], [1, "SIGNOPE"], ["1"], [1, 99]]) try { process.kill(...args); } catch (e) { console.log(e.code); }
    process.abort();
  `);
  assert.deepEqual(guest.raised, [15, 2, 9, 6]);
  assert.equal(guest.stdout, "true\nESRCH\nERR_UNKNOWN_SIGNAL\nERR_INVALID_ARG_TYPE\nEINVAL\n");
});

test("unhandled_rejections_are_told_once_and_in_order", () => {
  const guest = new Guest();
  guest.evaluate(`
    globalThis.seen = [];
    process.on("unhandledRejection", (reason, promise) => seen.push("unhandled " + reason + (promise instanceof Promise)));
    process.on("rejectionHandled", () => seen.push("handled"));
    globalThis.promises = [1, 2, 3].map((n) => { const p = Promise.reject(n); p.catch(() => {}); return p; });
  `);
  const { promises } = guest.context as unknown as { promises: Promise<unknown>[] };
  for (const [i, promise] of promises.entries()) guest.hooks.rejection(0, promise, i + 1);
  guest.hooks.rejection(1, promises[1]!, undefined);
  guest.hooks.drain();
  guest.hooks.rejection(1, promises[2]!, undefined);
  guest.hooks.rejection(1, promises[2]!, undefined);
  guest.hooks.drain();
  assert.equal(guest.evaluate("seen.join(';')"), "unhandled 1true;unhandled 3true;handled");
});

test("unhandled_rejection_of_a_value_prints_nodes_text", () => {
  for (const [reason, shown] of [
    ["1", "1"],
    ['"s"', "s"],
    ["{}", "#<Object>"],
    ["undefined", "undefined"],
  ] as const) {
    const guest = new Guest();
    guest.evaluate(
      `globalThis.reason = ${reason}; globalThis.promise = Promise.reject(reason); promise.catch(() => {});`,
    );
    guest.hooks.rejection(0, guest.context.promise, guest.context.reason);
    assert.equal(
      guest.live(() => {}),
      1,
    );
    assert.equal(
      guest.stderr,
      "[UnhandledPromiseRejection: This error originated either by throwing inside of an async function without a catch " +
        "block, or by rejecting a promise which was not handled with .catch(). The promise rejected with the reason " +
        `"${shown}".] {\n  code: 'ERR_UNHANDLED_REJECTION'\n}\n`,
    );
  }
});

test("unhandled_rejections_by_the_hundred_thousand_are_told_in_linear_time", () => {
  const guest = new Guest();
  guest.evaluate(`
    globalThis.count = 0; process.on("unhandledRejection", () => count++);
    globalThis.promises = Array.from({ length: 200_000 }, (_, i) => { const p = Promise.reject(i); p.catch(() => {}); return p; });
  `);
  for (const promise of guest.context.promises as Promise<unknown>[]) guest.hooks.rejection(0, promise, 0);
  guest.hooks.drain();
  assert.equal(guest.evaluate("count"), 200_000);
});

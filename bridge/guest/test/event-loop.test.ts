import assert from "node:assert/strict";
import { test } from "node:test";
import { assertSameAsNode } from "./compare.ts";
import { Guest } from "./guest.ts";

test("event_loop_runs_ticks_microtasks_timers_and_immediates_in_nodes_order", () => {
  assertSameAsNode(`
    const log = (name) => () => console.log(name);
    setTimeout(log("timeout 90"), 90); setTimeout(log("timeout 0"), 0); setTimeout(log("timeout 1"), 1); setTimeout(log("timeout 45"), 45);
    process.nextTick(() => { log("tick 1")(); Promise.resolve().then(log("microtask in tick 1")); process.nextTick(log("tick 3")); });
    process.nextTick(log("tick 2"));
    queueMicrotask(() => { log("microtask 1")(); process.nextTick(log("tick in microtask 1")); queueMicrotask(log("microtask 3")); });
    Promise.resolve().then(log("microtask 2"));
    (async () => { log("async start")(); await null; log("async middle")(); await new Promise((r) => process.nextTick(r)); log("async end")(); })();
    setTimeout(() => {
      log("late timer")();
      setImmediate(() => { log("immediate 1")(); process.nextTick(log("tick after immediate 1")); Promise.resolve().then(log("microtask after immediate 1")); setImmediate(log("immediate 3")); });
      setImmediate(log("immediate 2"));
      setTimeout(log("last timer"), 10);
      process.nextTick(log("tick after late timer"));
    }, 150);
    process.on("beforeExit", () => { log("beforeExit")(); if (!globalThis.again) { globalThis.again = true; setTimeout(log("added in beforeExit"), 1); } });
    process.on("exit", (code) => { console.log("exit", code); setTimeout(log("never"), 0); process.nextTick(log("never")); });
    log("main")();
  `);
});

test("timers_clear_refresh_repeat_and_unref_as_in_node", () => {
  // Far enough apart that a busy machine does not change the order in Node.
  assertSameAsNode(`
    let count = 0;
    const interval = setInterval((a, b) => { console.log("interval", ++count, a, b); if (count === 3) clearInterval(interval); }, 100, "a", "b");
    const cleared = setTimeout(() => console.log("never"), 50); clearTimeout(cleared); clearTimeout(cleared);
    const first = setTimeout(() => { console.log("first clears second"); clearTimeout(second); }, 150);
    const second = setTimeout(() => console.log("never"), 150);
    setTimeout(() => console.log("never"), 5_000_000).unref();
    const byNumber = setTimeout(() => console.log("never"), 50); clearTimeout(+byNumber);
    const byText = setTimeout(() => console.log("never"), 50); clearTimeout(String(+byText));
    const refreshed = setTimeout(() => console.log("refreshed", refreshed.hasRef()), 350); setTimeout(() => refreshed.refresh(), 250);
    console.log(refreshed.hasRef(), refreshed.unref().hasRef(), refreshed.ref() === refreshed);
    const self = setTimeout(() => { console.log("self"); if (!self.again) { self.again = 1; self.refresh(); } }, 400);
    const immediate = setImmediate(() => console.log("never")); clearImmediate(immediate);
    try { setTimeout("code"); } catch (e) { console.log(e.code, e.message); } try { setImmediate(); } catch (e) { console.log(e.code, e.message); }
    clearTimeout(); clearTimeout(null); clearTimeout({}); clearTimeout("x"); clearInterval(undefined); clearImmediate();
    for (const delay of [NaN, -5, "20", null, undefined, {}, 1.9]) { const d = setTimeout(() => {}, delay); clearTimeout(d); }
    const other = setTimeout(() => {}); console.log(other.constructor.name, typeof +other, setTimeout.name);
    setTimeout(() => console.log("overflow runs soon"), 2 ** 31);
    const own = setTimeout(function () { console.log(this.constructor.name, this === own); }, 50);
  `);
});

test("timers_of_one_duration_run_in_order_whatever_else_waits", () => {
  const guest = new Guest();
  guest.run(`
    const order = [];
    for (let i = 0; i < 200; i++) setTimeout(() => order.push(i), (i * 7919) % 50);
    setTimeout(() => {
      const expected = Array.from({ length: 200 }, (_, i) => i).sort((a, b) => Math.max(1, (a * 7919) % 50) - Math.max(1, (b * 7919) % 50) || a - b);
      console.log(JSON.stringify(order) === JSON.stringify(expected));
    }, 1000);
  `);
  assert.equal(guest.stdout, "true\n");
});

test("timers_by_the_hundred_thousand_stay_fast", () => {
  const guest = new Guest();
  const started = process.hrtime.bigint();
  const exitCode = guest.run(`
    let ran = 0;
    const cleared = [];
    for (let i = 0; i < 200_000; i++) setTimeout(() => ran++, (i * 7919) % 100_003);
    for (let i = 0; i < 200_000; i++) cleared.push(setTimeout(() => { throw new Error("cleared"); }, (i * 7919) % 100_003));
    for (const timer of cleared) clearTimeout(timer);
    for (let i = 0; i < 200_000; i++) clearImmediate(setImmediate(() => {}));
    process.on("exit", () => console.log(ran));
  `);
  assert.equal(exitCode, 0);
  assert.equal(guest.stdout, "200000\n");
  // A cost that grew with the number of timers would take minutes.
  assert.ok(Number(process.hrtime.bigint() - started) < 60e9);
});

test("event_loop_stays_alive_for_referenced_work_only", () => {
  const guest = new Guest();
  const alive = (code: string) => {
    guest.evaluate(code);
    return guest.hooks.alive();
  };
  assert.equal(alive("undefined"), false);
  assert.equal(alive("globalThis.t = setTimeout(() => {}, 10); t"), true);
  assert.equal(alive("t.unref()"), false);
  assert.equal(alive("t.ref()"), true);
  assert.equal(alive("t.refresh(); clearTimeout(t)"), false);
  assert.equal(alive("t.ref(); t.refresh()"), false);
  assert.equal(alive("globalThis.i = setImmediate(() => {})"), true);
  assert.equal(alive("i.unref()"), false);
  assert.equal(alive("i.ref(); clearImmediate(i)"), false);
  assert.equal(alive("process.on('SIGTERM', () => {})"), false);
  assert.equal(alive("process.stdin.on('data', () => {})"), false);
  guest.hooks.drain();
  assert.equal(guest.hooks.alive(), true);
  assert.equal(alive("process.stdin.unref()"), false);
  assert.equal(alive("process.stdin.ref().pause()"), false);
});

test("run_timers_tells_when_to_come_back", () => {
  const guest = new Guest();
  assert.equal(guest.hooks.runTimers(), -1);
  guest.evaluate("setTimeout(() => {}, 50); setTimeout(() => {}, 20);");
  assert.equal(guest.hooks.runTimers(), 20);
  guest.time = 20;
  assert.equal(guest.hooks.runTimers(), 50);
  guest.evaluate("setImmediate(() => setImmediate(() => {}))");
  assert.equal(guest.hooks.runTimers(), 0);
  assert.equal(guest.hooks.runTimers(), 50);
  guest.time = 50.5;
  assert.equal(guest.hooks.runTimers(), -1);
});

test("immediates_go_before_timers_after_input", () => {
  const guest = new Guest({ stdin: ["x"] });
  guest.run(`
    process.stdin.once("data", () => { setTimeout(() => console.log("timer"), 0); setImmediate(() => console.log("immediate")); });
  `);
  assert.equal(guest.stdout, "immediate\ntimer\n");
});

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Sandbox, Sidecar, type SidecarEvent, SidecarLostError, type StartOptions } from "../src/index.js";
import { type Step, steps } from "./fake/fake-guest.js";
import { connected, fakeStart, gone, isAlive, temporaryDirectory } from "./fake/harness.js";

async function spreadOver(sidecar: Sidecar, count: number): Promise<Sandbox[]> {
  return Promise.all(Array.from({ length: count }, () => sidecar.createSandbox()));
}

async function spares(sidecar: Sidecar): Promise<number[]> {
  const { cells } = await sidecar.stats();
  return cells.filter(({ kind }) => kind === "spare").map(({ pid }) => pid);
}

/** Waits for the spare that is started on the side: nothing tells of it. */
async function spare(sidecar: Sidecar, not?: number): Promise<number> {
  return eventually(async () => (await spares(sidecar)).find((pid) => pid !== not));
}

/** Waits until there is something to be found: nothing tells of it. */
async function eventually<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    assert.ok(performance.now() < deadline);
    await new Promise(setImmediate);
  }
}

async function text(stream: ReadableStream<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test("sandboxes are spread over the cells, however many are made at once", async () => {
  await using sidecar = await Sidecar.start({ ...fakeStart(), cells: 3 });
  const sandboxes = await spreadOver(sidecar, 7);
  const counts = new Map<number, number>();
  for (const { pid } of sandboxes) counts.set(pid, (counts.get(pid) ?? 0) + 1);
  assert.deepEqual([...counts.values()].toSorted(), [2, 2, 3]);
  assert.ok(counts.has(sidecar.pid));
  // Where one becomes free, the next goes.
  const [leaving] = sandboxes.filter(({ pid }) => counts.get(pid) === 2);
  await leaving!.close();
  assert.equal((await sidecar.createSandbox()).pid, leaving!.pid);
});

test("what all cells hold is summed, and told of each", async () => {
  await using sidecar = await Sidecar.start({ ...fakeStart(), cells: 2, spareCells: 1 });
  const sandboxes = await spreadOver(sidecar, 3);
  sandboxes.push(await sidecar.createSandbox({ cell: "own" }));
  await Promise.all(sandboxes.map((sandbox) => sandbox.run("x")));
  const stats = await sidecar.stats();
  assert.deepEqual(
    [stats.pid, stats.sandboxes, stats.guests, stats.guestsStarted, stats.guestsEnded],
    [sidecar.pid, 4, 0, 4, 4],
  );
  const kinds = stats.cells.map(({ kind, sandboxes }) => [kind, sandboxes]);
  assert.deepEqual(kinds.slice(0, 3), [
    ["shared", 2],
    ["shared", 1],
    ["own", 1],
  ]);
  assert.equal(new Set(stats.cells.map(({ pid }) => pid)).size, stats.cells.length);
  assert.equal(
    stats.residentBytes,
    stats.cells.reduce((sum, { residentBytes }) => sum + residentBytes, 0),
  );
});

const ends: [title: string, step: Step][] = [
  ["abort", { die: { signal: "SIGABRT" } }],
  ["SIGKILL", { die: { signal: "SIGKILL" } }],
  ["SIGSEGV", { die: { signal: "SIGSEGV" } }],
  ["exit", { die: { code: 70 } }],
  ["retirement", { retire: "engineFatal" }],
  ["breach of the protocol", { garbage: true }],
];

for (const [title, step] of ends) {
  test(`a cell's ${title} is invisible in the others`, async () => {
    const events: SidecarEvent[] = [];
    const onEvent = (event: SidecarEvent) => events.push(event);
    await using sidecar = await Sidecar.start({ ...fakeStart(), cells: 2, log: "ignore", onEvent });
    const [victim, bystander] = (await spreadOver(sidecar, 2)) as [Sandbox, Sandbox];
    const lostPid = victim.pid;
    const running = bystander.spawn({ source: steps({ awaitSignal: "SIGUSR1" }, { out: "unharmed" }) });
    const reader = running.stdout.getReader();
    await reader.read();
    assert.equal((await victim.run(steps(step, { hang: true }))).outcome, "crashed");
    await assert.rejects(victim.run("x"), { code: "ERR_HOTCELL_SANDBOX_LOST" });
    assert.equal((await bystander.run("x")).stdout, "ran x");
    running.kill("SIGUSR1");
    assert.equal(Buffer.from((await reader.read()).value!).toString(), "unharmed");
    assert.equal((await running.exit).outcome, "exited");
    // The cell comes back without anybody waiting for it, and is the emptiest then.
    assert.equal((await sidecar.createSandbox()).pid, bystander.pid);
    const restarted = await eventually(() => events.find((event) => event.type === "restarted"));
    assert.equal((await sidecar.createSandbox()).pid, restarted.pid);
    await victim.recreate();
    assert.equal(victim.pid, restarted.pid);
    for (const { type, pid } of events) assert.equal(pid, type === "restarted" ? restarted.pid : lostPid);
  });
}

test("a program is loaded into every cell, and into those that are lost with its next run", async () => {
  await using sidecar = await Sidecar.start({ ...fakeStart(), cells: 2, log: "ignore" });
  const [one, other] = (await spreadOver(sidecar, 2)) as [Sandbox, Sandbox];
  await one.run(steps({ die: { signal: "SIGKILL" } }));
  const program = await sidecar.load(Buffer.from("prog"));
  const { cells } = await sidecar.stats();
  assert.deepEqual(
    cells.map(({ pid, moduleCache }) => [pid, moduleCache.entries]),
    [[other.pid, 1]],
  );
  await one.recreate();
  for (const sandbox of [one, other]) assert.equal(JSON.parse((await sandbox.runWasm(program)).stdout).blob, "prog");
});

test("a sandbox has a cell to itself, which ends with it", async () => {
  await using sidecar = await Sidecar.start(fakeStart());
  const [shared, one, other] = await Promise.all([
    sidecar.createSandbox(),
    sidecar.createSandbox({ cell: "own", files: { "/a": "mine" } }),
    sidecar.createSandbox({ cell: "own" }),
  ]);
  assert.equal(shared.pid, sidecar.pid);
  assert.equal(new Set([shared.pid, one.pid, other.pid]).size, 3);
  assert.equal(await one.fs.readFile("/a", "utf8"), "mine");
  const { pid } = one;
  const running = one.run(steps({ hang: true }));
  await one.close();
  assert.equal((await running).outcome, "cancelled");
  await gone(pid);
  await assert.rejects(one.run("x"), { code: "ERR_HOTCELL_CLOSED", message: /The sandbox was closed/ });
  assert.equal((await other.run("x")).stdout, "ran x");
  assert.equal((await sidecar.stats()).cells.filter(({ kind }) => kind === "own").length, 1);
});

test("a sandbox in a cell of its own is lost and made anew with it", async () => {
  await using sidecar = await Sidecar.start({ ...fakeStart(), log: "ignore" });
  const shared = await sidecar.createSandbox();
  const sandbox = await sidecar.createSandbox({ cell: "own", files: { "/a": "again" } });
  const { pid } = sandbox;
  assert.equal((await sandbox.run(steps({ die: { signal: "SIGSEGV" } }))).outcome, "crashed");
  await assert.rejects(sandbox.run("x"), { code: "ERR_HOTCELL_SANDBOX_LOST" });
  assert.equal((await shared.run("x")).stdout, "ran x");
  await sandbox.recreate();
  assert.equal(await sandbox.fs.readFile("/a", "utf8"), "again");
  assert.ok(sandbox.pid !== pid && sandbox.pid !== shared.pid);
  assert.equal((await shared.run("x")).stdout, "ran x");
});

test("a cell whose sandbox can't be made ends", async () => {
  await using sidecar = await Sidecar.start({ ...fakeStart(), spareCells: 1 });
  const [parked] = await spares(sidecar);
  const made = sidecar.createSandbox({ cell: "own", files: { "/": "no file can lie there" } });
  await assert.rejects(made, { code: "ERR_HOTCELL_FS" });
  await gone(parked!);
  assert.ok((await sidecar.stats()).cells.every(({ kind }) => kind !== "own"));
});

test("no spare is kept before it is of use, and one from then on", async () => {
  await using sidecar = await Sidecar.start(fakeStart());
  await sidecar.createSandbox();
  assert.deepEqual(await spares(sidecar), []);
  const first = await sidecar.createSandbox({ cell: "own" });
  const parked = await spare(sidecar);
  assert.notEqual(parked, first.pid);
  assert.equal((await sidecar.createSandbox({ cell: "own" })).pid, parked);
  await spare(sidecar, parked);
});

test("a spare takes the place of a cell that is lost", async () => {
  await using sidecar = await Sidecar.start({ ...fakeStart(), spareCells: 1, log: "ignore" });
  const parked = await spare(sidecar);
  const sandbox = await sidecar.createSandbox({ onLost: "recreate" });
  assert.notEqual(sandbox.pid, parked);
  await sandbox.run(steps({ die: { signal: "SIGKILL" } }));
  assert.equal((await sandbox.run("x")).stdout, "ran x");
  assert.equal(sandbox.pid, parked);
  assert.equal(sidecar.pid, parked);
});

test("a spare that ends unused is never handed out", async () => {
  const events: SidecarEvent[] = [];
  const onEvent = (event: SidecarEvent) => events.push(event);
  await using sidecar = await Sidecar.start({ ...fakeStart(), spareCells: 2, log: "ignore", onEvent });
  const parked = await spares(sidecar);
  assert.equal(parked.length, 2);
  for (const pid of parked) process.kill(pid, "SIGKILL");
  await Promise.all(parked.map(gone));
  const own = await sidecar.createSandbox({ cell: "own" });
  assert.ok(!parked.includes(own.pid));
  assert.equal((await own.run("x")).stdout, "ran x");
  assert.deepEqual(events, []);
});

test("a spare that can't be started is nobody's concern but the next one's", async () => {
  const failing = join(temporaryDirectory(), "spare-failing");
  writeFileSync(failing, "0");
  await using sidecar = await Sidecar.start({ ...fakeStart({ failing }), log: "ignore" });
  const own = await sidecar.createSandbox({ cell: "own" });
  await spare(sidecar);
  writeFileSync(failing, "1000");
  // Taken from the shelf; the one that is to take its place never comes.
  const next = await sidecar.createSandbox({ cell: "own" });
  await assert.rejects(sidecar.createSandbox({ cell: "own" }), { code: "ERR_HOTCELL_START_FAILED" });
  for (const sandbox of [own, next, await sidecar.createSandbox()])
    assert.equal((await sandbox.run("x")).stdout, "ran x");
});

test("where one cell can't be started, none is left", async () => {
  const failing = join(temporaryDirectory(), "start-failing");
  // One of them fails, whichever comes first.
  writeFileSync(failing, "1");
  await assert.rejects(Sidecar.start({ ...fakeStart({ failing }), cells: 3, log: "ignore" }), {
    code: "ERR_HOTCELL_START_FAILED",
  });
});

test("closing ends every process", async () => {
  const sidecar = await Sidecar.start({ ...fakeStart(), cells: 2, spareCells: 2 });
  const sandboxes = [...(await spreadOver(sidecar, 2)), await sidecar.createSandbox({ cell: "own" })];
  const running = sandboxes.map((sandbox) => sandbox.run(steps({ hang: true })));
  const { cells } = await sidecar.stats();
  assert.ok(cells.length >= 4);
  const starting = sidecar.createSandbox({ cell: "own" }).catch((error) => error.code);
  await sidecar.close();
  for (const { outcome } of await Promise.all(running)) assert.equal(outcome, "cancelled");
  assert.equal(await starting, "ERR_HOTCELL_CLOSED");
  await Promise.all(cells.map(({ pid }) => gone(pid)));
  await assert.rejects(sidecar.createSandbox({ cell: "own" }), { code: "ERR_HOTCELL_CLOSED" });
  await assert.rejects(sidecar.stats(), { code: "ERR_HOTCELL_CLOSED" });
});

test("guests of a cell that gives itself up come to their end, while new ones go elsewhere", async () => {
  const events: SidecarEvent[] = [];
  const onEvent = (event: SidecarEvent) => events.push(event);
  await using sidecar = await Sidecar.start({ ...fakeStart(), log: "ignore", onEvent });
  const sandbox = await sidecar.createSandbox();
  const other = await sidecar.createSandbox();
  const { pid } = sidecar;
  const talking = sandbox.spawn({ source: steps({ awaitSignal: "SIGUSR1" }, { out: "heard" }) });
  const copying = other.spawn({ command: "cat" }, { stdin: "pipe" });
  const flooding = other.spawn({ source: steps({ out: "!" }, { awaitSignal: "SIGUSR2" }, { flood: 1 << 20 }) });
  const reader = talking.stdout.getReader();
  await reader.read();
  const culprit = await sandbox.run(steps({ retire: "engineOutOfMemory", drainMs: 20_000 }));
  assert.equal(culprit.outcome, "out_of_memory");

  // Nothing new, and no waiting for the end either.
  for (const lost of [sandbox, other]) {
    await assert.rejects(lost.run("x"), { code: "ERR_HOTCELL_SANDBOX_LOST" });
    await assert.rejects(lost.fs.readFile("/x"), { code: "ERR_HOTCELL_SANDBOX_LOST" });
  }
  const next = await sidecar.createSandbox();
  assert.equal((await next.run("x")).stdout, "ran x");
  assert.notEqual(sidecar.pid, pid);
  assert.ok(isAlive(pid));
  assert.deepEqual(
    events.map(({ type }) => type),
    ["retiring", "restarted"],
  );

  // Signals, input and credit still arrive.
  talking.kill("SIGUSR1");
  assert.equal(Buffer.from((await reader.read()).value!).toString(), "heard");
  assert.equal((await talking.exit).outcome, "exited");
  const writer = copying.stdin.getWriter();
  await writer.write("in and out");
  await writer.close();
  assert.equal(await text(copying.stdout), "in and out");
  flooding.kill("SIGUSR2");
  assert.equal((await text(flooding.stdout)).length, "!listening\n".length + (1 << 20));
  assert.equal((await flooding.exit).outcome, "exited");

  await gone(pid);
  const lost = await eventually(() => events.find((event) => event.type === "lost"));
  assert.ok(lost.error instanceof SidecarLostError && lost.pid === pid);
  assert.equal((await next.run("x")).stdout, "ran x");
});

test("a cell that gives itself up and does not end in time is ended", async () => {
  await using sidecar = await Sidecar.start({ ...fakeStart(), log: "ignore" });
  const sandbox = await sidecar.createSandbox();
  const { pid } = sidecar;
  const neighbour = sandbox.run(steps({ hang: true }));
  await sandbox.run(steps({ retire: "unyielding", drainMs: 100 }));
  const exit = await neighbour;
  assert.equal(exit.outcome, "crashed");
  assert.match(exit.error!.message, /did not end when it was told to/);
  await gone(pid);
});

test("closing ends a cell that gives itself up, too", async () => {
  const sidecar = await Sidecar.start({ ...fakeStart(), log: "ignore" });
  const sandbox = await sidecar.createSandbox();
  const { pid } = sidecar;
  const neighbour = sandbox.run(steps({ hang: true }));
  await sandbox.run(steps({ retire: "unyielding", drainMs: 60_000 }));
  await sidecar.createSandbox();
  await sidecar.close();
  assert.equal((await neighbour).outcome, "cancelled");
  await gone(pid);
});

test("a guest that was sent to a cell which had just given itself up has crashed", async () => {
  await using sidecar = await Sidecar.start({ ...fakeStart(), log: "ignore" });
  const sandbox = await sidecar.createSandbox();
  const hanging = sandbox.spawn({ source: steps({ out: "on" }, { hang: true }) });
  const results = await Promise.all([
    sandbox.run(steps({ retire: "engineOutOfMemory", drainMs: 20_000 })),
    sandbox.run("x"),
  ]);
  assert.deepEqual(
    results.map(({ outcome }) => outcome),
    ["out_of_memory", "crashed"],
  );
  assert.match(results[1].error!.message, /did not end when it was told to/);
  hanging.kill("SIGKILL");
  assert.equal((await hanging.exit).outcome, "signaled");
});

test("options of cells that can't be had are errors", async () => {
  const invalid: [StartOptions, string, RegExp][] = [
    [{ cells: 0 }, "cells", /from 1 to 64/],
    [{ cells: 1.5 }, "cells", /from 1 to 64/],
    [{ spareCells: -1 }, "spareCells", /from 0 to 64/],
    [{ carrier: "in-process", cells: 2 }, "cells", /carrier: "child"/],
    [{ carrier: "in-process", spareCells: 1 }, "spareCells", /carrier: "child"/],
  ];
  for (const [options, option, message] of invalid) {
    await assert.rejects(Sidecar.start(options), { code: "ERR_HOTCELL_INVALID_OPTION", option, message });
  }
  await using sidecar = await Sidecar.start(fakeStart());
  await assert.rejects(sidecar.createSandbox({ cell: "mine" as never }), { option: "cell" });
  await using host = await connected();
  await assert.rejects(host.sidecar.createSandbox({ cell: "own" }), { option: "cell", message: /child process/ });
});

test("HOTCELL_CELLS says how many cells there are, where the program does not", async () => {
  const { env } = process;
  try {
    env.HOTCELL_CELLS = "3";
    {
      await using sidecar = await Sidecar.start(fakeStart());
      assert.equal((await sidecar.stats()).cells.length, 3);
      await using named = await Sidecar.start({ ...fakeStart(), cells: 1 });
      assert.equal((await named.stats()).cells.length, 1);
    }
    for (const value of ["0", "65", "many", "1e1"]) {
      env.HOTCELL_CELLS = value;
      await assert.rejects(Sidecar.start(fakeStart()), {
        code: "ERR_HOTCELL_INVALID_OPTION",
        message: /HOTCELL_CELLS/,
      });
    }
  } finally {
    delete env.HOTCELL_CELLS;
  }
});

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type HotcellError, RestartFailedError, Sidecar, type SidecarEvent, SidecarLostError } from "../src/index.js";
import { type Step, steps } from "./fake/fake-guest.js";
import { connected, fakeStart, gone, temporaryDirectory } from "./fake/harness.js";

const ends: [title: string, step: Step, message: RegExp][] = [
  ["exits", { die: { code: 7 }, stderr: "Fatal error in , line 0\n" }, /exit code 7[\s\S]*Fatal error in/],
  ["is killed", { die: { signal: "SIGKILL" } }, /SIGKILL/],
  ["is being killed, which takes a while,", { expire: true }, /The sidecar .*\./],
  ["aborts", { die: { signal: "SIGABRT" } }, /SIGABRT/],
  ["closes the connection", { disconnect: true }, /The sidecar .*\./],
  ["retires", { retire: "unyielding" }, /did not end when it was told to/],
  ["writes what is no frame", { garbage: true }, /broke the protocol/],
  ["sends more than was granted", { overrun: 1 }, /1 bytes more/],
  ["reports a guest that ended", { haunt: true }, /no such guest lives/],
];

for (const [title, step, message] of ends) {
  test(`a sidecar that ${title} takes its guests with it and is replaced`, async () => {
    await using sidecar = await Sidecar.start({ ...fakeStart(), log: "ignore" });
    const { pid } = sidecar;
    const sandbox = await sidecar.createSandbox();
    const neighbour = sandbox.spawn({ source: steps({ out: "ready" }, { hang: true }) }, { stdin: "pipe" });
    const reader = neighbour.stdout.getReader();
    assert.equal(Buffer.from((await reader.read()).value!).toString(), "ready");
    const started = performance.now();
    const culprit = await sandbox.run(steps({ out: "so far" }, step, { hang: true }));
    assert.ok(performance.now() - started < 1000);

    if ("haunt" in step) {
      assert.equal(culprit.outcome, "exited");
    } else {
      assert.deepEqual([culprit.outcome, culprit.exitCode, culprit.signal], ["crashed", null, null]);
      assert.equal(culprit.stdout, "so far");
      assert.ok(culprit.usage.wallMs > 0 && culprit.usage.stdoutBytes === 6);
      assert.match(culprit.error!.message, message);
    }
    const exit = await neighbour.exit;
    assert.equal(exit.outcome, "crashed");
    assert.match(exit.error!.message, message);
    assert.deepEqual(await reader.read(), { done: true, value: undefined });
    await assert.rejects(neighbour.stdin.getWriter().write("x"), { code: "ERR_HOTCELL_STDIN_CLOSED" });

    const lost = { name: "SandboxLostError", code: "ERR_HOTCELL_SANDBOX_LOST" };
    await assert.rejects(sandbox.run("x"), lost);
    await assert.rejects(sandbox.fs.readFile("/x"), lost);
    await assert.rejects(sandbox.spawn({ source: "x" }).exit, lost);
    const next = await sidecar.createSandbox();
    assert.equal((await next.run("x")).stdout, "ran x");
    assert.notEqual(sidecar.pid, pid);
    await assert.rejects(sandbox.run("x"), lost);
    await sandbox.close();
    await gone(pid);
  });
}

test("calls under way fail, and say how the sidecar ended", async () => {
  await using sidecar = await Sidecar.start({ ...fakeStart(), log: "ignore" });
  const sandbox = await sidecar.createSandbox();
  const large = sandbox.fs.writeFile("/x", Buffer.alloc(64 << 20));
  const pending = [large, sandbox.runWasm(Buffer.alloc(32 << 20)), sidecar.load(Buffer.alloc(16 << 20, 1))];
  const dying = sandbox.run(steps({ die: { signal: "SIGKILL" } }));
  for (const call of pending) {
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof SidecarLostError);
      assert.deepEqual([error.code, error.signal, error.exitCode], ["ERR_HOTCELL_SIDECAR_LOST", "SIGKILL", null]);
      return true;
    });
  }
  assert.equal((await dying).outcome, "crashed");
  assert.ok((await sidecar.stats()).pid !== 0);
});

test("what happened is told", async () => {
  const events: SidecarEvent[] = [];
  await using sidecar = await Sidecar.start({ ...fakeStart(), onEvent: (event) => events.push(event) });
  const sandbox = await sidecar.createSandbox();
  await sandbox.run(steps({ retire: "engineOutOfMemory" }));
  await Promise.all([sidecar.createSandbox(), sidecar.createSandbox(), sidecar.stats()]);
  assert.deepEqual(
    events.map(({ type }) => type),
    ["retiring", "lost", "restarted"],
  );
  const [retiring, lost, restarted] = events;
  assert.ok(retiring?.type === "retiring" && retiring.reason === "engineOutOfMemory");
  assert.ok(lost?.type === "lost" && lost.error instanceof SidecarLostError);
  assert.ok(restarted?.type === "restarted" && restarted.pid === sidecar.pid);
});

test("a sandbox is made anew with its options and files", async () => {
  await using sidecar = await Sidecar.start(fakeStart());
  const text = new Uint8Array([104, 105]);
  const files = { "/a": text, "/large": Buffer.alloc(100_000, "L"), "/bin/x": { content: "x", mode: 0o700 } };
  const sandbox = await sidecar.createSandbox({ files, env: { A: "1" }, userland: "var a = 1;" });
  text.fill(0);
  files["/large"].fill(0);
  await sandbox.fs.writeFile("/mine", "later");
  await sandbox.run(steps({ die: { code: 1 } }));
  await assert.rejects(sandbox.run("x"), { code: "ERR_HOTCELL_SANDBOX_LOST" });
  await Promise.all([sandbox.recreate(), sandbox.recreate()]);
  assert.equal(await sandbox.fs.readFile("/a", "utf8"), "hi");
  assert.equal(await sandbox.fs.readFile("/large", "utf8"), "L".repeat(100_000));
  assert.equal((await sandbox.fs.stat("/bin/x")).mode, 0o700);
  assert.equal(await sandbox.fs.exists("/mine"), false);
  const { home } = JSON.parse((await sandbox.run(steps({ tell: true }))).stdout);
  assert.deepEqual([home.env.A, home.userland], ["1", "var a = 1;"]);
  assert.equal((await sidecar.stats()).sandboxes, 1);
  await sandbox.fs.writeFile("/mine", "later");
  const running = sandbox.run(steps({ hang: true }));
  await sandbox.recreate();
  assert.equal((await running).outcome, "cancelled");
  assert.equal(await sandbox.fs.exists("/mine"), false);
  assert.equal((await sidecar.stats()).sandboxes, 1);
});

test("a sandbox with onLost recreate is there again by itself", async () => {
  await using sidecar = await Sidecar.start(fakeStart());
  const sandbox = await sidecar.createSandbox({ files: { "/a": "1" }, onLost: "recreate" });
  for (let round = 0; round < 2; round++) {
    assert.equal((await sandbox.run(steps({ die: { code: 1 } }))).outcome, "crashed");
    const calls = [sandbox.run("x"), sandbox.exec("y"), sandbox.fs.readFile("/a", "utf8")] as const;
    const process = sandbox.spawn({ source: "z" });
    const [run, , text] = await Promise.all(calls);
    assert.deepEqual([run.stdout, text, (await process.exit).exitCode], ["ran x", "1", 0]);
    assert.equal((await sidecar.stats()).sandboxes, 1);
  }
});

test("a lost sidecar is started again and again until it comes, with growing pauses", async () => {
  const failing = join(temporaryDirectory(), "failing");
  writeFileSync(failing, "0");
  await using sidecar = await Sidecar.start({ ...fakeStart({ failing }), log: "ignore" });
  const sandbox = await sidecar.createSandbox();
  await sandbox.run(steps({ die: { code: 1 } }));
  writeFileSync(failing, "3");
  const started = performance.now();
  await sidecar.createSandbox();
  assert.ok(performance.now() - started >= 50 + 100 + 200 - 5);
});

test("a sidecar that does not come again is given up, and tried anew by the next call", async () => {
  const failing = join(temporaryDirectory(), "gone");
  writeFileSync(failing, "0");
  await using sidecar = await Sidecar.start({ ...fakeStart({ failing }), log: "ignore" });
  const sandbox = await sidecar.createSandbox({ onLost: "recreate" });
  await sandbox.run(steps({ die: { code: 1 } }));
  writeFileSync(failing, "5");
  const calls = await Promise.allSettled([sidecar.createSandbox(), sidecar.stats(), sandbox.run("x")]);
  for (const call of calls) {
    assert.ok(call.status === "rejected" && call.reason instanceof RestartFailedError);
    assert.deepEqual([call.reason.code, call.reason.attempts], ["ERR_HOTCELL_RESTART_FAILED", 5]);
    assert.equal((call.reason.cause as HotcellError).code, "ERR_HOTCELL_START_FAILED");
  }
  assert.equal((await sandbox.run("x")).stdout, "ran x");
});

test("closing while a sidecar is being started again calls it off", async () => {
  const failing = join(temporaryDirectory(), "closing");
  writeFileSync(failing, "0");
  const sidecar = await Sidecar.start({ ...fakeStart({ failing }), log: "ignore" });
  const sandbox = await sidecar.createSandbox();
  await sandbox.run(steps({ die: { code: 1 } }));
  writeFileSync(failing, "9");
  const call = assert.rejects(sidecar.createSandbox(), { code: "ERR_HOTCELL_CLOSED" });
  await sidecar.close();
  await call;
});

test("a connection that was lost is made again", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  assert.equal((await sandbox.run(steps({ disconnect: true }))).outcome, "crashed");
  await assert.rejects(sandbox.run("x"), { code: "ERR_HOTCELL_SANDBOX_LOST" });
  await sandbox.recreate();
  assert.equal((await sandbox.run("x")).stdout, "ran x");
  assert.equal(host.server.sidecars.length, 2);
});

test("programs are sent again to a fresh sidecar", async () => {
  await using host = await connected();
  const program = await host.sidecar.load(Buffer.from("prog"));
  const sandbox = await host.sidecar.createSandbox({ files: { "/p": program } });
  await sandbox.run(steps({ disconnect: true }));
  await sandbox.recreate();
  assert.equal(JSON.parse((await sandbox.runWasm(program)).stdout).blob, "prog");
  assert.equal(host.fake.requestsOf("putBlob").length, 1);
});

test("another sidecar never notices", async () => {
  await using one = await Sidecar.start(fakeStart());
  await using other = await Sidecar.start(fakeStart());
  const bystander = await other.createSandbox();
  const running = bystander.spawn({ source: steps({ awaitSignal: "SIGUSR1" }, { out: "unharmed" }) });
  const reader = running.stdout.getReader();
  await reader.read();
  await (await one.createSandbox()).run(steps({ die: { signal: "SIGKILL" } }));
  running.kill("SIGUSR1");
  assert.equal(Buffer.from((await reader.read()).value!).toString(), "unharmed");
});

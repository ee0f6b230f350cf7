import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { HotcellError } from "../src/index.js";
import { steps } from "./fake/fake-guest.js";
import { all, connected } from "./fake/harness.js";

test("run gives outcome, output and usage", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const source = steps({ out: "hello\n" }, { err: "oh" }, { exit: { outcome: "exited", exitCode: 3 } });
  assert.deepEqual(await sandbox.run(source), {
    outcome: "exited",
    exitCode: 3,
    signal: null,
    stdout: "hello\n",
    stderr: "oh",
    usage: {
      wallMs: 1.5,
      startMs: 0.25,
      cpuMs: 0.75,
      heapBytes: 4096,
      externalPeakBytes: 8192,
      stdoutBytes: 6,
      stderrBytes: 2,
    },
  });
});

test("run passes on how a guest failed", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const error = { message: "It ran for 5 ms.", limit: "wallMs" };
  const late = await sandbox.run(steps({ exit: { outcome: "timed_out", error } }));
  assert.deepEqual([late.outcome, late.exitCode, late.signal, late.error], ["timed_out", null, null, error]);
  const ended = await sandbox.run(steps({ exit: { outcome: "signaled", signal: "SIGKILL" } }));
  assert.deepEqual(
    [ended.outcome, ended.exitCode, ended.signal, ended.error],
    ["signaled", null, "SIGKILL", undefined],
  );
});

test("run sends what it was told", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox({
    env: { A: "1", B: undefined },
    cwd: "/w",
    limits: { heapMb: 64 },
  });
  const options = {
    args: ["x", ""],
    env: { C: "3", D: undefined },
    cwd: "sub",
    limits: { wallMs: 9, cpuMs: undefined },
    format: "module",
    filename: "/a.mjs",
  } as const;
  const source = steps({ tell: true });
  const told = JSON.parse((await sandbox.run(source, options)).stdout);
  assert.deepEqual(told, {
    program: { kind: "source", text: source, format: "module", name: "/a.mjs" },
    args: ["x", ""],
    env: { C: "3" },
    cwd: "sub",
    limits: { wallMs: 9 },
    stdin: "empty",
    credit: 1 << 20,
    home: { env: { A: "1", PATH: "/usr/local/bin:/usr/bin:/bin" }, cwd: "/w", limits: { heapMb: 64 } },
  });
  const plain = JSON.parse((await sandbox.exec("prog", ["-l"])).stdout);
  assert.deepEqual(plain.program, { kind: "command", command: "prog" });
  assert.deepEqual(plain.args, ["-l"]);
});

test("run makes lone surrogates well-formed", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const { stdout } = await sandbox.run(steps({ tell: true }), { args: ["\ud800", "\ud83d\ude00", "\\ud800"] });
  assert.deepEqual(JSON.parse(stdout).args, ["\ufffd", "\ud83d\ude00", "\\ud800"]);
});

test("output is decoded over the whole stream", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const source = steps({ bytes: "61f09f" }, { bytes: "98" }, { bytes: "8062" });
  assert.equal((await sandbox.run(source)).stdout, "a\u{1f600}b");
  assert.equal((await sandbox.run(steps({ bytes: "efbbbf61" }))).stdout, "\ufeffa");
  assert.equal((await sandbox.run(steps({ bytes: "61ff62" }))).stdout, "a\ufffdb");
});

test("output is every byte with encoding buffer", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
  const { stdout, stderr } = await sandbox.run(steps({ bytes: bytes.toString("hex") }), { encoding: "buffer" });
  assert.ok(Buffer.isBuffer(stdout));
  assert.deepEqual(stdout, bytes);
  assert.equal(stdout.buffer.byteLength, 256, "the bytes pin no larger memory");
  assert.equal(stderr.length, 0);
});

test("output in chunks of every size is joined in order", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const sizes = [1, 5000, 3, 2048, 2049, 1, 70_000, 4000, 90, 1];
  const list = sizes.map((size, index) => ({ out: String.fromCharCode(97 + index).repeat(size) }));
  const { stdout } = await sandbox.run(steps(...list));
  assert.equal(stdout, list.map(({ out }) => out).join(""));
});

test("output beyond the first window is granted as it is taken", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const size = 10 << 20;
  const { stdout } = await sandbox.run(steps({ flood: size }), { encoding: "buffer" });
  assert.equal(stdout.length, size);
  const grants = host.fake.requestsOf("credit");
  assert.ok(grants.length >= 9 && grants.length <= 25, `${grants.length} grants`);
});

test("a sidecar that enforces no limit on output is given up", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox({ limits: { outputBytes: 2 << 20 } });
  const within = await sandbox.run(steps({ flood: 2 << 20 }));
  assert.equal(within.stdout.length, 2 << 20);
  const beyond = await sandbox.run(steps({ flood: 8 << 20 }), { limits: { outputBytes: 1 << 20 } });
  assert.equal(beyond.outcome, "crashed");
  assert.match(beyond.error!.message, /more of guest \d+'s stdout than its limit/);
  assert.ok(beyond.stdout.length <= 2 << 20);
});

test("many guests share a signal without a warning", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const warnings: Error[] = [];
  const listener = (warning: Error) => warnings.push(warning);
  process.on("warning", listener);
  const { signal } = new AbortController();
  await Promise.all(Array.from({ length: 40 }, () => sandbox.run("x", { signal })));
  await turn();
  process.off("warning", listener);
  assert.deepEqual(warnings, []);
});

test("ten fast guests in a row lose nothing", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  for (let round = 0; round < 10; round++) {
    const { stdout } = await sandbox.run(steps({ flood: 65536 }));
    assert.equal(stdout.length, 65536);
  }
});

test("runs at once don't mix", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const results = await Promise.all(Array.from({ length: 50 }, (_, n) => sandbox.run(steps({ out: `guest ${n}` }))));
  assert.deepEqual(
    results.map(({ stdout }) => stdout),
    Array.from({ length: 50 }, (_, n) => `guest ${n}`),
  );
});

test("a command that is not there is the caller's mistake", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  await assert.rejects(sandbox.exec("nope"), {
    name: "CommandNotFoundError",
    code: "ERR_HOTCELL_COMMAND_NOT_FOUND",
    message: "There is no command nope on the sandbox's PATH.",
  });
  assert.equal((await sandbox.run("later")).stdout, "ran later");
});

test("stdin is text, bytes, an iterable or a stream", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  async function* chunks() {
    yield "one ";
    yield new Uint8Array([0x74, 0x77, 0x6f]);
  }
  const stream = new ReadableStream<string>({
    start(controller) {
      controller.enqueue("three");
      controller.close();
    },
  });
  assert.equal((await sandbox.exec("cat", [], { stdin: "pipe" })).stdout, "pipe");
  assert.equal((await sandbox.exec("cat", [], { stdin: "" })).stdout, "");
  assert.equal((await sandbox.exec("cat", [], { stdin: Buffer.from("bytes") })).stdout, "bytes");
  assert.equal((await sandbox.exec("cat", [], { stdin: chunks() })).stdout, "one two");
  assert.equal((await sandbox.exec("cat", [], { stdin: ["a", "b"] })).stdout, "ab");
  assert.equal((await sandbox.exec("cat", [], { stdin: stream })).stdout, "three");
  const long = "0123456789".repeat(50_000);
  assert.equal((await sandbox.exec("cat", [], { stdin: long })).stdout, long);
});

test("a guest that reads no more stops the source", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  let yielded = 0;
  let closed = false;
  function* endless() {
    try {
      for (;;) {
        yielded += 1;
        yield "x".repeat(100);
      }
    } finally {
      closed = true;
    }
  }
  const { stdout, outcome } = await sandbox.run(steps({ head: 150 }), { stdin: endless() });
  assert.deepEqual([outcome, stdout.length], ["exited", 150]);
  await turn();
  assert.ok(closed);
  assert.ok(yielded < 30, `${yielded} chunks were taken`);
});

test("a source that fails cancels the guest and fails the call", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  function* failing() {
    yield "a";
    throw new RangeError("no more");
  }
  await assert.rejects(sandbox.exec("cat", [], { stdin: failing() }), { name: "RangeError", message: "no more" });
  const odd = [1] as unknown as string[];
  await assert.rejects(sandbox.exec("cat", [], { stdin: odd }), { code: "ERR_HOTCELL_INVALID_ARGUMENT" });
  assert.equal((await host.sidecar.stats()).guests, 0);
});

test("an aborted signal ends the guest", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const controller = new AbortController();
  const process = sandbox.spawn({ source: steps({ out: "up" }, { hang: true }) }, { signal: controller.signal });
  const run = sandbox.run(steps({ out: "x" }, { hang: true }), { signal: controller.signal });
  for await (const chunk of process.stdout) {
    assert.equal(Buffer.from(chunk).toString(), "up");
    controller.abort();
  }
  assert.equal((await process.exit).outcome, "cancelled");
  const { outcome, exitCode, signal, stdout } = await run;
  assert.deepEqual([outcome, exitCode, signal, stdout], ["cancelled", null, null, "x"]);
  const kills = host.fake.requestsOf("kill").map(({ reason }) => reason.kind);
  assert.deepEqual(kills, ["cancel", "cancel"]);
});

test("a signal that is aborted already starts nothing", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const result = await sandbox.run("x", { signal: AbortSignal.abort() });
  assert.deepEqual([result.outcome, result.stdout, result.usage.wallMs], ["cancelled", "", 0]);
  const process = sandbox.spawn({ source: "x" }, { signal: AbortSignal.abort() });
  assert.equal((await process.exit).outcome, "cancelled");
  assert.deepEqual(await all(process.stdout), []);
  assert.equal(host.fake.requestsOf("spawn").length, 0);
});

test("an abort after the end does nothing", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const controller = new AbortController();
  assert.equal((await sandbox.run("x", { signal: controller.signal })).outcome, "exited");
  controller.abort();
  await host.sidecar.stats();
  assert.equal(host.fake.requestsOf("kill").length, 0);
});

test("a source longer than a frame is sent in parts", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const source = `/*${"é".repeat(1_500_000)}*/`;
  const run = sandbox.run(source);
  const other = await sandbox.run("short");
  assert.equal(other.stdout, "ran short");
  assert.equal((await run).stdout, `ran ${source}`);
  const controller = new AbortController();
  const cancelled = sandbox.run(`${steps({ hang: true })}${" ".repeat(2_000_000)}`, { signal: controller.signal });
  await host.sidecar.stats();
  controller.abort();
  assert.equal((await cancelled).outcome, "cancelled");
  assert.equal((await host.sidecar.stats()).guests, 0, "the kill came after the whole of the request");
});

test("a source longer than a message is the caller's mistake", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  await assert.rejects(sandbox.run("x".repeat(17 << 20)), { code: "ERR_HOTCELL_INVALID_ARGUMENT" });
  await assert.rejects(
    host.sidecar.createSandbox({ env: { A: "x".repeat(17 << 20) } }),
    (error) => error instanceof HotcellError,
  );
  assert.equal((await sandbox.run("x")).stdout, "ran x");
});

test("closing a sandbox ends its guests and refuses further use", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const run = sandbox.run(steps({ hang: true }));
  await Promise.all([sandbox.close(), sandbox.close()]);
  assert.equal((await run).outcome, "cancelled");
  assert.equal(host.fake.sandboxes.size, 0);
  assert.equal(host.fake.requestsOf("destroySandbox").length, 1);
  const closed = { name: "ClosedError", code: "ERR_HOTCELL_CLOSED" };
  await assert.rejects(sandbox.run("x"), closed);
  await assert.rejects(sandbox.fs.readFile("/x"), closed);
  await assert.rejects(sandbox.spawn({ source: "x" }).exit, closed);
  await assert.rejects(sandbox.recreate(), closed);
});

test("closing a sidecar ends its guests and refuses further use", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const run = sandbox.run(steps({ out: "so far" }, { hang: true }));
  await host.sidecar.stats();
  const late = sandbox.fs.readFile("/x");
  await Promise.all([host.sidecar.close(), host.sidecar.close(), assert.rejects(late, { code: "ERR_HOTCELL_CLOSED" })]);
  const { outcome, stdout } = await run;
  assert.deepEqual([outcome, stdout], ["cancelled", "so far"]);
  const closed = { code: "ERR_HOTCELL_CLOSED" };
  await assert.rejects(sandbox.run("x"), closed);
  await assert.rejects(host.sidecar.createSandbox(), closed);
  await assert.rejects(host.sidecar.stats(), closed);
  await sandbox.close();
});

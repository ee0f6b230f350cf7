import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { steps } from "./fake/fake-guest.js";
import { all, connected } from "./fake/harness.js";

async function text(stream: ReadableStream<Uint8Array>): Promise<string> {
  return Buffer.concat(await all(stream)).toString();
}

test("spawn gives streams that end with the guest", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const process = sandbox.spawn({ source: steps({ out: "a" }, { err: "b" }, { out: "c" }) });
  const [stdout, stderr, exit] = await Promise.all([text(process.stdout), text(process.stderr), process.exit]);
  assert.deepEqual([stdout, stderr, exit.outcome, exit.exitCode], ["ac", "b", "exited", 0]);
  assert.ok(!("stdout" in exit));
});

test("spawn starts commands, source and programs", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const told = async (process: ReturnType<typeof sandbox.spawn>) => JSON.parse(await text(process.stdout));
  assert.deepEqual((await told(sandbox.spawn({ command: "x" }, { args: ["y"] }))).args, ["y"]);
  assert.equal(
    (await told(sandbox.spawn({ source: steps({ tell: true }), format: "module" }))).program.format,
    "module",
  );
  assert.equal((await told(sandbox.spawn({ wasm: Buffer.from("wasm!"), name: "prog" }))).program.name, "prog");
});

test("output waits for its reader and memory stays flat", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const size = 8 << 20;
  const process = sandbox.spawn({ source: steps({ flood: size }) });
  await host.sidecar.stats();
  await turn();
  await host.sidecar.stats();
  const guest = [...host.fake.guests.values()][0]!;
  assert.equal(guest.bytesSent.stdout, 256 << 10, "exactly the window was sent");
  assert.equal(host.fake.requestsOf("credit").length, 0);
  let taken = 0;
  for await (const chunk of process.stdout) {
    taken += chunk.length;
    assert.ok(guest.bytesSent.stdout - taken <= 256 << 10);
  }
  assert.equal(taken, size);
  assert.equal((await process.exit).outcome, "exited");
});

test("a guest ends and its exit is told while output is unread", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const process = sandbox.spawn({ source: steps({ out: "unread" }) });
  assert.equal((await process.exit).outcome, "exited");
  assert.equal(await text(process.stdout), "unread");
});

test("a cancelled stream is thrown away and holds nothing back", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const process = sandbox.spawn({ source: steps({ flood: 4 << 20 }) });
  await process.stdout.cancel();
  assert.equal((await process.exit).usage.stdoutBytes, 4 << 20);
  const late = sandbox.spawn({ source: steps({ flood: 4 << 20 }) });
  for await (const chunk of late.stdout) {
    assert.ok(chunk.length > 0);
    break;
  }
  assert.equal((await late.exit).usage.stdoutBytes, 4 << 20);
});

test("chunks are the reader's own", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const process = sandbox.spawn({ source: steps({ out: "first" }, { out: "second" }, { flood: 300_000 }) });
  let length = 0;
  for await (const chunk of process.stdout) {
    assert.equal(chunk.byteOffset, 0);
    assert.equal(chunk.buffer.byteLength, chunk.length);
    length += chunk.length;
    structuredClone(chunk.buffer, { transfer: [chunk.buffer as ArrayBuffer] });
  }
  assert.equal(length, 300_011);
});

test("stdin is written as the guest takes it", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const process = sandbox.spawn({ command: "cat" }, { stdin: "pipe" });
  const writer = process.stdin.getWriter();
  await writer.write("text, ");
  const bytes = Buffer.from("y".repeat(9000));
  const written = writer.write(bytes);
  await writer.ready;
  const output = text(process.stdout);
  await written;
  bytes.fill(0);
  await writer.close();
  assert.equal(await output, `text, ${"y".repeat(9000)}`);
  assert.equal((await process.exit).exitCode, 0);
});

test("stdin that is no pipe can't be written", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const process = sandbox.spawn({ source: "x" });
  await assert.rejects(process.stdin.getWriter().write("x"), { code: "ERR_HOTCELL_INVALID_OPTION" });
});

test("writes before the guest closed its stdin are lost in silence, later ones fail", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const process = sandbox.spawn({ source: steps({ head: 3 }, { hang: true }) }, { stdin: "pipe" });
  const writer = process.stdin.getWriter();
  // Nobody waits for these: that the guest leaves must not become an unhandled rejection.
  void writer.write("abc");
  void writer.write("x".repeat(100_000));
  void writer.write("y".repeat(100_000));
  const reader = process.stdout.getReader();
  assert.equal(Buffer.from((await reader.read()).value!).toString(), "abc");
  await host.sidecar.stats();
  await turn();
  await assert.rejects(
    async () => {
      for (;;) await writer.write("more");
    },
    { name: "StdinClosedError", code: "ERR_HOTCELL_STDIN_CLOSED" },
  );
  process.kill("SIGKILL");
  assert.equal((await process.exit).signal, "SIGKILL");
});

test("an aborted stdin is the end of the input", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const process = sandbox.spawn({ source: steps({ head: 5 }, { hang: true }) }, { stdin: "pipe" });
  const writer = process.stdin.getWriter();
  const long = writer.write("x".repeat(1 << 20)).catch(() => "aborted");
  await host.sidecar.stats();
  await writer.abort();
  await long;
  process.kill();
  assert.equal((await process.exit).signal, "SIGTERM");
});

test("what is no chunk fails the write and ends the input", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const process = sandbox.spawn({ command: "cat" }, { stdin: "pipe" });
  const writer = process.stdin.getWriter();
  await assert.rejects(writer.write(7 as unknown as string), { code: "ERR_HOTCELL_INVALID_ARGUMENT" });
  assert.equal((await process.exit).outcome, "exited", "the guest does not wait for input that can't come");
});

test("signals reach the guest", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const process = sandbox.spawn({ source: steps({ awaitSignal: "SIGUSR1" }, { out: "got it" }, { hang: true }) });
  const reader = process.stdout.getReader();
  await reader.read();
  process.kill("SIGUSR1");
  assert.equal(Buffer.from((await reader.read()).value!).toString(), "got it");
  process.kill();
  const { outcome, signal } = await process.exit;
  assert.deepEqual([outcome, signal], ["signaled", "SIGTERM"]);
  process.kill();
  assert.throws(() => process.kill("SIGFOO" as "SIGTERM"), { code: "ERR_HOTCELL_INVALID_OPTION" });
});

test("a guest that can't be started fails everywhere and upsets nobody", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const expected = { code: "ERR_HOTCELL_COMMAND_NOT_FOUND" };
  const process = sandbox.spawn({ command: "nope" }, { stdin: "pipe" });
  await assert.rejects(text(process.stdout), expected);
  await assert.rejects(text(process.stderr), expected);
  await assert.rejects(process.exit, expected);
  // Nobody looks at this one; the test runner fails on an unhandled rejection.
  sandbox.spawn({ command: "nope" });
  await host.sidecar.stats();
  await turn();
});

test("a disposed process is cancelled", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  let exit: Promise<{ outcome: string }>;
  {
    await using process = sandbox.spawn({ source: steps({ hang: true }) });
    exit = process.exit;
  }
  assert.equal((await exit).outcome, "cancelled");
});

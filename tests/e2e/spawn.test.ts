import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { binFiles } from "../support/commands.js";
import { firstOutput } from "../support/guest.js";
import { fileSidecar } from "../support/sidecar.js";

const sidecar = await fileSidecar();
const sandbox = await sidecar.createSandbox({ env: { PATH: "/bin" }, files: binFiles("cat", "head") });

async function text(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe("spawn", () => {
  test("pipes to a command and from it", async () => {
    const guest = sandbox.spawn({ command: "cat" }, { stdin: "pipe" });
    const writer = guest.stdin.getWriter();
    await writer.write(Buffer.from("one\n"));
    const reader = guest.stdout.getReader();
    // The first line is there before the second was written: cat waits for its stdin.
    assert.equal(Buffer.from((await reader.read()).value!).toString(), "one\n");
    await writer.write(Buffer.from("two\n"));
    assert.equal(Buffer.from((await reader.read()).value!).toString(), "two\n");
    await writer.close();
    assert.equal((await reader.read()).done, true);
    assert.deepEqual([(await guest.exit).outcome, (await guest.exit).exitCode], ["exited", 0]);
  });

  test("pipes more than any window holds", async () => {
    const guest = sandbox.spawn({ command: "cat" }, { stdin: "pipe" });
    const bytes = Buffer.alloc(5 << 20, "0123456789abcdef\n");
    const writing = (async () => {
      const writer = guest.stdin.getWriter();
      for (let i = 0; i < bytes.length; i += 100_000) await writer.write(bytes.subarray(i, i + 100_000));
      await writer.close();
    })();
    assert.equal(await text(guest.stdout), bytes.toString());
    await writing;
    assert.equal((await guest.exit).exitCode, 0);
  });

  test("runs source text and passes its arguments", async () => {
    const guest = sandbox.spawn({ source: "console.log(process.argv[2]); console.error('e')" }, { args: ["given"] });
    assert.deepEqual([await text(guest.stdout), await text(guest.stderr)], ["given\n", "e\n"]);
    assert.equal((await guest.exit).exitCode, 0);
  });

  test("runs a WASI program by its bytes", async () => {
    const guest = sandbox.spawn({ wasm: binFiles("head")["/bin/head"]! }, { args: ["-n", "1"], stdin: "a\nb\n" });
    assert.equal(await text(guest.stdout), "a\n");
  });

  test("a signal ends a guest that does not listen for it", async () => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGKILL", "SIGHUP"] as const) {
      const guest = sandbox.spawn({ source: "console.log('ready'); setInterval(() => {}, 1000)" });
      await firstOutput(guest);
      guest.kill(signal);
      const exit = await guest.exit;
      assert.deepEqual([exit.outcome, exit.signal, exit.exitCode], ["signaled", signal, null]);
    }
  });

  test("a signal ends a guest that never comes to rest", async () => {
    const guest = sandbox.spawn({ source: "console.log('ready'); while (true) {}" });
    await firstOutput(guest);
    guest.kill();
    assert.deepEqual([(await guest.exit).outcome, (await guest.exit).signal], ["signaled", "SIGTERM"]);
  });

  test("a signal ends a WASI guest that waits for its stdin", async () => {
    const guest = sandbox.spawn({ command: "cat" }, { stdin: "pipe" });
    const writer = guest.stdin.getWriter();
    await writer.write(Buffer.from("ready\n"));
    await firstOutput(guest);
    guest.kill("SIGINT");
    assert.deepEqual([(await guest.exit).outcome, (await guest.exit).signal], ["signaled", "SIGINT"]);
  });

  test("a JavaScript guest that listens for a signal handles it", async () => {
    const guest = sandbox.spawn({
      source: `
        process.on("SIGTERM", (name, number) => { console.log(name, number); process.exit(5); });
        console.log("ready");
        setInterval(() => {}, 1000);
      `,
    });
    const reader = guest.stdout.getReader();
    assert.equal(Buffer.from((await reader.read()).value!).toString(), "ready\n");
    guest.kill("SIGTERM");
    assert.equal(Buffer.from((await reader.read()).value!).toString(), "SIGTERM 15\n");
    assert.deepEqual([(await guest.exit).outcome, (await guest.exit).exitCode], ["exited", 5]);
  });

  test("SIGKILL can't be listened for", async () => {
    const guest = sandbox.spawn({
      source: "process.on('SIGTERM', () => {}); console.log('ready'); setInterval(() => {}, 1000)",
    });
    await firstOutput(guest);
    guest.kill("SIGTERM");
    guest.kill("SIGKILL");
    assert.equal((await guest.exit).signal, "SIGKILL");
  });

  test("a host that does not read stops its guest, and nobody else; kill still works (I2)", async () => {
    const flood = sandbox.spawn({ source: "const part = 'x'.repeat(65536); while (true) process.stdout.write(part)" });
    const reader = flood.stdout.getReader();
    await reader.read();
    const before = (await sidecar.stats()).residentBytes;
    for (let i = 0; i < 20; i++) assert.equal((await sandbox.run("console.log('alive')")).stdout, "alive\n");
    const grown = (await sidecar.stats()).residentBytes - before;
    assert.ok(grown < 64 << 20, `the sidecar grew by ${grown} bytes`);
    flood.kill("SIGKILL");
    assert.equal((await flood.exit).outcome, "signaled");
  });

  test("a guest that reads no more of its stdin can end", async () => {
    const guest = sandbox.spawn({ source: "process.exit(3)" }, { stdin: "pipe" });
    assert.equal((await guest.exit).exitCode, 3);
    await assert.rejects(async () => {
      const writer = guest.stdin.getWriter();
      await writer.write(Buffer.from("late"));
    });
  });

  test("a command that is not there fails, wherever it is waited for", async () => {
    const guest = sandbox.spawn({ command: "no-such-command" });
    await assert.rejects(guest.exit, { code: "ERR_HOTCELL_COMMAND_NOT_FOUND" });
    await assert.rejects(text(guest.stdout), { code: "ERR_HOTCELL_COMMAND_NOT_FOUND" });
  });
});

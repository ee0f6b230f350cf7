import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { firstOutput } from "../support/guest.js";
import { fileSidecar } from "../support/sidecar.js";

const sidecar = await fileSidecar();
const sandbox = await sidecar.createSandbox({ env: { GREETING: "hello" }, cwd: "/work" });

describe("run", () => {
  test("gives output, exit code and usage", async () => {
    const result = await sandbox.run("console.log(1 + 1)");
    assert.equal(result.stdout, "2\n");
    assert.equal(result.stderr, "");
    assert.equal(result.outcome, "exited");
    assert.equal(result.exitCode, 0);
    assert.equal(result.signal, null);
    assert.equal(result.error, undefined);
    assert.equal(result.usage.stdoutBytes, 2);
    assert.ok(result.usage.wallMs > 0 && result.usage.wallMs >= result.usage.startMs, "times are in order");
    assert.ok(result.usage.cpuMs > 0 && result.usage.heapBytes > 0);
  });

  test("gives the guest its arguments, environment and directory, and nothing of the host's", async () => {
    process.env.HOTCELL_TEST_SECRET = "of the host";
    const result = await sandbox.run(
      "console.log(JSON.stringify([process.argv.slice(2), process.env.GREETING, process.env.OWN, process.cwd(), Object.values(process.env).includes('of the host')]))",
      { args: ["a b", "", "ü"], env: { OWN: "mine" } },
    );
    delete process.env.HOTCELL_TEST_SECRET;
    assert.deepEqual(JSON.parse(result.stdout), [["a b", "", "ü"], "hello", "mine", "/work", false]);
  });

  test("feeds stdin from text and from bytes", async () => {
    const echo = "for await (const chunk of process.stdin) process.stdout.write(chunk)";
    assert.equal((await sandbox.run(echo, { stdin: "grüße\n" })).stdout, "grüße\n");
    const bytes = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => i * 7));
    const result = await sandbox.run(echo, { stdin: bytes, encoding: "buffer" });
    assert.ok(result.stdout.equals(bytes));
  });

  test("reads an empty stdin where none is given", async () => {
    const result = await sandbox.run(
      "let n = 0; for await (const chunk of process.stdin) n += chunk.length; console.log(n)",
    );
    assert.equal(result.stdout, "0\n");
  });

  test("keeps stdout and stderr apart", async () => {
    const result = await sandbox.run("console.log('out'); console.error('err')");
    assert.deepEqual([result.stdout, result.stderr], ["out\n", "err\n"]);
  });

  test("gives bytes where they are asked for", async () => {
    const result = await sandbox.run("process.stdout.write(Uint8Array.of(0, 255, 10))", { encoding: "buffer" });
    assert.deepEqual([...result.stdout], [0, 255, 10]);
    assert.ok(Buffer.isBuffer(result.stderr));
  });

  for (const [title, source, exitCode] of [
    ["process.exit", "process.exit(7); console.log('not reached')", 7],
    ["process.exitCode", "process.exitCode = 3", 3],
    ["process.exit in a callback", "setTimeout(() => process.exit(9), 1); setInterval(() => {}, 1000)", 9],
    ["an exit listener", "process.on('exit', () => { process.exitCode = 4 })", 4],
  ] as const) {
    test(`ends with the exit code of ${title}`, async () => {
      const result = await sandbox.run(source);
      assert.deepEqual([result.outcome, result.exitCode, result.stdout], ["exited", exitCode, ""]);
    });
  }

  test("prints an uncaught error with its true line, and ends with 1", async () => {
    const result = await sandbox.run("\nfunction inner() {\n  throw new TypeError('broken');\n}\ninner();\n", {
      filename: "/work/app.js",
    });
    assert.deepEqual([result.outcome, result.exitCode, result.stdout], ["exited", 1, ""]);
    assert.match(result.stderr, /TypeError: broken/);
    assert.match(result.stderr, /at inner \(.*\/work\/app\.js:3:9\)/);
    assert.match(result.stderr, /\/work\/app\.js:5:1/);
  });

  test("prints an unhandled rejection, and ends with 1", async () => {
    const result = await sandbox.run("Promise.reject(new RangeError('nobody caught it'))");
    assert.deepEqual([result.outcome, result.exitCode], ["exited", 1]);
    assert.match(result.stderr, /RangeError: nobody caught it/);
  });

  test("prints a syntax error with its line, and ends with 1", async () => {
    const result = await sandbox.run("let a = 1;\nlet b = ;\n", { filename: "/work/bad.js" });
    assert.equal(result.exitCode, 1);
    assert.match(result.stderr, /\/work\/bad\.js:2/);
    assert.match(result.stderr, /SyntaxError/);
  });

  test("runs an ES module with top-level await and imports", async () => {
    await sandbox.fs.writeFile("/code/lib/half.mjs", "export const half = (n) => n / 2; export default 'half';", {
      parents: true,
    });
    const result = await sandbox.run(
      "import name, { half } from './lib/half.mjs';\nconst n = await new Promise((done) => setTimeout(done, 1, 84));\nconsole.log(name, half(n), import.meta.url);",
      { filename: "/code/main.mjs" },
    );
    assert.deepEqual([result.stderr, result.stdout], ["", "half 42 file:///code/main.mjs\n"]);
  });

  test("reads the source as it is told to", async () => {
    const source = "console.log(this === undefined)";
    assert.equal((await sandbox.run(source, { format: "script" })).stdout, "false\n");
    assert.equal((await sandbox.run(source, { format: "module" })).stdout, "true\n");
  });

  test("a module that awaits for ever with nothing to wait for ends with 13", async () => {
    const result = await sandbox.run("await new Promise(() => {})", { format: "module" });
    assert.deepEqual([result.outcome, result.exitCode], ["exited", 13]);
  });

  test("many guests at once each get their own output", async () => {
    const runs = await Promise.all(
      Array.from({ length: 32 }, (_, i) => sandbox.run(`console.log(${i}); process.exit(${i})`)),
    );
    assert.deepEqual(
      runs.map((run) => [run.stdout, run.exitCode]),
      runs.map((_, i) => [`${i}\n`, i]),
    );
  });

  test("an AbortSignal ends the guest, not only the waiting", async () => {
    const controller = new AbortController();
    const guest = sandbox.spawn({ source: "console.log('ready'); while (true) {}" }, { signal: controller.signal });
    await firstOutput(guest);
    controller.abort();
    assert.equal((await guest.exit).outcome, "cancelled");
    assert.equal((await sidecar.stats()).guests, 0);
  });

  test("an AbortSignal that was aborted before starts nothing", async () => {
    const before = (await sidecar.stats()).guestsStarted;
    const result = await sandbox.run("console.log(1)", { signal: AbortSignal.abort() });
    assert.deepEqual([result.outcome, result.stdout], ["cancelled", ""]);
    assert.equal((await sidecar.stats()).guestsStarted, before);
  });

  test("a mistake of the caller's is an error with a code", async () => {
    await assert.rejects(async () => sandbox.run("1", { limits: { wallMs: 0 } }), {
      code: "ERR_HOTCELL_INVALID_OPTION",
    });
    await assert.rejects(async () => sandbox.run("1", { colour: "red" } as never), {
      code: "ERR_HOTCELL_INVALID_OPTION",
    });
    await assert.rejects(async () => sandbox.run(1 as never), { code: "ERR_HOTCELL_INVALID_ARGUMENT" });
    await assert.rejects(async () => sandbox.exec("no-such-command"), { code: "ERR_HOTCELL_COMMAND_NOT_FOUND" });
  });

  test("a closed sandbox takes no more work, and ended its guests", async () => {
    const closing = await sidecar.createSandbox();
    const guest = closing.spawn({ source: "console.log('ready'); setInterval(() => {}, 1000)" });
    await firstOutput(guest);
    await closing.close();
    assert.equal((await guest.exit).outcome, "cancelled");
    await assert.rejects(async () => closing.run("1"), { code: "ERR_HOTCELL_CLOSED" });
  });
});

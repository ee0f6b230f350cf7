import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ExitResult, Outcome, RunResult, Sidecar } from "hotcell";
import { only, start } from "../support/carrier.js";
import { binFiles, command } from "../support/commands.js";
import { firstOutput } from "../support/guest.js";
import { fileSidecar } from "../support/sidecar.js";

describe("the API has the names that programs are written against", () => {
  test("from start to end", async () => {
    await using sidecar = await start();
    await using sandbox = await sidecar.createSandbox({
      env: { PATH: "/bin", A: "1" },
      cwd: "/app",
      files: { "/app/a.txt": "text or bytes", "/app/b.bin": Uint8Array.of(1), ...binFiles("ls", "cat") },
      limits: {
        wallMs: 20_000,
        cpuMs: 10_000,
        heapMb: 64,
        externalMb: 64,
        outputBytes: 1 << 20,
        fsBytes: 1 << 24,
        fsInodes: 100,
      },
    });

    const r: RunResult<string> = await sandbox.run("console.log(1 + 1)", {
      args: ["x"],
      env: { B: "2" },
      stdin: "in",
      signal: new AbortController().signal,
      limits: { heapMb: 32 },
      encoding: "utf8",
    });
    const { outcome, exitCode, signal, stdout, stderr, error, usage } = r;
    assert.deepEqual([outcome, exitCode, signal, stdout, stderr, error], ["exited", 0, null, "2\n", "", undefined]);
    for (const [name, value] of Object.entries(usage)) assert.ok(Number.isFinite(value) && value >= 0, name);
    assert.deepEqual(Object.keys(usage).sort(), [
      "cpuMs",
      "externalPeakBytes",
      "heapBytes",
      "startMs",
      "stderrBytes",
      "stdoutBytes",
      "wallMs",
    ]);

    const e: RunResult<string> = await sandbox.exec("ls", ["-1", "/app"]);
    assert.equal(e.stdout, "a.txt\nb.bin\n");
    const w: RunResult<Buffer> = await sandbox.runWasm(command("echo"), ["arg"], { encoding: "buffer" });
    assert.deepEqual(w.stdout, Buffer.from("arg\n"));
    assert.ok(Buffer.isBuffer(w.stderr));

    const p = sandbox.spawn({ command: "cat" }, { stdin: "pipe" });
    assert.ok(p.stdin instanceof WritableStream);
    assert.ok(p.stdout instanceof ReadableStream && p.stderr instanceof ReadableStream);
    assert.ok(p.exit instanceof Promise);
    const writer = p.stdin.getWriter();
    await writer.write("through\n");
    assert.equal(await firstOutput(p), "through\n");
    p.kill("SIGTERM");
    const exit: ExitResult = await p.exit;
    assert.deepEqual([exit.outcome, exit.signal], ["signaled", "SIGTERM"]);
    for (const program of [{ source: "console.log('arg')" }, { wasm: command("echo") }]) {
      let told = "";
      for await (const chunk of sandbox.spawn(program, { args: ["arg"] }).stdout) told += Buffer.from(chunk).toString();
      assert.equal(told, "arg\n");
    }

    const { fs } = sandbox;
    await fs.mkdir("/d");
    await fs.writeFile("/d/x", "data");
    await fs.symlink("x", "/d/link");
    assert.equal(await fs.readlink("/d/link"), "x");
    assert.deepEqual((await fs.readdir("/d")).sort(), ["link", "x"]);
    assert.equal((await fs.stat("/d/x")).size, 4);
    await fs.rename("/d/x", "/d/y");
    assert.equal(await fs.readFile("/d/y", "utf8"), "data");
    assert.deepEqual(await fs.readFile("/d/y"), Buffer.from("data"));
    await fs.rm("/d", { recursive: true });
    await assert.rejects(fs.stat("/d"), { errno: "ENOENT" });

    const stats = await sidecar.stats();
    assert.equal(stats.guests, 0);
    assert.ok(stats.moduleCache.entries > 0 && stats.residentBytes > 0);
  });

  test("what it disposes of is closed", async () => {
    let sidecar: Sidecar;
    {
      await using own = await start();
      sidecar = own;
      let sandbox: Awaited<ReturnType<Sidecar["createSandbox"]>>;
      {
        await using inner = await own.createSandbox();
        sandbox = inner;
      }
      await assert.rejects(sandbox.run("1"), { code: "ERR_HOTCELL_CLOSED" });
    }
    await assert.rejects(sidecar.createSandbox(), { code: "ERR_HOTCELL_CLOSED" });
  });
});

const sidecar = await fileSidecar();

describe("a guest's end has one of seven outcomes", () => {
  const ends: Record<Exclude<Outcome, "crashed">, (signal: AbortSignal) => Promise<ExitResult>> = {
    exited: async () => (await sidecar.createSandbox()).run("process.exit(3)"),
    signaled: async () => (await sidecar.createSandbox()).run("process.kill(process.pid, 'SIGTERM')"),
    timed_out: async () => (await sidecar.createSandbox()).run("while (1);", { limits: { wallMs: 100 } }),
    out_of_memory: async () =>
      (await sidecar.createSandbox()).run("const a = []; while (1) a.push({})", { limits: { heapMb: 16 } }),
    limit_exceeded: async () =>
      (await sidecar.createSandbox()).run("while (1) console.log(1)", { limits: { outputBytes: 100 } }),
    cancelled: async (signal) => (await sidecar.createSandbox()).run("while (1);", { signal }),
  };
  const fields: Record<Outcome, [exitCode: number | null, signal: string | null, limit: string | undefined]> = {
    exited: [3, null, undefined],
    signaled: [null, "SIGTERM", undefined],
    timed_out: [null, null, "wallMs"],
    out_of_memory: [null, null, "heapMb"],
    limit_exceeded: [null, null, "outputBytes"],
    cancelled: [null, null, undefined],
    crashed: [null, null, undefined],
  };

  for (const [outcome, end] of Object.entries(ends)) {
    test(outcome, async () => {
      const exit = await end(AbortSignal.timeout(200));
      assert.equal(exit.outcome, outcome);
      assert.deepEqual([exit.exitCode, exit.signal, exit.error?.limit], fields[exit.outcome]);
      if (exit.error !== undefined) assert.match(exit.error.message, /^[A-Z].*\.$/);
    });
  }

  test("crashed", only("child", "it is the host that would crash"), async () => {
    await using own = await start({ log: "ignore" });
    const guest = (await own.createSandbox()).spawn({ source: "console.log('ready'); while (1);" });
    await firstOutput(guest);
    process.kill(own.pid, "SIGKILL");
    const exit = await guest.exit;
    assert.equal(exit.outcome, "crashed");
    assert.deepEqual([exit.exitCode, exit.signal, exit.error?.limit], fields.crashed);
    // How it ended is not known where the system takes its time to say so.
    assert.match(exit.error!.message, /SIGKILL|was ended/);
  });
});

describe("text", () => {
  test("is decoded over the whole output, and what is no UTF-8 is replaced, never cut", async () => {
    const sandbox = await sidecar.createSandbox();
    const result = await sandbox.run(`
      for (const byte of [0xf0, 0x9f, 0x94, 0xa5, 0xff, 0x21]) process.stdout.write(Uint8Array.of(byte));
      process.stdout.write(Uint8Array.of(0xef, 0xbb, 0xbf, 0xe2, 0x82));`);
    assert.equal(result.stdout, "🔥\ufffd!\ufeff\ufffd");
  });
});

describe("abort", () => {
  test("ends every kind of guest, and closes the streams", async () => {
    const sandbox = await sidecar.createSandbox({ files: binFiles("cat") });
    for (const program of [{ source: "console.log('ready'); while (1);" }, { command: "cat" }]) {
      const controller = new AbortController();
      const guest = sandbox.spawn(program, { stdin: "pipe", signal: controller.signal });
      if ("command" in program) await guest.stdin.getWriter().write("ready\n");
      await firstOutput(guest);
      const aborted = performance.now();
      controller.abort(new Error("why"));
      const exit = await guest.exit;
      assert.equal(exit.outcome, "cancelled");
      assert.ok(performance.now() - aborted < 2000);
      for await (const _ of guest.stdout) assert.fail("nothing follows");
    }
  });

  test("of a run gives what it wrote until then", async () => {
    const sandbox = await sidecar.createSandbox();
    const controller = new AbortController();
    const running = sandbox.run("console.log('so far'); while (1);", { signal: controller.signal });
    setTimeout(() => controller.abort(), 300);
    const result = await running;
    assert.deepEqual([result.outcome, result.stdout, result.exitCode], ["cancelled", "so far\n", null]);
    assert.equal((await sidecar.stats()).guests, 0);
  });
});

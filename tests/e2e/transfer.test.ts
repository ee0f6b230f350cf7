import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { Sidecar } from "hotcell";
import { only, start as startSidecar } from "../support/carrier.js";
import { command } from "../support/commands.js";
import { eventually } from "../support/eventually.js";
import { type CountingProxy, countingProxy } from "../support/proxy.js";
import { privateDirectory, serve } from "../support/serve.js";

const directory = privateDirectory();

async function counted(name: string, env?: Record<string, string>): Promise<[Sidecar, CountingProxy]> {
  const { announced } = await serve(["--socket", join(directory, `${name}.sock`)], env);
  const proxied = join(directory, `${name}-proxy.sock`);
  const counts = await countingProxy(proxied, announced.socket);
  return [await Sidecar.connect({ socket: proxied, token: announced.token }), counts];
}

describe("a program", only("child", "it counts bytes on a socket"), () => {
  const program = command("sha256sum");

  test("is sent once, and then named by its digest", async () => {
    const [sidecar, counts] = await counted("once");
    const sandbox = await sidecar.createSandbox({ files: { "/data": "x" } });
    const first = await sandbox.runWasm(program, ["/data"]);
    const sent = counts.sent;
    assert.ok(sent > program.length && sent < program.length + 8192, `${sent} bytes for ${program.length}`);
    for (const bytes of [program, Buffer.from(program), new Uint8Array(program).buffer]) {
      assert.equal((await sandbox.runWasm(bytes, ["/data"])).stdout, first.stdout);
    }
    // As a file of another sandbox too: the bytes are there.
    const other = await sidecar.createSandbox({ files: { "/data": "x", "/bin/sum": program } });
    assert.equal((await other.exec("sum", ["/data"])).stdout, first.stdout);
    assert.ok(counts.sent - sent < 8192, `${counts.sent - sent} bytes for four runs`);
    await sidecar.close();
  });

  test("is sent again where the cache has dropped it, which the log tells", async () => {
    const [sidecar, counts] = await counted("dropped", { HOTCELL_MODULE_CACHE_ENTRIES: "1" });
    const sandbox = await sidecar.createSandbox();
    const others = [command("true"), command("false")];
    const once = others[0]!.length + others[1]!.length;
    // A guest that has just ended may still hold bytes that the cache has dropped, and these need not be sent again.
    await eventually("a program was sent twice", async () => {
      for (const [i, bytes] of others.entries()) assert.equal((await sandbox.runWasm(bytes)).exitCode, i);
      return counts.sent > once + others[0]!.length;
    });
    const { moduleCache } = await sidecar.stats();
    assert.equal(moduleCache.entries, 1);
    assert.ok(moduleCache.evictions >= 2);
    await sidecar.close();
  });

  test("that is too large for the cache is refused with a reason, and the others run on", async () => {
    const [sidecar] = await counted("small", { HOTCELL_MODULE_CACHE_BYTES: String(300 << 10) });
    const sandbox = await sidecar.createSandbox();
    assert.equal((await sandbox.runWasm(command("true"))).exitCode, 0);
    await assert.rejects(sandbox.runWasm(command("date")), (error: Error & { code?: string }) => {
      assert.match(String(error.code), /^ERR_HOTCELL_/);
      assert.match(error.message, /HOTCELL_MODULE_CACHE_BYTES|cache/);
      return true;
    });
    assert.equal((await sandbox.runWasm(command("true"))).exitCode, 0);
    await sidecar.close();
  });
});

describe("what is larger than a frame", () => {
  test("goes in as many as it takes, however small they are", only("child", "there are no frames"), async () => {
    await using sidecar = await Sidecar.start({ env: { HOTCELL_MAX_FRAME: "4096" } });
    const large = Buffer.from(Uint8Array.from({ length: 1_500_001 }, (_, i) => i * 13));
    const sandbox = await sidecar.createSandbox({ files: { "/large": large } });
    assert.ok(Buffer.from(await sandbox.fs.readFile("/large")).equals(large));
    const sum = await sandbox.runWasm(command("sha256sum"), ["/large"]);
    assert.match(sum.stdout, /^[0-9a-f]{64} {2}\/large\n$/);
    const source = `// ${"x".repeat(1 << 20)}\nconsole.log(process.argv[2].length, process.env.LONG.length);`;
    const result = await sandbox.run(source, { args: ["y".repeat(50_000)], env: { LONG: "z".repeat(60_000) } });
    assert.deepEqual([result.stdout, result.stderr], ["50000 60000\n", ""]);
    const cat = await sandbox.runWasm(command("cat"), [], { stdin: large, encoding: "buffer" });
    assert.ok(cat.stdout.equals(large));
  });

  test("does not hold up what is small (F4)", async () => {
    await using sidecar = await startSidecar();
    const sandbox = await sidecar.createSandbox();
    await sandbox.run("1");
    let uploaded = false;
    const upload = sandbox.fs.writeFile("/large", Buffer.alloc(200 << 20, "x")).then(() => {
      uploaded = true;
    });
    let runs = 0;
    for (; !uploaded; runs++) assert.equal((await sandbox.run(`console.log(${runs})`)).stdout, `${runs}\n`);
    await upload;
    assert.ok(runs >= 3, `${runs} runs while the file was on its way`);
  });

  test("is refused where it is longer than a message may be, with a way out", async () => {
    await using sidecar = await startSidecar();
    const sandbox = await sidecar.createSandbox();
    const source = `// ${"x".repeat(17 << 20)}`;
    await assert.rejects(sandbox.run(source), { code: "ERR_HOTCELL_INVALID_ARGUMENT", message: /sandbox\.fs/ });
    await sandbox.fs.writeFile("/long.js", `${source}\nconsole.log("ran")`, { mode: 0o755 });
    assert.equal((await sandbox.exec("/long.js")).stdout, "ran\n");
  });
});

const setUpTwice = only("child", "an engine is set up once in a process");

test("evictions are warned of, and the cache tells each entry and its total at debug level", setUpTwice, async () => {
  const log: string[] = [];
  const start = (level: string) =>
    Sidecar.start({ env: { HOTCELL_MODULE_CACHE_ENTRIES: "1", HOTCELL_LOG: level }, log: (line) => log.push(line) });
  for (const [level, entries] of [
    ["warn", false],
    ["hotcell_modules=debug", true],
  ] as const) {
    log.length = 0;
    const sidecar = await start(level);
    const sandbox = await sidecar.createSandbox();
    for (const name of ["true", "false"]) await sandbox.runWasm(command(name));
    await sidecar.close();
    assert.equal(log.filter((line) => /WARN.*evict/i.test(line)).length, 1, log.join("\n"));
    assert.equal(
      log.some((line) => /DEBUG.*module cached.*bytes=\d+ entries=\d+ total=\d+/.test(line)),
      entries,
      log.join("\n"),
    );
  }
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { binFiles, command } from "../support/commands.js";
import { firstOutput } from "../support/guest.js";
import { program } from "../support/programs.js";
import { fileSidecar } from "../support/sidecar.js";

const sidecar = await fileSidecar();
const poison = program("isolation/poison.js");
const look = program("isolation/look.js");

async function workshop() {
  const files = { "/lib/state.cjs": "module.exports = { count: 0 };", ...binFiles("true", "echo", "cat") };
  return sidecar.createSandbox({ cwd: "/work", env: { PATH: "/bin" }, files });
}

describe("a guest leaves nothing behind (S4)", () => {
  test("for the next, in the same sandbox", async () => {
    const sandbox = await workshop();
    for (let round = 0; round < 3; round++) {
      const poisoned = await sandbox.run(poison, { format: "script", stdin: "not read" });
      assert.deepEqual([poisoned.stdout, poisoned.exitCode], ["poisoned\n", 0]);
      const clean = await sandbox.run(look, { format: "script" });
      assert.deepEqual([clean.stdout, clean.stderr, clean.exitCode], ["nothing\n", "", 0]);
    }
    assert.equal((await sandbox.exec("echo", ["hello"])).stdout, "hello\n");
  });

  test("for those that run beside it", async () => {
    const sandbox = await workshop();
    const looks = Array.from({ length: 8 }, () => sandbox.run(look, { format: "script" }));
    const poisons = Array.from({ length: 8 }, () => sandbox.run(poison, { format: "script" }));
    for (const { stdout } of await Promise.all(poisons)) assert.equal(stdout, "poisoned\n");
    for (const { stdout } of await Promise.all(looks)) assert.equal(stdout, "nothing\n");
  });

  test("but the files of their sandbox, which only that sandbox's guests see", async () => {
    const [mine, other] = [await workshop(), await workshop()];
    await mine.run("require('node:fs').writeFileSync('/work/left', 'file')");
    assert.equal((await mine.exec("cat", ["/work/left"])).stdout, "file");
    assert.equal((await other.exec("cat", ["/work/left"])).exitCode, 1);
  });

  test("nor is anything of the host's there (L1)", async () => {
    process.env.HOTCELL_TEST_SECRET = "of-the-host";
    const sandbox = await workshop();
    const seen = await sandbox.run(`
      const fs = require("node:fs");
      const walk = (path) => fs.readdirSync(path, { withFileTypes: true })
        .flatMap((entry) => entry.isDirectory() ? walk(path + entry.name + "/") : [path + entry.name]);
      console.log(JSON.stringify({ env: process.env, argv: process.argv, files: walk("/"), pid: process.pid }));`);
    delete process.env.HOTCELL_TEST_SECRET;
    assert.doesNotMatch(seen.stdout, /of-the-host/);
    const { env, files, pid } = JSON.parse(seen.stdout);
    assert.deepEqual(Object.keys(env).sort(), ["PATH", "PWD"]);
    assert.notEqual(pid, process.pid);
    const own = ["/bin/cat", "/bin/echo", "/bin/true", "/lib/state.cjs"];
    assert.deepEqual(files.filter((file: string) => !file.startsWith("/dev/")).sort(), own);
    for (const path of ["/etc/passwd", "/proc/self/environ", "/sys", process.execPath, process.cwd()]) {
      const result = await sandbox.run(`require("node:fs").statSync(${JSON.stringify(path)})`);
      assert.match(result.stderr, /ENOENT/, path);
    }
  });
});

describe("a guest that writes into the bytes of a program changes nobody else's (S6)", () => {
  // All the ways that there are to get at a program's bytes.
  const scribbles = `
    import * as fs from "node:fs";
    import { readFile } from "node:fs/promises";
    for (const name of ["/bin/echo", "/bin/true"]) {
      for (const bytes of [fs.readFileSync(name), await readFile(name)]) {
        const whole = new Uint8Array(bytes.buffer);
        new WebAssembly.Module(bytes);
        whole.fill(0xff);
        if (bytes[0] !== 0xff || bytes.length < 100_000) throw new Error("these are not the program's bytes");
      }
    }
    console.log("scribbled");`;

  test("the program then still runs: in this sandbox, in another, by its bytes, at the same time and afterwards", async () => {
    const [mine, other] = [await workshop(), await workshop()];
    const runs = async () => {
      assert.equal((await mine.exec("echo", ["mine"])).stdout, "mine\n");
      assert.equal((await other.exec("echo", ["other"])).stdout, "other\n");
      assert.equal((await mine.runWasm(command("echo"), ["bytes"])).stdout, "bytes\n");
      assert.equal((await mine.exec("true")).exitCode, 0);
    };
    await runs();
    const scribbling = mine.run(scribbles);
    await runs();
    assert.deepEqual([(await scribbling).stdout, (await scribbling).stderr], ["scribbled\n", ""]);
    await runs();
    assert.ok(Buffer.from(await mine.fs.readFile("/bin/echo")).equals(command("echo")));
  });

  test("a file that is overwritten is another program from then on, in its sandbox alone", async () => {
    const [mine, other] = [await workshop(), await workshop()];
    assert.equal((await mine.exec("echo", ["before"])).stdout, "before\n");
    const overwrite = `
      const fs = require("node:fs");
      const bytes = fs.readFileSync("/bin/echo");
      bytes.fill(0, 8);
      fs.writeFileSync("/bin/echo", bytes);
      fs.writeFileSync("/bin/other", bytes, { mode: 0o755 });
      fs.renameSync("/bin/other", "/bin/true");`;
    assert.equal((await mine.run(overwrite, { format: "script" })).stderr, "");
    for (const name of ["echo", "true"]) {
      const broken = await mine.exec(name, ["x"]);
      assert.deepEqual([broken.stdout, broken.exitCode], ["", 126], name);
      assert.match(broken.stderr, /not a WebAssembly module/);
    }
    assert.equal((await other.exec("echo", ["unharmed"])).stdout, "unharmed\n");
    assert.equal((await other.exec("true")).exitCode, 0);
    assert.equal((await mine.runWasm(command("echo"), ["unharmed"])).stdout, "unharmed\n");
  });

  test("a host that overwrites the bytes that it passed changes nothing of the run, and the next run sees it", async () => {
    const sandbox = await workshop();
    const bytes = Uint8Array.from(command("echo"));
    const running = sandbox.runWasm(bytes, ["as it was"]);
    bytes.fill(0, 4);
    assert.equal((await running).stdout, "as it was\n");
    assert.notEqual((await sandbox.runWasm(bytes)).exitCode, 0);
  });
});

test("guests share no sequence of random numbers (S3)", async () => {
  const sandbox = await workshop();
  const source = "console.log(Math.random(), crypto.randomUUID(), crypto.getRandomValues(new Uint32Array(2)).join())";
  const runs = await Promise.all(Array.from({ length: 32 }, () => sandbox.run(source)));
  for (const part of [0, 1, 2]) assert.equal(new Set(runs.map(({ stdout }) => stdout.split(" ")[part])).size, 32);
});

test("code that is made at run time stays in its realm (B1, B7)", async () => {
  const sandbox = await workshop();
  const result = await sandbox.run(`
    const AsyncFunction = (async () => {}).constructor;
    const realms = [
      this.constructor.constructor("return globalThis")(), Function("return this")(), (0, eval)("globalThis"),
      process.constructor.constructor("return globalThis")(), console.log.constructor("return globalThis")(),
      require.constructor("return globalThis")(), setTimeout.constructor("return globalThis")(),
    ];
    AsyncFunction("return globalThis")().then((realm) =>
      console.log([...realms, realm].every((found) => found === globalThis)));`, { format: "script" });
  assert.deepEqual([result.stdout, result.stderr], ["true\n", ""]);
});

test("guests of one sandbox see each other's files while they run", async () => {
  const sandbox = await workshop();
  const waiting = sandbox.spawn(
    {
      source: `
        console.log("ready");
        process.on("SIGUSR1", () => { console.log(require("node:fs").readFileSync("/work/note", "utf8")); process.exit() });
        setInterval(() => {}, 1000);`,
      format: "script",
    },
  );
  assert.equal(await firstOutput(waiting), "ready\n");
  await sandbox.run("require('node:fs').writeFileSync('/work/note', 'from the other')");
  waiting.kill("SIGUSR1");
  assert.equal(await firstOutput(waiting), "from the other\n");
  assert.equal((await waiting.exit).exitCode, 0);
});

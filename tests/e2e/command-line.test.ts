import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { binary, ended, hotcell, launch } from "../support/binary.js";
import { only } from "../support/carrier.js";
import { command } from "../support/commands.js";
import { writer, writerOutput } from "../support/wasm.js";

const directory = mkdtempSync(join(tmpdir(), "hotcell-cli-"));
after(() => rmSync(directory, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

const theBinary = only("child", "it is about the binary");

describe("hotcell run", theBinary, () => {
  test("passes arguments, stdout, stderr and the exit code", async () => {
    const app = file("app.js", "console.log(process.argv.slice(2)); console.error('err'); process.exit(3)");
    const result = await hotcell(["run", app, "one", "--two", "-3"]);
    assert.equal(result.stdout.toString(), "[ 'one', '--two', '-3' ]\n");
    assert.equal(result.stderr.toString(), "err\n");
    assert.equal(result.exitCode, 3);
  });

  test("passes stdin to its end", async () => {
    const app = file(
      "upper.js",
      "for await (const chunk of process.stdin.setEncoding('utf8')) process.stdout.write(chunk.toUpperCase())",
    );
    assert.equal((await hotcell(["run", app], { stdin: "grüße\n" })).stdout.toString(), "GRÜSSE\n");
  });

  test("passes bytes as they are, in both directions", async () => {
    const bytes = Buffer.from(Uint8Array.from({ length: 2_000_000 }, (_, i) => i * 11));
    const result = await hotcell(["run", file("cat.wasm", command("cat"))], { stdin: bytes });
    assert.ok(result.stdout.equals(bytes), `${result.stdout.length} bytes came back`);
    assert.equal(result.exitCode, 0);
  });

  test("runs an ES module with top-level await", async () => {
    const app = file(
      "app.mjs",
      "const answer = await Promise.resolve(42);\nconsole.log(answer, import.meta.url.endsWith('/app.mjs'))",
    );
    assert.equal((await hotcell(["run", app])).stdout.toString(), "42 true\n");
  });

  test("runs a WASI program with its arguments", async () => {
    const result = await hotcell(["run", file("echo.wasm", command("echo")), "from", "wasi"]);
    assert.deepEqual([result.stdout.toString(), result.exitCode], ["from wasi\n", 0]);
    const exits = await hotcell(["run", file("writer.wasm", writer(200_000, 17))]);
    assert.ok(exits.stdout.equals(writerOutput(200_000)));
    assert.equal(exits.exitCode, 17);
  });

  test("prints an uncaught error with its line, and ends with 1", async () => {
    const result = await hotcell(["run", file("throws.js", "\n\nthrow new Error('broken')\n")]);
    assert.equal(result.exitCode, 1);
    assert.match(result.stderr.toString(), /Error: broken\n\s+at .*throws\.js:3:7/);
    assert.equal(result.stdout.length, 0);
  });

  test("ends as a pipe's reader does that has gone", async () => {
    const app = file("endless.js", "while (true) process.stdout.write('line\\n')");
    const result = await launch("bash", ["-c", `set -o pipefail; "$1" run "$2" | head -n 2`, "bash", binary(), app]);
    assert.equal(result.stdout.toString(), "line\nline\n");
  });

  test("an interrupt reaches the guest", async () => {
    const app = file(
      "interrupted.js",
      "process.on('SIGINT', () => { console.log('caught'); process.exit(4) }); console.log('ready'); setInterval(() => {}, 1000)",
    );
    const child = spawn(binary(), ["run", app]);
    const end = ended(child);
    child.stdout.once("data", () => child.kill("SIGINT"));
    const result = await end;
    assert.equal(result.stdout.toString(), "ready\ncaught\n");
    assert.equal(result.exitCode, 4);
  });

  test("ends with 128 and the signal's number where the signal ends the guest", async () => {
    const app = file("terminated.js", "console.log('ready'); setInterval(() => {}, 1000)");
    const child = spawn(binary(), ["run", app]);
    const end = ended(child);
    child.stdout.once("data", () => child.kill("SIGTERM"));
    const result = await end;
    assert.ok(result.exitCode === 143 || result.signal === "SIGTERM", JSON.stringify([result.exitCode, result.signal]));
  });

  test("ends with a code of its own where a limit ended the program, and says which", async () => {
    for (const [options, source, code, message] of [
      [["--wall-ms", "100"], "setInterval(() => {}, 1000)", 124, /100 ms/],
      [["--cpu-ms", "100"], "while (true) {}", 124, /100 ms of CPU/],
      [["--heap-mb", "16"], "const a = []; while (true) a.push({})", 121, /16 MiB/],
      [["--output-bytes", "5"], "while (true) process.stdout.write('ab')", 120, /5 bytes to stdout/],
    ] as const) {
      const result = await hotcell(["run", ...options, file("limited.js", source)]);
      assert.equal(result.exitCode, code, options[0]);
      assert.match(result.stderr.toString(), message);
      if (code === 120) assert.equal(result.stdout.toString(), "ababa");
    }
  });

  test("--json tells the outcome, the output and what was used", async () => {
    const app = file("told.js", "console.log('out'); console.error('err'); process.kill(process.pid, 'SIGTERM')");
    const result = await hotcell(["run", "--json", app]);
    assert.equal(result.exitCode, 128 + 15);
    assert.equal(result.stderr.length, 0);
    const { outcome, signal, stdout, stderr, usage } = JSON.parse(result.stdout.toString());
    assert.deepEqual([outcome, signal, stdout, stderr], ["signaled", "SIGTERM", "out\n", "err\n"]);
    assert.ok(usage.wallUs > 0);
  });

  test("shows the program what --include and --env give it, and nothing else of the machine's", async () => {
    mkdirSync(join(directory, "lib"), { recursive: true });
    file("lib/half.cjs", "module.exports = (n) => n / 2;");
    file("secret.txt", "not included");
    const app = file(
      "including.js",
      `const half = require("./lib/half.cjs");
       const fs = require("node:fs");
       console.log(half(84), process.env.GREETING, Object.keys(process.env).sort().join(), fs.readdirSync(".").sort().join());`,
    );
    const result = await hotcell(["run", "--include", join(directory, "lib"), "--env", "GREETING=hi", app]);
    assert.deepEqual([result.stderr.toString(), result.exitCode], ["", 0]);
    assert.equal(result.stdout.toString(), "42 hi GREETING,PATH,PWD including.js,lib\n");
  });

  test("a program that ends while it is sent stdin is no error, and one that reads none waits for none", async () => {
    const stdin = Buffer.alloc(4 << 20, "x");
    const ends = await hotcell(["run", file("ends.js", "console.log('ended')")], { stdin });
    assert.deepEqual([ends.stdout.toString(), ends.stderr.toString(), ends.exitCode], ["ended\n", "", 0]);
    // Its stdin stays open.
    const child = spawn(binary(), ["run", file("ends.js", "console.log('ended')")]);
    assert.equal((await ended(child)).stdout.toString(), "ended\n");
    child.stdin.destroy();
  });

  test("says what is wrong where the program can't be had", async () => {
    const missing = await hotcell(["run", join(directory, "missing.js")]);
    assert.equal(missing.exitCode, 127);
    assert.match(missing.stderr.toString(), /missing\.js/);
    assert.equal(missing.stdout.length, 0);
    const garbage = await hotcell(["run", file("garbage.wasm", "this is not WebAssembly")]);
    assert.equal(garbage.exitCode, 126);
    assert.match(garbage.stderr.toString(), /garbage\.wasm.*WebAssembly/);
    const broken = await hotcell(["run", file("broken.wasm", Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 255))]);
    assert.equal(broken.exitCode, 126);
    assert.match(broken.stderr.toString(), /not a WebAssembly module/);
  });
});

describe("hotcell", theBinary, () => {
  test("--version tells its own version and V8's", async () => {
    const result = await hotcell(["--version"]);
    assert.equal(result.exitCode, 0);
    assert.match(result.stdout.toString(), /^hotcell \d+\.\d+\.\d+ .*\b15\.2\.\d+/);
  });

  test("--help tells a newcomer what there is", async () => {
    const result = await hotcell(["--help"]);
    assert.equal(result.exitCode, 0);
    for (const word of ["run", "serve", "--version", "--help"])
      assert.match(result.stdout.toString(), new RegExp(word));
    const run = (await hotcell(["run", "--help"])).stdout.toString();
    assert.match(run, /\.js/);
    assert.match(run, /\.wasm/);
  });

  test("refuses what it doesn't know, with 2", async () => {
    for (const args of [["--no-such-option"], ["no-such-command"], ["run"]]) {
      const result = await hotcell(args);
      assert.equal(result.exitCode, 2, args.join(" "));
      assert.match(result.stderr.toString(), /--help|Usage/);
    }
  });

  test("child wants a socket of its host's on descriptor 3, and says so", async () => {
    for (const stdio of [
      ["ignore", "pipe", "pipe"],
      ["ignore", "pipe", "pipe", "ignore"],
    ] as const) {
      const result = await ended(spawn(binary(), ["child"], { stdio: [...stdio] }));
      assert.equal(result.exitCode, 125);
      assert.match(result.stderr.toString(), /Descriptor 3 is no connected Unix stream socket/);
      assert.equal(result.stdout.length, 0);
    }
  });

  test("refuses a setting with a value that can't be used, by its name", async () => {
    const result = await hotcell(["run", file("empty.js", "")], {
      env: { ...process.env, HOTCELL_MODULE_CACHE_ENTRIES: "many" },
    });
    assert.notEqual(result.exitCode, 0);
    assert.match(result.stderr.toString(), /HOTCELL_MODULE_CACHE_ENTRIES/);
  });
});

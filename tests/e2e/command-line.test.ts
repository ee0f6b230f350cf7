import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
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

  test("says what is wrong where the program can't be had", async () => {
    const missing = await hotcell(["run", join(directory, "missing.js")]);
    assert.notEqual(missing.exitCode, 0);
    assert.match(missing.stderr.toString(), /missing\.js/);
    assert.equal(missing.stdout.length, 0);
    const garbage = await hotcell(["run", file("garbage.wasm", "this is not WebAssembly")]);
    assert.notEqual(garbage.exitCode, 0);
    assert.notEqual(garbage.stderr.length, 0);
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

  test("refuses a setting with a value that can't be used, by its name", async () => {
    const result = await hotcell(["run", file("empty.js", "")], {
      env: { ...process.env, HOTCELL_MODULE_CACHE_ENTRIES: "many" },
    });
    assert.notEqual(result.exitCode, 0);
    assert.match(result.stderr.toString(), /HOTCELL_MODULE_CACHE_ENTRIES/);
  });
});

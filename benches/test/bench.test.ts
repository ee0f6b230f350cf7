import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Report } from "../src/results.js";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "hotcell-benches-"));
after(() => rmSync(directory, { recursive: true }));

/** Starts the bench with temporary files of its own, in a directory that is empty again once it has ended as it should. */
function start(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const temporary = mkdtempSync(join(directory, "tmp-"));
  const child = spawn(process.execPath, ["--import", "tsx", main, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    // Not the terminal's: an interrupted test run is told to this process, and the signals of the tests are its own.
    env: { ...process.env, INIT_CWD: directory, TMPDIR: temporary, ...env },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk));
  const ended = once(child, "close").then(([exitCode]) => {
    // tsx keeps what it has compiled there, which is not the bench's.
    const left = readdirSync(temporary).filter((name) => name.startsWith("hotcell"));
    return { exitCode: exitCode as number | null, stdout, stderr, left };
  });
  return { child, ended };
}

describe("the bench", { skip: !process.env.HOTCELL_BINARY && "HOTCELL_BINARY names no sidecar to measure" }, () => {
  test("measures, and writes what it found", async () => {
    const rows = "js_hello,wasm_true,memory_rest";
    const files = ["--json", "out.json", "--html", "out.html", "--markdown", "out.md"];
    const { ended } = start([
      "--rows",
      rows,
      "--carriers",
      "child",
      "--snapshots",
      "auto",
      "--counted",
      "50",
      "--no-references",
      ...files,
    ]);
    const { exitCode, stdout, stderr, left } = await ended;
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, /^js_hello +child, auto .* × spawn_true$/m);
    const report = JSON.parse(readFileSync(join(directory, "out.json"), "utf8")) as Report;
    assert.deepEqual(
      report.rows.map(({ name }) => name),
      rows.split(","),
    );
    const hello = report.rows[0]!;
    assert.equal(hello.samples.length, 50);
    assert.ok(hello.samples.every((ms) => ms > 0) && hello.ratio.times > 0);
    assert.equal(hello.phases?.runs, 50);
    assert.match(readFileSync(join(directory, "out.html"), "utf8"), /<\/html>\n$/);
    assert.match(readFileSync(join(directory, "out.md"), "utf8"), /\| js_hello \| child, auto \|/);
    assert.deepEqual(left, []);
  });

  test("that is interrupted leaves nothing behind: no file, no directory, no sidecar", async () => {
    const { child, ended } = start(["--rows", "js_empty", "--counted", "100000", "--json", "never.json"]);
    const progress = once(child.stderr, "data");
    await progress;
    child.kill("SIGINT");
    const { exitCode, left } = await ended;
    assert.equal(exitCode, 130);
    assert.deepEqual(left, []);
    assert.ok(!existsSync(join(directory, "never.json")));
  });

  test("fails where a row fails, and says why", async () => {
    const env = { HOTCELL_MODULE_CACHE_ENTRIES: "none" };
    const { exitCode, stderr } = await start(["--rows", "js_empty"], env).ended;
    assert.equal(exitCode, 1);
    assert.match(stderr, /HOTCELL_MODULE_CACHE_ENTRIES/);
  });

  test("refuses what it can't measure or write before it begins", async () => {
    const cases: [args: string[], env: NodeJS.ProcessEnv, message: RegExp][] = [
      [["--rows", "nothing"], {}, /"nothing"; there are: js_empty/],
      [["--rows", "seq_100", "--snapshots", "off"], {}, /None of these rows is measured with off/],
      [["--json", "no/such/place.json"], {}, /can't be written/],
      [[], { HOTCELL_BINARY: "" }, /Set HOTCELL_BINARY/],
      [[], { HOTCELL_BINARY: "target/debug/hotcell" }, /debug build/],
    ];
    for (const [args, env, message] of cases) {
      const { exitCode, stdout, stderr } = await start(args, env).ended;
      assert.deepEqual([exitCode, stdout], [2, ""]);
      assert.match(stderr, message);
    }
  });
});

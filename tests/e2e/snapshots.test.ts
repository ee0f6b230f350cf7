import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { Sidecar, StartFailedError } from "hotcell";
import { hotcell } from "../support/binary.js";
import { only } from "../support/carrier.js";
import { eventually } from "../support/eventually.js";

const directory = mkdtempSync(join(tmpdir(), "hotcell-snapshots-"));
after(() => rmSync(directory, { recursive: true }));

/** The path of a cache directory of a test's own, which the sidecar makes. */
const cache = (name: string) => join(directory, name);

const snapshotsIn = (path: string) => readdirSync(path).filter((name) => name.startsWith("snapshot-"));

function flipped(bytes: Buffer): Buffer {
  const middle = bytes.length >> 1;
  bytes[middle]! ^= 1;
  return bytes;
}

function ofAnotherV8(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString("latin1").replace(/\b15\.\d+\.\d+/, "14.9.1"), "latin1");
}

/** Starts a sidecar that has its snapshot, runs a guest, and tells where the snapshot came from and what was warned of. */
async function start(path: string, userland?: string): Promise<{ from: string[]; warnings: string[] }> {
  const log: string[] = [];
  const env = {
    HOTCELL_CACHE_DIR: path,
    HOTCELL_SNAPSHOT: "block",
    HOTCELL_LOG: "hotcell_modules=warn,hotcell=warn,hotcell_js=debug",
  };
  const sidecar = await Sidecar.start({ env, log: (line) => log.push(line) });
  const sandbox = await sidecar.createSandbox(userland === undefined ? {} : { userland });
  const { stdout, stderr } = await sandbox.run(`console.log(typeof own, new Error("here").stack.split("\\n").length)`);
  assert.deepEqual([stdout, stderr], [`${userland === undefined ? "undefined" : "number"} 2\n`, ""]);
  await sidecar.close();
  const from = log.flatMap((line) => /snapshot ready.*from="(\w+)"/.exec(line)?.[1] ?? []);
  return { from, warnings: log.filter((line) => line.includes(" WARN ")) };
}

describe("snapshots are kept on disk", only("child", "a process has one engine"), () => {
  test("a sidecar starts from what an earlier one left there", async () => {
    const path = cache("kept");
    assert.deepEqual(await start(path), { from: ["source"], warnings: [] });
    assert.equal(statSync(path).mode & 0o777, 0o700);
    assert.deepEqual(await start(path), { from: ["disk"], warnings: [] });
    assert.deepEqual(await start(path, "var own = 1;"), { from: ["disk", "source"], warnings: [] });
    assert.deepEqual(await start(path, "var own = 1;"), { from: ["disk", "disk"], warnings: [] });
    assert.deepEqual(await start(path, "var own = 2;"), { from: ["disk", "source"], warnings: [] });
    assert.equal(snapshotsIn(path).length, 3);
  });

  test("without being waited for", async () => {
    const path = cache("background");
    await using sidecar = await Sidecar.start({ env: { HOTCELL_CACHE_DIR: path, HOTCELL_SNAPSHOT: "auto" } });
    const sandbox = await sidecar.createSandbox();
    assert.equal((await sandbox.run("console.log('well')")).stdout, "well\n");
    await eventually("the snapshot is there", () => snapshotsIn(path).length === 1);
  });

  for (const [title, change] of [
    ["with a flipped bit", flipped],
    ["cut short", (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1)],
    ["that is empty", (bytes: Buffer) => bytes.subarray(0, 0)],
    ["of another V8", ofAnotherV8],
  ] as const) {
    test(`a file ${title} is thrown away, with a warning, and made anew`, async () => {
      const path = cache(title);
      await start(path);
      const file = join(path, snapshotsIn(path)[0]!);
      const good = readFileSync(file);
      const changed = change(Buffer.from(good));
      assert.ok(!changed.equals(good));
      writeFileSync(file, changed);
      const { from, warnings } = await start(path);
      assert.deepEqual([from, warnings.length], [["source"], 1]);
      assert.match(warnings[0]!, /snapshot-/);
      assert.deepEqual(await start(path), { from: ["disk"], warnings: [] });
    });
  }

  test("a directory that others can write to is not used, with a warning", async () => {
    const path = cache("of-all");
    mkdirSync(path);
    chmodSync(path, 0o777);
    const { from, warnings } = await start(path);
    assert.deepEqual([from, warnings.length], [["source"], 1]);
    assert.match(warnings[0]!, /HOTCELL_CACHE_DIR/);
    assert.deepEqual(readdirSync(path), []);
  });

  test("or not", async () => {
    for (const value of ["off", ""]) assert.deepEqual(await start(value), { from: ["source"], warnings: [] });
  });
});

describe("HOTCELL_SNAPSHOT", () => {
  test("is auto, block or off, and nothing else", only("child", "the engine may have been started"), async () => {
    for (const value of ["on", "", "AUTO", "auto,block"]) {
      await assert.rejects(Sidecar.start({ env: { HOTCELL_SNAPSHOT: value }, log: "ignore" }), (error) => {
        assert.ok(error instanceof StartFailedError);
        assert.match(error.message, /HOTCELL_SNAPSHOT .* must be auto, block or off/);
        return true;
      });
    }
  });

  test("block parks workers before the first guest", only("child", "the engine may have been started"), async () => {
    await using sidecar = await Sidecar.start({ env: { HOTCELL_SNAPSHOT: "block", HOTCELL_CACHE_DIR: "off" } });
    const sandbox = await sidecar.createSandbox();
    const { phases } = await sandbox.run("", { phases: true });
    assert.equal(phases?.warmWorker, true);
  });

  test("off parks none", only("child", "the engine may have been started"), async () => {
    const path = cache("unused");
    await using sidecar = await Sidecar.start({ env: { HOTCELL_SNAPSHOT: "off", HOTCELL_CACHE_DIR: path } });
    const sandbox = await sidecar.createSandbox();
    for (let run = 0; run < 3; run++) {
      const { phases } = await sandbox.run("", { phases: true });
      assert.equal(phases?.warmWorker, false);
    }
    assert.throws(() => readdirSync(path), { code: "ENOENT" });
  });
});

test("the helper that makes snapshots is not shown", only("child", "it is about the binary"), async () => {
  assert.doesNotMatch((await hotcell(["--help"])).stdout.toString(), /snapshot/);
  // It takes its orders from stdin, and says so where there are none.
  const { exitCode, stdout, stderr } = await hotcell(["bake-snapshot"]);
  assert.deepEqual([exitCode, stdout.length], [1, 0]);
  assert.match(stderr.toString(), /request for a snapshot/);
});

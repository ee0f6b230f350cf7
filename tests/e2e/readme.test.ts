import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { hotcell, launch, root } from "../support/binary.js";
import { only } from "../support/carrier.js";
import { read, table } from "../support/repository.js";
import { fileSidecar } from "../support/sidecar.js";

const readme = read("README.md");
const directory = mkdtempSync(join(root, "tests/.readme-"));
after(() => rmSync(directory, { recursive: true }));

const child = only("child", "the README's example starts one");

test("the README's examples run as they are written and print what the README says", child, async () => {
  const examples = [...readme.matchAll(/```ts\n((?:(?!```).)*)```\n+It prints\n+```text\n(.*?)```/gs)];
  assert.ok(examples.length >= 2, "the README has examples and what they print");
  for (const [number, [, example, output]] of examples.entries()) {
    const path = join(directory, `example-${number}.ts`);
    writeFileSync(path, example!);
    const result = await launch(process.execPath, ["--import", "tsx", path], { cwd: join(root, "tests") });
    assert.equal(result.stderr.toString(), "");
    assert.equal(result.stdout.toString(), output);
    assert.equal(result.exitCode, 0);
  }
});

/** Defaults that are no text that could be set. */
const IN_WORDS: Record<string, string> = {
  HOTCELL_LOG_FILE: "stderr",
  HOTCELL_CACHE_DIR: "hotcell in $XDG_CACHE_HOME, else in ~/.cache",
  HOTCELL_MOUNT_ROOTS: "none",
  HOTCELL_TOKEN: "a generated one",
};

test("the README has every environment variable, in the order and with the default that hotcell tells", async () => {
  const env = { PATH: process.env.PATH };
  const { stdout, exitCode } = await hotcell(["settings", "--json"], { env });
  assert.equal(exitCode, 0);
  const settings = JSON.parse(stdout.toString()) as { name: string; default: string; value: string }[];
  const rows = table(readme, "Environment variables");
  const ofThePackage = ["HOTCELL_BINARY", "HOTCELL_ADDON", "HOTCELL_CELLS"];
  assert.deepEqual(
    rows.map(([name]) => name),
    [...ofThePackage, ...settings.map(({ name }) => name)],
  );
  for (const [i, setting] of settings.entries()) {
    assert.equal(setting.value, setting.default, setting.name);
    const told = rows[i + ofThePackage.length]![2]!;
    assert.equal(told, IN_WORDS[setting.name] ?? setting.default, setting.name);
  }
});

test("every variable that hotcell tells of is read, and refused by its name where it can't be used", async () => {
  const values: Record<string, [good: string, bad?: string]> = {
    HOTCELL_LOG: ["debug", "a=b=c"],
    HOTCELL_LOG_FILE: [join(directory, "log"), ""],
    HOTCELL_LOG_FORMAT: ["json", "xml"],
    HOTCELL_MODULE_CACHE_ENTRIES: ["3", "0"],
    HOTCELL_MODULE_CACHE_BYTES: ["1000", "-1"],
    HOTCELL_MAX_FRAME: ["65536", "1"],
    HOTCELL_SNAPSHOT: ["off", "maybe"],
    HOTCELL_WARM_ISOLATES: ["1", "-1"],
    HOTCELL_MAX_GUESTS: ["7", "0"],
    HOTCELL_MEMORY_MB: ["64", "63"],
    HOTCELL_ADMISSION_WAIT_MS: ["0", "-1"],
    HOTCELL_WARM_ISOLATES_TOTAL: ["3", "1025"],
    HOTCELL_CACHE_DIR: [join(directory, "cache"), "relative"],
    HOTCELL_CACHE_BYTES: ["1000", "1e3"],
    HOTCELL_PHASES: ["1", "yes"],
    HOTCELL_DRAIN_MS: ["0", "-1"],
    HOTCELL_MOUNT_ROOTS: ["/srv:/home", "srv"],
    HOTCELL_LOCKDOWN: ["off", "maybe"],
    HOTCELL_TOKEN: ["sixteen bytes or more", "short"],
  };
  for (const [name] of table(readme, "Environment variables").slice(3)) {
    const [good, bad] = values[name!] ?? assert.fail(`no values for ${name}`);
    const taken = await hotcell(["settings", "--json"], { env: { PATH: process.env.PATH, [name!]: good } });
    const setting = JSON.parse(taken.stdout.toString()).find((setting: { name: string }) => setting.name === name);
    assert.equal(setting.value, name === "HOTCELL_TOKEN" ? "(set)" : good);
    // Any text is the path of a directory.
    if (bad === undefined) continue;
    const refused = await hotcell(["settings"], { env: { PATH: process.env.PATH, [name!]: bad } });
    assert.equal(refused.exitCode, 125);
    assert.match(refused.stderr.toString(), new RegExp(name!));
  }
});

test("the limits of a sandbox's files that docs/limits.md tells are those that hold", async () => {
  const limits = new Map(table(read("docs/limits.md"), "Of a sandbox").map(([name, , figure]) => [name, figure]));
  const [bytes, inodes] = [limits.get("fsBytes"), limits.get("fsInodes")];
  const sidecar = await fileSidecar();
  const sandbox = await sidecar.createSandbox();
  const count = await sandbox.run(`
    const fs = require("node:fs");
    let made = 0;
    try { for (;;) { fs.writeFileSync("/" + made, ""); made += 1 } } catch (error) { console.log(made, error.code) }`);
  // The sandbox has a few directories of its own.
  const [made, code] = count.stdout.trim().split(" ");
  assert.ok(Number(inodes) - Number(made) >= 0 && Number(inodes) - Number(made) < 20, count.stdout);
  assert.equal(code, "ENOSPC");
  const size = await (await sidecar.createSandbox()).run(`
    const fs = require("node:fs");
    fs.writeFileSync("/whole", "");
    try { fs.truncateSync("/whole", ${bytes} + 1) } catch (error) { console.log(error.code) }
    fs.truncateSync("/whole", ${bytes});
    try { fs.writeFileSync("/more", "x") } catch (error) { console.log(error.code) }`);
  assert.deepEqual([size.stdout, size.stderr], ["ENOSPC\nENOSPC\n", ""]);
});

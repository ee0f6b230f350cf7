import assert from "node:assert/strict";
import { test } from "node:test";
import type { SandboxLimits } from "hotcell";
import { start } from "../support/carrier.js";
import { innocents } from "../support/innocents.js";
import { assemble } from "../support/wasm.js";

const fill = (body: string) => `
  const fs = require("node:fs");
  let n = 0;
  try { for (;; n++) { ${body} } } catch (error) { console.log(n, error.code) }`;

/** Opens the root again and again; exits with how often that went well, at most 255. */
const opens = assemble(`
  (module
    (import "wasi_snapshot_preview1" "path_open"
      (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) ".")
    (func (export "_start") (local $n i32)
      (loop $l
        (if (i32.eqz (call $open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 2)
              (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 32)))
          (then (local.set $n (i32.add (local.get $n) (i32.const 1))) (br $l))))
      (call $exit (local.get $n))))`);

const attempts: [title: string, limits: SandboxLimits, source: string, stdout: RegExp][] = [
  ["bytes of one file", { fsBytes: 1 << 20 }, fill("fs.appendFileSync('/f', 'x'.repeat(65536))"), /^1[0-6] ENOSPC$/],
  [
    "bytes of many files",
    { fsBytes: 1 << 20 },
    fill("fs.writeFileSync('/f' + n, 'x'.repeat(65536))"),
    /^1[0-6] ENOSPC$/,
  ],
  [
    "a file that is only long",
    { fsBytes: 1 << 20 },
    fill("fs.writeFileSync('/f', ''); fs.truncateSync('/f', 2 ** 40)"),
    /^0 ENOSPC$/,
  ],
  ["inodes", { fsInodes: 100 }, fill("fs.writeFileSync('/f' + n, '')"), /^(9\d|8\d) ENOSPC$/],
  [
    "hard links",
    { fsInodes: 100 },
    fill("fs.writeFileSync('/f', ''); fs.linkSync('/f', '/l' + n)"),
    /^(9\d|8\d) ENOSPC$/,
  ],
  ["symbolic links", { fsBytes: 65536 }, fill("fs.symlinkSync('/' + 'x'.repeat(200), '/l' + n)"), /^3\d\d ENOSPC$/],
  ["depth", { fsDepth: 20 }, "let d = ''; " + fill("d += '/d'; fs.mkdirSync(d)"), /^20 ENAMETOOLONG$/],
  ["names of 10,000 characters", {}, fill("fs.writeFileSync('/' + 'x'.repeat(10_000), '')"), /^0 ENAMETOOLONG$/],
];

for (const [title, limits, source, stdout] of attempts) {
  test(`V5 quotas: ${title}`, async () => {
    await using sidecar = await start();
    const sandbox = await sidecar.createSandbox({ limits });
    const [result] = await innocents(await sidecar.createSandbox(), () => sandbox.run(source));
    assert.deepEqual([result.outcome, result.stderr], ["exited", ""]);
    assert.match(result.stdout.trim(), stdout);
    const other = await (await sidecar.createSandbox()).run(
      "require('node:fs').writeFileSync('/f', 'x'.repeat(1e6)); console.log(1)",
    );
    assert.equal(other.stdout, "1\n", "another sandbox has quotas of its own");
  });
}

test("V5 quotas: open files of a WASI program", async () => {
  await using sidecar = await start();
  const sandbox = await sidecar.createSandbox({ limits: { openFiles: 50 } });
  const [result] = await innocents(await sidecar.createSandbox(), () => sandbox.runWasm(opens));
  assert.equal(result.outcome, "exited");
  assert.ok(result.exitCode! > 30 && result.exitCode! < 51, `${result.exitCode} files`);
  const again = await sandbox.runWasm(opens);
  assert.equal(again.exitCode, result.exitCode, "what a guest had open is free when it has ended");
});

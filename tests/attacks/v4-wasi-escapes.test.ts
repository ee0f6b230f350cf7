import assert from "node:assert/strict";
import { test } from "node:test";
import { start } from "../support/carrier.js";
import { innocents } from "../support/innocents.js";
import { assemble } from "../support/wasm.js";

/** Opens a path from the preopened directory 3 and exits with the error number: 0 where that went well. */
const open = (path: string, rights = "0", flags = 1) =>
  assemble(`
    (module
      (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (data (i32.const 64) "${path}")
      (func (export "_start")
        (call $exit (call $open (i32.const 3) (i32.const ${flags}) (i32.const 64) (i32.const ${Buffer.byteLength(path)})
          (i32.const 0) (i64.const ${rights}) (i64.const ${rights}) (i32.const 0) (i32.const 32)))))`);

const attempts: [title: string, program: Uint8Array][] = [
  ["..", open("../../../../etc/passwd")],
  ["an absolute path of the host's", open("/etc/passwd")],
  ["a symbolic link that climbs", open("up/etc/passwd")],
  ["a symbolic link to the host's root", open("out/etc/passwd")],
  ["/proc", open("proc/self/environ")],
];

test("V4 WASI: paths and links lead to nothing of the host's", async () => {
  await using sidecar = await start();
  const sandbox = await sidecar.createSandbox();
  await sandbox.fs.symlink("../../../../../..", "/up");
  await sandbox.fs.symlink("/proc/self/root", "/out");
  for (const [title, program] of attempts) {
    const [result] = await innocents(await sidecar.createSandbox(), () => sandbox.runWasm(program));
    assert.equal(result.outcome, "exited", title);
    assert.notEqual(result.exitCode, 0, title);
  }
});

test("V4 WASI: rights that were dropped can't be had again, and descriptors can't be taken over", async () => {
  await using sidecar = await start();
  const sandbox = await sidecar.createSandbox({ files: { "/f": "content" } });
  // Drops the right to open from descriptor 3, asks for it again, then tries to open; exits with the three error numbers packed.
  const program = assemble(`
    (module
      (import "wasi_snapshot_preview1" "fd_fdstat_set_rights" (func $rights (param i32 i64 i64) (result i32)))
      (import "wasi_snapshot_preview1" "fd_renumber" (func $renumber (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (data (i32.const 64) "f")
      (func (export "_start") (local $n i32)
        (if (call $rights (i32.const 3) (i64.const 0) (i64.const 0)) (then (call $exit (i32.const 101))))
        (if (i32.eqz (call $rights (i32.const 3) (i64.const -1) (i64.const -1))) (then (call $exit (i32.const 102))))
        (if (i32.eqz (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 0)
              (i64.const 2) (i64.const 2) (i32.const 0) (i32.const 32))) (then (call $exit (i32.const 103))))
        (if (i32.eqz (call $renumber (i32.const 77) (i32.const 1))) (then (call $exit (i32.const 104))))
        (call $exit (i32.const 42))))`);
  const result = await sandbox.runWasm(program);
  assert.deepEqual([result.outcome, result.exitCode, result.stderr], ["exited", 42, ""]);
});

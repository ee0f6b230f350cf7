import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { binFiles, command } from "../support/commands.js";
import { fileSidecar } from "../support/sidecar.js";
import { assemble } from "../support/wasm.js";

const sidecar = await fileSidecar();
const sandbox = await sidecar.createSandbox({ env: { PATH: "/bin" }, files: binFiles("true", "echo") });

describe("runWasm", () => {
  test("runs a program by its bytes, with arguments, environment and stdin", async () => {
    assert.equal((await sandbox.runWasm(command("echo"), ["hello", "world"])).stdout, "hello world\n");
    assert.equal((await sandbox.runWasm(command("printenv"), ["NAME"], { env: { NAME: "value" } })).stdout, "value\n");
    assert.equal((await sandbox.runWasm(command("cat"), [], { stdin: "through\n" })).stdout, "through\n");
  });

  test("ends with the program's exit code", async () => {
    assert.equal((await sandbox.runWasm(command("false"))).exitCode, 1);
    const exits = assemble(`(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1) (func (export "_start") (call $exit (i32.const 42))))`);
    assert.equal((await sandbox.runWasm(exits)).exitCode, 42);
  });

  test("a trap is said on stderr, and never looks like success", async () => {
    const traps = assemble(`(module (memory (export "memory") 1) (func (export "_start") unreachable))`);
    const result = await sandbox.runWasm(traps);
    assert.equal(result.outcome, "exited");
    assert.notEqual(result.exitCode, 0);
    assert.match(result.stderr, /unreachable/);
  });

  test("endless recursion ends the guest alone", async () => {
    const recurses = assemble(`(module (memory (export "memory") 1) (func $f (export "_start") (call $f)))`);
    const result = await sandbox.runWasm(recurses);
    assert.notEqual(result.exitCode, 0);
    assert.equal((await sandbox.exec("true")).exitCode, 0);
  });

  test("bytes that are no program fail the run loudly", async () => {
    for (const bytes of [new Uint8Array(), Uint8Array.of(1, 2, 3), command("true").subarray(0, 5000)]) {
      const result = await sandbox.runWasm(bytes).catch((error) => error);
      if (result instanceof Error) {
        assert.match(String((result as Error & { code?: string }).code), /^ERR_HOTCELL_/);
      } else {
        assert.notEqual(result.exitCode, 0);
        assert.match(result.stderr, /WebAssembly|wasm/i);
      }
    }
  });
});

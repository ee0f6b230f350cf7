import assert from "node:assert/strict";
import { test } from "node:test";
import { start } from "../support/carrier.js";
import { assemble, writer, writerOutput } from "../support/wasm.js";

test("S6 whoever writes into the bytes of a program changes nobody else's", async () => {
  await using sidecar = await start();
  const sandbox = await sidecar.createSandbox();
  const bytes = writer(100, 9);
  for (let round = 0; round < 3; round++) {
    const result = await sandbox.runWasm(bytes, [], { encoding: "buffer" });
    assert.deepEqual([result.exitCode, result.stdout.equals(writerOutput(100))], [9, true]);
    // The caller's own copy, the sandbox's file, and a program in the sandbox that is changed while it is known by digest.
    await sandbox.fs.writeFile("/bin/tool", bytes, { mode: 0o755 });
    assert.equal((await sandbox.exec("/bin/tool")).exitCode, 9);
    await sandbox.run(
      "const fs = require('node:fs'); const b = fs.readFileSync('/bin/tool'); b.fill(0, 8); fs.writeFileSync('/bin/tool', b)",
    );
    assert.notEqual((await sandbox.exec("/bin/tool")).exitCode, 9);
  }
  const other = assemble(`(module (memory (export "memory") 1) (func (export "_start")))`);
  assert.equal((await sandbox.runWasm(other)).exitCode, 0);
});

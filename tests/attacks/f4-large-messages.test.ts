import assert from "node:assert/strict";
import { test } from "node:test";
import { start } from "../support/carrier.js";
import { innocents } from "../support/innocents.js";

test("F4 one large message does not block the others", async () => {
  await using sidecar = await start();
  const sandbox = await sidecar.createSandbox();
  const bytes = new Uint8Array(100 << 20).fill(7);
  const [read, latency] = await innocents(await sidecar.createSandbox(), async () => {
    await sandbox.fs.writeFile("/large", bytes);
    const [read, echoed] = await Promise.all([
      sandbox.fs.readFile("/large"),
      sandbox.run("process.stdout.write(require('node:fs').readFileSync('/large').subarray(0, 30 << 20))", {
        encoding: "buffer",
      }),
    ]);
    assert.equal(echoed.stdout.length, 30 << 20);
    return read;
  });
  assert.ok(Buffer.from(read).equals(bytes), latency);
});

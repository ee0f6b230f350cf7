import assert from "node:assert/strict";
import { test } from "node:test";
import { start } from "../support/carrier.js";

test("S4 nothing of a guest is seen by the next", async () => {
  await using sidecar = await start();
  const sandbox = await sidecar.createSandbox({ env: { A: "1" } });
  const first = await sandbox.run(`
    globalThis.left = 1;
    Array.prototype.left = 1;
    Object.prototype.left = 1;
    Promise.prototype.then = () => { throw 1 };
    console.log = () => {};
    process.env.LEFT = "1";
    process.env.A = "2";
    require("node:util").left = 1;
    require.cache.left = 1;
    process.exitCode = 3;
    process.on("exit", () => {});
    setTimeout(() => {}, 1);
    JSON.parse = null;
    Math.random = () => 4;
    Error.prepareStackTrace = () => "left";`);
  assert.equal(first.exitCode, 3);
  const second = await sandbox.run(
    `
    const found = [
      globalThis.left, [].left, {}.left, process.env.LEFT, process.env.A, require("node:util").left, require.cache.left,
      process.exitCode, process.listenerCount("exit"), typeof JSON.parse, Math.random() === 4, new Error("x").stack === "left",
      require("node:fs").readFileSync(0, "utf8"),
    ];
    console.log(JSON.stringify(found));`,
    { stdin: "mine" },
  );
  const expected = [null, null, null, null, "1", null, null, null, 0, "function", false, false, "mine"];
  assert.deepEqual(JSON.parse(second.stdout), expected);
});

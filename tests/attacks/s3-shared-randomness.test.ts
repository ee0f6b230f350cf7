import assert from "node:assert/strict";
import { test } from "node:test";
import { start } from "../support/carrier.js";

test("S3 guests of one snapshot share no random sequence, UUID or hash order", async () => {
  await using sidecar = await start();
  const sandbox = await sidecar.createSandbox();
  const source = `
    const { randomBytes } = require("node:crypto");
    console.log(JSON.stringify([
      Math.random(), Math.random(), crypto.randomUUID(), randomBytes(16).toString("hex"),
      crypto.getRandomValues(new Uint32Array(4)).join(), require("node:crypto").randomInt(2 ** 40),
    ]));`;
  const seen = new Set<string>();
  let drawn = 0;
  for (let round = 0; round < 10; round++) {
    for (const { stdout } of await Promise.all(Array.from({ length: 20 }, () => sandbox.run(source)))) {
      for (const value of JSON.parse(stdout)) {
        seen.add(String(value));
        drawn += 1;
      }
    }
  }
  assert.equal(seen.size, drawn);
  assert.equal(drawn, 1200);
});

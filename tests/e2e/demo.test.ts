import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { launch, root } from "../support/binary.js";
import { only } from "../support/carrier.js";

test("the demo shows every kind of guest and ends well", only("child", "the demo starts one"), async () => {
  const result = await launch(process.execPath, [join(root, "demo/dist/main.js")]);
  assert.equal(result.stderr.toString(), "");
  assert.equal(result.exitCode, 0);
  const shown = result.stdout.toString();
  for (const part of [
    "[ 1, 2, 3 ] 1.000.000",
    "$ /app/digest.mjs",
    "hello from a cell",
    "poem.txt",
    "outcome timed_out",
    "nothing happened here",
  ]) {
    assert.ok(shown.includes(part), `${part} is missing in:\n${shown}`);
  }
});

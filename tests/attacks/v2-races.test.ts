import assert from "node:assert/strict";
import { test } from "node:test";
import { start } from "../support/carrier.js";

/** Two guests change what a name leads to while others look through it. */
test("V2 symbolic links and renames that race with look-ups lead to nothing but what the guests made", async () => {
  await using sidecar = await start();
  const sandbox = await sidecar.createSandbox({
    files: { "/a/f": "of a", "/b/f": "of b" },
    limits: { wallMs: 1500 },
  });
  const swapper = `
    const fs = require("node:fs");
    for (;;) {
      for (const target of ["/a", "/b", "../../../proc/self/root/etc"]) {
        const name = "/new" + process.argv[2];
        try { fs.symlinkSync(target, name); fs.renameSync(name, "/link") } catch (error) { if (!error.code) throw error }
      }
    }`;
  const reader = `
    const fs = require("node:fs");
    const seen = {};
    const until = Date.now() + 700;
    while (Date.now() < until) {
      let what;
      try { what = fs.readFileSync("/link/f", "utf8") } catch (error) { what = error.code }
      seen[what] = (seen[what] ?? 0) + 1;
      try { fs.writeFileSync("/link/g", "x") } catch {}
    }
    console.log(JSON.stringify(Object.keys(seen).sort()));`;
  const swappers = ["1", "2"].map((n) => sandbox.run(swapper, { args: [n] }));
  const readers = await Promise.all([sandbox.run(reader), sandbox.run(reader)]);
  for (const { stdout, stderr } of readers) {
    assert.equal(stderr, "");
    for (const what of JSON.parse(stdout)) assert.ok(["of a", "of b", "ENOENT"].includes(what), what);
  }
  for (const { outcome, stderr } of await Promise.all(swappers)) assert.deepEqual([outcome, stderr], ["timed_out", ""]);
});

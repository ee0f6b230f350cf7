import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { launch, root } from "../support/binary.js";
import { only } from "../support/carrier.js";

const directory = mkdtempSync(join(root, "tests/.readme-"));
after(() => rmSync(directory, { recursive: true }));

const child = only("child", "the README's example starts one");

test("the README's example runs as it is written and prints what the README says", child, async () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const [, example, output] = /```ts\n(.*?)```\n+.*?```text\n(.*?)```/s.exec(readme) ?? [];
  assert.ok(example !== undefined && output !== undefined, "the README has an example and what it prints");
  const path = join(directory, "example.ts");
  writeFileSync(path, example);
  const result = await launch(process.execPath, ["--import", "tsx", path], { cwd: join(root, "tests") });
  assert.equal(result.stderr.toString(), "");
  assert.equal(result.stdout.toString(), output);
  assert.equal(result.exitCode, 0);
});

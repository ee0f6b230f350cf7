import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { launch, root } from "../support/binary.js";

/** Runs a script with only those tools on PATH. */
async function withTools(script: string, tools: readonly string[], args: readonly string[] = []) {
  const directory = mkdtempSync(join(tmpdir(), "hotcell-tools-"));
  after(() => rmSync(directory, { recursive: true }));
  for (const tool of ["bash", "sed", "cut", "dirname", "head", "sort", "uname", ...tools]) {
    const { stdout } = await launch("bash", ["-c", `command -v ${tool}`]);
    symlinkSync(stdout.toString().trim(), join(directory, tool));
  }
  return launch("bash", [join(root, "scripts", script), ...args], { env: { ...process.env, PATH: directory } });
}

describe("scripts", () => {
  for (const script of ["quickstart", "test"]) {
    test(`${script} says which tools are missing`, async () => {
      const { exitCode, stderr } = await withTools(script, []);
      assert.equal(exitCode, 1);
      assert.match(stderr.toString(), /Rust is missing: .*rustup/);
      assert.match(stderr.toString(), /Node is missing: install Node 20 or newer/);
      assert.match(stderr.toString(), /A C compiler and linker are missing/);
    });

    test(`${script} --help says what it does, and an unknown option is refused`, async () => {
      const help = await launch(join(root, "scripts", script), ["--help"]);
      assert.equal(help.exitCode, 0);
      assert.match(help.stdout.toString(), new RegExp(`\\./scripts/${script}`));
      const unknown = await launch(join(root, "scripts", script), ["--no-such"]);
      assert.equal(unknown.exitCode, 1);
      assert.match(unknown.stderr.toString(), /--no-such.*--help/);
    });
  }

  test("check-v8-archive finds the archive as it was built", async () => {
    const { exitCode, stdout } = await launch(join(root, "scripts/check-v8-archive"), []);
    assert.equal(exitCode, 0);
    assert.equal(stdout.toString().match(/: OK$/gm)?.length, 2);
  });
});

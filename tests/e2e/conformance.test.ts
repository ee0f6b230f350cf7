import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CASES, type Case } from "../conformance/cases.js";
import { errnoName, FUNCTIONS } from "../conformance/standard.js";
import { fileSidecar } from "../support/sidecar.js";

const sidecar = await fileSidecar();

async function run({ program, files = {}, args = [], env = {}, stdin, stdout = "" }: Case, engine: "v8" | "wasmtime") {
  const sandbox = await sidecar.createSandbox({ env });
  for (const [path, content] of Object.entries(files)) {
    if (path.endsWith("@")) await sandbox.fs.symlink(content, path.slice(0, -1));
    else await sandbox.fs.writeFile(path, content, { parents: true });
  }
  const options = { engine, name: "program", encoding: "buffer" as const, ...(stdin === undefined ? {} : { stdin }) };
  const result = await sandbox.runWasm(program.assemble(), args, options);
  await sandbox.close();
  if (result.exitCode === 1 && result.stderr.length === 4) {
    const [step, errno] = [result.stderr.readUInt16LE(0), result.stderr.readUInt16LE(2)];
    assert.fail(`expected ${program.step(step)}; the last call gave ${errnoName(errno)}`);
  }
  assert.equal(result.stderr.toString(), "");
  assert.deepEqual([result.outcome, result.exitCode], ["exited", 0]);
  assert.equal(result.stdout.toString(), stdout);
}

for (const engine of ["wasmtime", "v8"] as const) {
  describe(`WASI preview1 on ${engine}`, () => {
    for (const each of CASES) test(each.name, () => run(each, engine));
  });
}

test("every function of WASI preview1 is called", () => {
  const called = new Set(CASES.flatMap(({ program }) => [...program.called]));
  assert.deepEqual(
    Object.keys(FUNCTIONS).filter((name) => !called.has(name)),
    [],
  );
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { RunResult, Usage } from "hotcell";
import { expectRun } from "../src/rows/expect.js";

function result<T extends string | Buffer>(over: Partial<RunResult<T>>): RunResult<T> {
  const usage = {} as Usage;
  return { outcome: "exited", exitCode: 0, signal: null, stdout: "", stderr: "", usage, ...over } as RunResult<T>;
}

describe("a guest's result", () => {
  test("passes where outcome, exit code, stdout and stderr are as they must be", () => {
    expectRun(result({ stdout: "hello\n" }), "hello\n");
    expectRun(result({ stdout: "date 1.2" }), /^date \d/);
    const bytes = { stdout: Buffer.from([0, 255]), stderr: Buffer.alloc(0) };
    expectRun(result<Buffer>(bytes), Buffer.from([0, 255]));
  });

  const wrong: [what: string, over: Partial<RunResult>][] = [
    ["other output", { stdout: "hell\n" }],
    ["an exit code", { stdout: "hello\n", exitCode: 1 }],
    ["something on stderr", { stdout: "hello\n", stderr: "oh" }],
    ["another outcome", { stdout: "hello\n", outcome: "timed_out", exitCode: null }],
  ];
  for (const [what, over] of wrong) {
    test(`fails with ${what}`, () => {
      assert.throws(() => expectRun(result(over), "hello\n"), /where exit code 0, stdout "hello\\n" and no stderr/);
    });
  }

  test("fails with one byte that is another", () => {
    const stdout = Buffer.alloc(1 << 20);
    const expected = Buffer.alloc(1 << 20);
    expected[(1 << 20) - 1] = 1;
    assert.throws(() => expectRun(result<Buffer>({ stdout, stderr: Buffer.alloc(0) }), expected), /1048576 bytes/);
  });
});

/** Runs a program in the userland and in Node, and asserts that they do the same. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { UncaughtWhere } from "../src/native.ts";
import { FakeFs } from "./fake-fs.ts";
import { Guest, type GuestOptions } from "./guest.ts";

interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

const preload = fileURLToPath(new URL("without-node-frames.cjs", import.meta.url));

/** Without what only Node prints: its version, and flags to try. */
function withoutNode(text: string, root: string): string {
  return text
    .replaceAll(root, "")
    .replace(/\nNode\.js v.*\n$/, "")
    .replace(/^\(Use `node --trace-.*\n/gm, "")
    .replace(/^\(node:\d+\)/gm, "(hotcell:1)");
}

function runInNode(root: string, input = ""): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--require", preload, `${root}/app/main.js`], {
    input,
    cwd: root,
  });
  return {
    code: status,
    stdout: withoutNode(stdout.toString("latin1"), root),
    stderr: withoutNode(stderr.toString("latin1"), root),
  };
}

/** The place of a throw, which the native side gets from V8: the one that Node printed. */
function placeIn(stderr: string): UncaughtWhere | undefined {
  const found = /^\n?(\/.*):(\d+)\n(.*)\n(\s*)(\^+)$/m.exec(stderr);
  if (found === null) return undefined;
  const [, file, line, sourceLine, indent, marker] = found;
  const startColumn = indent!.length;
  return {
    file: file!,
    line: Number(line),
    startColumn,
    endColumn: startColumn + marker!.length,
    sourceLine: sourceLine!,
  };
}

/** One text of it all, which a failed assertion shows line by line. */
function describe({ code, stdout, stderr }: Outcome): string {
  const readable = (text: string) => Buffer.from(text, "latin1").toString();
  return `exit code ${code}\n--- stdout\n${readable(stdout)}--- stderr\n${readable(stderr)}`;
}

/** The userland does as Node 20 does: with another there is nothing to compare, and the program is only run. */
const IS_NODE_20 = process.versions.node.startsWith("20.");

/** Runs a program as CommonJS main file, `/app/main.js`. */
export function assertSameAsNode(program: string, options: GuestOptions = {}): void {
  const files = { ...options.files, "/app/main.js": program };
  const guest = new Guest({ ...options, files });
  if (!IS_NODE_20) {
    guest.runCommonJs();
    return;
  }
  const expected = runInNode(new FakeFs(files).root, options.stdin?.join(""));
  guest.where = placeIn(Buffer.from(expected.stderr, "latin1").toString());
  const code = guest.runCommonJs();
  const actual: Outcome = {
    code,
    stdout: guest.stdoutBytes.toString("latin1"),
    stderr: guest.stderrBytes.toString("latin1"),
  };
  assert.equal(describe(actual), describe(expected));
}

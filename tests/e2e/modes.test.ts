import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { RunResult } from "hotcell";
import { only, start } from "../support/carrier.js";
import { binFiles } from "../support/commands.js";
import { program, programsIn } from "../support/programs.js";

const MODES = ["auto", "block", "off"] as const;
const folders = ["globals", "stacks", "isolation"];
const names = folders.flatMap((folder) => programsIn(folder).map((name) => `${folder}/${name}`));
const files = Object.fromEntries(names.map((name) => [`/app/${name}`, { content: program(name), mode: 0o755 }]));

/** What a guest's host sees of it, but for how long it took. */
function seen({ usage: _, ...result }: RunResult): unknown {
  return result;
}

// One engine serves a whole process, and has one mode.
describe("guests behave the same in all modes", only("child", "each mode needs a sidecar of its own"), async () => {
  const sidecars = await Promise.all(MODES.map((mode) => start({ env: { HOTCELL_SNAPSHOT: mode } })));
  after(() => Promise.all(sidecars.map((sidecar) => sidecar.close())));
  const options = { cwd: "/app", env: { GREETING: "hello" }, files: { ...files, ...binFiles("echo", "ls", "cat") } };
  const sandboxes = await Promise.all(sidecars.map((sidecar) => sidecar.createSandbox(options)));

  /** Runs something in each mode, one after the other; where a clock, an id or chance shows, it is no program for this. */
  async function sameInAll(run: (sandbox: (typeof sandboxes)[number]) => Promise<RunResult>): Promise<void> {
    const [first, ...others] = await Promise.all(sandboxes.map(run));
    for (const [index, other] of others.entries()) assert.deepEqual(seen(other), seen(first!), MODES[index + 1]);
  }

  for (const name of names) {
    test(`${name} as a file`, () => sameInAll((sandbox) => sandbox.exec(`./${name}`, ["one"], { stdin: "in" })));
    test(`${name} as source text`, () => sameInAll((sandbox) => sandbox.run(program(name), { stdin: "in" })));
  }
  test("WASI programs", async () => {
    await sameInAll((sandbox) => sandbox.exec("echo", ["a", "b"]));
    await sameInAll((sandbox) => sandbox.exec("ls", ["-R", "/app"]));
    await sameInAll((sandbox) => sandbox.exec("cat", ["/missing"]));
  });
  test("a userland, and stacks through it", async () => {
    const userland = `
      globalThis.made = new Error("made early");
      function deep(n) { if (n === 0) throw new RangeError("in the userland"); deep(n - 1); }
      class Library { #secret = 1; static version = "1.0"; get secret() { return this.#secret; } }`;
    const source = "console.log(made.stack, new Library().secret, Library);\n\n  deep(3);";
    const made = await Promise.all(sidecars.map((sidecar) => sidecar.createSandbox({ userland })));
    const [first, ...others] = await Promise.all(made.map((sandbox) => sandbox.run(source)));
    assert.match(first!.stderr, /RangeError: in the userland\n {4}at deep \(\[userland\]:3:\d+\)\n/);
    assert.match(first!.stdout, /^Error: made early\n {4}at \[userland\]:2:25 1 \[class Library\]/);
    for (const other of others) assert.deepEqual(seen(other), seen(first!));
  });
});

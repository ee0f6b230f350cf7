import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { InvalidOptionError } from "hotcell";
import { binFiles } from "../support/commands.js";
import { fileSidecar } from "../support/sidecar.js";

const sidecar = await fileSidecar();

const LIBRARY = `
const shared = { count: 0, list: [1, 2, 3] };
class Point { #x; constructor(x) { this.#x = x; } get x() { return this.#x; } }
function next() { return ++shared.count; }
async function later(value) { await null; return value; }
function write(text) { console.log(text); require("node:fs").writeFileSync("/written", text); }
process.on("exit", (code) => console.log("exit", code));
`;

describe("a sandbox's userland", () => {
  test("is there afresh for every guest, and for no other sandbox's", async () => {
    const sandbox = await sidecar.createSandbox({ userland: LIBRARY });
    const source = "console.log(next(), next(), new Point(7).x, shared.list.push(4)); delete globalThis.later";
    for (let run = 0; run < 5; run++) assert.equal((await sandbox.run(source)).stdout, "1 2 7 4\nexit 0\n");
    const burst = await Promise.all(Array.from({ length: 16 }, () => sandbox.run(source)));
    for (const { stdout } of burst) assert.equal(stdout, "1 2 7 4\nexit 0\n");
    const plain = await sidecar.createSandbox();
    assert.equal((await plain.run("console.log(typeof next, typeof shared)")).stdout, "undefined undefined\n");
  });

  test("serves modules, files and required files alike", async () => {
    const files = {
      "/app/main.mjs": { content: "import './other.cjs'; console.log(await later(next()))", mode: 0o755 },
      "/app/other.cjs": "console.log('required', next())",
    };
    const sandbox = await sidecar.createSandbox({ userland: LIBRARY, files: { ...files, ...binFiles("cat") } });
    assert.equal((await sandbox.exec("/app/main.mjs")).stdout, "required 1\n2\nexit 0\n");
    assert.equal((await sandbox.run("write('text')")).stdout, "text\nexit 0\n");
    assert.equal((await sandbox.exec("cat", ["/written"])).stdout, "text");
  });

  test("is run once however many sandboxes have it", async () => {
    const userland = "var drawn = Math.random();";
    const sandboxes = await Promise.all(Array.from({ length: 4 }, () => sidecar.createSandbox({ userland })));
    const drawn = await Promise.all(sandboxes.map(async (sandbox) => (await sandbox.run("console.log(drawn)")).stdout));
    // Without a snapshot each guest runs it itself.
    const expected = process.env.HOTCELL_SNAPSHOT === "off" ? 4 : 1;
    assert.equal(new Set(drawn).size, expected);
  });

  for (const [title, userland, message] of [
    ["throws", "\nnull.x", /TypeError: .*\n {4}at \[userland\]:2:6/],
    ["is no script", "import fs from 'node:fs'", /SyntaxError: Cannot use import statement/],
    ["leaves a rejection", "Promise.reject(new Error('left'))", /nobody handled: Error: left/],
    ["asks for a guest", "setTimeout(() => {}, 0)", /There is no guest yet/],
    ["wants to say something", "console.log('hello there')", /that could write: hello there/],
    ["loops", "for (;;) {}", /within \d+ s/],
    ["eats memory", "for (var a = [];;) a.push(new Array(1e4).fill(1.5))", /more than the 256 MB/],
    ["makes what no snapshot can hold", "var f = new Intl.NumberFormat('de')", /can't be kept in a snapshot/],
  ] as const) {
    test(`that ${title} is an error, and hurts nobody`, async () => {
      const sandbox = await sidecar.createSandbox();
      const running = sandbox.run("setTimeout(() => console.log('done'), 50)");
      await assert.rejects(sidecar.createSandbox({ userland }), (error) => {
        assert.ok(error instanceof InvalidOptionError);
        assert.equal(error.code, "ERR_HOTCELL_INVALID_OPTION");
        assert.match(error.message, message);
        return true;
      });
      assert.equal((await running).stdout, "done\n");
      assert.equal((await sandbox.run("console.log('well')")).stdout, "well\n");
    });
  }

  test("that fails leaves no sandbox behind", async () => {
    const { sandboxes } = await sidecar.stats();
    await assert.rejects(sidecar.createSandbox({ userland: "throw 1" }));
    assert.equal((await sidecar.stats()).sandboxes, sandboxes);
  });

  test("is there again in a sandbox that is made anew", async () => {
    const sandbox = await sidecar.createSandbox({ userland: LIBRARY });
    await sandbox.recreate();
    assert.equal((await sandbox.run("console.log(next())")).stdout, "1\nexit 0\n");
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { launch } from "../support/binary.js";
import { program, programPath, programsIn } from "../support/programs.js";
import { fileSidecar } from "../support/sidecar.js";

const sidecar = await fileSidecar();
const args = ["one", "two words", "-3"];
const env = { GREETING: "hello" };
const stdin = "grüße\nfrom stdin";
const sandbox = await sidecar.createSandbox({
  env,
  cwd: "/app",
  files: Object.fromEntries(programsIn("globals").map((name) => [`/app/${name}`, { content: program(`globals/${name}`), mode: 0o755 }])),
});

/** Node names itself in a warning, and says how to learn more of it. */
const named = (stderr: string) =>
  stderr.replace(/^\(node:\d+\) (.*\n)(\(Use `node .*\n)?/gm, "(hotcell:1) $1");

describe("a guest finds what a program expects, and it does what it does in Node", () => {
  for (const name of programsIn("globals")) {
    test(name, async () => {
      const path = programPath(`globals/${name}`);
      const expected = await launch(process.execPath, [path, ...args], { stdin, env: { ...process.env, ...env } });
      assert.notEqual(expected.stdout.length, 0);
      const ways = {
        "as source text": sandbox.run(program(`globals/${name}`), { args, stdin }),
        "as a file": sandbox.exec(`./${name}`, args, { stdin }),
      };
      for (const [way, running] of Object.entries(ways)) {
        const result = await running;
        assert.equal(result.stdout, expected.stdout.toString(), way);
        assert.equal(result.stderr, named(expected.stderr.toString()), way);
        assert.deepEqual([result.outcome, result.exitCode], ["exited", expected.exitCode], way);
      }
    });
  }
});

test("every global that is promised is there, in scripts and in modules", async () => {
  const promised = {
    object: ["console", "process", "performance", "crypto", "WebAssembly", "globalThis"],
    function: [
      "setTimeout",
      "setInterval",
      "setImmediate",
      "clearTimeout",
      "clearInterval",
      "clearImmediate",
      "queueMicrotask",
      "structuredClone",
      "TextEncoder",
      "TextDecoder",
      "URL",
      "URLSearchParams",
      "atob",
      "btoa",
      "Event",
      "EventTarget",
      "AbortController",
      "AbortSignal",
    ],
  };
  const members = {
    object: ["argv", "env", "stdin", "stdout", "stderr"],
    function: ["cwd", "exit", "hrtime", "nextTick", "on", "once", "off", "kill"],
  };
  const source = `
    for (const [type, names] of Object.entries(${JSON.stringify(promised)}))
      for (const name of names) if (typeof globalThis[name] !== type) console.log(name, typeof globalThis[name]);
    for (const [type, names] of Object.entries(${JSON.stringify(members)}))
      for (const name of names) if (typeof process[name] !== type) console.log("process." + name, typeof process[name]);
    if (!("exitCode" in process)) console.log("process.exitCode");
    console.log("looked");`;
  for (const format of ["script", "module"] as const) {
    const result = await sandbox.run(source, { format });
    assert.deepEqual([result.stdout, result.stderr], ["looked\n", ""], format);
  }
});

test("nothing is there that a guest must not have", async () => {
  const result = await sandbox.run(`
    const found = [];
    for (const name of ["hotcellNative", "native", "binding", "fetch", "WebSocket", "Deno", "Bun"])
      if (name in globalThis) found.push(name);
    for (const name of ["binding", "dlopen", "_linkedBinding", "mainModule"]) if (process[name] !== undefined) found.push(name);
    for (const name of ["child_process", "net", "http", "worker_threads", "vm"])
      try { require(name); found.push(name) } catch (error) { if (error.code !== "MODULE_NOT_FOUND") found.push(error.code) }
    console.log(found.join());`);
  assert.deepEqual([result.stdout, result.stderr], ["\n", ""]);
});

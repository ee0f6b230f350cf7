import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { launch } from "../support/binary.js";
import { program, programPath, programsIn } from "../support/programs.js";
import { fileSidecar } from "../support/sidecar.js";

const names = programsIn("stacks");
const sidecar = await fileSidecar();
const sandbox = await sidecar.createSandbox({
  cwd: "/app",
  files: Object.fromEntries(names.map((name) => [`/app/${name}`, { content: program(`stacks/${name}`), mode: 0o755 }])),
});

/**
 * What of an error's report must be the same in Node and in a guest: everything, but for what stands in Node's own files.
 * Where an error has frames there alone, a guest has none for it, and puts it in brackets as Node does with such errors.
 */
function comparable(stderr: string, directory: string): string[] {
  return stderr
    .replaceAll(directory, "/app")
    .replace(/^(node:|<anonymous_script>).*\n.*\n.*\n/, "")
    .split("\n")
    .filter((line) => !/^ +(at .*\bnode:(?:internal|diagnostics_channel)|\.\.\. )/.test(line))
    .filter((line) => !/^(Node\.js v.*|\s*)$/.test(line))
    .map((line) => line.replace(/ \{$/, "").replace(/^\[(.*)\]$/, "$1"))
    .map((line) => line.replace(/^Error \[ERR_MODULE_NOT_FOUND\]/, "Error").replace(/,$/, ""))
    .filter((line) => line !== "}" && !line.startsWith("  url: "));
}

describe("an error that nobody caught is reported as Node reports it, with true lines", () => {
  for (const name of names) {
    test(name, async () => {
      const expected = await launch(process.execPath, [programPath(`stacks/${name}`)]);
      const report = comparable(expected.stderr.toString(), programPath("stacks"));
      const result = await sandbox.exec(`./${name}`);
      assert.deepEqual(comparable(result.stderr, "/app"), report);
      assert.equal(result.stdout, expected.stdout.toString());
      assert.deepEqual([result.outcome, result.exitCode], ["exited", expected.exitCode]);
      assert.doesNotMatch(result.stderr, /userland|\.rs\b/, "nothing of the sidecar's own is in it (B5)");
    });
  }
});

describe("source text has true lines too", () => {
  const source = "\nfunction inner() {\n  throw new TypeError('broken');\n}\n\ninner();\n";

  for (const format of ["script", "module"] as const) {
    test(`as a ${format} without a name`, async () => {
      const result = await sandbox.run(source, { format });
      assert.deepEqual([result.outcome, result.exitCode, result.stdout], ["exited", 1, ""]);
      assert.match(result.stderr, /^\S*\[eval\]:3\n {2}throw new TypeError\('broken'\);\n +\^\n\nTypeError: broken\n/);
      assert.match(result.stderr, /\n {4}at inner \(.*\[eval\]:3:9\)\n {4}at .*\[eval\]:6:1\n/);
    });

    test(`as a ${format} with a name`, async () => {
      const { stderr } = await sandbox.run(source, { format, filename: "/work/deep/main.js" });
      assert.match(stderr, /^(file:\/\/)?\/work\/deep\/main\.js:3\n/);
      assert.match(
        stderr,
        /\n {4}at inner \((file:\/\/)?\/work\/deep\/main\.js:3:9\)\n {4}at (file:\/\/)?\/work\/deep\/main\.js:6:1\n/,
      );
    });
  }
});

describe("whether source text is a module is seen from its syntax", () => {
  for (const [title, source] of [
    ["import", "import { basename } from 'node:path'; console.log(basename('/a/b') === 'b' && this === undefined)"],
    ["export", "export const x = 1; console.log(this === undefined)"],
    ["import.meta", "console.log(import.meta.url.startsWith('file:///app/'))"],
    ["await of a call", "console.log(await Promise.resolve(true))"],
    [
      "await of something new",
      "const f = { v: await new Promise((done) => setTimeout(done, 1, true)) }; console.log(f.v)",
    ],
    ["await in parentheses", "await (async () => console.log(this === undefined))()"],
    ["await of a list", "await [1]; console.log(this === undefined)"],
    ["for await", "for await (const value of [Promise.resolve(true)]) console.log(value)"],
  ] as const) {
    test(`${title} makes it one`, async () => {
      const result = await sandbox.run(source);
      assert.deepEqual([result.stdout, result.stderr, result.exitCode], ["true\n", "", 0]);
      const file = `/app/detected-${title.replaceAll(" ", "-")}.js`;
      await sandbox.fs.writeFile(file, source, { mode: 0o755 });
      const run = await sandbox.exec(file);
      assert.deepEqual([run.stdout, run.stderr, run.exitCode], ["true\n", "", 0]);
    });
  }

  test("what parses as a script is one", async () => {
    for (const source of [
      "console.log(this !== undefined)",
      "async function f() { await (1); console.log(this !== undefined) } f()",
      "var await = (value) => console.log(value); await (true)",
      "with ({ found: true }) console.log(found)",
      "// import, export, await\nconsole.log(typeof require === 'function')",
    ]) {
      const result = await sandbox.run(source);
      assert.deepEqual([result.stdout, result.stderr], ["true\n", ""], source);
    }
  });

  test("what is neither is reported as what it was meant to be", async () => {
    const script = await sandbox.run("const a = 1;\nlet b = ;\n", { filename: "/app/x.js" });
    assert.match(script.stderr, /^\/app\/x\.js:2\nlet b = ;\n {8}\^\n/);
    const module = await sandbox.run("import 'node:fs';\nawait null;\nlet b = ;\n", { filename: "/app/x.js" });
    assert.match(module.stderr, /^file:\/\/\/app\/x\.js:3\nlet b = ;\n {8}\^\n/);
    assert.deepEqual([script.exitCode, module.exitCode], [1, 1]);
  });
});

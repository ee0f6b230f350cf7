import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { binFiles } from "../support/commands.js";
import { native, nativeFiles } from "../support/native.js";
import { fileSidecar } from "../support/sidecar.js";

const commands = [
  "true",
  "false",
  "echo",
  "pwd",
  "ls",
  "cat",
  "date",
  "sort",
  "wc",
  "sha256sum",
  "base64",
  "head",
  "printf",
];

const files: Record<string, string | Uint8Array> = {
  "/data/names.txt": "pear\nApple\nfig\napple\nBanana\n\nfig\nzebra 10\nzebra 9\n",
  "/data/numbers.txt": "10\n9\n-3\n1e2\n0.5\n9\n",
  "/data/table.csv": "b,2\na,10\nc,1\n",
  "/data/no-newline": "last line has no end",
  "/data/empty": "",
  "/data/binary": Uint8Array.from({ length: 5000 }, (_, i) => i * 31),
  "/data/long.txt": Array.from({ length: 400 }, (_, i) => `line ${i}\ttab\u0007bell ${"x".repeat(i % 90)}`).join("\n"),
  "/data/.hidden": "dot",
  "/data/deep/er/file": "inside",
  "/data/deep/other": "inside too",
  "/data/sums":
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  nothing\n" +
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  empty\n",
};
const good = files["/data/sums"]!.toString().split("\n")[1]!;
files["/data/good-sums"] = `${good}\n`;

const sidecar = await fileSidecar();
const sandbox = await sidecar.createSandbox({
  env: { PATH: "/usr/local/bin:/bin", LC_ALL: "C", TZ: "UTC" },
  cwd: "/data",
  files: { ...binFiles(...commands), ...files },
});
const nativeRoot = nativeFiles(files);

/** Command lines whose stdout and exit code must be those of the system's own commands. */
const lines: [command: string, args: string[], stdin?: string][] = [
  ["true", []],
  ["true", ["ignored", "arguments"]],
  ["false", []],
  ["echo", []],
  ["echo", ["hello", "world"]],
  ["echo", ["-n", "no newline"]],
  ["echo", ["-e", "tab\\there\\nline\\x41\\0101\\c not this"]],
  ["echo", ["grüße", "€", ""]],
  ["ls", []],
  ["ls", ["-a"]],
  ["ls", ["-1A"]],
  ["ls", ["-r"]],
  ["ls", ["-S"]],
  ["ls", ["-F"]],
  ["ls", ["-p", "deep"]],
  ["ls", ["-R"]],
  ["ls", ["-m"]],
  ["ls", ["-d", "deep", "empty"]],
  ["ls", ["-1", "deep", "names.txt"]],
  ["ls", ["-1", "-X"]],
  ["cat", ["names.txt"]],
  ["cat", ["names.txt", "no-newline", "numbers.txt"]],
  ["cat", ["-n", "names.txt", "table.csv"]],
  ["cat", ["-b", "names.txt"]],
  ["cat", ["-A", "long.txt"]],
  ["cat", ["-s", "names.txt"]],
  ["cat", ["-v", "binary"]],
  ["cat", ["binary"]],
  ["cat", ["empty"]],
  ["cat", [], "from stdin\n"],
  ["cat", ["-", "table.csv"], "first\n"],
  ["date", ["-u", "-d", "@0"]],
  ["date", ["-u", "-d", "2024-02-29 13:14:15"]],
  ["date", ["-u", "-d", "2024-02-29 13:14:15", "+%Y-%m-%dT%H:%M:%S %j %a %A %b %B %p %s %%"]],
  ["date", ["-u", "-d", "@1700000000", "-R"]],
  ["date", ["-u", "-d", "@1700000000", "-I"]],
  ["date", ["-u", "-d", "@1700000000", "--rfc-3339=seconds"]],
  ["wc", ["names.txt"]],
  ["wc", ["names.txt", "numbers.txt", "binary", "empty"]],
  ["wc", ["-l", "long.txt"]],
  ["wc", ["-w", "long.txt"]],
  ["wc", ["-c", "binary"]],
  ["wc", ["-L", "long.txt"]],
  ["wc", [], "three words here\n"],
  ["sha256sum", ["names.txt"]],
  ["sha256sum", ["binary", "empty", "long.txt"]],
  ["sha256sum", ["--tag", "binary"]],
  ["sha256sum", [], "abc"],
  ["sha256sum", ["-c", "good-sums"]],
  ["base64", ["binary"]],
  ["base64", ["-w", "0", "names.txt"]],
  ["base64", ["-w", "20", "names.txt"]],
  ["base64", ["-d"], "aGVsbG8gd29ybGQK\n"],
  ["base64", ["-d", "-i"], "aGVs*bG8gd29y\nbGQK"],
  ["head", ["long.txt"]],
  ["head", ["-n", "3", "names.txt"]],
  ["head", ["-n", "-3", "names.txt"]],
  ["head", ["-c", "100", "binary"]],
  ["head", ["-c", "-100", "binary"]],
  ["head", ["-n", "1", "names.txt", "numbers.txt"]],
  ["head", ["-n", "2"], "1\n2\n3\n"],
  ["printf", ["%s-%s\\n", "a", "b", "c"]],
  ["printf", ["%5d|%-5d|%05d|%x|%X|%o|%c\\n", "42", "42", "42", "255", "255", "8", "xyz"]],
  ["printf", ["%.3f %e %g\\n", "3.14159", "12345.678", "0.0001"]],
  ["printf", ["\\x41\\101\\t%b\\n", "a\\tb"]],
  ["printf", ["%q\\n", "it's"]],
];

describe("published commands give what the system's own coreutils give, in the C locale on the same files", () => {
  for (const [command, args, stdin] of lines) {
    test(
      [command, ...args.map((arg) => JSON.stringify(arg))].join(" ") + (stdin === undefined ? "" : " < stdin"),
      async () => {
        const expected = await native(command, args, `${nativeRoot}/data`, stdin);
        const result = await sandbox.exec(command, args, { stdin, encoding: "buffer" });
        // The package is built without the texts of its messages: its wc says "wc-total".
        const stdout = result.stdout.toString("latin1").replace(/ wc-total$/m, " total");
        assert.equal(stdout, expected.stdout.toString("latin1"));
        assert.deepEqual([result.outcome, result.exitCode], ["exited", expected.exitCode]);
        assert.equal(result.stderr.length === 0, expected.stderr.length === 0, result.stderr.toString());
      },
    );
  }

  test("sort fails loudly: the package's own is built to start threads, which WASI preview1 does not have", async () => {
    const result = await sandbox.exec("sort", ["names.txt"]);
    assert.equal(result.outcome, "exited");
    assert.notEqual(result.exitCode, 0);
    assert.match(result.stderr, /failed to spawn thread/);
    assert.equal(result.stdout, "");
  });

  test("pwd", async () => {
    assert.equal((await sandbox.exec("pwd")).stdout, "/data\n");
    assert.equal((await sandbox.exec("pwd", [], { cwd: "deep/er" })).stdout, "/data/deep/er\n");
  });

  test("date tells the time that it is", async () => {
    const before = Math.floor(Date.now() / 1000);
    const told = Number((await sandbox.exec("date", ["+%s"])).stdout);
    assert.ok(told >= before && told <= Date.now() / 1000, `${told} lies outside of the test's own time`);
  });

  test("ls -l shows kind, size, time and name", async () => {
    const args = ["-l", "--time-style=+%s", "."];
    const expected = await native("ls", args, `${nativeRoot}/data`);
    const result = await sandbox.exec("ls", args);
    assert.equal(result.stderr, "");
    // WASI has no permissions and no owners, and the package's build says rwxrwxrwx, 1 link, somebody and somegroup of
    // everything. It is built without the texts of its messages: "total" is "ls-total", and has no number.
    const comparable = (output: string) =>
      output
        .split("\n")
        .filter((line) => line !== "" && !/^(ls-)?total /.test(line))
        .map((line) => {
          const [mode, , , , size, time, ...name] = line.split(/\s+/);
          assert.ok(Math.abs(Number(time) - Date.now() / 1000) < 300, line);
          // A directory's own size is the file system's business.
          return [mode![0], mode!.startsWith("d") ? "" : size, name.join(" ")];
        });
    assert.deepEqual(comparable(result.stdout), comparable(expected.stdout.toString()));
  });

  for (const [command, args] of [
    ["cat", ["missing"]],
    ["ls", ["missing"]],
    ["head", ["missing"]],
    ["wc", ["missing"]],
    ["sha256sum", ["missing"]],
    ["cat", ["deep"]],
    ["sha256sum", ["-c", "sums"]],
    ["base64", ["-d", "names.txt"]],
  ] as const) {
    test(`${command} ${args.join(" ")} fails as the system's does`, async () => {
      const expected = await native(command, args, `${nativeRoot}/data`);
      const result = await sandbox.exec(command, args);
      assert.notEqual(expected.exitCode, 0);
      assert.deepEqual([result.outcome, result.exitCode], ["exited", expected.exitCode]);
      assert.notEqual(result.stderr, "");
    });
  }
});

describe("exec finds programs as a shell does", () => {
  test("by absolute and by relative path", async () => {
    assert.equal((await sandbox.exec("/bin/echo", ["x"])).stdout, "x\n");
    assert.equal((await sandbox.exec("../bin/echo", ["x"])).stdout, "x\n");
  });

  test("on PATH in its order", async () => {
    await sandbox.fs.writeFile("/usr/local/bin/which-one", "console.log('first')", { parents: true });
    await sandbox.fs.writeFile("/bin/which-one", "console.log('second')");
    assert.equal((await sandbox.exec("which-one")).stdout, "first\n");
    assert.equal((await sandbox.exec("which-one", [], { env: { PATH: "/bin:/usr/local/bin" } })).stdout, "second\n");
  });

  test("JavaScript files, scripts and modules, with their arguments", async () => {
    await sandbox.fs.writeFile(
      "/data/tool.js",
      "#!/usr/bin/env node\nconsole.log(require('node:path').basename(__filename), process.argv[2])",
    );
    await sandbox.fs.writeFile(
      "/data/tool.mjs",
      "#!/usr/bin/env node\nconsole.log(await Promise.resolve(process.argv[2]), import.meta.url)",
    );
    assert.equal((await sandbox.exec("./tool.js", ["a"])).stdout, "tool.js a\n");
    assert.equal((await sandbox.exec("/data/tool.mjs", ["b"])).stdout, "b file:///data/tool.mjs\n");
  });

  test("a changed program is run as it now is", async () => {
    await sandbox.fs.writeFile("/bin/changing", binFiles("true")["/bin/true"]!);
    assert.equal((await sandbox.exec("changing")).exitCode, 0);
    await sandbox.fs.writeFile("/bin/changing", binFiles("false")["/bin/false"]!);
    assert.equal((await sandbox.exec("changing")).exitCode, 1);
  });

  test("what can't be found or run is an error with a code", async () => {
    await sandbox.fs.writeFile("/bin/garbage", Uint8Array.of(0, 97, 115, 109, 255, 255, 255, 255));
    await assert.rejects(async () => sandbox.exec("no-such"), { code: "ERR_HOTCELL_COMMAND_NOT_FOUND" });
    await assert.rejects(async () => sandbox.exec("./no-such"), { code: "ERR_HOTCELL_COMMAND_NOT_FOUND" });
    await assert.rejects(async () => sandbox.exec("/data"), { code: "ERR_HOTCELL_NOT_EXECUTABLE" });
    // A file without permission to be executed is none, as for a shell.
    await assert.rejects(async () => sandbox.exec("./names.txt"), { code: "ERR_HOTCELL_NOT_EXECUTABLE" });
    const garbage = await sandbox.exec("garbage");
    assert.notEqual(garbage.exitCode, 0);
    assert.notEqual(garbage.stderr, "");
  });
});

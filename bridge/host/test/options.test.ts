import assert from "node:assert/strict";
import { test } from "node:test";
import { HotcellError, InvalidOptionError, Sidecar } from "../src/index.js";
import { connected } from "./fake/harness.js";

/** A call that must fail before anything is sent, and what its error must say. */
type Case = [call: () => unknown, code: "OPTION" | "ARGUMENT", message: RegExp];

async function refuse(cases: Case[]): Promise<void> {
  for (const [call, code, message] of cases) {
    await assert.rejects(
      async () => call(),
      (error) => {
        assert.ok(error instanceof HotcellError, `${call}: ${error}`);
        assert.equal(error.code, `ERR_HOTCELL_INVALID_${code}`, String(call));
        assert.match(error.message, message);
        return true;
      },
      String(call),
    );
  }
}

test("mistakes in runs are refused before anything is sent", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const odd = sandbox as unknown as Record<"run" | "exec" | "runWasm" | "spawn", (...args: unknown[]) => unknown>;
  const sent = host.fake.requests.length;
  await refuse([
    [() => odd.run(7), "ARGUMENT", /source must be a string, not 7/],
    [() => odd.run("", null), "OPTION", /options of run must be an object, not null/],
    [() => odd.run("", []), "OPTION", /not an array/],
    [() => odd.run("", { evn: {} }), "OPTION", /no option "evn" for run\. Did you mean "env"\?/],
    [() => odd.run("", { timeout: 5 }), "OPTION", /no option "timeout".*args, encoding|no option "timeout"/],
    [() => odd.run("", { args: "x" }), "OPTION", /args must be an array of strings, not "x"/],
    [() => odd.run("", { args: ["a", 1] }), "OPTION", /args\[1\] must be a string, not 1/],
    // biome-ignore lint/suspicious/noSparseArray: that is the mistake
    [() => odd.run("", { args: [, "a"] }), "OPTION", /args\[0\] must be a string, not undefined/],
    [() => odd.run("", { args: ["a\0b"] }), "OPTION", /args\[0\] must not hold a NUL/],
    [() => odd.run("", { env: { A: 1 } }), "OPTION", /env\.A must be a string, not 1/],
    [() => odd.run("", { env: { "A=B": "" } }), "OPTION", /must not be empty nor hold =/],
    [() => odd.run("", { env: { "": "x" } }), "OPTION", /must not be empty/],
    [() => odd.run("", { env: { A: "\0" } }), "OPTION", /env\.A must not hold a NUL/],
    [() => odd.run("", { cwd: 1 }), "OPTION", /cwd must be a string/],
    [
      () => odd.run("", { limits: { wallMs: 0 } }),
      "OPTION",
      /limits\.wallMs must be a whole number from 1 to 86400000/,
    ],
    [() => odd.run("", { limits: { cpuMs: 1.5 } }), "OPTION", /limits\.cpuMs .* not 1\.5/],
    [() => odd.run("", { limits: { heapMb: "64" } }), "OPTION", /limits\.heapMb .* not "64"/],
    [() => odd.run("", { limits: { wallMS: 5 } }), "OPTION", /Did you mean "wallMs"\?/],
    [() => odd.run("", { limits: { fsBytes: 5 } }), "OPTION", /no option "fsBytes" for limits/],
    [() => odd.run("", { limits: 5 }), "OPTION", /options of limits must be an object/],
    [() => odd.run("", { encoding: "latin1" }), "OPTION", /encoding must be one of "utf8", "buffer", not "latin1"/],
    [() => odd.run("", { format: "commonjs" }), "OPTION", /format must be one of "auto", "script", "module"/],
    [() => odd.run("", { filename: 1 }), "OPTION", /filename must be a string/],
    [() => odd.run("", { signal: {} }), "OPTION", /signal must be an AbortSignal, not an instance of Object/],
    [() => odd.run("", { stdin: 5 }), "OPTION", /stdin must be a string, bytes, or a stream/],
    [() => odd.exec(""), "ARGUMENT", /command must not be empty/],
    [() => odd.exec("a\0"), "ARGUMENT", /command must not hold a NUL/],
    [() => odd.exec("ls", { cwd: "/" }), "OPTION", /args must be an array of strings, not an instance of Object/],
    [() => odd.exec("ls", [], { args: [] }), "OPTION", /no option "args" for exec/],
    [() => odd.runWasm("x"), "ARGUMENT", /program must be bytes or a WasmProgram, not "x"/],
    [() => odd.runWasm(new Uint8Array(1), [], { name: 1 }), "OPTION", /name must be a string/],
    [() => odd.spawn("ls"), "ARGUMENT", /program can't be "ls"/],
    [() => odd.spawn({}), "ARGUMENT", /one of command, source and wasm/],
    [() => odd.spawn({ command: "x", source: "y" }), "ARGUMENT", /one of command, source and wasm/],
    [() => odd.spawn({ command: "x", format: "auto" }), "OPTION", /no option "format" for a command program/],
    [() => odd.spawn({ source: "x", name: "y" }), "OPTION", /no option "name" for a source program/],
    [() => odd.spawn({ command: "x" }, { encoding: "utf8" }), "OPTION", /no option "encoding" for spawn/],
  ]);
  assert.throws(() => odd.spawn({ command: "x" }, { args: [1] }), InvalidOptionError);
  assert.equal(host.fake.requests.length, sent);
});

test("mistakes in sandboxes and files are refused before anything is sent", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const create = (options: object) => host.sidecar.createSandbox(options);
  const fs = sandbox.fs as unknown as Record<string, (...args: unknown[]) => unknown>;
  const sent = host.fake.requests.length;
  await refuse([
    [() => create({ file: {} }), "OPTION", /no option "file" for createSandbox\. Did you mean "files"\?/],
    [() => create({ cwd: "rel" }), "OPTION", /cwd must be absolute, but it is "rel"/],
    [() => create({ files: { rel: "" } }), "OPTION", /path must be absolute, but files has "rel"/],
    [() => create({ files: { "/a\0": "" } }), "OPTION", /must not hold a NUL/],
    [() => create({ files: { "/a": 5 } }), "OPTION", /files\["\/a"\] must be a string, bytes/],
    [() => create({ files: { "/a": { content: "x", mod: 1 } } }), "OPTION", /Did you mean "mode"\?/],
    [() => create({ files: { "/a": { content: "x", mode: 0o10000 } } }), "OPTION", /mode must be a whole number/],
    [() => create({ files: [] }), "OPTION", /files must be an object of paths/],
    [() => create({ limits: { fsBytes: -1 } }), "OPTION", /limits\.fsBytes must be a whole number of at least 0/],
    [() => create({ mounts: {} }), "OPTION", /mounts must be an array/],
    [
      () => create({ mounts: [{ host: "/a", guest: "/b", mode: "rx" }] }),
      "OPTION",
      /mounts\[0\]\.mode must be one of "ro"/,
    ],
    [
      () => create({ mounts: [{ host: "a", guest: "/b", mode: "ro" }] }),
      "OPTION",
      /mounts\[0\]\.host must be absolute/,
    ],
    [
      () => create({ mounts: [{ host: "/a", guest: "b", mode: "ro" }] }),
      "OPTION",
      /mounts\[0\]\.guest must be absolute/,
    ],
    [() => create({ mounts: [{ host: "/a", guest: "/b" }] }), "OPTION", /mounts\[0\]\.mode must be one of/],
    [() => create({ mounts: [{ host: "/a", guest: "/b", mod: "ro" }] }), "OPTION", /Did you mean "mode"\?/],
    [() => create({ userland: 5 }), "OPTION", /userland must be a string of JavaScript, not 5/],
    [() => create({ onLost: "retry" }), "OPTION", /onLost must be one of "fail", "recreate"/],
    [() => fs.writeFile!("", "x"), "ARGUMENT", /path must not be empty/],
    [() => fs.writeFile!("/a", 5), "ARGUMENT", /data must be a string, bytes or a WasmProgram/],
    [() => fs.writeFile!("/a", "", { flag: "a" }), "OPTION", /no option "flag" for writeFile/],
    [() => fs.readFile!(5), "ARGUMENT", /path must be a string, not 5/],
    [() => fs.readFile!("/a", "hex"), "OPTION", /encoding must be one of/],
    [() => fs.mkdir!("/a", { recursive: 1 }), "OPTION", /recursive must be true or false/],
    [() => fs.rename!("/a", ""), "ARGUMENT", /new path must not be empty/],
    [() => fs.symlink!(1, "/a"), "ARGUMENT", /target must be a string/],
    [() => host.sidecar.load("x" as never), "ARGUMENT", /program must be bytes/],
  ]);
  assert.equal(host.fake.requests.length, sent);
});

test("a userland that fails makes no sandbox", async () => {
  const message = "The sandbox's userland failed before any guest was there: Error: boom";
  await using host = await connected({
    onRequest(id, request, sidecar) {
      if (request.type !== "createSandbox") return false;
      sidecar.fail(id, "ERR_HOTCELL_INVALID_OPTION", message);
      return true;
    },
  });
  await assert.rejects(host.sidecar.createSandbox({ userland: "throw new Error('boom')" }), {
    name: "InvalidOptionError",
    code: "ERR_HOTCELL_INVALID_OPTION",
    message,
  });
});

test("mistakes in starting are refused", async () => {
  const start = Sidecar.start as (options: unknown) => Promise<unknown>;
  const connect = Sidecar.connect as (options: unknown) => Promise<unknown>;
  await refuse([
    [() => start({ bin: "x" }), "OPTION", /no option "bin" for Sidecar\.start/],
    [() => start({ binary: 5 }), "OPTION", /binary must be a string/],
    [() => start({ carrier: "pigeon" }), "OPTION", /carrier must be "child" or "in-process"/],
    [() => start({ carrier: "in-process", binary: 5 }), "OPTION", /binary must be a string/],
    [() => start({ carrier: "in-process", addon: 5 }), "OPTION", /addon must be a string/],
    [() => start({ addon: "x" }), "OPTION", /addon has a meaning only with carrier: "in-process"/],
    [() => start({ log: "stdout" }), "OPTION", /log must be "inherit", "ignore" or a function/],
    [() => start({ startTimeoutMs: 0 }), "OPTION", /startTimeoutMs must be a whole number from 1 to 2147483647/],
    [() => start({ mountRoots: "/a" }), "OPTION", /mountRoots must be an array/],
    [() => start({ mountRoots: ["a"] }), "OPTION", /mountRoots\[0\] must be an absolute path without a colon/],
    [() => start({ mountRoots: ["/a:b"] }), "OPTION", /mountRoots\[0\] must be an absolute path without a colon/],
    [() => start({ onEvent: 1 }), "OPTION", /onEvent must be a function/],
    [() => start({ limits: { wallMs: -1 } }), "OPTION", /limits\.wallMs/],
    [() => connect({}), "OPTION", /socket must be a string, not undefined/],
    [() => connect(undefined), "OPTION", /must be an object, not undefined/],
    [() => connect({ socket: "/x", token: 5 }), "OPTION", /token must be a string/],
    [() => connect({ socket: "/x", token: "x".repeat(513) }), "OPTION", /token must have at most 512 characters/],
  ]);
});

test("an option's error names the option", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  await assert.rejects(sandbox.run("", { limits: { wallMs: -1 } }), {
    name: "InvalidOptionError",
    option: "limits.wallMs",
  });
  await assert.rejects(sandbox.run(5 as never), { name: "InvalidArgumentError", argument: "source" });
});

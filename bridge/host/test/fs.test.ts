import assert from "node:assert/strict";
import { test } from "node:test";
import { FileSystemError, WasmProgram } from "../src/index.js";
import { connected } from "./fake/harness.js";

const WASM = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);

test("files are written and read as text or bytes", async () => {
  await using host = await connected();
  const { fs } = await host.sidecar.createSandbox();
  await fs.writeFile("/a.txt", "grüße");
  assert.equal(await fs.readFile("/a.txt", "utf8"), "grüße");
  assert.equal(await fs.readFile("/a.txt", { encoding: "utf-8" }), "grüße");
  assert.deepEqual(await fs.readFile("/a.txt"), Buffer.from("grüße"));
  await fs.writeFile("/empty", "");
  assert.equal((await fs.readFile("/empty")).length, 0);
  const large = Buffer.alloc(3 << 20, "0123456789");
  await fs.writeFile("/large", large);
  assert.ok((await fs.readFile("/large")).equals(large));
});

test("directories, links and attributes", async () => {
  await using host = await connected();
  const { fs } = await host.sidecar.createSandbox();
  await fs.mkdir("/d");
  await fs.mkdir("/x/y/z", { recursive: true });
  await fs.writeFile("/d/f", "12345", { mode: 0o600 });
  await fs.symlink("/d/f", "/d/link");
  assert.deepEqual(await fs.readdir("/d"), ["f", "link"]);
  const entries = await fs.readdir("/d", { withFileTypes: true });
  assert.deepEqual(
    entries.map((entry) => [entry.name, entry.kind, entry.isFile(), entry.isDirectory(), entry.isSymbolicLink()]),
    [
      ["f", "file", true, false, false],
      ["link", "symlink", false, false, true],
    ],
  );
  const stat = await fs.stat("/d/link");
  assert.deepEqual([stat.kind, stat.size, stat.mode, stat.mtimeMs], ["file", 5, 0o600, 2.5]);
  assert.ok(stat.isFile() && !stat.isDirectory() && !stat.isSymbolicLink());
  assert.ok((await fs.lstat("/d/link")).isSymbolicLink());
  assert.ok((await fs.stat("/x/y")).isDirectory());
  assert.equal(await fs.readlink("/d/link"), "/d/f");
  await fs.rename("/d/f", "/d/g");
  assert.equal(await fs.exists("/d/f"), false);
  assert.equal(await fs.exists("/d/g"), true);
  await fs.rm("/x", { recursive: true });
  await fs.rm("/x", { force: true });
  assert.equal(await fs.exists("/x/y"), false);
});

test("a failed operation names its reason and its path", async () => {
  await using host = await connected();
  const { fs } = await host.sidecar.createSandbox();
  const missing = { name: "FileSystemError", code: "ERR_HOTCELL_FS", errno: "ENOENT", path: "/no/such" };
  await assert.rejects(fs.readFile("/no/such"), missing);
  await assert.rejects(fs.stat("/no/such"), missing);
  await assert.rejects(fs.writeFile("/no/such", "x"), missing);
  await assert.rejects(fs.rm("/no/such"), missing);
  await assert.rejects(fs.readdir("/no/such"), FileSystemError);
  await assert.rejects(fs.mkdir("/"), { errno: "EEXIST" });
  await fs.writeFile("/no/such", "x", { parents: true });
  assert.equal(await fs.readFile("/no/such", "utf8"), "x");
});

test("files of a new sandbox are there with their modes", async () => {
  await using host = await connected();
  const program = WasmProgram.from(WASM);
  const { fs } = await host.sidecar.createSandbox({
    files: {
      "/app/a.txt": "text",
      "/app/b.bin": new Uint8Array([1, 2]),
      "/app/run.sh": "#!/bin/sh\n",
      "/usr/bin/tool": "x",
      "/usr/bin/deep/data": "x",
      "/lib/prog": WASM,
      "/lib/prog2": program,
      "/secret": { content: "s", mode: 0o400 },
      "/plain": { content: program, mode: 0o644 },
      "/buffer": new Uint8Array([9]).buffer,
    },
  });
  const modes: Record<string, string> = {};
  for (const path of ["/app/a.txt", "/app/b.bin", "/app/run.sh", "/usr/bin/tool", "/usr/bin/deep/data", "/lib/prog"]) {
    modes[path] = (await fs.stat(path)).mode.toString(8);
  }
  assert.deepEqual(modes, {
    "/app/a.txt": "644",
    "/app/b.bin": "644",
    "/app/run.sh": "755",
    "/usr/bin/tool": "755",
    "/usr/bin/deep/data": "644",
    "/lib/prog": "755",
  });
  assert.equal((await fs.stat("/lib/prog2")).mode, 0o755);
  assert.equal((await fs.stat("/secret")).mode, 0o400);
  assert.equal((await fs.stat("/plain")).mode, 0o644);
  assert.deepEqual(await fs.readFile("/lib/prog2"), WASM);
  assert.deepEqual(await fs.readFile("/buffer"), Buffer.from([9]));
});

test("a sandbox whose files can't be written is not left behind", async () => {
  await using host = await connected({
    onRequest(id, request, sidecar) {
      if (request.type !== "fs" || request.request.op !== "writeFile" || request.request.path !== "/bad") return false;
      sidecar.fail(id, "ERR_HOTCELL_FS", "There is no room for the file.", "ENOSPC");
      return true;
    },
  });
  // A digest: the upload of the small file would otherwise follow its refusal.
  const files = { "/good": "x", "/bad": WasmProgram.from(WASM) };
  await assert.rejects(host.sidecar.createSandbox({ files }), {
    code: "ERR_HOTCELL_FS",
    errno: "ENOSPC",
    path: "/bad",
  });
  assert.equal(host.fake.sandboxes.size, 0);
});

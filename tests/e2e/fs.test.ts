import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileSidecar } from "../support/sidecar.js";

const sidecar = await fileSidecar();

describe("sandbox.fs", () => {
  test("writes and reads bytes and text, large and empty", async () => {
    const { fs } = await sidecar.createSandbox();
    const large = Buffer.from(Uint8Array.from({ length: 3_500_001 }, (_, i) => i * 13));
    await fs.writeFile("/large", large);
    assert.ok(Buffer.from(await fs.readFile("/large")).equals(large));
    await fs.writeFile("/empty", "");
    assert.equal((await fs.readFile("/empty")).length, 0);
    await fs.writeFile("/text", "grüße");
    assert.equal(await fs.readFile("/text", "utf8"), "grüße");
    await fs.writeFile("/text", "shorter");
    assert.equal(await fs.readFile("/text", "utf8"), "shorter");
  });

  test("makes, lists, renames and removes", async () => {
    const { fs } = await sidecar.createSandbox();
    await fs.mkdir("/a/b/c", { recursive: true });
    await fs.writeFile("/a/file", "1234");
    await fs.symlink("file", "/a/link");
    assert.deepEqual((await fs.readdir("/a")).sort(), ["b", "file", "link"]);
    assert.equal(await fs.readlink("/a/link"), "file");
    const stat = await fs.stat("/a/link");
    assert.deepEqual([stat.kind, stat.size], ["file", 4]);
    await fs.rename("/a/file", "/a/b/moved");
    await assert.rejects(fs.stat("/a/link"), { code: "ERR_HOTCELL_FS", errno: "ENOENT" });
    await fs.rm("/a", { recursive: true });
    await assert.rejects(fs.readdir("/a"), { errno: "ENOENT" });
    await fs.rm("/a", { recursive: true, force: true });
  });

  test("fails with the POSIX name of the reason", async () => {
    const { fs } = await sidecar.createSandbox({ files: { "/dir/file": "x" } });
    for (const [action, errno] of [
      [() => fs.readFile("/missing"), "ENOENT"],
      [() => fs.readFile("/dir"), "EISDIR"],
      [() => fs.readdir("/dir/file"), "ENOTDIR"],
      [() => fs.mkdir("/dir"), "EEXIST"],
      [() => fs.rm("/dir"), "EISDIR"],
      [() => fs.readlink("/dir/file"), "EINVAL"],
      [() => fs.stat("/dir/file/below"), "ENOTDIR"],
      [() => fs.rename("/dir", "/dir/inside"), "EINVAL"],
    ] as const) {
      await assert.rejects(action, { code: "ERR_HOTCELL_FS", errno }, String(action));
    }
    await fs.symlink("/loop", "/loop");
    await assert.rejects(fs.readFile("/loop"), { errno: "ELOOP" });
  });

  test("is what the guests see, both ways", async () => {
    const sandbox = await sidecar.createSandbox({ files: { "/in/a.txt": "text", "/in/b.bin": Uint8Array.of(0, 255) } });
    const result = await sandbox.run(`
      const fs = require("node:fs");
      console.log(fs.readFileSync("/in/a.txt", "utf8"), [...fs.readFileSync("/in/b.bin")].join());
      fs.mkdirSync("/out");
      fs.writeFileSync("/out/made", "by the guest");
    `);
    assert.deepEqual([result.stderr, result.stdout], ["", "text 0,255\n"]);
    assert.equal(await sandbox.fs.readFile("/out/made", "utf8"), "by the guest");
  });

  test("is a sandbox's own", async () => {
    const one = await sidecar.createSandbox({ files: { "/mine": "1" } });
    const other = await sidecar.createSandbox();
    assert.equal(await one.fs.readFile("/mine", "utf8"), "1");
    await assert.rejects(other.fs.readFile("/mine"), { errno: "ENOENT" });
    // Nor is anything of the machine's there.
    await assert.rejects(other.fs.readFile("/etc/passwd"), { errno: "ENOENT" });
  });

  test("holds a guest and the host to its quotas (V5)", async () => {
    const sandbox = await sidecar.createSandbox({ limits: { fsBytes: 1 << 20, fsInodes: 50 } });
    await assert.rejects(sandbox.fs.writeFile("/big", Buffer.alloc(2 << 20)), { errno: "ENOSPC" });
    const bytes = await sandbox.run(
      "try { require('node:fs').writeFileSync('/big', new Uint8Array(2 << 20)) } catch (error) { console.log(error.code) }",
    );
    assert.equal(bytes.stdout, "ENOSPC\n");
    const inodes = await sandbox.run(
      "try { for (let i = 0; i < 100; i++) require('node:fs').writeFileSync('/f' + i, '') } catch (error) { console.log(error.code) }",
    );
    assert.equal(inodes.stdout, "ENOSPC\n");
  });
});

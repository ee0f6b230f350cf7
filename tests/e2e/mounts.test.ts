import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { start } from "../support/carrier.js";
import { binFiles } from "../support/commands.js";

const root = realpathSync(mkdtempSync(join(tmpdir(), "hotcell-mounts-")));
mkdirSync(join(root, "allowed"));
const sidecar = await start({ mountRoots: [join(root, "allowed")] });
after(async () => {
  await sidecar.close();
  rmSync(root, { recursive: true });
});

/** A directory beneath the root, with files in it and a secret beside the root. */
function hostDirectory(name: string, files: Record<string, string> = {}): string {
  const path = join(root, "allowed", name);
  mkdirSync(path);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
  writeFileSync(join(root, "secret"), "secret");
  return path;
}

describe("mounts", () => {
  test("are the same to JavaScript, to WASI programs and to sandbox.fs", async () => {
    const host = hostDirectory("same", { "a.txt": "from the host" });
    for (const mode of ["ro", "rw", "overlay"] as const) {
      const sandbox = await sidecar.createSandbox({
        mounts: [{ host, guest: "/data", mode }],
        files: binFiles("cat", "ls"),
      });
      const run = await sandbox.run(
        'console.log(require("fs").readFileSync("/data/a.txt", "utf8"), require("fs").readdirSync("/data").join())',
      );
      assert.equal(run.stderr + run.stdout, "from the host a.txt\n");
      const cat = await sandbox.exec("cat", ["/data/a.txt"]);
      assert.equal(cat.stderr + cat.stdout, "from the host");
      assert.equal((await sandbox.exec("ls", ["/data"])).stdout, "a.txt\n");
      assert.equal(await sandbox.fs.readFile("/data/a.txt", "utf8"), "from the host");
      assert.deepEqual(await sandbox.fs.readdir("/data"), ["a.txt"]);
      const inside = await sandbox.run("console.log(process.cwd(), require('fs').statSync('a.txt').size)", {
        cwd: "/data",
      });
      assert.equal(inside.stdout, "/data 13\n");
      await sandbox.close();
    }
  });

  test("reach the host only where they may", async () => {
    const host = hostDirectory("changes", { "kept.txt": "before" });
    const change = `
      const fs = require("fs");
      const attempt = (action) => { try { action(); return "ok"; } catch (error) { return error.code; } };
      console.log([
        attempt(() => fs.writeFileSync("/data/kept.txt", "after")),
        attempt(() => fs.writeFileSync("/data/new.txt", "new")),
        attempt(() => fs.mkdirSync("/data/made/below", { recursive: true })),
        attempt(() => fs.renameSync("/data/kept.txt", "/data/moved.txt")),
        attempt(() => fs.rmSync("/data/new.txt")),
      ].join());`;
    const changed = async (mode: "ro" | "rw" | "overlay") => {
      const sandbox = await sidecar.createSandbox({ mounts: [{ host, guest: "/data", mode }] });
      const { stdout, stderr } = await sandbox.run(change);
      return { printed: stderr + stdout, seen: (await sandbox.fs.readdir("/data")).sort() };
    };
    assert.deepEqual(await changed("ro"), { printed: "EROFS,EROFS,EROFS,EROFS,EROFS\n", seen: ["kept.txt"] });
    assert.deepEqual(await changed("overlay"), { printed: "ok,ok,ok,ok,ok\n", seen: ["made", "moved.txt"] });
    assert.deepEqual([readdirSync(host), readFileSync(join(host, "kept.txt"), "utf8")], [["kept.txt"], "before"]);
    assert.deepEqual(await changed("rw"), { printed: "ok,ok,ok,ok,ok\n", seen: ["made", "moved.txt"] });
    assert.deepEqual(
      [readdirSync(host).sort(), readFileSync(join(host, "moved.txt"), "utf8")],
      [["made", "moved.txt"], "after"],
    );
  });

  test("lead nobody out of them, and tell nothing of the host's paths (V2, V7)", async () => {
    const host = hostDirectory("links");
    symlinkSync(join(root, "secret"), join(host, "absolute"));
    symlinkSync("../../secret", join(host, "relative"));
    for (const mode of ["ro", "rw", "overlay"] as const) {
      const sandbox = await sidecar.createSandbox({ mounts: [{ host, guest: "/data", mode }], files: binFiles("cat") });
      for (const name of ["absolute", "relative"]) {
        await assert.rejects(sandbox.fs.readFile(`/data/${name}`), (error: NodeJS.ErrnoException) => {
          assert.equal(error.errno as unknown, "ENOENT");
          return !error.message.includes(root);
        });
        const run = await sandbox.run(`require("fs").readFileSync("/data/${name}")`);
        assert.match(run.stderr, /ENOENT: no such file or directory/);
        assert.ok(!run.stderr.includes(root), run.stderr);
        const cat = await sandbox.exec("cat", [`/data/${name}`]);
        assert.equal(cat.exitCode, 1);
        assert.ok(!cat.stderr.includes(root), cat.stderr);
      }
      await sandbox.close();
    }
    assert.equal(readFileSync(join(root, "secret"), "utf8"), "secret");
  });

  test("run programs that lie in them", async () => {
    const host = hostDirectory("programs", {
      "tool.js": "console.log('ran', require('./lib.js'))",
      "lib.js": "module.exports = 42",
    });
    const sandbox = await sidecar.createSandbox({ mounts: [{ host, guest: "/app", mode: "ro" }], cwd: "/app" });
    const { stdout, stderr } = await sandbox.run("require('./tool.js')", { filename: "/app/main.js" });
    assert.equal(stderr + stdout, "ran 42\n");
  });

  test("are refused outside of the roots, and at places that can't be used", async () => {
    const host = hostDirectory("refused");
    symlinkSync(root, join(host, "out"));
    for (const [mount, message] of [
      [{ host: root, guest: "/m", mode: "ro" }, /outside of the mount roots/],
      [{ host: join(host, "out"), guest: "/m", mode: "ro" }, /outside of the mount roots/],
      [{ host: `${host}/../../..`, guest: "/m", mode: "ro" }, /outside of the mount roots/],
      [{ host: join(host, "missing"), guest: "/m", mode: "ro" }, /ENOENT/],
      [{ host, guest: "/", mode: "ro" }, /can't be mounted at "\/"/],
      [{ host, guest: "/a/../m", mode: "ro" }, /can't be mounted at/],
      [{ host, guest: "/dev", mode: "ro" }, /something already/],
    ] as const) {
      await assert.rejects(sidecar.createSandbox({ mounts: [mount] }), { code: "ERR_HOTCELL_INVALID_OPTION", message });
    }
    assert.ok(existsSync(host));
    const none = await start({ env: {} });
    await assert.rejects(none.createSandbox({ mounts: [{ host, guest: "/m", mode: "ro" }] }), {
      code: "ERR_HOTCELL_INVALID_OPTION",
      message: /no mount roots were named/,
    });
    await none.close();
  });

  test("refuse to start with a root that can't be opened", async () => {
    await assert.rejects(start({ mountRoots: [join(root, "nowhere")], log: "ignore" }), /mount root/);
  });
});

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { Sidecar, type StartOptions } from "hotcell";
import { only } from "../support/carrier.js";
import { binFiles } from "../support/commands.js";

const roots: string[] = [];
after(() => {
  for (const root of roots) rmSync(root, { recursive: true });
});

function temporary(): string {
  const root = mkdtempSync(join(tmpdir(), "hotcell-lockdown-"));
  roots.push(root);
  return root;
}

/** What the kernel says of each thread of a process, by the line's name. */
function threads(pid: number): Map<string, string>[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => {
    const lines = readFileSync(`/proc/${pid}/task/${thread}/status`, "utf8").split("\n");
    return new Map(lines.map((line) => line.split(":\t") as [string, string]));
  });
}

async function withSidecar(
  options: StartOptions,
  use: (sidecar: Sidecar, pid: number) => Promise<void>,
): Promise<void> {
  const sidecar = await Sidecar.start(options);
  try {
    await use(sidecar, (await sidecar.stats()).pid);
  } finally {
    await sidecar.close();
  }
}

const superuser = process.getuid?.() === 0;

describe("lock-down", only("child", "the process is Node's own"), () => {
  test("holds for every thread, those of guests included (O1, O3)", async () => {
    await withSidecar({}, async (sidecar, pid) => {
      const sandbox = await sidecar.createSandbox();
      const guest = sandbox.spawn({ source: "setTimeout(() => {}, 60000); console.log('here')" });
      for await (const _ of guest.stdout) break;
      const all = threads(pid);
      assert.ok(all.length > 3);
      for (const status of all) {
        assert.deepEqual([status.get("Seccomp"), status.get("NoNewPrivs")], ["2", "1"], status.get("Name"));
      }
      assert.match(readFileSync(`/proc/${pid}/limits`, "utf8"), /Max core file size +0 +0 /);
      guest.kill("SIGKILL");
      await guest.exit;
    });
  });

  test("leaves no descriptor of the host's (O2)", {
    skip: !superuser && "only the superuser may look into it",
  }, async () => {
    const cache = temporary();
    await withSidecar({ env: { HOTCELL_CACHE_DIR: cache } }, async (_sidecar, pid) => {
      const open = readdirSync(`/proc/${pid}/fd`).map((fd) =>
        readlinkSync(`/proc/${pid}/fd/${fd}`).replace(/:?\[.*/, ""),
      );
      const allowed = new Set(["/dev/null", "pipe", "socket", "anon_inode", cache, `/proc/${pid}/statm`]);
      assert.deepEqual(
        open.filter((what) => !allowed.has(what)),
        [],
      );
    });
  });

  test("does not get in the way of JavaScript, WebAssembly, commands, mounts and limits", async () => {
    const root = temporary();
    writeFileSync(join(root, "a"), "from the host");
    await withSidecar({ mountRoots: [root] }, async (sidecar) => {
      const sandbox = await sidecar.createSandbox({
        mounts: [{ host: root, guest: "/m", mode: "rw" }],
        files: binFiles("cat", "cp"),
      });
      const run = await sandbox.run(`
        const fs = require("fs");
        const module = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
        let sum = 0; for (let i = 0; i < 3e6; i++) sum += i % 7;
        fs.writeFileSync("/m/made", String(sum)); fs.renameSync("/m/made", "/m/kept");
        console.log(module instanceof WebAssembly.Module, typeof Math.random(), new Date().getFullYear() > 2020, fs.readdirSync("/m").sort().join());
      `);
      assert.equal(run.stderr + run.stdout, "true number true a,kept\n");
      assert.equal((await sandbox.exec("cp", ["/m/a", "/m/b"])).stderr, "");
      assert.equal(readFileSync(join(root, "b"), "utf8"), "from the host");
      const loop = await sandbox.run("for (;;);", { limits: { wallMs: 100 } });
      assert.equal(loop.outcome, "timed_out");
      const memory = await sandbox.run("const all = []; for (;;) all.push(new Array(1e5).fill(1.5));", {
        limits: { heapMb: 16 },
      });
      assert.equal(memory.outcome, "out_of_memory");
    });
  });

  test("can be done without", async () => {
    await withSidecar({ env: { HOTCELL_LOCKDOWN: "off" }, log: "ignore" }, async (_sidecar, pid) => {
      assert.deepEqual([...new Set(threads(pid).map((status) => status.get("Seccomp")))], ["0"]);
    });
  });
});

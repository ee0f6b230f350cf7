import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, describe, test } from "node:test";
import { Sidecar } from "hotcell";
import { ended, root } from "../support/binary.js";
import { carrier, only, start } from "../support/carrier.js";
import { eventually } from "../support/eventually.js";

// Inside of this package, so that "hotcell" is found from there.
const directory = mkdtempSync(join(root, "tests/.host-"));
after(() => rmSync(directory, { recursive: true }));

/** Runs a host program of its own. */
function host(name: string, source: string): ChildProcess & { stdout: NonNullable<ChildProcess["stdout"]> } {
  const path = join(directory, name);
  writeFileSync(path, source);
  return spawn(process.execPath, ["--import", "tsx", path], {
    stdio: ["ignore", "pipe", "pipe"],
    cwd: join(root, "tests"),
  });
}

async function lines(child: { stdout: NodeJS.ReadableStream }, count: number): Promise<string[]> {
  const read: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    read.push(line);
    if (read.length === count) break;
  }
  return read;
}

/** Waits until a process that is not a child of ours is gone. */
function gone(pid: number): Promise<void> {
  return eventually(`process ${pid} is gone`, () => !existsSync(`/proc/${pid}`));
}

describe("a sidecar", () => {
  test("dies with its host, and its guests with it (F2)", { skip: process.platform !== "linux" }, async () => {
    const child = host(
      "killed.ts",
      `import { Sidecar } from "hotcell";
       const sidecar = await Sidecar.start({ carrier: "${carrier}" });
       const sandbox = await sidecar.createSandbox();
       const guest = sandbox.spawn({ source: "console.log('running'); while (true) {}" });
       for await (const _ of guest.stdout) { console.log((await sidecar.stats()).pid); }`,
    );
    const [pid] = await lines(child, 1);
    assert.ok(Number(pid) > 0 && existsSync(`/proc/${pid}`));
    child.kill("SIGKILL");
    await gone(Number(pid));
  });

  test("that is idle never keeps Node alive", async () => {
    const child = host(
      "idle.ts",
      `import { Sidecar } from "hotcell";
       const sidecar = await Sidecar.start({ carrier: "${carrier}" });
       const sandbox = await sidecar.createSandbox();
       console.log((await sandbox.run("console.log('done')")).stdout.trim());
       console.log(sidecar.pid);`,
    );
    const watchdog = setTimeout(() => child.kill("SIGKILL"), 10_000);
    const end = ended(child);
    const result = await end;
    clearTimeout(watchdog);
    const [done, pid] = result.stdout.toString().split("\n");
    assert.deepEqual([result.exitCode, result.signal, done, result.stderr.toString()], [0, null, "done", ""]);
    if (process.platform === "linux") await gone(Number(pid));
  });

  test("that works keeps Node alive until its answer is there", async () => {
    const child = host(
      "busy.ts",
      `import { Sidecar } from "hotcell";
       const sidecar = await Sidecar.start({ carrier: "${carrier}" });
       const sandbox = await sidecar.createSandbox();
       sandbox.run("setTimeout(() => console.log('late'), 300)").then((result) => process.stdout.write(result.stdout));`,
    );
    const result = await ended(child);
    assert.deepEqual([result.exitCode, result.stdout.toString()], [0, "late\n"]);
  });

  test("that was closed ends, and takes no more work", async () => {
    const sidecar = await start();
    const sandbox = await sidecar.createSandbox();
    const { pid } = sidecar;
    await sidecar.close();
    if (process.platform === "linux" && carrier === "child") await gone(pid);
    await assert.rejects(async () => sandbox.run("1"), { code: "ERR_HOTCELL_CLOSED" });
    await assert.rejects(async () => sidecar.stats(), { code: "ERR_HOTCELL_CLOSED" });
    await sidecar.close();
  });

  const named = only("child", "it is about the binary");
  test("that can't be found is an error that says where it was looked for", named, async () => {
    await assert.rejects(Sidecar.start({ binary: "/no/such/hotcell" }), {
      code: "ERR_HOTCELL_BINARY_NOT_FOUND",
      message: /\/no\/such\/hotcell/,
    });
  });

  test("counts its sandboxes and guests", async () => {
    await using sidecar = await start();
    // In this process, others may have come before.
    const before = await sidecar.stats();
    const sandbox = await sidecar.createSandbox();
    await sandbox.run("1");
    const stats = await sidecar.stats();
    const { sandboxes, guestsStarted, guestsEnded } = before;
    assert.deepEqual(
      [stats.sandboxes - sandboxes, stats.guests, stats.guestsStarted - guestsStarted, stats.guestsEnded - guestsEnded],
      [1, 0, 1, 1],
    );
    assert.ok(stats.residentBytes > 1 << 20 && stats.pid === sidecar.pid);
  });
});

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { type Sandbox, Sidecar } from "hotcell";
import { only } from "../support/carrier.js";
import { command } from "../support/commands.js";
import { eventually } from "../support/eventually.js";
import { firstOutput } from "../support/guest.js";
import { HostPrograms } from "../support/host.js";

const manyProcesses = only("child", "one engine serves its host's process");
const programs = new HostPrograms();

/** Measurements, the least of which counts: a machine that does other things too makes them longer, never shorter. */
const TIMES = 5;

function gone(pid: number): Promise<void> {
  return eventually(`process ${pid} is gone`, () => !existsSync(`/proc/${pid}`));
}

/** Sends a signal until the process ends of it: Rust's runtime takes the first SIGSEGV that no access to memory caused. */
async function end(pid: number, signal: NodeJS.Signals): Promise<void> {
  await eventually(`process ${pid} ends of ${signal}`, () => {
    try {
      process.kill(pid, signal);
      return false;
    } catch {
      return true;
    }
  });
}

/** Two sandboxes in processes of their own. */
async function apart(sidecar: Sidecar): Promise<[Sandbox, Sandbox]> {
  const [one, other] = [await sidecar.createSandbox(), await sidecar.createSandbox()];
  assert.notEqual(one.pid, other.pid);
  return [one, other];
}

describe("several processes behind one sidecar", manyProcesses, () => {
  for (const signal of ["SIGABRT", "SIGKILL", "SIGSEGV", "SIGBUS"] as const) {
    test(`the end of one by ${signal} is invisible in the others`, async () => {
      await using sidecar = await Sidecar.start({ cells: 2, log: "ignore" });
      const [victim, bystander] = await apart(sidecar);
      const running = victim.spawn({ source: "console.log('ready'); for (;;) {}" });
      await firstOutput(running);
      const calm = bystander.spawn({ source: "console.log('ready'); setTimeout(() => console.log('unharmed'), 300)" });
      await firstOutput(calm);
      const { pid } = victim;
      const ending = end(pid, signal);
      assert.equal((await running.exit).outcome, "crashed");
      await assert.rejects(victim.run("1"), { code: "ERR_HOTCELL_SANDBOX_LOST" });
      assert.equal((await bystander.run("console.log(6 * 7)")).stdout, "42\n");
      assert.equal(await firstOutput(calm), "unharmed\n");
      assert.equal((await calm.exit).outcome, "exited");
      await victim.recreate();
      assert.notEqual(victim.pid, pid);
      assert.equal((await victim.run("console.log('again')")).stdout, "again\n");
      await ending;
    });
  }

  test("the end of one while it is sent a program is invisible in the others", async () => {
    const program = command("echo");
    await using sidecar = await Sidecar.start({ cells: 2, log: "ignore" });
    const [victim, bystander] = await apart(sidecar);
    const large = Buffer.concat([program, customSection(48 << 20)]);
    const loading = victim.runWasm(large).then(
      () => assert.fail("it was loaded"),
      (error) => error,
    );
    const { pid } = victim;
    process.kill(pid, "SIGKILL");
    const error = await loading;
    assert.equal(error.code, "ERR_HOTCELL_SIDECAR_LOST");
    assert.equal((await bystander.runWasm(large, ["beside"])).stdout, "beside\n");
    await victim.recreate();
    assert.equal((await victim.runWasm(large, ["again"])).stdout, "again\n");
  });

  // The kernel takes a process's memory down before it closes its descriptors, which takes a while where there is much of it.
  for (const megabytes of [0, 600]) {
    const held = `const kept = []; for (let i = 0; i < ${megabytes}; i++) kept.push(new Uint8Array(1 << 20).fill(1));`;
    test(`guests and calls under way hear of its end within 100 ms, with ${megabytes} MiB in it`, async (context) => {
      let soonest = Number.POSITIVE_INFINITY;
      for (let time = 0; time < TIMES; time++) {
        await using sidecar = await Sidecar.start({ log: "ignore" });
        const sandbox = await sidecar.createSandbox({ limits: { externalMb: 1024 } });
        const guest = sandbox.spawn({ source: `${held} console.log('ready'); setInterval(() => {}, 1000)` });
        await firstOutput(guest);
        const call = assert.rejects(sandbox.fs.writeFile("/x", Buffer.alloc(64 << 20)), {
          code: "ERR_HOTCELL_SIDECAR_LOST",
        });
        const started = performance.now();
        process.kill(sidecar.pid, "SIGKILL");
        assert.equal((await guest.exit).outcome, "crashed");
        await call;
        await assert.rejects(sandbox.run("1"), { code: "ERR_HOTCELL_SANDBOX_LOST" });
        soonest = Math.min(soonest, performance.now() - started);
      }
      context.diagnostic(`${soonest.toFixed(1)} ms at best`);
      assert.ok(soonest < 100, `it took ${soonest} ms at best`);
    });
  }
});

describe("a sandbox with a process to itself", manyProcesses, () => {
  test("has the one that was parked, at no cost of a start", async (context) => {
    await using sidecar = await Sidecar.start({ spareCells: 1 });
    let soonest = Number.POSITIVE_INFINITY;
    for (let time = 0; time < TIMES; time++) {
      let spare: number | undefined;
      await eventually("a process is parked", async () => {
        const { cells } = await sidecar.stats();
        spare = cells.find(({ kind }) => kind === "spare")?.pid;
        return spare !== undefined;
      });
      const started = performance.now();
      const sandbox = await sidecar.createSandbox({ cell: "own" });
      soonest = Math.min(soonest, performance.now() - started);
      assert.equal(sandbox.pid, spare);
      const { pid } = sandbox;
      assert.equal((await sandbox.run("console.log(process.pid > 0)")).exitCode, 0);
      await sandbox.close();
      await gone(pid);
    }
    context.diagnostic(`${soonest.toFixed(2)} ms at best`);
    // A process takes some 20 ms to start.
    assert.ok(soonest < 10, `it took ${soonest} ms at best`);
  });

  test("ends it for nobody else", async () => {
    await using sidecar = await Sidecar.start({ log: "ignore" });
    const shared = await sidecar.createSandbox();
    const hostile = await sidecar.createSandbox({ cell: "own", onLost: "recreate" });
    const calm = shared.spawn({ source: "console.log('ready'); setTimeout(() => console.log('unharmed'), 500)" });
    await firstOutput(calm);
    for (let round = 0; round < 3; round++) {
      const { pid } = hostile;
      process.kill(pid, "SIGKILL");
      await gone(pid);
      assert.equal((await hostile.run("console.log('there again')")).stdout, "there again\n");
      assert.notEqual(hostile.pid, pid);
    }
    assert.equal(await firstOutput(calm), "unharmed\n");
    assert.equal(shared.pid, sidecar.pid);
  });
});

describe("processes without a host", { skip: process.platform !== "linux" && "it looks into /proc" }, () => {
  for (const [title, body] of [
    ["is interrupted", 'process.kill(process.pid, "SIGINT");'],
    ["is killed", 'process.kill(process.pid, "SIGKILL");'],
    ["exits", "process.exit(3);"],
    ["closes all", "await sidecar.close();"],
  ] as const) {
    test(`none is left behind by one that ${title}, whatever their guests do`, manyProcesses, async () => {
      const path = programs.write(
        `${title.replaceAll(" ", "-")}.mjs`,
        `import { Sidecar } from "hotcell";
         const sidecar = await Sidecar.start({ cells: 2, spareCells: 1, log: "ignore" });
         const sandboxes = [await sidecar.createSandbox(), await sidecar.createSandbox(), await sidecar.createSandbox({ cell: "own" })];
         // One that yields to nothing, one that writes without an end, and one in a process that gives itself up.
         for (const sandbox of sandboxes) {
           const guest = sandbox.spawn({ source: "console.log('on'); let a = []; a.length = 2 ** 32 - 2; a.sort()" });
           await guest.stdout.getReader().read();
           sandbox.spawn({ source: "for (;;) console.log('x'.repeat(1000))" });
         }
         let pids;
         // The spare that was taken is replaced on the side.
         do pids = (await sidecar.stats()).cells.map(({ pid }) => pid);
         while (pids.length < 4);
         console.log(pids.join(" "));
         console.log((await sandboxes[0].run("[...'x'.repeat(3e8)]", { limits: { heapMb: 64 } })).outcome);
         ${body}`,
      );
      const { stdout, stderr } = await programs.run(path);
      const [pids, outcome] = stdout.toString().split("\n");
      assert.equal(outcome, "out_of_memory", stderr.toString());
      await Promise.all(pids!.split(" ").map((pid) => gone(Number(pid))));
    });
  }
});

/** A section of a WebAssembly module that says nothing, of that many bytes. */
function customSection(bytes: number): Buffer {
  const size: number[] = [];
  for (let left = bytes; left > 0; left >>>= 7) size.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
  return Buffer.concat([Buffer.from([0, ...size]), Buffer.alloc(bytes)]);
}

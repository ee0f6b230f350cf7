import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { binFiles } from "../support/commands.js";
import { firstOutput } from "../support/guest.js";
import { activity } from "../support/process.js";
import { fileSidecar } from "../support/sidecar.js";

const sidecar = await fileSidecar();
const sandbox = await sidecar.createSandbox({ env: { PATH: "/bin" }, files: binFiles("cat") });

const waiting = {
  "a far timer": { source: "console.log('ready'); setTimeout(() => {}, 50_000)" },
  "its stdin": { source: "console.log('ready'); process.stdin.on('data', () => {})" },
  "a signal": { source: "console.log('ready'); process.on('SIGUSR1', () => {}); setTimeout(() => {}, 2 ** 30)" },
  "a promise that something far away settles": {
    source: "console.log('ready'); await new Promise((resolve) => setTimeout(resolve, 50_000))",
  },
  "its stdin, as a WASI program": { command: "cat" },
};

/** Until it has come to rest: its first output was before that. */
const SETTLE_MS = 300;
const WATCHED_MS = 1000;
/** Whatever polls, even twenty times a second only, wakes more often. */
const MOST_WAKE_UPS = 10;

describe("nothing polls", () => {
  for (const [what, program] of Object.entries(waiting)) {
    test(`a guest that waits for ${what} sleeps`, { skip: process.platform !== "linux" }, async () => {
      const guest = sandbox.spawn(program, { stdin: "pipe" });
      if ("command" in program) await guest.stdin.getWriter().write("ready\n");
      await firstOutput(guest);
      await delay(SETTLE_MS);
      const before = activity(sidecar.pid);
      await delay(WATCHED_MS);
      const after = activity(sidecar.pid);
      guest.kill("SIGKILL");
      const { usage } = await guest.exit;
      assert.ok(after.sleeps - before.sleeps <= MOST_WAKE_UPS, `it woke ${after.sleeps - before.sleeps} times`);
      assert.ok(after.cpuMs - before.cpuMs <= 10, `it took ${after.cpuMs - before.cpuMs} ms`);
      assert.ok(usage.wallMs >= SETTLE_MS + WATCHED_MS);
      assert.ok(usage.cpuMs < 150, `the guest's thread took ${usage.cpuMs} ms`);
    });
  }

  // In process it is Node that is looked at, which has things of its own to do.
  const ownProcess = { skip: process.platform !== "linux" || process.env.HOTCELL_TEST_CARRIER === "in-process" };

  test("nor does a sidecar without guests", ownProcess, async () => {
    await sandbox.run("1");
    await delay(SETTLE_MS);
    const before = activity(sidecar.pid);
    await delay(WATCHED_MS);
    const after = activity(sidecar.pid);
    assert.ok(after.sleeps - before.sleeps <= MOST_WAKE_UPS, `it woke ${after.sleeps - before.sleeps} times`);
    assert.ok(after.cpuMs - before.cpuMs <= 10, `it took ${after.cpuMs - before.cpuMs} ms`);
  });

  test("a timer wakes its guest when it is due, and not before", async () => {
    const result = await sandbox.run(`
      const started = performance.now();
      const late = [];
      for (const delay of [5, 50, 250]) setTimeout(() => late.push(performance.now() - started - delay), delay);
      process.on("exit", () => console.log(JSON.stringify(late)));`);
    const late = JSON.parse(result.stdout) as number[];
    assert.equal(late.length, 3);
    for (const by of late) assert.ok(by >= -1 && by < 1000, `${by} ms late`);
  });
});

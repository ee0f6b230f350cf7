import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { only, start } from "../support/carrier.js";
import { eventually } from "../support/eventually.js";
import { innocents } from "../support/innocents.js";

/** Settings are the process's own in process, where other tests have theirs. */
const child = only("child", "in process the settings are those of the whole process");

describe("M5 many guests together", child, () => {
  test("guests beyond those that may run at once wait, and all of them run", async () => {
    await using sidecar = await start({ env: { HOTCELL_MAX_GUESTS: "4" } });
    const sandbox = await sidecar.createSandbox();
    const runs = Array.from({ length: 40 }, (_, i) => sandbox.run(`setTimeout(() => console.log(${i}), 20)`));
    assert.deepEqual(
      (await Promise.all(runs)).map(({ stdout }) => stdout),
      runs.map((_, i) => `${i}\n`),
    );
  });

  test("a guest whose turn does not come is refused, and none that runs is ended", async () => {
    await using sidecar = await start({ env: { HOTCELL_MAX_GUESTS: "2", HOTCELL_ADMISSION_WAIT_MS: "200" } });
    const sandbox = await sidecar.createSandbox();
    const running = [1, 2].map(() => sandbox.spawn({ source: "setInterval(() => {}, 1e6)" }));
    await eventually("both run", async () => (await sidecar.stats()).guests === 2);
    const refused = await sandbox.run("1");
    assert.deepEqual([refused.outcome, refused.error?.limit], ["limit_exceeded", "guests"]);
    assert.equal((await sidecar.stats()).guests, 2);
    for (const guest of running) guest.kill("SIGKILL");
    for (const guest of running) assert.equal((await guest.exit).outcome, "signaled");
    assert.equal((await sandbox.run("console.log(1)")).stdout, "1\n");
  });

  test("guests that hold too much memory together keep others waiting, not the process growing", async () => {
    await using sidecar = await start({ env: { HOTCELL_MEMORY_MB: "200", HOTCELL_ADMISSION_WAIT_MS: "300" } });
    await using calm = await start();
    const sandbox = await sidecar.createSandbox({ limits: { externalMb: 128 } });
    const before = (await sidecar.stats()).residentBytes;
    const holds = `
      const kept = new Uint8Array(100 << 20).fill(1);
      console.log("holds");
      setInterval(() => kept[0], 1e6);`;
    const [results] = await innocents(await calm.createSandbox(), async () => {
      const guests = [];
      const ends = [];
      for (let i = 0; i < 8; i++) {
        const guest = sandbox.spawn({ source: holds });
        const first = await guest.stdout.getReader().read();
        guests.push(guest);
        ends.push(first.done ? "refused" : "holds");
      }
      const { residentBytes } = await sidecar.stats();
      for (const guest of guests) guest.kill("SIGKILL");
      const exits = await Promise.all(guests.map(({ exit }) => exit));
      return { ends, exits, residentBytes };
    });
    assert.ok(results.residentBytes - before < 500 << 20, `${results.residentBytes} bytes`);
    for (const [i, end] of results.ends.entries()) {
      const { outcome, error } = results.exits[i]!;
      const expected = end === "holds" ? ["signaled", undefined] : ["limit_exceeded", "memory"];
      assert.deepEqual([outcome, error?.limit], expected);
    }
    assert.ok(results.ends.includes("holds") && results.ends.includes("refused"), String(results.ends));
  });

  test("a sandbox takes no more guests at once than its limit", async () => {
    await using sidecar = await start();
    const sandbox = await sidecar.createSandbox({ limits: { processes: 3 } });
    const running = [1, 2, 3].map(() => sandbox.spawn({ source: "setInterval(() => {}, 1e6)" }));
    await assert.rejects(sandbox.run("1"), { code: "ERR_HOTCELL_TOO_MANY_GUESTS" });
    assert.equal((await (await sidecar.createSandbox()).run("console.log(1)")).stdout, "1\n");
    for (const guest of running) guest.kill("SIGKILL");
    await Promise.all(running.map(({ exit }) => exit));
    assert.equal((await sandbox.run("console.log(2)")).stdout, "2\n");
  });
});

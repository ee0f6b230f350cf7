import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Outcome } from "hotcell";
import { only, start } from "../support/carrier.js";
import { firstOutput } from "../support/guest.js";

const limits = { heapMb: 64, cpuMs: 1500, wallMs: 20_000 };

/** What V8 does not survive, by what it is told of. */
const programs: [title: string, source: string, outcomes: Outcome[]][] = [
  ["JSON.stringify", "JSON.stringify(Array(3e7).fill('abcdefghij'))", ["out_of_memory", "timed_out"]],
  ["a split text", "'x'.repeat(5e8).split('')", ["crashed", "out_of_memory"]],
];

describe("M8 an end of memory that V8 does not survive", only("child", "it takes the process with it"), () => {
  for (const [title, source, outcomes] of programs) {
    test(`${title}: the guests of that process end with typed outcomes, those of another never notice`, async () => {
      await using attacked = await start({ log: "ignore" });
      await using other = await start();
      const sandbox = await attacked.createSandbox();
      const neighbour = sandbox.spawn({ source: "console.log('ready'); setInterval(() => {}, 1000)" });
      await firstOutput(neighbour);
      const calm = (await other.createSandbox()).run("setTimeout(() => console.log('unharmed'), 500)");
      const result = await sandbox.run(source, { limits });
      assert.ok(outcomes.includes(result.outcome), JSON.stringify(result));
      const next = await attacked.createSandbox();
      assert.equal((await next.run("console.log('alive')")).stdout, "alive\n");
      neighbour.kill("SIGKILL");
      assert.ok(["crashed", "signaled"].includes((await neighbour.exit).outcome));
      assert.equal((await calm).stdout, "unharmed\n");
    });
  }
});

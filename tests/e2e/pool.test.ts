import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import type { Sidecar, Stats } from "hotcell";
import { only, start } from "../support/carrier.js";
import { eventually } from "../support/eventually.js";

const directory = mkdtempSync(join(tmpdir(), "hotcell-pool-"));
after(() => rmSync(directory, { recursive: true }));

const own = only("child", "in process, settings are the process's");

/** The pool once that many workers are parked, and those that were given up have left. */
async function parked(sidecar: Sidecar, workers: number): Promise<Stats["pool"]> {
  let { pool } = await sidecar.stats();
  await eventually(`${workers} workers are parked`, async () => {
    ({ pool } = await sidecar.stats());
    return pool.parked === workers && pool.parks === workers + pool.claimHits + pool.evictions;
  });
  return pool;
}

describe("the pool of parked workers", own, () => {
  test("counts and logs what becomes of each worker", async () => {
    const log = join(directory, "log");
    const env = {
      HOTCELL_SNAPSHOT: "block",
      HOTCELL_WARM_ISOLATES: "1",
      HOTCELL_WARM_ISOLATES_TOTAL: "2",
      HOTCELL_LOG: "hotcell_js=debug",
      HOTCELL_LOG_FILE: log,
      HOTCELL_LOG_FORMAT: "json",
    };
    const sidecar = await start({ env, startTimeoutMs: 60_000 });
    const seeded = { parked: 1, seeds: 1, refills: 0, parks: 1, claimHits: 0, claimMisses: 0, evictions: 0 };
    assert.deepEqual((await sidecar.stats()).pool, seeded);
    const sandbox = await sidecar.createSandbox();
    await sandbox.run("");
    assert.deepEqual(await parked(sidecar, 1), { ...seeded, refills: 1, parks: 2, claimHits: 1 });
    // Two kinds more than fit beside the first.
    for (const heapMb of [60, 61]) {
      await sandbox.run("", { limits: { heapMb } });
      await parked(sidecar, 2);
    }
    const pool = await parked(sidecar, 2);
    assert.deepEqual(pool, { parked: 2, seeds: 1, refills: 3, parks: 4, claimHits: 1, claimMisses: 2, evictions: 1 });
    await sidecar.close();

    const lines = readFileSync(log, "utf8").trimEnd().split("\n");
    const events = lines
      .map((line) => JSON.parse(line) as { target: string; fields: { message: string; kind?: string } })
      .filter(({ target }) => target === "hotcell_js::pool_counters");
    const count = (event: string) => events.filter(({ fields }) => fields.message === event).length;
    assert.deepEqual(["seed", "refill", "park", "claim hit", "claim miss"].map(count), [
      pool.seeds,
      pool.refills,
      pool.parks,
      pool.claimHits,
      pool.claimMisses,
    ]);
    // When it ends, it gives up those that are left, as far as it comes.
    assert.ok(count("evict") >= pool.evictions);
    for (const { fields } of events) assert.match(fields.kind ?? "", /^snapshot [0-9a-f]{8}, heap of \d+ MiB, stack of \d+ KiB$/);
  });

  test("is empty where it is turned off, and guests run all the same", async () => {
    for (const env of [
      { HOTCELL_WARM_ISOLATES: "0" },
      { HOTCELL_WARM_ISOLATES_TOTAL: "0" },
      { HOTCELL_SNAPSHOT: "off" },
    ]) {
      await using sidecar = await start({ env, startTimeoutMs: 60_000 });
      const result = await (await sidecar.createSandbox()).run("console.log(1)");
      assert.equal(result.stdout, "1\n");
      const { parks, parked, claimHits, claimMisses } = (await sidecar.stats()).pool;
      assert.deepEqual([parks, parked, claimHits, claimMisses], [0, 0, 0, 1], JSON.stringify(env));
    }
  });

  test("takes a burst of guests, and is full again after it", async () => {
    await using sidecar = await start({ env: { HOTCELL_SNAPSHOT: "block" }, startTimeoutMs: 60_000 });
    const sandbox = await sidecar.createSandbox();
    const guests = 40;
    const runs = await Promise.all(Array.from({ length: guests }, (_, i) => sandbox.run(`console.log(${i})`)));
    assert.deepEqual(
      runs.map(({ stdout }) => stdout),
      runs.map((_, i) => `${i}\n`),
    );
    const pool = await parked(sidecar, 2);
    assert.equal(pool.claimHits + pool.claimMisses, guests);
    assert.ok(pool.claimHits >= 2, JSON.stringify(pool));
  });
});

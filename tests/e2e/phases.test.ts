import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { chromeTrace, type Phases } from "hotcell";
import { binary, hotcell, launch } from "../support/binary.js";
import { only, start } from "../support/carrier.js";
import { readChromeTrace } from "../support/chrome-trace.js";
import { command } from "../support/commands.js";
import { eventually } from "../support/eventually.js";

const sidecar = await start({ env: { HOTCELL_SNAPSHOT: "block" }, startTimeoutMs: 60_000 });
after(() => sidecar.close());
const sandbox = await sidecar.createSandbox();

/** Checks that the phases make up the whole of a run; their names in order. */
function order({ spans, receivedMs, warmWorker, ...totals }: Phases, wallMs: number): string[] {
  let end = 0;
  for (const { phase, startUs, durationUs } of spans) {
    assert.ok(Math.abs(startUs - end) < 1e-6 && durationUs > 0, `${phase} begins at ${startUs}, after ${end}`);
    end = startUs + durationUs;
  }
  assert.ok(Math.abs(end - wallMs * 1000) <= 1, `${end} us of ${wallMs} ms`);
  const sum = Object.values(totals).reduce((sum, us) => sum + us, 0);
  assert.ok(Math.abs(sum - end) < 1e-3, `${sum} of ${end}`);
  assert.ok(Math.abs(receivedMs - Date.now()) < 60_000, `${receivedMs}`);
  assert.equal(warmWorker, totals.isolateNewUs === 0 && totals.contextUs === 0);
  return spans.map(({ phase }) => phase);
}

describe("phases", () => {
  test("of a run come in the order in which they happen, from its arrival to its exit", async () => {
    // Until one finds a worker: how long it takes to park one is nobody's to know.
    await eventually("a run finds a parked worker", async () => {
      const { phases, usage } = await sandbox.run("setTimeout(() => console.log(1), 5)", { phases: true });
      const names = order(phases!, usage.wallMs);
      assert.deepEqual(names.slice(0, 3), ["queue", "module_get", "snapshot_get"]);
      assert.deepEqual(names.slice(-3), ["user_code", "drain", "exit"]);
      for (const name of ["claim", "inject", "compile"]) assert.ok(names.includes(name), name);
      assert.ok(phases!.drainUs > 4000, `${phases!.drainUs} us in the event loop`);
      return phases!.warmWorker;
    });
  });

  test("of a run that finds no worker have the making of one in them", async () => {
    // Nobody else has that heap limit.
    const { phases, usage } = await sandbox.run("1", { phases: true, limits: { heapMb: 77 } });
    const names = order(phases!, usage.wallMs);
    assert.ok(names.indexOf("isolate_new") < names.indexOf("context"), names.join());
    assert.ok(names.indexOf("context") < names.lastIndexOf("claim"), names.join());
    assert.equal(phases!.warmWorker, false);
  });

  test("are told of WebAssembly too, and of guests that were ended", async () => {
    const wasm = await sandbox.runWasm(command("echo"), ["x"], { phases: true });
    assert.equal(wasm.stdout, "x\n");
    order(wasm.phases!, wasm.usage.wallMs);
    const ended = await sandbox.run("while (true) {}", { phases: true, limits: { wallMs: 100 } });
    assert.equal(ended.outcome, "timed_out");
    order(ended.phases!, ended.usage.wallMs);
    assert.ok(ended.phases!.userCodeUs > 50_000, `${ended.phases!.userCodeUs} us`);
  });

  test("are left out where nobody asks", async () => {
    assert.equal((await sandbox.run("1")).phases, undefined);
  });

  test("of several runs make a trace with a line for each", async () => {
    const results = await Promise.all(
      ["a", "b", "c"].map((name) => sandbox.run(`console.log("${name}")`, { phases: true })),
    );
    const named = results.map((result, i) => ({ ...result, name: `program ${i}` }));
    const runs = readChromeTrace(JSON.stringify(chromeTrace(named)));
    assert.deepEqual(
      runs.map(({ name }) => name),
      named.map(({ name }) => name),
    );
    assert.equal(Math.min(...runs.map(({ start }) => start)), 0);
    for (const [i, run] of runs.entries()) {
      assert.equal(run.phases.length, results[i]!.phases!.spans.length);
      assert.ok(Math.abs(run.end - run.start - results[i]!.usage.wallMs * 1e6) < 1100, `${run.end - run.start} ns`);
    }
  });
});

describe("HOTCELL_PHASES", () => {
  test("has every run say where its time went", only("child", "in process, settings are the process's"), async () => {
    await using telling = await start({ env: { HOTCELL_PHASES: "1" } });
    const { phases, usage } = await (await telling.createSandbox()).run("1");
    order(phases!, usage.wallMs);
  });
});

describe("hotcell run", only("child", "it is about the binary"), () => {
  const directory = mkdtempSync(join(tmpdir(), "hotcell-phases-"));
  after(() => rmSync(directory, { recursive: true }));
  const app = join(directory, "app.js");
  writeFileSync(app, "console.log('out'); process.exitCode = 3");
  const trace = join(directory, "trace.json");
  // With a snapshot a worker may be parked in time, or not.
  const cold = { ...process.env, HOTCELL_SNAPSHOT: "off" };

  test("--phases prints a table on stderr after the run", async () => {
    for (const [args, env] of [
      [["--phases"], {}],
      [[], { HOTCELL_PHASES: "1" }],
    ] as const) {
      const { stdout, stderr, exitCode } = await hotcell(["run", ...args, app], { env: { ...cold, ...env } });
      assert.deepEqual([stdout.toString(), exitCode], ["out\n", 3]);
      const [head, ...rows] = stderr
        .toString()
        .trimEnd()
        .split("\n")
        .map((line) => line.trim().split(/\s+/));
      assert.deepEqual(head, ["phase", "µs", "%"]);
      const total = rows.findIndex(([name]) => name === "total");
      assert.equal(total, 11);
      const sum = rows.slice(0, total).reduce((sum, [, us]) => sum + Number(us), 0);
      assert.ok(Math.abs(sum - Number(rows[total]![1])) < 1, stderr.toString());
      assert.deepEqual(rows[total + 1], ["warm_worker", "miss"]);
      assert.equal(rows.length, total + 2);
    }
  });

  test("--json --phases has them in the object", async () => {
    const { stdout, stderr } = await hotcell(["run", "--json", "--phases", app]);
    assert.equal(stderr.length, 0);
    const { phases } = JSON.parse(stdout.toString());
    assert.equal(phases.spans[0].phase, "queue");
  });

  test("--phases-trace writes a trace, and nothing else beside it", async () => {
    symlinkSync(trace, join(directory, "link.json"));
    writeFileSync(trace, "what was there before");
    for (const path of [join(directory, "new.json"), join(directory, "link.json")]) {
      const { stdout, stderr, exitCode } = await hotcell(["run", "--phases-trace", path, app], { env: cold });
      assert.deepEqual([stdout.toString(), stderr.toString(), exitCode], ["out\n", "", 3]);
      const [run, ...more] = readChromeTrace(readFileSync(path, "utf8"));
      assert.deepEqual([run!.name, run!.args.warm_worker, more], ["app.js", "miss", []]);
      assert.ok(run!.phases.some(({ name }) => name === "isolate_new"));
    }
    assert.equal(readChromeTrace(readFileSync(trace, "utf8")).length, 1);
    assert.deepEqual(readdirSync(directory).sort(), ["app.js", "link.json", "new.json", "trace.json"]);
    // Node's own are sockets, which can't be opened by a path.
    const piped = '"$1" run --phases-trace /dev/stdout "$2" | cat';
    const { stdout } = await launch("bash", ["-c", piped, "bash", binary(), app]);
    assert.match(stdout.toString(), /^out\n\{.*\}\n$/);
  });

  test("--phases-trace says what is wrong before the program runs", async () => {
    for (const path of [join(directory, "none/trace.json"), directory, join(app, "trace.json")]) {
      const { stdout, stderr, exitCode } = await hotcell(["run", "--phases-trace", path, app]);
      assert.deepEqual([stdout.length, exitCode], [0, 125], path);
      assert.ok(stderr.toString().includes(`The trace can't be written to ${path} (`), stderr.toString());
    }
  });
});

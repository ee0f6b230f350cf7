import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { carrier, only, start } from "../support/carrier.js";
import { HostPrograms } from "../support/host.js";

/** How often each way of ending is tried: what goes wrong here goes wrong now and then. */
const TIMES = Number(process.env.HOTCELL_TEST_REPEAT ?? 20);

const programs = new HostPrograms();

/** What every host program here begins with. */
const PRELUDE = `
  import { Worker, isMainThread, parentPort, threadId, workerData } from "node:worker_threads";
  import { Sidecar } from "hotcell";
  const start = (options) => Sidecar.start({ carrier: "in-process", ...options });
  /** Guests of every kind that are in the middle of something. */
  async function busy(sandbox) {
    const sources = [
      "console.log('ready'); while (true) {}",
      "console.log('ready'); while (true) process.stdout.write('x'.repeat(10000))",
      "console.log('ready'); setInterval(() => console.log('tick'), 1)",
      "console.log('ready'); const kept = []; for (;;) { kept.push(new Uint8Array(1000)); if (kept.length > 9000) kept.length = 0 }",
    ];
    const guests = sources.map((source) => sandbox.spawn({ source }));
    guests.push(sandbox.spawn({ wasm: LOOP }));
    for (const guest of guests.slice(0, -1)) {
      const reader = guest.stdout.getReader();
      await reader.read();
      reader.releaseLock();
    }
    return guests;
  }
  // (module (memory (export "memory") 1) (func (export "_start") (loop $l (br $l))))
  const LOOP = Buffer.from("0061736d01000000010401600000030201000503010001071302066d656d6f72790200065f737461727400000a09010700" +
    "03400c000b0b", "hex");
`;

/** Runs a program so many times; each time it must end by itself with that exit code and output. */
async function endsWell(name: string, body: string, exitCode: number, stdout: string, times = TIMES): Promise<void> {
  const path = programs.write(`${name}.mjs`, PRELUDE + body);
  for (let time = 1; time <= times; time++) {
    const end = await programs.run(path);
    const seen = [end.exitCode, end.signal, end.stdout.toString()];
    assert.deepEqual(seen, [exitCode, null, stdout], `time ${time}: ${end.stderr}`);
  }
}

describe("the engine in its host's process", only("in-process", "it is about the addon"), () => {
  test("leaves process.exit alone while guests run", () =>
    endsWell(
      "exit",
      `const sandbox = await (await start()).createSandbox();
       await busy(sandbox);
       console.log("busy");
       process.exit(7);`,
      7,
      "busy\n",
    ));

  test("leaves process.exit alone while it starts", () =>
    endsWell(
      "exit-early",
      `const sandbox = await (await start()).createSandbox();
       for (let i = 0; i < 20; i++) sandbox.run("while (true) {}");
       process.exit(8);`,
      8,
      "",
    ));

  test("leaves an uncaught error alone while guests run", async () => {
    const path = programs.write(
      "throws.mjs",
      `${PRELUDE} const sandbox = await (await start()).createSandbox(); await busy(sandbox); throw new Error("on purpose");`,
    );
    for (let time = 1; time <= TIMES; time++) {
      const end = await programs.run(path);
      assert.deepEqual([end.exitCode, end.signal], [1, null], end.stderr.toString());
      assert.match(end.stderr.toString(), /Error: on purpose/);
    }
  });

  test("keeps nothing alive that is idle or closed", () =>
    endsWell(
      "idle",
      `const sidecar = await start();
       const sandbox = await sidecar.createSandbox();
       console.log((await sandbox.run("console.log('done')")).stdout.trim());
       const other = await start();
       const guests = await busy(await other.createSandbox());
       await other.close();
       console.log(...(await Promise.all(guests.map((guest) => guest.exit))).map(({ outcome }) => outcome));`,
      0,
      "done\ncancelled cancelled cancelled cancelled cancelled\n",
    ));

  test("cancels the guests of a worker that is terminated, and serves the others", () =>
    endsWell(
      "terminate",
      `if (isMainThread) {
         const sidecar = await start();
         const sandbox = await sidecar.createSandbox();
         const worker = new Worker(new URL(import.meta.url));
         await new Promise((resolve) => worker.once("message", resolve));
         await worker.terminate();
         console.log((await sandbox.run("console.log('still there')")).stdout.trim());
         // The guests of the worker's end by themselves once they are cancelled.
         const deadline = performance.now() + 20_000;
         while ((await sidecar.stats()).guests > 0 && performance.now() < deadline) await new Promise(setImmediate);
         console.log((await sidecar.stats()).guests, (await sidecar.stats()).sandboxes);
       } else {
         await busy(await (await start()).createSandbox());
         parentPort.postMessage("busy");
         setInterval(() => {}, 1000);
       }`,
      0,
      "still there\n0 1\n",
    ));

  // The main thread never loads it, so that each worker's end closes the library.
  test("is loaded again by worker after worker, each of which leaves guests behind", () =>
    endsWell(
      "reload",
      `if (isMainThread) {
         for (let i = 0; i < 5; i++) {
           const worker = new Worker(new URL(import.meta.url));
           const told = ["message", "exit"].map((event) => new Promise((resolve) => worker.once(event, resolve)));
           console.log(...(await Promise.all(told)));
         }
       } else {
         const sandbox = await (await start()).createSandbox();
         await busy(sandbox);
         parentPort.postMessage((await sandbox.run("console.log('ran')")).stdout.trim());
         process.exit(3);
       }`,
      0,
      "ran 3\n".repeat(5),
    ));

  test("leaves process.exit alone while workers use it", () =>
    endsWell(
      "exit-workers",
      `if (isMainThread) {
         const workers = [1, 2, 3].map(() => new Worker(new URL(import.meta.url)));
         await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once("message", resolve))));
         process.exit(9);
       } else {
         await busy(await (await start()).createSandbox());
         parentPort.postMessage("busy");
         setInterval(() => {}, 1000);
       }`,
      9,
      "",
    ));

  test("serves several workers at once, which know nothing of each other", () =>
    endsWell(
      "workers",
      `if (isMainThread) {
         const results = [0, 1, 2, 3].map((number) => new Promise((resolve) => {
           new Worker(new URL(import.meta.url), { workerData: number }).once("message", resolve);
         }));
         console.log((await Promise.all(results)).join(" "));
       } else {
         const sidecar = await start();
         const sandbox = await sidecar.createSandbox({ files: { "/number": String(workerData) } });
         const runs = Array.from({ length: 20 }, (_, i) => sandbox.run("console.log(process.argv.at(-1), process.env.WHO)", {
           args: [String(i)], env: { WHO: String(workerData) } }));
         const right = (await Promise.all(runs)).every(({ stdout }, i) => stdout === i + " " + workerData + "\\n");
         const file = await sandbox.fs.readFile("/number", "utf8");
         parentPort.postMessage(right && file === String(workerData));
         await sandbox.close();
         await sidecar.close();
       }`,
      0,
      "true true true true\n",
      5,
    ));

  test("takes nothing more once a guest could not be ended, and says why", () =>
    endsWell(
      "retired",
      `const events = [];
       const sidecar = await start({ log: "ignore", onEvent: (event) => events.push(event) });
       const other = await start({ log: "ignore" });
       const neighbour = (await other.createSandbox()).spawn({
         source: "process.once('SIGUSR1', () => { console.log('finished'); process.exit() }); setInterval(() => {}, 1000)",
       });
       const sandbox = await sidecar.createSandbox();
       const result = await sandbox.run("let a = []; a.length = 2 ** 32 - 2; a.sort()", { limits: { cpuMs: 300 } });
       neighbour.kill("SIGUSR1");
       const { outcome } = await neighbour.exit;
       for await (const chunk of neighbour.stdout) console.log(result.outcome, outcome, Buffer.from(chunk).toString().trim());
       const failed = await sidecar.createSandbox().catch((error) => error);
       console.log(failed.code, failed.attempts, failed.cause.code, /gave itself up, since a guest/.test(failed.message));
       console.log((await start().catch((error) => error)).code);
       while (events.length < 2) await new Promise(setImmediate);
       console.log(events.map((event) => event.type + " " + (event.reason ?? event.error.code)).join(", "));
       console.log(/Restart this process/.test(events[1].error.message));`,
      0,
      "timed_out exited finished\n" +
        "ERR_HOTCELL_RESTART_FAILED 1 ERR_HOTCELL_ENGINE_RETIRED true\n" +
        "ERR_HOTCELL_ENGINE_RETIRED\n" +
        "retiring unyielding, lost ERR_HOTCELL_SIDECAR_LOST\n" +
        "true\n",
      3,
    ));

  // What V8 doesn't survive: the thread of the guest stays behind, and the host lives on.
  for (const [index, source] of [
    "'x'.repeat(5e8).split('')",
    "[...'x'.repeat(3e8)]",
    "new Array(1e9).fill(0)",
    "Array.from({length:5e8})",
    "JSON.stringify(Array(3e7).fill('abcdefghij'))",
    "'x'.repeat(2**29-24).replace(/x/g,'yy')",
  ].entries()) {
    test(`lets its host live where a guest does ${source}`, () =>
      endsWell(
        `fatal-${index}`,
        `const sidecar = await start({ log: "ignore" });
         const sandbox = await sidecar.createSandbox();
         const result = await sandbox.run(${JSON.stringify(source)}, { limits: { heapMb: 64, wallMs: 5000 } });
         console.log(result.outcome !== "exited" || result.exitCode === 1);`,
        0,
        "true\n",
        1,
      ));
  }

  test("is set up once in a process", () =>
    endsWell(
      "settings",
      `await start();
       await start({ env: { UNKNOWN: "x" } });
       const error = await start({ env: { HOTCELL_MODULE_CACHE_ENTRIES: "3" } }).catch((error) => error);
       console.log(error.name, error.code);
       const invalid = await start({ env: { HOTCELL_MODULE_CACHE_ENTRIES: "none" } }).catch((error) => error);
       console.log(invalid.code, /HOTCELL_MODULE_CACHE_ENTRIES/.test(invalid.message));`,
      0,
      "InvalidOptionError ERR_HOTCELL_INVALID_OPTION\nERR_HOTCELL_START_FAILED true\n",
      1,
    ));

  test("brings its log to whom it may concern", async () => {
    const path = programs.write(
      "log.mjs",
      `${PRELUDE}
       const env = { HOTCELL_LOG: "debug" };
       const lines = [];
       const quiet = await start({ env, log: "ignore" });
       const sidecar = await start({ env, log: (line) => lines.push(line) });
       if (process.argv[2] === "inherit") await start({ env });
       await (await sidecar.createSandbox()).run("1");
       await sidecar.stats();
       console.log(lines.length > 0 && lines.every((line) => /DEBUG|INFO|TRACE/.test(line) && !line.includes("\\n")));`,
    );
    const lines = await programs.run(path);
    assert.deepEqual([lines.stdout.toString(), lines.stderr.toString(), lines.exitCode], ["true\n", "", 0]);
    const inherited = await programs.run(path, ["inherit"]);
    assert.deepEqual([inherited.stdout.toString(), inherited.exitCode], ["true\n", 0]);
    assert.match(inherited.stderr.toString(), /DEBUG/);
  });

  test("hands large files and programs over without stopping its host", async () => {
    assert.equal(carrier, "in-process");
    await using sidecar = await start();
    await using sandbox = await sidecar.createSandbox();
    const bytes = Buffer.from(Uint8Array.from({ length: 40 << 20 }, (_, i) => i * 7));
    let turns = 0;
    const counter = setInterval(() => turns++, 1);
    await sandbox.fs.writeFile("/large", bytes);
    clearInterval(counter);
    assert.ok(turns > 2, `${turns} turns of the event loop while a file was written`);
    assert.ok((await sandbox.fs.readFile("/large")).equals(bytes));
    await sandbox.fs.writeFile("/empty", "");
    assert.equal(await sandbox.fs.readFile("/empty", "utf8"), "");
  });

  test("gives its host bytes of its own to write to", async () => {
    await using sidecar = await start();
    await using sandbox = await sidecar.createSandbox({ files: { "/file": "x".repeat(100_000) } });
    (await sandbox.fs.readFile("/file")).fill(0);
    assert.equal(await sandbox.fs.readFile("/file", "utf8"), "x".repeat(100_000));
    const guest = sandbox.spawn({ source: "process.stdout.write(require('node:fs').readFileSync('/file'))" });
    for await (const chunk of guest.stdout) chunk.fill(0);
    assert.equal(await sandbox.fs.readFile("/file", "utf8"), "x".repeat(100_000));
  });
});

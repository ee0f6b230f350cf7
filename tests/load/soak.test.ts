import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Outcome, RunOptions, Sandbox } from "hotcell";
import { carrier, start } from "../support/carrier.js";
import { type ProcessState, processState } from "../support/process-state.js";
import { writer, writerOutput } from "../support/wasm.js";

/** Guests in all; `scripts/soak` runs 20,000. */
const GUESTS = Number(process.env.HOTCELL_SOAK_GUESTS ?? 1000);
const IN_FLIGHT = 32;
/** What the sidecar may hold more at the end than after its first guests, since allocators keep what they were given. */
const MARGIN_MB = 96;
const MARGIN_THREADS = 4;
/** Milliseconds that isolates which nobody waits for take to be taken down. */
const SETTLED_MS = 20_000;

/** One guest of the mix: runs it and checks everything that it gave. */
type Kind = (sandbox: Sandbox, n: number) => Promise<void>;

const program = writer(1000, 3);
const programOutput = writerOutput(1000);

function script(source: (n: number) => string, expected: (n: number) => unknown[], options?: RunOptions<"utf8">): Kind {
  return async (sandbox, n) => {
    const { outcome, exitCode, stdout, error } = await sandbox.run(source(n), options);
    assert.deepEqual([outcome, exitCode, stdout, error?.limit], expected(n), `guest ${n}`);
  };
}

const lines = (n: number) => Array.from({ length: 20 }, (_, i) => `${n}.${i}\n`).join("");

/** Each kind as often as it stands here. */
const kinds: Record<string, Kind> = {
  script: script(
    (n) => `for (let i = 0; i < 20; i++) console.log("${n}." + i)`,
    (n) => ["exited", 0, lines(n), undefined],
  ),
  asynchronous: script(
    (n) => `let i = 0; const next = () => { console.log("${n}." + i); if (++i < 20) setTimeout(next, 0) }; next()`,
    (n) => ["exited", 0, lines(n), undefined],
  ),
  module: script(
    (n) =>
      `import fs from "node:fs"; fs.writeFileSync("/f${n}", "${n}"); await 0; console.log(fs.readFileSync("/f${n}", "utf8")); fs.rmSync("/f${n}")`,
    (n) => ["exited", 0, `${n}\n`, undefined],
  ),
  wasi: async (sandbox) => {
    const { outcome, exitCode, stdout } = await sandbox.runWasm(program, [], { encoding: "buffer" });
    assert.deepEqual([outcome, exitCode, stdout.equals(programOutput)], ["exited", 3, true]);
  },
  failing: script(
    (n) => `console.log(${n}); null.x`,
    (n) => ["exited", 1, `${n}\n`, undefined],
  ),
  looping: script(
    (n) => `console.log(${n}); for (;;);`,
    (n) => ["timed_out", null, `${n}\n`, "cpuMs"],
    { limits: { cpuMs: 20 } },
  ),
  growing: script(
    () => "const kept = []; for (;;) kept.push([kept.length])",
    () => ["out_of_memory", null, "", "heapMb"],
    { limits: { heapMb: 16 } },
  ),
  buffering: script(
    () =>
      "const kept = []; try { for (;;) kept.push(new ArrayBuffer(1 << 20, { maxByteLength: 1 << 21 })) } catch (e) { console.log(e.name) }",
    () => ["exited", 0, "RangeError\n", undefined],
    { limits: { externalMb: 16 } },
  ),
  flooding: async (sandbox) => {
    const { outcome, stdout } = await sandbox.run("for (;;) process.stdout.write('0123456789')", {
      limits: { outputBytes: 100_000 },
    });
    assert.deepEqual([outcome, stdout], ["limit_exceeded", "0123456789".repeat(10_000)]);
  },
  killed: async (sandbox, n) => {
    const guest = sandbox.spawn({ source: `console.log(${n}); setInterval(() => {}, 1000)` });
    const { value } = await guest.stdout.getReader().read();
    assert.equal(Buffer.from(value!).toString(), `${n}\n`);
    guest.kill("SIGTERM");
    assert.equal((await guest.exit).outcome, "signaled");
  },
  cancelled: async (sandbox) => {
    const controller = new AbortController();
    const run = sandbox.run("setInterval(() => {}, 1000)", { signal: controller.signal });
    await delay(5);
    controller.abort();
    assert.equal((await run).outcome, "cancelled" satisfies Outcome);
  },
};

/** Runs that many guests of the mix, 32 in flight, in sandboxes that come and go. */
async function load(makeSandbox: () => Promise<Sandbox>, guests: number): Promise<void> {
  const mix = Object.values(kinds);
  let next = 0;
  const lane = async () => {
    let sandbox = await makeSandbox();
    for (let inSandbox = 0; next < guests; inSandbox++) {
      if (inSandbox === 50) {
        await sandbox.close();
        sandbox = await makeSandbox();
        inSandbox = 0;
      }
      const n = next++;
      await mix[n % mix.length]!(sandbox, n);
    }
    await sandbox.close();
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
}

const inWords = (state: ProcessState) =>
  `${state.residentMb.toFixed(0)} MiB, ${state.threads} threads, ${state.descriptors} descriptors, ${state.temporaryFiles} temporary files`;

test(`a soak of ${GUESTS} mixed guests, ${IN_FLIGHT} in flight, leaves nothing behind`, async (context) => {
  await using sidecar = await start();
  const { pid } = await sidecar.stats();
  const makeSandbox = () => sidecar.createSandbox({ limits: { wallMs: 120_000 } });
  await load(makeSandbox, Math.min(GUESTS, 500));
  const before = await settled(pid, undefined);
  const began = performance.now();
  await load(makeSandbox, GUESTS);
  const seconds = (performance.now() - began) / 1000;
  const after = await settled(pid, before);
  context.diagnostic(`${(GUESTS / seconds).toFixed(0)} guests a second`);
  context.diagnostic(`before: ${inWords(before)}`);
  context.diagnostic(`after: ${inWords(after)}`);
  const stats = await sidecar.stats();
  assert.deepEqual([stats.pid, stats.guests, stats.sandboxes], [pid, 0, 0]);
  assert.equal(stats.guestsStarted, stats.guestsEnded);
  assert.ok(isLevel(after, before), `${inWords(before)}, then ${inWords(after)}`);
});

function isLevel(after: ProcessState, before: ProcessState): boolean {
  return (
    after.residentMb <= before.residentMb + MARGIN_MB &&
    after.threads <= before.threads + MARGIN_THREADS &&
    // Node opens descriptors of its own for its worker threads.
    after.descriptors <= before.descriptors + (carrier === "child" ? 0 : 8) &&
    after.temporaryFiles <= before.temporaryFiles
  );
}

/** The process once it has come to rest, or to the level that it had before. */
async function settled(pid: number, before: ProcessState | undefined): Promise<ProcessState> {
  const deadline = performance.now() + SETTLED_MS;
  let last = processState(pid);
  for (;;) {
    await delay(250);
    const now = processState(pid);
    const still = Math.abs(now.residentMb - last.residentMb) < 1 && now.threads === last.threads;
    if ((still && (before === undefined || isLevel(now, before))) || performance.now() > deadline) return now;
    last = now;
  }
}

const crashes = Math.max(2, Math.min(20, Math.round(GUESTS / 1000)));
const child = carrier === "child";

test(`${crashes} crashes on purpose leave nothing behind in the host`, {
  skip: !child && "it is the host",
}, async () => {
  await using sidecar = await start({ log: "ignore" });
  const makeSandbox = () => sidecar.createSandbox({ onLost: "recreate" });
  let sandbox = await makeSandbox();
  await sandbox.run("1");
  const before = processState(process.pid);
  for (let n = 0; n < crashes; n++) {
    const [crashed, other] = await Promise.all([
      sandbox.run("[...'x'.repeat(3e8)]", { limits: { heapMb: 32, wallMs: 20_000 } }),
      sandbox.run("setTimeout(() => console.log('unharmed'), 500)", { limits: { wallMs: 20_000 } }),
    ]);
    assert.ok(["out_of_memory", "crashed"].includes(crashed.outcome), crashed.outcome);
    // It may come to its end before the process does.
    if (other.outcome === "exited") assert.equal(other.stdout, "unharmed\n");
    else assert.equal(other.outcome, "crashed");
    sandbox = await makeSandbox();
    assert.equal((await sandbox.run(`console.log(${n})`)).stdout, `${n}\n`);
  }
  const after = processState(process.pid);
  assert.ok(
    after.descriptors <= before.descriptors + 2,
    `${before.descriptors}, then ${after.descriptors} descriptors`,
  );
  assert.ok(after.temporaryFiles <= before.temporaryFiles, `${after.temporaryFiles} temporary files`);
});

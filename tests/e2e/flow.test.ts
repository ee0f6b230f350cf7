import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { SpawnProgram } from "hotcell";
import { binFiles } from "../support/commands.js";
import { firstOutput } from "../support/guest.js";
import { fileSidecar } from "../support/sidecar.js";
import { assemble } from "../support/wasm.js";

const sidecar = await fileSidecar();
const sandbox = await sidecar.createSandbox({
  env: { PATH: "/bin" },
  files: binFiles("cat", "head"),
  limits: { outputBytes: 2 ** 40 },
});

/** Writes a page to that descriptor for ever. */
const wasmFlood = (descriptor: number) =>
  assemble(`
    (module
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 2)
      (func (export "_start")
        (i32.store (i32.const 0) (i32.const 65536))
        (i32.store (i32.const 4) (i32.const 65536))
        (loop $again
          (drop (call $write (i32.const ${descriptor}) (i32.const 0) (i32.const 1) (i32.const 8)))
          (br $again))))`);

const floods: Record<string, SpawnProgram> = {
  "JavaScript's stdout": { source: "const part = 'x'.repeat(65536); while (true) process.stdout.write(part)" },
  "JavaScript's stderr": { source: "const part = new Uint8Array(65536); while (true) process.stderr.write(part)" },
  "console.log": { source: "for (let i = 0; ; i++) console.log('line', i)" },
  "a timer's output": { source: "setInterval(() => process.stdout.write('x'.repeat(1 << 20)), 0)" },
  "WASI's stdout": { wasm: wasmFlood(1) },
  "WASI's stderr": { wasm: wasmFlood(2) },
};

const residentBytes = async () => (await sidecar.stats()).residentBytes;

/** What a reader that has stopped may cost: the window of a stream, and what the guest itself is. */
const FLAT_BYTES = 24 << 20;

/** What comes later: workers that are parked for guests to come, among others. What a flood would add has no bound. */
const LATE_BYTES = 8 << 20;

/** Long enough for a guest to use up its credit, after which it is stuck. */
const FILL_MS = 300;

describe("a host that does not read (I2)", () => {
  for (const [what, program] of Object.entries(floods)) {
    test(`${what}: the sidecar's memory stays flat, nobody waits, and the guest can be killed`, async () => {
      await sandbox.run("1");
      const before = await residentBytes();
      const flood = sandbox.spawn(program);
      await delay(FILL_MS);
      const filled = await residentBytes();
      await delay(500);
      assert.ok(filled - before < FLAT_BYTES, `it grew by ${filled - before} bytes`);
      assert.ok((await residentBytes()) - filled < LATE_BYTES, "it still grows");
      const started = performance.now();
      for (let i = 0; i < 10; i++) assert.equal((await sandbox.run(`console.log(${i})`)).stdout, `${i}\n`);
      assert.ok(performance.now() - started < 5000, "others wait");
      const killed = performance.now();
      flood.kill("SIGTERM");
      assert.equal((await flood.exit).outcome, "signaled");
      assert.ok(performance.now() - killed < 1000, "the kill waits");
    });
  }

  test("sixteen such guests at once", async () => {
    const before = await residentBytes();
    const all = Array.from({ length: 16 }, (_, i) => sandbox.spawn(Object.values(floods)[i % 6]!));
    await delay(3 * FILL_MS);
    const filled = await residentBytes();
    await delay(500);
    assert.ok(filled - before < 16 * FLAT_BYTES, `it grew by ${filled - before} bytes`);
    assert.ok((await residentBytes()) - filled < 4 << 20, "it still grows");
    assert.equal((await sandbox.run("console.log('alive')")).stdout, "alive\n");
    for (const guest of all) guest.kill("SIGKILL");
    for (const { outcome } of await Promise.all(all.map(({ exit }) => exit))) assert.equal(outcome, "signaled");
  });

  test("one that reads slowly gets everything, in order", async () => {
    const guest = sandbox.spawn({
      source: `for (let i = 0; i < 64; i++) process.stdout.write(String.fromCharCode(48 + i).repeat(65536))`,
    });
    const before = await residentBytes();
    const hash = createHash("sha256");
    let length = 0;
    for await (const chunk of guest.stdout) {
      hash.update(chunk);
      length += chunk.length;
      await delay(1);
    }
    const expected = createHash("sha256");
    for (let i = 0; i < 64; i++) expected.update(String.fromCharCode(48 + i).repeat(65536));
    assert.equal(length, 64 << 16);
    assert.equal(hash.digest("hex"), expected.digest("hex"));
    assert.ok((await residentBytes()) - before < FLAT_BYTES);
  });

  test("one that wants only one of the streams, or none, can say so", async () => {
    const guest = sandbox.spawn({
      source:
        "process.stderr.write('e'.repeat(4 << 20)); process.stdout.write('o'.repeat(4 << 20)); console.log('end')",
    });
    await guest.stderr.cancel();
    let last = "";
    for await (const chunk of guest.stdout) last = Buffer.from(chunk).toString();
    assert.ok(last.endsWith("end\n"));
    assert.equal((await guest.exit).usage.stderrBytes, 4 << 20);
  });
});

describe("stdin", () => {
  const bytes = Buffer.from(Uint8Array.from({ length: 6_000_001 }, (_, i) => (i * 7) >> 3));
  const digest = createHash("sha256").update(bytes).digest("hex");

  for (const [what, source] of [
    ["at once", "for await (const chunk of process.stdin) { length += chunk.length; sum(chunk) }"],
    [
      "with rests",
      "for await (const chunk of process.stdin) { if (length >> 20 !== (length += chunk.length) >> 20) await new Promise((done) => setTimeout(done, 10)); sum(chunk) }",
    ],
    [
      "by events",
      "process.stdin.on('data', (chunk) => { length += chunk.length; sum(chunk); process.stdin.pause(); setImmediate(() => process.stdin.resume()) }); await new Promise((done) => process.stdin.on('end', done))",
    ],
  ] as const) {
    test(`larger than every window arrives whole, read ${what}`, async () => {
      const result = await sandbox.run(
        `let length = 0, a = 1, b = 0;
         const sum = (chunk) => { for (const byte of chunk) { a = (a + byte) % 65521; b = (b + a) % 65521 } };
         ${source}
         console.log(length, b * 65536 + a);`,
        { stdin: bytes },
      );
      let [a, b] = [1, 0];
      for (const byte of bytes) {
        a = (a + byte) % 65521;
        b = (b + a) % 65521;
      }
      assert.deepEqual([result.stdout, result.stderr], [`${bytes.length} ${b * 65536 + a}\n`, ""]);
    });
  }

  test("comes from text, bytes, streams and whatever yields chunks", async () => {
    async function* chunks() {
      for (let i = 0; i < bytes.length; i += 100_003) yield bytes.subarray(i, i + 100_003);
    }
    for (const stdin of [bytes, chunks(), new Blob([bytes]).stream(), [bytes.subarray(0, 5), bytes.subarray(5)]]) {
      const { stdout } = await sandbox.exec("cat", [], { stdin, encoding: "buffer" });
      assert.equal(createHash("sha256").update(stdout).digest("hex"), digest);
    }
    assert.equal((await sandbox.exec("cat", [], { stdin: "grüße 🔥" })).stdout, "grüße 🔥");
  });

  test("that a guest does not read waits with the host, and costs the sidecar its window at most", async () => {
    const guest = sandbox.spawn({ source: "console.log('ready'); setTimeout(() => {}, 50_000)" }, { stdin: "pipe" });
    await firstOutput(guest);
    const before = await residentBytes();
    const writer = guest.stdin.getWriter();
    let written = 0;
    const writing = (async () => {
      for (let i = 0; i < 64; i++) {
        await writer.write(Buffer.alloc(1 << 20, i));
        written += 1 << 20;
      }
    })();
    writing.catch(() => {});
    await delay(500);
    assert.ok(written <= 1 << 20, `${written} bytes were taken`);
    assert.ok((await residentBytes()) - before < 4 << 20);
    guest.kill();
    assert.equal((await guest.exit).outcome, "signaled");
    await assert.rejects(writing, { code: "ERR_HOTCELL_STDIN_CLOSED" });
  });

  test("that is not read to its end is no error: like `yes | head`", async () => {
    const endless = (function* () {
      while (true) yield "yes\n".repeat(10_000);
    })();
    const result = await sandbox.exec("head", ["-n", "2"], { stdin: endless });
    assert.deepEqual([result.stdout, result.exitCode, result.stderr], ["yes\nyes\n", 0, ""]);
    assert.equal((await sandbox.run("console.log('not read')", { stdin: bytes })).stdout, "not read\n");
  });
});

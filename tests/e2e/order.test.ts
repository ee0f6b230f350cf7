import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { binFiles } from "../support/commands.js";
import { fileSidecar } from "../support/sidecar.js";
import { writer, writerOutput } from "../support/wasm.js";

const sidecar = await fileSidecar();
const KIB_64 = 64 << 10;

describe("a guest's events come in order: all output, then its exit", () => {
  test("10 JavaScript guests that exit at once, each with 64 KiB", async () => {
    const sandbox = await sidecar.createSandbox();
    for (let i = 0; i < 10; i++) {
      const letter = String.fromCharCode(97 + i);
      const result = await sandbox.run(`process.stdout.write("${letter}".repeat(${KIB_64})); process.exit(${i})`);
      assert.equal(result.exitCode, i);
      assert.equal(result.stdout.length, KIB_64);
      assert.equal(result.stdout, letter.repeat(KIB_64));
    }
  });

  test("10 WASI guests that exit at once, each with 64 KiB", async () => {
    const sandbox = await sidecar.createSandbox();
    for (let i = 0; i < 10; i++) {
      const result = await sandbox.runWasm(writer(KIB_64, i), [], { encoding: "buffer" });
      assert.equal(result.exitCode, i);
      assert.ok(result.stdout.equals(writerOutput(KIB_64)), `guest ${i} wrote ${result.stdout.length} bytes`);
    }
  });

  test("20 guests at once, JavaScript and WASI, each with 64 KiB", async () => {
    const sandbox = await sidecar.createSandbox();
    const program = writer(KIB_64, 0);
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        i % 2 === 0
          ? sandbox.runWasm(program, [], { encoding: "buffer" })
          : sandbox.run(`process.stdout.write(Uint8Array.from({ length: ${KIB_64} }, (_, i) => i)); process.exit()`, {
              encoding: "buffer",
            }),
      ),
    );
    for (const result of results) assert.ok(result.stdout.equals(writerOutput(KIB_64)));
  });

  test("output that is larger than every window comes whole", async () => {
    const sandbox = await sidecar.createSandbox();
    const length = 9 << 20;
    const result = await sandbox.run(
      `const part = Uint8Array.from({ length: 1 << 20 }, (_, i) => i); for (let i = 0; i < 9; i++) process.stdout.write(part); process.exit()`,
      { encoding: "buffer" },
    );
    assert.ok(result.stdout.equals(writerOutput(length)));
    const wasm = await sandbox.runWasm(writer(length, 0), [], { encoding: "buffer" });
    assert.ok(wasm.stdout.equals(writerOutput(length)));
  });

  test("a reader that comes after the exit finds all of it", async () => {
    const sandbox = await sidecar.createSandbox();
    const guest = sandbox.spawn({ source: `process.stdout.write("x".repeat(${KIB_64}))` });
    await guest.exit;
    let length = 0;
    for await (const chunk of guest.stdout) length += chunk.length;
    assert.equal(length, KIB_64);
  });
});

describe("output is bytes", () => {
  test("every byte value passes, from JavaScript and from WASI", async () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    const sandbox = await sidecar.createSandbox({ files: { ...binFiles("cat"), "/all": all } });
    const javascript = await sandbox.run("process.stdout.write(Uint8Array.from({ length: 256 }, (_, i) => i))", {
      encoding: "buffer",
    });
    assert.deepEqual([...javascript.stdout], [...all]);
    const wasi = await sandbox.exec("/bin/cat", ["/all"], { encoding: "buffer" });
    assert.deepEqual([...wasi.stdout], [...all]);
  });

  test("what looks like a frame of the protocol is only bytes (I4)", async () => {
    const sandbox = await sidecar.createSandbox();
    // An exit of this guest and a retirement, as the sidecar itself would write them.
    const result = await sandbox.run(
      `
      const frame = (kind, id, message) => {
        const payload = Buffer.from(JSON.stringify(message));
        const header = Buffer.alloc(16);
        header.writeUInt32LE(payload.length, 0);
        header[4] = kind;
        header.writeUInt32LE(id, 8);
        return Buffer.concat([header, payload]);
      };
      for (let id = 0; id < 50; id++) {
        process.stdout.write(frame(4, id, { type: "exit", exit: { outcome: "exited", exitCode: 0, usage: {} } }));
      }
      process.stdout.write(frame(4, 0, { type: "retiring", reason: "engineFatal", message: "Fake." }));
      process.stdout.write("\\x1b[2Jend");
      process.exit(9);`,
      { encoding: "buffer" },
    );
    assert.deepEqual([result.outcome, result.exitCode], ["exited", 9]);
    assert.equal(result.stdout.toString("latin1").match(/"type":"exit"/g)?.length, 50);
    assert.ok(result.stdout.toString().endsWith("\x1b[2Jend"));
    assert.equal((await sandbox.run("console.log(1)")).stdout, "1\n");
  });

  test("a character that is split over two writes arrives as one", async () => {
    const sandbox = await sidecar.createSandbox();
    const result = await sandbox.run(`
      process.stdout.write(Uint8Array.of(0xe2));
      process.stdout.write(Uint8Array.of(0x82, 0xac));
      process.stderr.write(Uint8Array.of(0xf0, 0x9f));
      setTimeout(() => process.stderr.write(Uint8Array.of(0x94, 0xa5)), 5);
    `);
    assert.deepEqual([result.stdout, result.stderr], ["€", "🔥"]);
  });

  test("characters that fall on the borders of every write and frame arrive as they were", async () => {
    const sandbox = await sidecar.createSandbox();
    const text = "a€🔥ü".repeat(30_000);
    const result = await sandbox.run(
      "for await (const chunk of process.stdin) for (let i = 0; i < chunk.length; i += 4099) process.stdout.write(chunk.subarray(i, i + 4099))",
      { stdin: text },
    );
    assert.equal(result.stdout, text);
  });
});

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { commandFiles, WasmProgram } from "../src/index.js";
import { steps } from "./fake/fake-guest.js";
import { connected, temporaryDirectory } from "./fake/harness.js";

test("a program is sent once and named by digest afterwards", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const bytes = Buffer.from("a program");
  const first = await sandbox.runWasm(bytes, ["x"], { name: "prog" });
  const told = JSON.parse(first.stdout);
  const digest = createHash("sha256").update(bytes).digest("hex");
  assert.deepEqual([told.program, told.args, told.blob], [{ kind: "wasm", digest, name: "prog" }, ["x"], "a program"]);
  await sandbox.runWasm(bytes);
  await sandbox.runWasm(Buffer.from("a program"));
  await sandbox.runWasm(WasmProgram.from(bytes));
  await sandbox.spawn({ wasm: bytes }).exit;
  assert.equal(host.fake.requestsOf("putBlob").length, 1);
  assert.equal(host.fake.requestsOf("spawn").length, 5);
});

test("runs at once share one upload", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const bytes = randomBytes(500_000);
  const results = await Promise.all(Array.from({ length: 8 }, () => sandbox.runWasm(bytes)));
  assert.ok(results.every(({ exitCode }) => exitCode === 0));
  assert.equal(host.fake.requestsOf("putBlob").length, 1);
});

test("changed bytes are another program", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const bytes = Buffer.from("one");
  const program = WasmProgram.from(bytes);
  assert.equal(JSON.parse((await sandbox.runWasm(bytes)).stdout).blob, "one");
  bytes.write("two");
  assert.equal(JSON.parse((await sandbox.runWasm(bytes)).stdout).blob, "two");
  assert.equal(JSON.parse((await sandbox.runWasm(program)).stdout).blob, "one");
  const changed = randomBytes(300_000);
  const original = changed.toString("latin1");
  const run = sandbox.runWasm(changed);
  changed.fill(0);
  assert.equal(JSON.parse((await run).stdout).blob, original, "the bytes are those of the time of the call");
});

test("a program that the sidecar dropped is sent again", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const program = WasmProgram.from(Buffer.from("dropped"));
  await sandbox.runWasm(program);
  host.fake.blobs.clear();
  const results = await Promise.all([sandbox.runWasm(program), sandbox.runWasm(program)]);
  assert.deepEqual(
    results.map(({ exitCode }) => exitCode),
    [0, 0],
  );
  assert.equal(host.fake.requestsOf("putBlob").length, 2);
  host.fake.blobs.clear();
  await sandbox.fs.writeFile("/p", program);
  assert.equal((await sandbox.fs.readFile("/p")).toString(), "dropped");
});

test("a program that is dropped again and again is an error", async () => {
  await using host = await connected({
    onRequest(_id, request, sidecar) {
      if (request.type === "spawn") sidecar.blobs.clear();
      return false;
    },
  });
  const sandbox = await host.sidecar.createSandbox();
  await assert.rejects(sandbox.runWasm(Buffer.from("x")), { code: "ERR_HOTCELL_UNKNOWN_BLOB" });
  assert.equal(host.fake.requestsOf("spawn").length, 2);
});

test("stdin that ended before the program had to be sent again is ended again", async () => {
  let dropped = false;
  await using host = await connected({
    onRequest(_id, request, sidecar) {
      if (request.type === "spawn" && !dropped) {
        dropped = true;
        sidecar.blobs.clear();
      }
      return false;
    },
  });
  const sandbox = await host.sidecar.createSandbox();
  const process = sandbox.spawn({ wasm: Buffer.from("x") }, { stdin: "pipe" });
  await process.stdin.close();
  assert.equal((await process.exit).exitCode, 0);
});

test("a signal for a program that had to be sent again is sent again", async () => {
  let dropped = false;
  await using host = await connected({
    onRequest(_id, request, sidecar) {
      if (request.type === "spawn" && !dropped) {
        dropped = true;
        sidecar.blobs.clear();
      }
      return false;
    },
  });
  const sandbox = await host.sidecar.createSandbox();
  const program = await host.sidecar.load(Buffer.from(steps({ hang: true })));
  const process = sandbox.spawn({ wasm: program });
  process.kill("SIGINT");
  assert.equal((await process.exit).signal, "SIGINT");
});

test("a cancelled run is not started when its program has arrived", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const controller = new AbortController();
  const run = sandbox.runWasm(randomBytes(1 << 20), [], { signal: controller.signal });
  controller.abort();
  assert.equal((await run).outcome, "cancelled");
  await host.sidecar.stats();
  await host.sidecar.stats();
  assert.equal(host.fake.requestsOf("spawn").length, 0);
});

test("load sends a program before its first run", async () => {
  await using host = await connected();
  const program = await host.sidecar.load(Buffer.from("loaded"));
  assert.equal(program.byteLength, 6);
  assert.equal(program.digest, createHash("sha256").update("loaded").digest("hex"));
  assert.equal(host.fake.blobs.size, 1);
  const sandbox = await host.sidecar.createSandbox();
  await sandbox.runWasm(program);
  assert.equal(host.fake.requestsOf("putBlob").length, 1);
});

test("large files are named by digest, small ones are sent", async () => {
  await using host = await connected();
  const files = { "/large": randomBytes(64 << 10), "/text": "x".repeat(70_000), "/small": randomBytes(1000) };
  const sandbox = await host.sidecar.createSandbox({ files });
  await host.sidecar.createSandbox({ files });
  assert.equal(host.fake.requestsOf("putBlob").length, 2);
  assert.deepEqual(await sandbox.fs.readFile("/large"), files["/large"]);
  assert.equal(await sandbox.fs.readFile("/text", "utf8"), files["/text"]);
});

test("a large upload lets other commands pass", async () => {
  await using host = await connected();
  const sandbox = await host.sidecar.createSandbox();
  const order: string[] = [];
  const upload = sandbox.fs.writeFile("/large", Buffer.alloc(32 << 20)).then(() => order.push("upload"));
  for (let n = 0; n < 20; n++) await sandbox.run(steps({ out: "x" }));
  order.push("runs");
  await upload;
  assert.deepEqual(order, ["runs", "upload"]);
  const { frames } = host.fake;
  const last = frames.lastIndexOf("request", frames.lastIndexOf("upload"));
  assert.ok(frames.indexOf("upload") < last, "requests came between the parts of the upload");
});

test("many uploads at once all arrive", async () => {
  await using host = await connected();
  const entries = Array.from({ length: 1500 }, (_, n) => [`/d/${n}`, randomBytes(n % 7 === 0 ? 40_000 : n)] as const);
  const sandbox = await host.sidecar.createSandbox({ files: Object.fromEntries(entries) });
  for (const [path, bytes] of entries) assert.ok((await sandbox.fs.readFile(path)).equals(bytes), path);
});

test("frames keep to what the sidecar takes", async () => {
  await using host = await connected({ maxFrame: 4096 });
  const sandbox = await host.sidecar.createSandbox();
  const bytes = randomBytes(100_000);
  await sandbox.fs.writeFile("/f", bytes);
  assert.deepEqual(await sandbox.fs.readFile("/f"), bytes);
  assert.ok(host.fake.frames.filter((kind) => kind === "upload").length >= 25);
});

test("commandFiles takes the programs of a directory", async () => {
  const directory = join(temporaryDirectory(), "commands");
  mkdirSync(join(directory, "sub"), { recursive: true });
  const wasm = (name: string) => Buffer.from(`\0asm${name}`);
  writeFileSync(join(directory, "ls"), wasm("ls"));
  writeFileSync(join(directory, "cat.wasm"), wasm("cat"));
  writeFileSync(join(directory, "README.md"), "text");
  const files = await commandFiles(directory);
  assert.deepEqual(Object.keys(files).sort(), ["/bin/cat", "/bin/ls"]);
  assert.equal(files["/bin/ls"]!.byteLength, 6);
  const some = await commandFiles(pathToFileURL(`${directory}/`), { names: ["ls"], into: "/usr/bin/" });
  assert.deepEqual(Object.keys(some), ["/usr/bin/ls"]);
  await assert.rejects(commandFiles(directory, { names: ["ls", "README.md", "nope"] }), {
    code: "ERR_HOTCELL_INVALID_OPTION",
    message: /README\.md, nope/,
  });
  await assert.rejects(commandFiles(join(directory, "none")), { code: "ENOENT" });
});

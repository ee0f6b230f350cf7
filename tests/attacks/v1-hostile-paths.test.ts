import assert from "node:assert/strict";
import { test } from "node:test";
import { start } from "../support/carrier.js";
import { innocents } from "../support/innocents.js";

const source = `
  const fs = require("node:fs");
  const attempts = {
    climb: () => fs.readFileSync("/../../../../../../etc/passwd", "utf8"),
    climbFromCwd: () => fs.readFileSync("../../../../../../../etc/hostname", "utf8"),
    absolute: () => fs.readFileSync("/etc/passwd", "utf8"),
    nul: () => fs.readFileSync("/a\\0/etc/passwd"),
    long: () => fs.readFileSync("/" + "a/".repeat(100_000)),
    surrogate: () => fs.readFileSync("/\\ud800"),
    proc: () => fs.readFileSync("/proc/self/environ", "utf8"),
    maps: () => fs.readFileSync("/proc/self/maps", "utf8"),
    memory: () => fs.readFileSync("/dev/mem"),
    descriptors: () => fs.readdirSync("/dev/fd"),
    link: () => { fs.symlinkSync("/proc/self/root", "/out"); return fs.readdirSync("/out/etc") },
    linkUp: () => { fs.symlinkSync("../../../../../..", "/up"); return fs.readFileSync("/up/etc/passwd", "utf8") },
    loop: () => { fs.symlinkSync("/loop", "/loop"); return fs.readFileSync("/loop") },
    url: () => fs.readFileSync(new URL("file:///etc/%2e%2e/etc/passwd"), "utf8"),
    encoded: () => fs.readFileSync(new URL("file:///..%2f..%2fetc/passwd"), "utf8"),
    bytes: () => fs.readFileSync(Buffer.from([0x2f, 0xff, 0xfe]), "utf8"),
  };
  for (const [name, attempt] of Object.entries(attempts)) {
    try { console.log(name, "READ", String(attempt()).slice(0, 100)) } catch (error) { console.log(name, error.code ?? error.name) }
  }`;

test("V1 V3 V7 hostile paths lead nowhere, and errors name nothing of the host's", async () => {
  await using sidecar = await start();
  const sandbox = await sidecar.createSandbox({ files: { "/app/mine": "mine" }, cwd: "/app" });
  const [result] = await innocents(await sidecar.createSandbox(), () => sandbox.run(source));
  assert.deepEqual([result.outcome, result.stderr], ["exited", ""]);
  assert.doesNotMatch(result.stdout, /READ/);
  assert.doesNotMatch(result.stdout, /EIO|undefined|InternalError/);
  assert.equal(result.stdout.trim().split("\n").length, 16);
});

test("V7 what errors say has no path of the host's", async () => {
  await using sidecar = await start();
  const sandbox = await sidecar.createSandbox();
  for (const attempt of [
    "null.x",
    "require('/nowhere')",
    "import('/nowhere').catch((error) => console.error(error))",
    "new WebAssembly.Module(new Uint8Array(4))",
    "Buffer.alloc(-1)",
    "structuredClone(() => {})",
    "new URL('::')",
    "process.on('exit', () => { throw new Error('x') })",
    "Error.prepareStackTrace = (error, sites) => sites.map((s) => [s.getFileName(), s.getEvalOrigin()]).join(); console.error(new Error('x').stack)",
  ]) {
    const { stderr } = await sandbox.run(attempt);
    assert.doesNotMatch(stderr, /\/(root|home|work|tmp|usr\/local|target|crates|build)\//, attempt);
    assert.doesNotMatch(stderr, /\.rs\b|\.cc\b|hotcell:userland/, attempt);
  }
});

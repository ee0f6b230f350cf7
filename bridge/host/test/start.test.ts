import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { findBinary } from "../src/binary.js";
import { BinaryNotFoundError, Sidecar, StartFailedError } from "../src/index.js";
import { VERSION } from "../src/version.js";
import { steps } from "./fake/fake-guest.js";
import { connected, fakeBinary, fakeServer, fakeStart, gone, isAlive, temporaryDirectory } from "./fake/harness.js";

test("start gives a sidecar that runs guests and ends when it is closed", async () => {
  const sidecar = await Sidecar.start(fakeStart());
  const { pid } = sidecar;
  assert.deepEqual([sidecar.version, sidecar.v8Version], ["9.9.9", "1.2.3"]);
  const sandbox = await sidecar.createSandbox();
  assert.equal((await sandbox.run("x")).stdout, "ran x");
  assert.equal((await sidecar.stats()).pid, pid);
  await sidecar.close();
  assert.equal(isAlive(pid), false);
  await assert.rejects(sidecar.createSandbox(), { code: "ERR_HOTCELL_CLOSED" });
});

test("a sidecar gets its settings and nothing else of the environment", async () => {
  for (const name of Object.keys(process.env)) if (name.startsWith("HOTCELL_")) delete process.env[name];
  process.env.HOTCELL_FROM_HOST = "1";
  process.env.HOTCELL_OVERRIDDEN = "host";
  process.env.HOTCELL_BINARY = "/elsewhere";
  process.env.SECRET_OF_THE_HOST = "x";
  process.env.HOME ??= "/home/of/the/user";
  process.env.XDG_CACHE_HOME = "/caches";
  const report = join(temporaryDirectory(), "report.json");
  const { binary, env } = fakeStart({ report });
  const options = { binary, env: { ...env, HOTCELL_OVERRIDDEN: "option", OTHER: "2", NONE: undefined } };
  await using sidecar = await Sidecar.start(options);
  const told = JSON.parse(readFileSync(report, "utf8"));
  const { HOTCELL_FAKE: _, ...rest } = told.env;
  assert.deepEqual(rest, {
    HOME: process.env.HOME,
    XDG_CACHE_HOME: "/caches",
    HOTCELL_FROM_HOST: "1",
    HOTCELL_OVERRIDDEN: "option",
    OTHER: "2",
  });
  assert.deepEqual([told.args, told.pid], [["child"], sidecar.pid]);
  delete process.env.HOTCELL_BINARY;
  delete process.env.XDG_CACHE_HOME;
});

test("the host says who it is and what limits hold", async () => {
  await using host = await connected({}, { limits: { wallMs: 1000 } });
  assert.deepEqual(host.fake.hostHello, {
    protocol: 1,
    agent: `hotcell-node/${VERSION}`,
    maxFrame: 1 << 20,
    limits: { wallMs: 1000 },
  });
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  assert.equal(VERSION, manifest.version);
});

test("a binary that was named and is not there is an error that names it", async () => {
  const path = "/no/such/hotcell";
  const expected = { name: "BinaryNotFoundError", code: "ERR_HOTCELL_BINARY_NOT_FOUND", searched: [path] };
  await assert.rejects(Sidecar.start({ binary: path }), { ...expected, message: /\/no\/such\/hotcell.*option binary/ });
  process.env.HOTCELL_BINARY = path;
  await assert.rejects(Sidecar.start(), { ...expected, message: /HOTCELL_BINARY/ });
  process.env.HOTCELL_BINARY = fakeBinary();
  await (await Sidecar.start()).close();
  delete process.env.HOTCELL_BINARY;
});

test("the binary is looked for in the platform's package and upward in cargo's target directories", () => {
  const root = join(temporaryDirectory(), "workspace");
  const from = join(root, "deep", "er", "dist");
  mkdirSync(from, { recursive: true });
  const find = () => findBinary(undefined, {}, from);
  const platform = `@hotcell/${process.platform}-${process.arch}`;
  writeFileSync(join(root, "Cargo.toml"), "");
  assert.throws(find, (error) => {
    assert.ok(error instanceof BinaryNotFoundError);
    assert.ok(error.searched[0]!.startsWith(`${platform}/bin/`));
    assert.ok(error.searched.includes(join(root, "target/release/hotcell")));
    for (const place of error.searched) assert.ok(error.message.includes(place));
    return true;
  });
  const put = (path: string) => {
    mkdirSync(join(root, path), { recursive: true });
    writeFileSync(join(root, path, "hotcell"), "");
    return join(root, path, "hotcell");
  };
  const debug = put("target/debug");
  assert.equal(find(), debug);
  const release = put("target/release");
  assert.equal(find(), release);
  const packaged = put(`deep/node_modules/${platform}/bin`);
  assert.equal(find(), packaged);
  assert.equal(findBinary(release, { HOTCELL_BINARY: debug }, from), release);
  assert.equal(findBinary(undefined, { HOTCELL_BINARY: debug }, from), debug);
});

test("a binary that can't be executed is an error of its own", async () => {
  const expected = { name: "BinaryNotExecutableError", code: "ERR_HOTCELL_BINARY_NOT_EXECUTABLE" };
  const text = join(temporaryDirectory(), "text");
  writeFileSync(text, "no program\n");
  chmodSync(text, 0o644);
  await assert.rejects(Sidecar.start({ binary: text }), expected);
  const orphan = join(temporaryDirectory(), "orphan");
  writeFileSync(orphan, "#!/no/such/loader\n", { mode: 0o755 });
  await assert.rejects(Sidecar.start({ binary: orphan }), { code: "ERR_HOTCELL_BINARY_NOT_FOUND", message: /loader/ });
});

test("a child that ends at its start is an error with what it said", async () => {
  const stderr = `${"noise\n".repeat(2000)}error: no room for the heap\n`;
  const start = Sidecar.start({ ...fakeStart({ exitAtOnce: { code: 3, stderr } }), log: "ignore" });
  await assert.rejects(start, (error) => {
    assert.ok(error instanceof StartFailedError);
    assert.deepEqual([error.code, error.exitCode, error.signal], ["ERR_HOTCELL_START_FAILED", 3, null]);
    assert.match(error.message, /exit code 3 before it said hello.*\n[\s\S]*error: no room for the heap/);
    assert.ok(error.stderr.endsWith("no room for the heap") && error.stderr.length <= 4096);
    return true;
  });
});

test("a child that says nothing is ended", async () => {
  const report = join(temporaryDirectory(), "silent.json");
  const start = Sidecar.start({ ...fakeStart({ silent: true, stubborn: true, report }), startTimeoutMs: 1500 });
  await assert.rejects(start, { name: "StartTimeoutError", code: "ERR_HOTCELL_START_TIMEOUT", message: /1500 ms/ });
  await gone(JSON.parse(readFileSync(report, "utf8")).pid);
});

test("another version of the protocol is one clear error", async () => {
  await assert.rejects(Sidecar.start(fakeStart({ protocol: 7 })), {
    name: "ProtocolVersionError",
    code: "ERR_HOTCELL_PROTOCOL_VERSION",
    message: /version 7 .* version 1/,
  });
  await assert.rejects(Sidecar.start(fakeStart({ refuse: "ERR_HOTCELL_PROTOCOL_VERSION" })), {
    name: "ProtocolVersionError",
  });
});

test("a child that speaks no protocol is an error", async () => {
  await assert.rejects(Sidecar.start(fakeStart({ garbage: true })), { code: "ERR_HOTCELL_PROTOCOL" });
});

test("a refused token is an error", async () => {
  const server = await fakeServer({ token: "right" });
  const unauthorized = { name: "UnauthorizedError", code: "ERR_HOTCELL_UNAUTHORIZED" };
  await assert.rejects(Sidecar.connect({ socket: server.path, token: "wrong" }), unauthorized);
  await assert.rejects(Sidecar.connect({ socket: server.path }), unauthorized);
  const sidecar = await Sidecar.connect({ socket: server.path, token: "right" });
  assert.equal(server.sidecars.at(-1)!.hostHello!.token, "right");
  await sidecar.close();
  server.close();
});

test("a socket that nobody listens on is an error", async () => {
  const failed = { name: "ConnectFailedError", code: "ERR_HOTCELL_CONNECT_FAILED" };
  await assert.rejects(Sidecar.connect({ socket: join(temporaryDirectory(), "none.sock") }), failed);
  const path = join(temporaryDirectory(), "curt.sock");
  const server = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => server.listen(path, resolve));
  await assert.rejects(Sidecar.connect({ socket: path }), failed);
  server.close();
});

test("a sidecar that others use too is left running", async () => {
  const server = await fakeServer();
  const sidecar = await Sidecar.connect({ socket: server.path });
  const sandbox = await sidecar.createSandbox();
  const run = sandbox.run(steps({ hang: true }));
  await sidecar.stats();
  await sidecar.close();
  assert.equal((await run).outcome, "cancelled");
  assert.equal(server.sidecars[0]!.requestsOf("shutdown").length, 0);
  await (await Sidecar.connect({ socket: server.path })).close();
  server.close();
});

test("what the sidecar logs goes where it is wanted", async () => {
  const lines: string[] = [];
  const sidecar = await Sidecar.start({
    ...fakeStart({ log: "first\nsecond é\nrest" }),
    log: (line) => lines.push(line),
  });
  await sidecar.close();
  assert.deepEqual(lines, ["first", "second é", "rest"]);
});

test("a sidecar that does not end is killed when it is closed", async () => {
  // Shutdown is answered and the connection closed, but the process stays.
  const sidecar = await Sidecar.start(fakeStart({ stubborn: true }));
  const { pid } = sidecar;
  await sidecar.close();
  await gone(pid);
});

test("a sidecar that does not react to being closed is killed", async () => {
  const sidecar = await Sidecar.start(fakeStart({ deaf: true }));
  const { pid } = sidecar;
  const run = (await sidecar.createSandbox()).run(steps({ hang: true }));
  await sidecar.close();
  assert.equal((await run).outcome, "cancelled");
  await gone(pid);
});

test("closing while a guest runs cancels it", async () => {
  const sidecar = await Sidecar.start(fakeStart());
  const sandbox = await sidecar.createSandbox();
  const run = sandbox.run(steps({ out: "a" }, { hang: true }));
  await sidecar.stats();
  await sidecar.close();
  const { outcome, stdout } = await run;
  assert.deepEqual([outcome, stdout], ["cancelled", "a"]);
});

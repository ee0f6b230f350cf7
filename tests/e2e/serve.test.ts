import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import { Sidecar } from "hotcell";
import { hotcell } from "../support/binary.js";
import { only } from "../support/carrier.js";
import { eventually } from "../support/eventually.js";
import { firstOutput } from "../support/guest.js";
import { privateDirectory, serve } from "../support/serve.js";

const directory = privateDirectory();

describe("hotcell serve", only("child", "it is about the binary"), () => {
  test("makes a socket that only this user can open, and demands its token (F3)", async () => {
    const path = join(directory, "private.sock");
    const { announced } = await serve(["--socket", path]);
    assert.equal(announced.socket, path);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const token = announced.token!;
    assert.ok(token.length >= 32, "the token can't be guessed");

    const wrong = token.slice(0, -1) + (token.endsWith("0") ? "1" : "0");
    for (const other of [undefined, "", "x", wrong, `${token}0`, token.slice(0, -1)]) {
      await assert.rejects(Sidecar.connect({ socket: path, token: other }), { code: "ERR_HOTCELL_UNAUTHORIZED" });
    }
    await using sidecar = await Sidecar.connect({ socket: path, token });
    const sandbox = await sidecar.createSandbox();
    assert.equal((await sandbox.run("console.log('served')")).stdout, "served\n");
    assert.equal(sidecar.pid, announced.pid);
  });

  test("serves several hosts at once, which see nothing of each other", async () => {
    const path = join(directory, "several.sock");
    const { announced } = await serve(["--socket", path]);
    const hosts = await Promise.all(
      Array.from({ length: 4 }, () => Sidecar.connect({ socket: path, token: announced.token })),
    );
    const results = await Promise.all(
      hosts.map(async (host, i) => {
        const sandbox = await host.createSandbox({ files: { [`/of-${i}`]: "x" } });
        return sandbox.run("console.log(require('node:fs').readdirSync('/').filter((name) => name.startsWith('of-')))");
      }),
    );
    assert.deepEqual(
      results.map(({ stdout }) => stdout),
      results.map((_, i) => `[ 'of-${i}' ]\n`),
    );
    await Promise.all(hosts.map((host) => host.close()));
  });

  test("a host that leaves takes its guests with it, and nobody else's", async () => {
    const path = join(directory, "leaving.sock");
    const { announced } = await serve(["--socket", path]);
    const staying = await Sidecar.connect({ socket: path, token: announced.token });
    const witness = (await staying.createSandbox()).spawn({
      source: "console.log('ready'); setInterval(() => {}, 1000)",
    });
    await firstOutput(witness);
    const leaving = await Sidecar.connect({ socket: path, token: announced.token });
    const guest = (await leaving.createSandbox()).spawn({ source: "console.log('ready'); while (true) {}" });
    await firstOutput(guest);
    assert.equal((await staying.stats()).guests, 2);
    await leaving.close();
    assert.equal((await guest.exit).outcome, "cancelled");
    await eventually("the guest has ended", async () => (await staying.stats()).guests === 1);
    await eventually("its sandbox is gone", async () => (await staying.stats()).sandboxes === 1);
    witness.kill("SIGKILL");
    assert.equal((await witness.exit).outcome, "signaled");
    await staying.close();
  });

  test("takes its token from the environment, or writes it to a file that only this user can read", async () => {
    const given = await serve(["--socket", join(directory, "given.sock")], {
      HOTCELL_TOKEN: "a token of sixteen bytes or more",
    });
    assert.equal(given.announced.token, undefined);
    const host = await Sidecar.connect({ socket: given.announced.socket, token: "a token of sixteen bytes or more" });
    await host.close();

    const file = join(directory, "token");
    const written = await serve(["--socket", join(directory, "written.sock"), "--token-file", file]);
    assert.equal(written.announced.token, undefined);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const other = await Sidecar.connect({ socket: written.announced.socket, token: readFileSync(file, "utf8").trim() });
    await other.close();
  });

  test("ends at SIGTERM: guests are cancelled, and the socket is gone", async () => {
    const path = join(directory, "ending.sock");
    const { child, announced } = await serve(["--socket", path]);
    const host = await Sidecar.connect({ socket: path, token: announced.token });
    const guest = (await host.createSandbox()).spawn({ source: "console.log('ready'); while (true) {}" });
    await firstOutput(guest);
    child.kill("SIGTERM");
    const [code, signal] = await once(child, "exit");
    assert.deepEqual([code, signal], [0, null]);
    assert.equal((await guest.exit).outcome, "cancelled");
    assert.equal(existsSync(path), false);
    await assert.rejects(host.createSandbox(), { code: "ERR_HOTCELL_RESTART_FAILED" });
    await host.close();
  });

  test("takes the place of a server that died, and never that of one that lives", async () => {
    const path = join(directory, "replaced.sock");
    const first = await serve(["--socket", path]);
    const second = await hotcell(["serve", "--socket", path]);
    assert.notEqual(second.exitCode, 0);
    assert.match(second.stderr.toString(), /listens there already/);
    first.child.kill("SIGKILL");
    await once(first.child, "exit");
    assert.ok(existsSync(path));
    const third = await serve(["--socket", path]);
    await (await Sidecar.connect({ socket: path, token: third.announced.token })).close();
  });

  test("refuses a place that is not safe, or not free", async () => {
    const open = join(directory, "open");
    mkdirSync(open);
    chmodSync(open, 0o777);
    writeFileSync(join(directory, "a-file"), "");
    for (const [path, reason] of [
      [join(open, "x.sock"), /others may write/],
      [join(directory, "a-file"), /no socket/],
      [join(directory, "missing/x.sock"), /can't be used/],
    ] as const) {
      const { exitCode, stderr } = await hotcell(["serve", "--socket", path]);
      assert.equal(exitCode, 125, path);
      assert.match(stderr.toString(), reason);
    }
    assert.equal(readFileSync(join(directory, "a-file"), "utf8"), "");
  });

  test("closes on who speaks something else, and goes on serving", async () => {
    const path = join(directory, "strangers.sock");
    const { announced } = await serve(["--socket", path]);
    for (const bytes of ["GET / HTTP/1.1\r\n\r\n", Buffer.alloc(64, 0xff), Buffer.alloc(16)]) {
      const socket = connect(path);
      socket.on("error", () => {});
      socket.resume().write(bytes);
      await once(socket, "close");
    }
    const host = await Sidecar.connect({ socket: path, token: announced.token });
    assert.equal((await (await host.createSandbox()).run("console.log(1)")).stdout, "1\n");
    await host.close();
  });
});

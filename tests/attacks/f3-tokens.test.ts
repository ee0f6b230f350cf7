import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { Sidecar } from "hotcell";
import { only } from "../support/carrier.js";
import { privateDirectory, serve } from "../support/serve.js";

const here = only("child", "there is one server, whatever the carrier");

test("F3 a socket demands its token, and only its user can open it", here, async () => {
  const socket = join(privateDirectory(), "s");
  const { announced } = await serve(["--socket", socket]);
  assert.equal(statSync(socket).mode & 0o077, 0);
  for (const token of [undefined, "", "wrong", `${announced.token}x`, announced.token!.slice(1)]) {
    await assert.rejects(Sidecar.connect(token === undefined ? { socket } : { socket, token }), {
      code: "ERR_HOTCELL_UNAUTHORIZED",
    });
  }
  await using sidecar = await Sidecar.connect({ socket, token: announced.token! });
  assert.equal((await (await sidecar.createSandbox()).run("console.log(1)")).stdout, "1\n");
});

test("F1 bytes that are no protocol end their own connection and nothing else", here, async () => {
  const socket = join(privateDirectory(), "s");
  const { announced } = await serve(["--socket", socket]);
  await using sidecar = await Sidecar.connect({ socket, token: announced.token! });
  const sandbox = await sidecar.createSandbox();
  const running = sandbox.run("setTimeout(() => console.log('unharmed'), 1000)");
  const header = (length: number, kind: number, flags = 0, zero = 0) => {
    const bytes = Buffer.alloc(16);
    bytes.writeUInt32LE(length, 0);
    bytes[4] = kind;
    bytes[5] = flags;
    bytes.writeUInt16LE(zero, 6);
    return bytes;
  };
  const attempts = [
    Buffer.from("GET / HTTP/1.1\r\n\r\n"),
    Buffer.alloc(1 << 20, 0xff),
    header(0xffffffff, 1),
    header(10, 99),
    header(10, 2),
    header(2, 1, 0, 7),
    Buffer.concat([header(2, 1), Buffer.from("{}")]),
    Buffer.concat([header(5, 1), Buffer.from("\xff\xfe{}!")]),
    Buffer.concat([header(1 << 16, 1), Buffer.alloc(1 << 16, 0x5b)]),
  ];
  for (const bytes of attempts) {
    await new Promise<void>((resolve, reject) => {
      const attacker = connect(socket, () => attacker.write(bytes));
      attacker
        .on("error", () => {})
        .on("close", () => resolve())
        .resume();
      setTimeout(
        () => reject(new Error(`the connection stayed open after ${bytes.toString("latin1").slice(0, 40)}`)),
        20_000,
      ).unref();
    });
  }
  assert.equal((await running).stdout, "unharmed\n");
});

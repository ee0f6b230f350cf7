import assert from "node:assert/strict";
import { test } from "node:test";
import type { CarrierEnd, CarrierEvents } from "../src/carrier.js";
import type { Addon, Mail, NativeConnection } from "../src/carriers/addon.js";
import { END, InProcessCarrier, LOG_LINE } from "../src/carriers/in-process.js";
import { FRAME_KINDS } from "../src/protocol/generated.js";

/** A connection whose engine is the test. */
class FakeConnection implements NativeConnection {
  readonly hello = JSON.stringify({ protocol: 1, version: "9", v8Version: "1", pid: 1, maxFrame: 1 << 20 });
  readonly calls: unknown[][] = [];
  /** Thrown by the next call. */
  refusal: Error | undefined;
  closed = 0;
  wake!: () => void;
  #mail: Mail = [];

  /** Has the carrier find these messages. */
  deliver(...messages: [kind: number, id: number, last: boolean, content?: string | Buffer][]): void {
    this.#mail = messages.flatMap(([kind, id, last, content]) => [kind, id, last, content as string]);
    this.wake();
  }

  request = (...args: unknown[]) => this.#call("request", args);
  upload = (id: number, bytes: Uint8Array, last: boolean) => this.#call("upload", [id, bytes.length, last]);
  stdin = (...args: unknown[]) => this.#call("stdin", args);
  take(): Mail {
    return this.#mail.splice(0);
  }
  ref(): void {}
  unref(): void {}
  close(): void {
    this.closed += 1;
  }

  #call(name: string, args: unknown[]): void {
    const { refusal } = this;
    this.refusal = undefined;
    if (refusal !== undefined) throw refusal;
    this.calls.push([name, ...args]);
  }
}

function refusal(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** A carrier, its other end, and what it reports. */
function carrier(log: "ignore" | ((line: string) => void) = "ignore") {
  const native = new FakeConnection();
  const told: unknown[][] = [];
  const greeting: unknown[] = [];
  let finish: (end: CarrierEnd) => void;
  const ended = new Promise<CarrierEnd>((resolve) => {
    finish = resolve;
  });
  const addon: Addon = {
    connect(hello, settings, mode, binary, wake) {
      greeting.push(JSON.parse(hello), settings, mode, binary);
      native.wake = wake;
      return native;
    },
  };
  const options = { env: { HOTCELL_LOG: "warn" }, limits: { wallMs: 5 }, log, binary: "/bin/hotcell" };
  const carrier = new InProcessCarrier(addon, options);
  const tell =
    (what: string) =>
    (...args: unknown[]) =>
      void told.push([what, ...args]);
  const events: CarrierEvents = {
    reply: tell("reply"),
    notice: tell("notice"),
    output: tell("output"),
    download: tell("download"),
    ending: tell("ending"),
    ended: (end) => finish(end),
  };
  carrier.listen(events);
  return { carrier, native, told, greeting, ended };
}

test("in process, the host says who it is and what holds, as over a socket", () => {
  const { greeting, carrier: made } = carrier(() => {});
  const [hello, ...rest] = greeting as [Record<string, unknown>, ...unknown[]];
  assert.deepEqual(
    [hello.protocol, hello.limits, ...rest],
    [1, { wallMs: 5 }, { HOTCELL_LOG: "warn" }, "lines", "/bin/hotcell"],
  );
  assert.deepEqual([made.hello.version, made.exclusive], ["9", false]);
});

test("messages of one batch are reported in their order, and none after the end", async () => {
  const lines: string[] = [];
  const { native, told, ended } = carrier((line) => lines.push(line));
  const bytes = Buffer.from("x");
  native.deliver(
    [FRAME_KINDS.reply, 1, true, '{"type":"done"}'],
    [LOG_LINE, 0, true, "a line"],
    [FRAME_KINDS.stdout, 2, false, bytes],
    [FRAME_KINDS.stderr, 2, false, bytes],
    [FRAME_KINDS.notice, 2, true, '{"type":"stdinClosed"}'],
    [FRAME_KINDS.download, 3, true, bytes],
    [END, 0, true],
    [FRAME_KINDS.reply, 4, true, '{"type":"done"}'],
    [LOG_LINE, 0, true, "the last line"],
  );
  assert.deepEqual(told, [
    ["reply", 1, { type: "done" }],
    ["output", 2, "stdout", bytes],
    ["output", 2, "stderr", bytes],
    ["notice", 2, { type: "stdinClosed" }],
    ["download", 3, bytes, true],
    ["ending"],
  ]);
  const end = await ended;
  assert.deepEqual([end.final, native.closed, lines], [true, 1, ["a line", "the last line"]]);
});

test("what the engine refuses ends the connection, once", async () => {
  const { carrier: made, native, told, ended } = carrier();
  native.refusal = refusal("ERR_HOTCELL_PROTOCOL", "Keep to the credit.");
  made.stdin(1, new Uint8Array(1), false);
  made.destroy({ kind: "closed" });
  made.request(2, { type: "stats" });
  const end = await ended;
  assert.deepEqual([told, native.closed, native.calls, end.final], [[["ending"]], 1, [], false]);
  assert.match(end.message, /given up: Keep to the credit\./);
  assert.equal((end.error as { code?: string }).code, "ERR_HOTCELL_PROTOCOL");
});

test("a request that is too long is the caller's mistake, and nothing else happens", () => {
  const { carrier: made, native, told } = carrier();
  native.refusal = refusal("ERR_HOTCELL_INVALID_ARGUMENT", "too long");
  assert.throws(() => made.request(1, { type: "stats" }), { code: "ERR_HOTCELL_INVALID_ARGUMENT", message: /16 MiB/ });
  assert.deepEqual([told, native.closed], [[], 0]);
});

test("an upload goes in parts, with turns of the event loop between, and stops with its connection", async () => {
  const { carrier: made, native } = carrier();
  const sizes = () => native.calls.filter(([name]) => name === "upload").map(([, , size, last]) => [size, last]);
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const mib = 1 << 20;
  const request = { type: "putBlob", digest: "00", length: 0 } as const;

  made.upload(1, request, new Uint8Array(0));
  assert.deepEqual(sizes(), [[0, true]]);
  native.calls.length = 0;

  made.upload(2, request, new Uint8Array(5 * mib + 1));
  assert.deepEqual(sizes(), Array(4).fill([mib, false]));
  await turn();
  assert.deepEqual(sizes().slice(4), [
    [mib, false],
    [1, true],
  ]);
  native.calls.length = 0;

  made.upload(3, request, new Uint8Array(9 * mib));
  made.destroy({ kind: "closed" });
  await turn();
  assert.equal(sizes().length, 4);
});

test("what the addon refuses at the start has the error's own class", () => {
  for (const [code, name] of [
    ["ERR_HOTCELL_ENGINE_RETIRED", "EngineRetiredError"],
    ["ERR_HOTCELL_START_FAILED", "StartFailedError"],
    ["ERR_HOTCELL_INVALID_OPTION", "InvalidOptionError"],
    ["ERR_HOTCELL_PROTOCOL_VERSION", "ProtocolVersionError"],
  ] as const) {
    const addon: Addon = {
      connect() {
        throw refusal(code, "Because.");
      },
    };
    const connect = () => new InProcessCarrier(addon, { env: {}, limits: {}, log: "ignore", binary: undefined });
    assert.throws(connect, { name, code, message: "Because." });
  }
});

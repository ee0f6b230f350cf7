import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { FrameError } from "../src/protocol/error.js";
import { FrameDecoder } from "../src/protocol/frame-decoder.js";
import { FRAME_KINDS, MAX_ID, MIN_MAX_FRAME } from "../src/protocol/generated.js";
import { isRaw, type Peer, type RawKind } from "../src/protocol/header.js";
import { hostHellos, notices, replies, requests, sidecarHellos } from "./generated/protocol-samples.js";
import { encode, frame, joined, KINDS, read, type WireMessage } from "./support/protocol.js";

const samples = { request: requests, reply: replies, notice: notices };
const hello = {
  host: { kind: "hello", id: 0, value: hostHellos[0]! },
  sidecar: { kind: "hello", id: 0, value: sidecarHellos[0]! },
} as const satisfies Record<Peer, WireMessage>;

/** Objects such as the decoder makes. */
const PLAIN = { noNullPrototype: true } as const;

const id = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: MAX_ID }));
const bytes = fc
  .oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 4000, maxLength: 13_000, size: "max" }))
  .map((array) => Buffer.from(array));

function message(from: Peer): fc.Arbitrary<WireMessage> {
  return fc.oneof(
    ...KINDS[from].map((kind): fc.Arbitrary<WireMessage> => {
      if (isRaw(kind)) {
        const last = kind === "stdout" || kind === "stderr" ? fc.constant(false) : fc.boolean();
        return fc.record({ kind: fc.constant<RawKind>(kind), id, bytes, last }, PLAIN);
      }
      const name = kind as keyof typeof samples;
      return fc.record({ kind: fc.constant(name), id, value: fc.constantFrom<unknown>(...samples[name]) }, PLAIN);
    }),
  );
}

const stream = fc.constantFrom<Peer>("host", "sidecar").chain((from) =>
  fc.record({
    from: fc.constant(from),
    messages: fc.array(message(from), { maxLength: 10 }).map((rest): WireMessage[] => [hello[from], ...rest]),
  }),
);

const chunkLengths = fc.oneof(
  fc.constant([1]),
  fc.constant([1 << 20]),
  fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
  fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 1 }),
);

describe("a stream", () => {
  test("comes out as it went in, however it is split", () => {
    fc.assert(
      fc.property(stream, chunkLengths, ({ from, messages }, lengths) => {
        const reading = read(from, MIN_MAX_FRAME, encode(messages, MIN_MAX_FRAME), lengths);
        assert.equal(reading.error, undefined);
        assert.deepEqual(joined(reading.messages), joined(messages));
      }),
    );
  });

  test("that breaks off gives what came whole, and says so", () => {
    fc.assert(
      fc.property(stream, fc.nat(), chunkLengths, ({ from, messages }, place, lengths) => {
        const wire = encode(messages, MIN_MAX_FRAME);
        const cut = place % (wire.length + 1);
        const whole = read(from, MIN_MAX_FRAME, wire, lengths);
        const reading = read(from, MIN_MAX_FRAME, wire.subarray(0, cut), lengths);
        const complete = encode(reading.messages, MIN_MAX_FRAME).length === cut;
        assert.deepEqual(reading.messages, whole.messages.slice(0, reading.messages.length));
        assert.equal(reading.error, complete ? undefined : "truncated");
      }),
    );
  });

  test("with a changed byte gives messages or a FrameError", () => {
    fc.assert(
      fc.property(stream, fc.nat(), fc.nat({ max: 255 }), chunkLengths, ({ messages }, place, byte, lengths) => {
        const sidecar = [hello.sidecar, ...messages.filter(({ kind }) => KINDS.sidecar.includes(kind))];
        const wire = encode(sidecar, MIN_MAX_FRAME);
        wire[place % wire.length] = byte;
        read("sidecar", MIN_MAX_FRAME, wire, lengths);
      }),
    );
  });

  test("of garbage gives messages or a FrameError", () => {
    const garbage = fc.array(fc.oneof(fc.nat({ max: 255 }), fc.nat({ max: 12 }), fc.constant(0)), { maxLength: 400 });
    fc.assert(
      fc.property(fc.boolean(), garbage, chunkLengths, (greeted, rest, lengths) => {
        const wire = Buffer.concat([
          greeted ? encode([hello.sidecar], MIN_MAX_FRAME) : Buffer.alloc(0),
          Buffer.from(rest),
        ]);
        read("sidecar", MIN_MAX_FRAME, wire, lengths);
      }),
    );
  });

  test("whose messages are mixed has them joined", () => {
    const parts = fc.array(fc.tuple(fc.constantFrom(...replies), fc.integer({ min: 1, max: 60 })), { minLength: 1 });
    fc.assert(
      fc.property(parts, fc.array(fc.nat(), { minLength: 50 }), chunkLengths, (sent, order, lengths) => {
        const underWay = sent.map(([value, length], n) => ({
          id: n + 1,
          value,
          length,
          json: Buffer.from(JSON.stringify(value)),
        }));
        const frames = [encode([hello.sidecar], MIN_MAX_FRAME)];
        const messages: WireMessage[] = [hello.sidecar];
        for (let n = 0; underWay.length > 0; n++) {
          const place = order[n % order.length]! % underWay.length;
          const one = underWay[place]!;
          const part = one.json.subarray(0, one.length);
          one.json = one.json.subarray(one.length);
          const more = one.json.length > 0;
          frames.push(frame(FRAME_KINDS.reply, more ? 1 : 0, BigInt(one.id), part));
          if (!more) {
            messages.push({ kind: "reply", id: one.id, value: one.value });
            underWay.splice(place, 1);
          }
        }
        assert.deepEqual(read("sidecar", MIN_MAX_FRAME, Buffer.concat(frames), lengths), {
          messages,
          error: undefined,
        });
      }),
    );
  });
});

describe("the frame decoder", () => {
  const greeting = encode([hello.sidecar], MIN_MAX_FRAME);

  test("holds no more than the frame that is on its way", () => {
    let peak = 0;
    const decoder = new FrameDecoder("sidecar", MIN_MAX_FRAME, () => {});
    const output: WireMessage = { kind: "stdout", id: 1, bytes: Buffer.alloc(100_000), last: false };
    const wire = encode([hello.sidecar, output], MIN_MAX_FRAME);
    for (let at = 0; at < wire.length; at += 1000) {
      decoder.push(wire.subarray(at, at + 1000));
      peak = Math.max(peak, decoder.bufferedBytes);
    }
    decoder.end();
    assert.equal(peak, MIN_MAX_FRAME);
    assert.equal(decoder.bufferedBytes, 0);
  });

  test("refuses a frame by its header, before it holds any of it", () => {
    const decoder = new FrameDecoder("sidecar", MIN_MAX_FRAME, () => {});
    decoder.push(greeting);
    assert.throws(() => decoder.push(frame(FRAME_KINDS.stdout, 1, 1n, Buffer.alloc(0), 0xffff_ffff)), {
      reason: "frameTooLarge",
    });
    assert.equal(decoder.bufferedBytes, 0);
  });

  test("stays in its error", () => {
    const decoder = new FrameDecoder("sidecar", MIN_MAX_FRAME, () => {});
    decoder.push(greeting);
    let first: unknown;
    assert.throws(
      () => decoder.push(Buffer.alloc(16)),
      (error) => {
        first = error;
        return error instanceof FrameError && error.code === "ERR_HOTCELL_PROTOCOL";
      },
    );
    assert.throws(
      () => decoder.push(greeting),
      (error) => error === first,
    );
  });

  test("gives nothing more to a handler that has thrown", () => {
    let frames = 0;
    const decoder = new FrameDecoder("sidecar", MIN_MAX_FRAME, () => {
      frames++;
      throw new RangeError("from the handler");
    });
    const two = Buffer.concat([greeting, frame(FRAME_KINDS.stdout, 1, 1n, Buffer.from("out"))]);
    assert.throws(() => decoder.push(two), RangeError);
    assert.throws(() => decoder.push(two), RangeError);
    assert.equal(frames, 1);
  });

  test("gives large payloads as views and copies small ones out of their chunk", () => {
    const payloads: Buffer[] = [];
    const decoder = new FrameDecoder("sidecar", 1 << 20, (kind, _more, _id, payload) => {
      if (kind === "stdout") payloads.push(payload);
    });
    const outputs = [5, 5000].map(
      (length): WireMessage => ({ kind: "stdout", id: 1, bytes: Buffer.alloc(length, 7), last: false }),
    );
    const chunk = encode([hello.sidecar, ...outputs], 1 << 20);
    decoder.push(chunk);
    assert.deepEqual(
      payloads,
      outputs.map((output) => "bytes" in output && output.bytes),
    );
    assert.deepEqual(
      payloads.map((payload) => payload.buffer === chunk.buffer),
      [false, true],
    );
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FrameEncoder } from "../src/protocol/frame-encoder.js";
import { MAX_ID, MAX_MESSAGE, MIN_MAX_FRAME, type Request } from "../src/protocol/generated.js";
import { hostHellos } from "./generated/protocol-samples.js";

function collecting(): { encoder: FrameEncoder; chunks: Uint8Array[] } {
  const chunks: Uint8Array[] = [];
  const encoder = new FrameEncoder((chunk) => chunks.push(chunk));
  encoder.setMaxFrame(1 << 20);
  return { encoder, chunks };
}

function source(text: string, env: Record<string, string> = {}): Request {
  const program = { kind: "source", text, format: "auto" } as const;
  return { type: "spawn", sandbox: 1, options: { program, args: [], env, limits: {}, stdin: "empty", credit: 1 } };
}

function written(chunks: Uint8Array[]): Request {
  return JSON.parse(Buffer.concat(chunks).subarray(16).toString("utf8")) as Request;
}

describe("the frame encoder", () => {
  test("writes a message in one chunk", () => {
    const { encoder, chunks } = collecting();
    encoder.message("request", 1, { type: "stats" });
    assert.equal(chunks.length, 1);
    assert.deepEqual(written(chunks), { type: "stats" });
  });

  test("passes large payloads on without a copy, cut to the other side's frames", () => {
    const { encoder, chunks } = collecting();
    encoder.setMaxFrame(MIN_MAX_FRAME);
    const bytes = new Uint8Array(MIN_MAX_FRAME * 2 + 3).fill(7);
    encoder.bytes("stdin", 1, bytes, true);
    assert.deepEqual(
      chunks.map((chunk) => chunk.length),
      [16, MIN_MAX_FRAME, 16, MIN_MAX_FRAME, 16 + 3],
    );
    assert.equal(chunks[1]!.buffer, bytes.buffer);
    assert.deepEqual([chunks[0]![5], chunks[2]![5], chunks[4]![5]], [1, 1, 0]);
  });

  test("leaves out empty parts but not the last", () => {
    const { encoder, chunks } = collecting();
    encoder.bytes("stdin", 1, new Uint8Array(0), false);
    encoder.bytes("stdout", 1, new Uint8Array(0), false);
    assert.equal(chunks.length, 0);
    encoder.bytes("stdin", 1, new Uint8Array(0), true);
    assert.deepEqual(
      chunks.map((chunk) => chunk.length),
      [16],
    );
  });

  test("replaces lone surrogates, which UTF-8 can't hold, in values and in names", () => {
    const { encoder, chunks } = collecting();
    const kept = "\u{1f30b} \\ud800 \\\\udfff";
    encoder.message(
      "request",
      1,
      source(`\ud800${kept}\udc00`, { "a\ud83d": "\ud83d\ude00", ["__proto__"]: "\udead" }),
    );
    const expected = source(`\ufffd${kept}\ufffd`, { "a\ufffd": "\u{1f600}", ["__proto__"]: "\ufffd" });
    assert.equal(JSON.stringify(written(chunks)), JSON.stringify(expected));
  });

  test("writes nothing where a message is too long", () => {
    const { encoder, chunks } = collecting();
    assert.throws(() => encoder.message("request", 1, source("x".repeat(MAX_MESSAGE))), { reason: "messageTooLarge" });
    const hello = { ...hostHellos[0]!, agent: "x".repeat(65536) };
    assert.throws(() => encoder.single("hello", hello), { reason: "frameTooLarge" });
    assert.equal(chunks.length, 0);
  });

  test("refuses ids that don't travel", () => {
    const { encoder, chunks } = collecting();
    for (const id of [0, -1, 1.5, Number.NaN, MAX_ID + 1]) {
      assert.throws(() => encoder.message("request", id, { type: "stats" }), { reason: "idOutOfRange" });
      assert.throws(() => encoder.bytes("stdin", id, new Uint8Array(1), true), { reason: "idOutOfRange" });
    }
    assert.equal(chunks.length, 0);
  });
});

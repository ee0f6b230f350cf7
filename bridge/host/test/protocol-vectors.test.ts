import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { MIN_MAX_FRAME } from "../src/protocol/generated.js";
import type { Peer, RawKind } from "../src/protocol/header.js";
import { encode, read, type WireMessage } from "./support/protocol.js";

/** What crates/protocol writes: streams with what comes of them where payloads are at most MIN_MAX_FRAME bytes. */
interface Vector {
  name: string;
  from: Peer;
  wire: string;
  messages: ({ kind: string; id: number } & ({ json: string } | { hex: string; last: boolean }))[];
  error: string | null;
}

const file = new URL("../../../tests/generated/frames.json", import.meta.url);
const vectors = JSON.parse(readFileSync(file, "utf8")) as Vector[];

/** What only the sidecar, which reads the requests themselves, finds wrong with a host's stream. */
const FOUND_BY_SIDECAR = new Set(["invalidMessage", "version"]);

function expected(vector: Vector): WireMessage[] {
  return vector.messages.map((message) =>
    "json" in message
      ? { kind: message.kind as "reply", id: message.id, value: JSON.parse(message.json) }
      : { kind: message.kind as RawKind, id: message.id, bytes: Buffer.from(message.hex, "hex"), last: message.last },
  );
}

describe("the vectors of the Rust side", () => {
  for (const vector of vectors) {
    const wire = Buffer.from(vector.wire, "hex");
    if (vector.from === "host" && FOUND_BY_SIDECAR.has(vector.error ?? "")) continue;

    test(`read alike: ${vector.name}`, () => {
      for (const lengths of [[wire.length], [1], [15, 1, 2], [100], [4096 + 16]]) {
        const reading = read(vector.from, MIN_MAX_FRAME, wire, lengths);
        assert.equal(reading.error ?? null, vector.error);
        assert.deepEqual(reading.messages, expected(vector));
      }
    });

    // A float such as 1.0 loses its ".0" here, and only by hand are messages written mixed.
    const same = vector.messages.every((message) => !("json" in message) || rewritten(message.json) === message.json);
    if (vector.error === null && !vector.name.includes("mixed") && (same || vector.from === "host")) {
      test(`written alike: ${vector.name}`, () => {
        assert.equal(encode(expected(vector), MIN_MAX_FRAME).toString("hex"), vector.wire);
      });
    }
  }
});

function rewritten(json: string): string {
  return JSON.stringify(JSON.parse(json));
}

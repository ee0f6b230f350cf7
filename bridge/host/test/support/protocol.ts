import { FrameError, type FrameErrorReason } from "../../src/protocol/error.js";
import { EventDecoder } from "../../src/protocol/event-decoder.js";
import { FrameDecoder } from "../../src/protocol/frame-decoder.js";
import { FrameEncoder } from "../../src/protocol/frame-encoder.js";
import type { ErrorInfo, HostHello, Notice, Reply, Request, SidecarHello } from "../../src/protocol/generated.js";
import { type FrameKind, isRaw, type Peer, type RawKind } from "../../src/protocol/header.js";
import { MessageAssembler } from "../../src/protocol/message-assembler.js";

/** A message of either side's. */
export type WireMessage =
  | { kind: "hello" | "refusal" | "request" | "reply" | "notice"; id: number; value: unknown }
  | { kind: RawKind; id: number; bytes: Buffer; last: boolean };

/** What came of reading a stream. */
export interface Reading {
  messages: WireMessage[];
  /** Why it ended, be it at the stream's end. */
  error: FrameErrorReason | undefined;
}

interface Reader {
  push(chunk: Buffer): void;
  end(): void;
}

/** A reader of a sidecar's stream, as the host reads it. */
function eventReader(messages: WireMessage[], maxFrame: number): Reader {
  return new EventDecoder(
    {
      hello: (value) => messages.push({ kind: "hello", id: 0, value }),
      refusal: (value) => messages.push({ kind: "refusal", id: 0, value }),
      reply: (id, value) => messages.push({ kind: "reply", id, value }),
      notice: (id, value) => messages.push({ kind: "notice", id, value }),
      output: (id, kind, bytes) => messages.push({ kind, id, bytes, last: false }),
      download: (id, bytes, last) => messages.push({ kind: "download", id, bytes, last }),
    },
    maxFrame,
  );
}

/** A reader of a host's stream, that knows frames but not what a request may say. */
function hostReader(messages: WireMessage[], maxFrame: number): Reader {
  const assembler = new MessageAssembler();
  return new FrameDecoder("host", maxFrame, (kind, more, id, payload) => {
    if (isRaw(kind)) {
      messages.push({ kind, id, bytes: payload, last: !more });
      return;
    }
    const message = assembler.accept(kind, more, id, payload);
    if (message !== undefined) messages.push({ kind, id, value: JSON.parse(message.toString()) });
  });
}

/** Reads a stream that comes in chunks of these lengths, over and over. */
export function read(from: Peer, maxFrame: number, wire: Buffer, chunkLengths: readonly number[]): Reading {
  const messages: WireMessage[] = [];
  const reader = from === "sidecar" ? eventReader(messages, maxFrame) : hostReader(messages, maxFrame);
  try {
    for (let at = 0, n = 0; at < wire.length; n++) {
      const end = Math.min(wire.length, at + chunkLengths[n % chunkLengths.length]!);
      // A copy, so that every chunk has memory of its own as a socket's has.
      reader.push(Buffer.from(wire.subarray(at, end)));
      at = end;
    }
    reader.end();
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    return { messages, error: error.reason };
  }
  return { messages, error: undefined };
}

/** The stream of these messages. */
export function encode(messages: readonly WireMessage[], maxFrame: number): Buffer {
  const chunks: Uint8Array[] = [];
  const encoder = new FrameEncoder((chunk) => chunks.push(chunk));
  for (const message of messages) {
    write(encoder, message);
    encoder.setMaxFrame(maxFrame);
  }
  return Buffer.concat(chunks);
}

function write(encoder: FrameEncoder, message: WireMessage): void {
  switch (message.kind) {
    case "hello":
      encoder.single("hello", message.value as HostHello | SidecarHello);
      break;
    case "refusal":
      encoder.single("refusal", message.value as ErrorInfo);
      break;
    case "request":
      encoder.message("request", message.id, message.value as Request);
      break;
    case "reply":
      encoder.message("reply", message.id, message.value as Reply);
      break;
    case "notice":
      encoder.message("notice", message.id, message.value as Notice);
      break;
    case "stdout":
    case "stderr":
      encoder.bytes(message.kind, message.id, message.bytes, false);
      break;
    default:
      encoder.bytes(message.kind, message.id, message.bytes, message.last);
      break;
  }
}

/** One frame, whatever the protocol thinks of it. */
export function frame(kind: number, flags: number, id: bigint, payload: Uint8Array, length = payload.length): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(length, 0);
  header[4] = kind;
  header[5] = flags;
  header.writeBigUInt64LE(id, 8);
  return Buffer.concat([header, payload]);
}

/** The messages with adjacent parts of the same byte stream joined: how they are cut is up to the sender. */
export function joined(messages: readonly WireMessage[]): WireMessage[] {
  const result: WireMessage[] = [];
  for (const message of messages) {
    const before = result.at(-1);
    if (!("bytes" in message)) {
      result.push(message);
    } else if (before?.kind === message.kind && "bytes" in before && before.id === message.id && !before.last) {
      const bytes = Buffer.concat([before.bytes, message.bytes]);
      result[result.length - 1] = { ...message, bytes };
    } else if (message.bytes.length > 0 || message.last) {
      result.push(message);
    }
  }
  return result;
}

/** Which kinds a side sends, hello and refusal aside. */
export const KINDS: Record<Peer, FrameKind[]> = {
  host: ["request", "upload", "stdin"],
  sidecar: ["reply", "notice", "download", "stdout", "stderr"],
};

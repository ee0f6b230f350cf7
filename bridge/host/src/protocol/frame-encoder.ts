import { FrameError } from "./error.js";
import {
  type ErrorInfo,
  HEADER_LENGTH,
  type HostHello,
  MAX_HELLO,
  MAX_MESSAGE,
  MIN_MAX_FRAME,
  type Notice,
  type Reply,
  type Request,
  type SidecarHello,
} from "./generated.js";
import { checkId, type FrameKind, type RawKind, writeHeader } from "./header.js";
import { messageTooLarge } from "./message-assembler.js";

/** Payloads below this length, in bytes, are copied behind their header: that costs less than a write of their own. */
const COPIED_BELOW = 4096;

interface Messages {
  request: Request;
  reply: Reply;
  notice: Notice;
}

interface SingleMessages {
  hello: HostHello | SidecarHello;
  refusal: ErrorInfo;
}

/**
 * Writes frames. What doesn't fit into one frame of the other side's is split. Nothing is written where a call throws.
 *
 * Cork the socket around several calls: headers and large payloads come as buffers of their own, and one writev takes
 * them all.
 */
export class FrameEncoder {
  readonly #write: (chunk: Uint8Array) => unknown;
  #maxFrame = MIN_MAX_FRAME;

  /** @param write takes the next bytes of the stream */
  constructor(write: (chunk: Uint8Array) => unknown) {
    this.#write = write;
  }

  /** Sets the largest payload, in bytes, to what the other side's hello announced. Before, and at least, 4 KiB. */
  setMaxFrame(maxFrame: number): void {
    this.#maxFrame = Math.max(maxFrame, MIN_MAX_FRAME);
  }

  /**
   * Writes a message that stands alone.
   *
   * @throws {FrameError} where it is too long for one frame.
   */
  single<K extends keyof SingleMessages>(kind: K, message: SingleMessages[K]): void {
    const json = toJson(message);
    const length = Buffer.byteLength(json);
    const max = kind === "hello" ? MAX_HELLO : this.#maxFrame;
    if (length > max) {
      throw new FrameError(
        "frameTooLarge",
        `A ${kind} of ${length} bytes was to be sent, but at most ${max} are taken.`,
      );
    }
    this.#writeJson(kind, 0, json, length);
  }

  /**
   * Writes a message. Lone surrogates in its strings become U+FFFD, as they do wherever text becomes UTF-8.
   *
   * @throws {FrameError} where it is longer than 16 MiB, or its id is not one that travels.
   */
  message<K extends keyof Messages>(kind: K, id: number, message: Messages[K]): void {
    checkId(kind, id);
    const json = toJson(message);
    const length = Buffer.byteLength(json);
    if (length > MAX_MESSAGE) throw messageTooLarge();
    if (length <= this.#maxFrame) {
      this.#writeJson(kind, id, json, length);
    } else {
      this.#writeParts(kind, id, Buffer.from(json), true);
    }
  }

  /**
   * Writes the next bytes of a stream, without a copy where they are many: leave them as they are until the socket has
   * taken them. Empty bytes that are not the last write nothing.
   *
   * @throws {FrameError} where the id is not one that travels.
   */
  bytes(kind: Exclude<RawKind, "stdout" | "stderr">, id: number, bytes: Uint8Array, last: boolean): void;
  bytes(kind: "stdout" | "stderr", id: number, bytes: Uint8Array, last: false): void;
  bytes(kind: RawKind, id: number, bytes: Uint8Array, last: boolean): void {
    checkId(kind, id);
    if (bytes.length > 0 || last) this.#writeParts(kind, id, bytes, last);
  }

  #writeJson(kind: FrameKind, id: number, json: string, length: number): void {
    const frame = Buffer.allocUnsafe(HEADER_LENGTH + length);
    writeHeader(frame, kind, false, id, length);
    frame.write(json, HEADER_LENGTH, "utf8");
    this.#write(frame);
  }

  #writeParts(kind: FrameKind, id: number, bytes: Uint8Array, last: boolean): void {
    let at = 0;
    do {
      const part = bytes.subarray(at, at + this.#maxFrame);
      at += part.length;
      const more = !(last && at === bytes.length);
      const copied = part.length < COPIED_BELOW;
      const frame = Buffer.allocUnsafe(HEADER_LENGTH + (copied ? part.length : 0));
      writeHeader(frame, kind, more, id, part.length);
      if (copied) frame.set(part, HEADER_LENGTH);
      this.#write(frame);
      if (!copied) this.#write(part);
    } while (at < bytes.length);
  }
}

/** The JSON text of a message, with nothing in it that UTF-8 can't hold. */
function toJson(message: object): string {
  const json = JSON.stringify(message);
  // Lone surrogates are all that JSON.stringify escapes like this; the other side refuses them.
  return json.includes("\\ud") ? JSON.stringify(message, wellFormed) : json;
}

function wellFormed(_key: string, value: unknown): unknown {
  if (typeof value === "string") return toWellFormed(value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [toWellFormed(key), member]));
}

function toWellFormed(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8");
}

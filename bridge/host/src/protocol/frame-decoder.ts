import { FrameError } from "./error.js";
import { HEADER_LENGTH, MAX_HELLO } from "./generated.js";
import { type FrameHeader, type FrameKind, isRaw, isSentBy, type Peer, readHeader } from "./header.js";

/**
 * Raw payloads below this length, in bytes, are copied out of the chunk that they came in: as a view of it, a few bytes
 * that wait in a queue would keep the whole chunk in memory.
 */
const COPIED_BELOW = 4096;

const NOTHING = Buffer.alloc(0);

/** Takes a frame. `payload` may be a view of the chunk that was pushed; nobody else writes to it. */
export type FrameHandler = (kind: FrameKind, more: boolean, id: number, payload: Buffer) => void;

/**
 * Cuts the bytes of one direction of a connection into frames, however they are split into chunks. It holds at most the
 * frame that is on its way, and refuses a frame by its header, before any of its payload is taken.
 */
export class FrameDecoder {
  readonly #from: Peer;
  readonly #maxFrame: number;
  readonly #onFrame: FrameHandler;
  #phase: "beforeHello" | "open" | "refused" = "beforeHello";
  #failure: { readonly error: unknown } | undefined;
  /** What has come of a header that is split over chunks. */
  readonly #splitHeader = Buffer.alloc(HEADER_LENGTH);
  #splitHeaderLength = 0;
  /** The frame whose payload is split over chunks, and what has come of it. */
  #header: FrameHeader | undefined;
  #payload = NOTHING;
  #payloadLength = 0;

  /**
   * @param from the side whose frames these are
   * @param maxFrame the largest payload to take, in bytes: what this side announces in its hello
   */
  constructor(from: Peer, maxFrame: number, onFrame: FrameHandler) {
    this.#from = from;
    this.#maxFrame = maxFrame;
    this.#onFrame = onFrame;
  }

  /** Bytes of memory that the decoder holds for a frame that is on its way. */
  get bufferedBytes(): number {
    return this.#payload.length;
  }

  /**
   * Hands every frame that the chunk completes to the handler. The decoder keeps no part of the chunk.
   *
   * @throws {FrameError} where the other side sent what the protocol does not allow, or whatever the handler threw; the
   * same error from then on.
   */
  push(chunk: Buffer): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    try {
      this.#cut(chunk);
    } catch (error) {
      this.#failure = { error };
      this.#header = undefined;
      this.#payload = NOTHING;
      throw error;
    }
  }

  /**
   * To be called when the stream has ended.
   *
   * @throws {FrameError} where it ended in the middle of a frame.
   */
  end(): void {
    if (this.#failure === undefined && (this.#header !== undefined || this.#splitHeaderLength > 0)) {
      throw truncated();
    }
  }

  #cut(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      let header = this.#header;
      if (header === undefined) {
        if (this.#splitHeaderLength === 0 && chunk.length - at >= HEADER_LENGTH) {
          header = readHeader(chunk, at);
          at += HEADER_LENGTH;
        } else {
          const copied = chunk.copy(this.#splitHeader, this.#splitHeaderLength, at);
          at += copied;
          this.#splitHeaderLength += copied;
          if (this.#splitHeaderLength < HEADER_LENGTH) return;
          this.#splitHeaderLength = 0;
          header = readHeader(this.#splitHeader, 0);
        }
        this.#admit(header);
        const end = at + header.length;
        if (end <= chunk.length) {
          const payload = chunk.subarray(at, end);
          const copied = header.length < COPIED_BELOW && isRaw(header.kind);
          at = end;
          this.#onFrame(header.kind, header.more, header.id, copied ? Buffer.from(payload) : payload);
          continue;
        }
        this.#header = header;
        this.#payload = Buffer.allocUnsafeSlow(header.length);
        this.#payloadLength = 0;
      }
      const copied = chunk.copy(this.#payload, this.#payloadLength, at);
      at += copied;
      this.#payloadLength += copied;
      if (this.#payloadLength < header.length) return;
      const payload = this.#payload;
      this.#header = undefined;
      this.#payload = NOTHING;
      this.#onFrame(header.kind, header.more, header.id, payload);
    }
  }

  /** Checks what depends on the connection, and moves it on. */
  #admit({ kind, length }: FrameHeader): void {
    if (!isSentBy(kind, this.#from)) {
      throw new FrameError("wrongDirection", `A ${kind} frame came from the side that may only receive it.`);
    }
    let max = this.#maxFrame;
    if (this.#phase === "beforeHello") {
      if (kind !== "hello" && kind !== "refusal") {
        throw new FrameError("helloMissing", `The first frame must be a hello, but is a ${kind}.`);
      }
      max = MAX_HELLO;
    } else if (this.#phase === "refused") {
      throw new FrameError("afterRefusal", `A ${kind} frame came after the refusal that ends the connection.`);
    } else if (kind === "hello") {
      throw new FrameError("helloRepeated", "A second hello came: it may only be the first frame.");
    }
    if (length > max) {
      const message = `A ${kind} frame announces ${length} bytes, but at most ${max} are taken: split it.`;
      throw new FrameError("frameTooLarge", message);
    }
    this.#phase = kind === "refusal" ? "refused" : "open";
  }
}

/** The error of a stream that ended too early. */
export function truncated(): FrameError {
  return new FrameError("truncated", "The connection ended in the middle of a frame or a message.");
}

import { FrameError } from "./error.js";
import { MAX_MESSAGE, MAX_PARTIAL_BYTES, MAX_PARTIAL_MESSAGES } from "./generated.js";
import type { FrameKind } from "./header.js";

interface PartialMessage {
  buffer: Buffer;
  length: number;
}

/** Joins the JSON messages that came in several frames. */
export class MessageAssembler {
  readonly #partial = new Map<string, PartialMessage>();
  /** Bytes of all the partial messages together. */
  #partialBytes = 0;

  get isEmpty(): boolean {
    return this.#partial.size === 0;
  }

  /**
   * The message that the frame completes, or undefined where more of it is to come.
   *
   * @throws {FrameError} where the messages that are under way are too long, or too many.
   */
  accept(kind: FrameKind, more: boolean, id: number, payload: Buffer): Buffer | undefined {
    if (!more && this.#partial.size === 0) return whole(payload);
    const key = `${kind} ${id}`;
    let message = this.#partial.get(key);
    if (message === undefined) {
      if (!more) return whole(payload);
      if (this.#partial.size === MAX_PARTIAL_MESSAGES) {
        throw new FrameError(
          "tooManyPartialMessages",
          `More than ${MAX_PARTIAL_MESSAGES} messages are under way at once: finish one before the next is begun.`,
        );
      }
      message = { buffer: Buffer.alloc(0), length: 0 };
      this.#partial.set(key, message);
    }
    this.#append(message, payload);
    if (more) return undefined;
    this.#partial.delete(key);
    this.#partialBytes -= message.length;
    return message.buffer.subarray(0, message.length);
  }

  #append(message: PartialMessage, part: Buffer): void {
    const length = message.length + part.length;
    if (length > MAX_MESSAGE) throw messageTooLarge();
    if (this.#partialBytes + part.length > MAX_PARTIAL_BYTES) {
      throw new FrameError(
        "tooManyPartialBytes",
        `The messages under way have more than ${MAX_PARTIAL_BYTES} bytes together: finish one before the next.`,
      );
    }
    this.#partialBytes += part.length;
    if (length > message.buffer.length) {
      // Doubled, so that each byte is moved only a few times, but never past what a message may have.
      const grown = Buffer.allocUnsafeSlow(Math.min(Math.max(length, message.buffer.length * 2), MAX_MESSAGE));
      message.buffer.copy(grown, 0, 0, message.length);
      message.buffer = grown;
    }
    part.copy(message.buffer, message.length);
    message.length = length;
  }
}

function whole(payload: Buffer): Buffer {
  if (payload.length > MAX_MESSAGE) throw messageTooLarge();
  return payload;
}

/** The error of a message that is too long, whoever sends it. */
export function messageTooLarge(): FrameError {
  return new FrameError(
    "messageTooLarge",
    `A message is longer than ${MAX_MESSAGE} bytes: send large content as an upload.`,
  );
}

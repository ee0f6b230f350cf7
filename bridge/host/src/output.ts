import { constants } from "node:buffer";
import { OutputTooLargeError } from "./errors.js";
import type { Stream } from "./protocol/generated.js";

/**
 * Bytes that a guest may have written and not seen taken, per stream, where its whole output is collected. It is what
 * the sidecar may have to hold; more of it means fewer grants.
 */
export const COLLECT_WINDOW = 1 << 20;

/** The same where the output is read as a stream; this side holds at most that much per stream. */
export const STREAM_WINDOW = 256 << 10;

/** Tells a guest that it may write that many more bytes of a stream. */
export interface Granter {
  grant(stream: Stream, bytes: number): void;
}

/** Takes one output stream of a guest, and grants anew what it has done with. */
export abstract class OutputSink {
  /** Bytes that arrived in all. */
  received = 0;
  readonly window: number;
  readonly #granter: Granter;
  readonly #stream: Stream;
  #taken = 0;

  constructor(window: number, granter: Granter, stream: Stream) {
    this.window = window;
    this.#granter = granter;
    this.#stream = stream;
  }

  /** Bytes that arrived. They lie in memory that is shared with other messages, and must not be changed. */
  abstract push(chunk: Buffer): void;

  /** The guest ended; nothing follows. */
  abstract end(): void;

  /** The guest could not be started; nothing follows. */
  abstract fail(error: Error): void;

  /** Bytes that are done with. They are granted in portions of half a window, one grant for many chunks. */
  protected took(bytes: number): void {
    this.#taken += bytes;
    if (this.#taken * 2 < this.window) return;
    this.#granter.grant(this.#stream, this.#taken);
    this.#taken = 0;
  }
}

/** Collects a stream whole. Its size is bounded by the guest's `outputBytes`, which the sidecar enforces. */
export class CollectedOutput extends OutputSink {
  readonly #bytes = new ByteList();

  constructor(granter: Granter, stream: Stream) {
    super(COLLECT_WINDOW, granter, stream);
  }

  override push(chunk: Buffer): void {
    this.received += chunk.length;
    this.#bytes.push(chunk);
    this.took(chunk.length);
  }

  override end(): void {}

  override fail(): void {}

  /** All that arrived, in memory of its own. */
  bytes(): Buffer {
    return this.#bytes.copy();
  }

  /**
   * All that arrived as UTF-8, decoded at once, so that no character is split.
   *
   * @throws OutputTooLargeError
   */
  text(): string {
    if (this.received > constants.MAX_STRING_LENGTH) throw new OutputTooLargeError(this.received);
    return this.#bytes.text();
  }
}

/** Gives a stream to a reader as it reads. What is not read holds the guest back; what is cancelled is thrown away. */
export class StreamedOutput extends OutputSink {
  readonly stream: ReadableStream<Uint8Array>;
  #unread = new ByteList();
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #wanted = false;
  #ended = false;
  #cancelled = false;

  constructor(granter: Granter, stream: Stream) {
    super(STREAM_WINDOW, granter, stream);
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: () => this.#cancel(),
      },
      // Nothing is taken before somebody reads.
      { highWaterMark: 0 },
    );
  }

  override push(chunk: Buffer): void {
    this.received += chunk.length;
    if (this.#cancelled) {
      this.took(chunk.length);
      return;
    }
    this.#unread.push(chunk);
    if (this.#wanted) {
      this.#wanted = false;
      this.#deliver();
    }
  }

  override end(): void {
    this.#ended = true;
    if (!this.#cancelled && this.#unread.length === 0) this.#controller.close();
  }

  override fail(error: Error): void {
    this.#ended = true;
    if (!this.#cancelled) this.#controller.error(error);
  }

  #pull(): void {
    if (this.#unread.length === 0) {
      this.#wanted = true;
      return;
    }
    this.#deliver();
    if (this.#ended) this.#controller.close();
  }

  #deliver(): void {
    // In memory of its own, since the reader may do with it what it likes, such as transfer it to a worker.
    const bytes = this.#unread.copy();
    this.#unread = new ByteList();
    this.#controller.enqueue(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
    this.took(bytes.length);
  }

  #cancel(): void {
    this.#cancelled = true;
    const { length } = this.#unread;
    this.#unread = new ByteList();
    this.took(length);
  }
}

/** Chunks up to this size are gathered in blocks: an object for each of a million single bytes would cost far more. */
const SMALL_CHUNK = 2 << 10;
const FIRST_BLOCK = 4 << 10;
const BLOCK = 64 << 10;

/** Bytes that came in chunks of any size. */
class ByteList {
  length = 0;
  #first: Buffer | undefined;
  #more: Buffer[] | undefined;
  /** A block with room, the last of `#more`; `#used` bytes of it are filled. */
  #block: Buffer | undefined;
  #used = 0;

  push(chunk: Buffer): void {
    this.length += chunk.length;
    if (this.#first === undefined) {
      this.#first = chunk;
      return;
    }
    this.#more ??= [];
    if (chunk.length > SMALL_CHUNK) {
      this.#seal();
      this.#more.push(chunk);
      return;
    }
    if (this.#block === undefined || this.#used + chunk.length > this.#block.length) {
      this.#seal();
      this.#block = Buffer.allocUnsafeSlow(this.#more.length === 0 ? FIRST_BLOCK : BLOCK);
      this.#more.push(this.#block);
    }
    this.#block.set(chunk, this.#used);
    this.#used += chunk.length;
  }

  /** All bytes, in memory that belongs to nothing else. */
  copy(): Buffer {
    const bytes = Buffer.allocUnsafeSlow(this.length);
    let offset = 0;
    for (const part of this.#parts()) {
      bytes.set(part, offset);
      offset += part.length;
    }
    return bytes;
  }

  text(): string {
    if (this.#first === undefined) return "";
    return (this.#more === undefined ? this.#first : this.copy()).toString("utf8");
  }

  #parts(): Buffer[] {
    if (this.#first === undefined) return [];
    this.#seal();
    return this.#more === undefined ? [this.#first] : [this.#first, ...this.#more];
  }

  #seal(): void {
    if (this.#block === undefined) return;
    this.#more![this.#more!.length - 1] = this.#block.subarray(0, this.#used);
    this.#block = undefined;
    this.#used = 0;
  }
}

import { asBytes, describe } from "./checks.js";
import { InvalidArgumentError, InvalidOptionError, StdinClosedError } from "./errors.js";

/** What a program can be given to read: text, bytes, or anything that yields chunks of them. */
export type StdinSource =
  | string
  | Uint8Array
  | ReadableStream<string | Uint8Array>
  | AsyncIterable<string | Uint8Array>
  | Iterable<string | Uint8Array>;

/** Sends input to a guest. */
export type SendStdin = (bytes: Uint8Array, last: boolean) => void;

/** Bytes that `GuestProcess.stdin` takes before a writer is told to wait. */
const PIPE_HIGH_WATER_MARK = 64 << 10;

const NOTHING = new Uint8Array(0);

/**
 * Feeds a guest's stdin, within the credit that it grants. `feed` ends the input where the source is at its end, or
 * throws what the source threw.
 */
export class StdinFeed {
  #send: SendStdin | undefined;
  #credit = 0;
  #closed = false;
  #discarding = false;
  #ended = false;
  #wake: (() => void) | undefined;

  /** The guest is there and can be sent to. Another time where it had to be started anew: it was sent no bytes then. */
  open(send: SendStdin): void {
    this.#send = send;
    if (this.#ended) send(NOTHING, true);
    this.#wake?.();
  }

  /** Whether it was opened before. */
  get opened(): boolean {
    return this.#send !== undefined;
  }

  /** The guest takes that many more bytes. */
  grant(bytes: number): void {
    this.#credit += bytes;
    this.#wake?.();
  }

  /** The guest reads no more. */
  close(): void {
    this.#closed = true;
    this.#send = undefined;
    this.#wake?.();
  }

  /** What is still to be written is not wanted any more by its writer. */
  discard(): void {
    this.#discarding = true;
    this.#wake?.();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Resolves when all was sent, or the guest reads no more. One call at a time. */
  async write(bytes: Uint8Array): Promise<void> {
    let sent = 0;
    while (sent < bytes.length && !this.#closed && !this.#discarding) {
      if (this.#send === undefined || this.#credit === 0) {
        await this.#change();
        continue;
      }
      const part = bytes.subarray(sent, sent + this.#credit);
      this.#credit -= part.length;
      sent += part.length;
      this.#send(part, false);
    }
  }

  /** Tells the guest that nothing follows, once it is there. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#send?.(NOTHING, true);
  }

  /** @throws What the source throws, or InvalidArgumentError where it yields what is no chunk. */
  async feed(source: Uint8Array | AsyncIterable<unknown> | Iterable<unknown>): Promise<void> {
    if (source instanceof Uint8Array) {
      await this.write(source);
    } else {
      // Leaving the loop closes the source.
      for await (const chunk of source) {
        await this.write(chunkBytes(chunk));
        if (this.#closed) break;
      }
    }
    this.end();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}

/**
 * The stream that a host writes a guest's stdin with. What was written before the guest closed its stdin is thrown away
 * as a pipe would; what is written afterwards fails, so that who writes without end learns of it.
 */
export function stdinStream(feed: StdinFeed): WritableStream<string | Uint8Array> {
  let accepted = 0;
  let begun = 0;
  let acceptedAtClose = 0;
  return new WritableStream<string | Uint8Array>(
    {
      start(controller) {
        // A write that waits for credit would otherwise hold abort() up.
        (controller as { signal?: AbortSignal }).signal?.addEventListener("abort", () => feed.discard());
      },
      async write(chunk) {
        begun += 1;
        if (feed.closed && begun > acceptedAtClose) throw new StdinClosedError();
        let bytes: Uint8Array;
        try {
          bytes = chunkBytes(chunk);
        } catch (error) {
          // The stream is of no more use, so that the guest would wait for its end for ever.
          feed.end();
          throw error;
        }
        await feed.write(bytes);
      },
      close: () => feed.end(),
      // The guest sees the end of its input: there is no way to tell it more.
      abort: () => feed.end(),
    },
    {
      highWaterMark: PIPE_HIGH_WATER_MARK,
      // Called as the chunk is handed over, which is when it counts as written before or after the guest's closing.
      size(chunk) {
        accepted += 1;
        if (!feed.closed) acceptedAtClose = accepted;
        return typeof chunk === "string" ? Buffer.byteLength(chunk) : (asBytes(chunk)?.length ?? 0);
      },
    },
  );
}

/** The stream of a guest whose stdin was given otherwise. */
export function unwritableStdin(): WritableStream<string | Uint8Array> {
  return new WritableStream({
    start(controller) {
      controller.error(new InvalidOptionError('Pass stdin: "pipe" to spawn() in order to write to stdin.', "stdin"));
    },
  });
}

/** @throws InvalidOptionError where the value is nothing that a guest could read. */
export function checkStdin(value: unknown): Uint8Array | AsyncIterable<unknown> | Iterable<unknown> {
  if (typeof value === "string") return Buffer.from(value, "utf8");
  const bytes = asBytes(value);
  if (bytes !== undefined) return bytes;
  if (typeof value === "object" && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value)) {
    return value as AsyncIterable<unknown> | Iterable<unknown>;
  }
  throw new InvalidOptionError(
    `The option stdin must be a string, bytes, or a stream or iterable of these, not ${describe(value)}.`,
    "stdin",
  );
}

function chunkBytes(chunk: unknown): Uint8Array {
  if (typeof chunk === "string") return Buffer.from(chunk, "utf8");
  const bytes = asBytes(chunk);
  if (bytes === undefined) {
    throw new InvalidArgumentError(`A chunk of stdin must be a string or bytes, not ${describe(chunk)}.`, "stdin");
  }
  return bytes;
}

import { isUtf8 } from "node:buffer";
import { FrameError } from "./error.js";
import { FrameDecoder, truncated } from "./frame-decoder.js";
import {
  DEFAULT_MAX_FRAME,
  type ErrorInfo,
  MAX_MAX_FRAME,
  MIN_MAX_FRAME,
  type Notice,
  PROTOCOL_VERSION,
  type Reply,
  type SidecarHello,
  type Stream,
} from "./generated.js";
import type { FrameKind } from "./header.js";
import { MessageAssembler } from "./message-assembler.js";
import * as shapes from "./shapes.js";

/** Takes what a sidecar sends, in the order in which it was sent. */
export interface EventHandler {
  /** The first message, unless that is a refusal. */
  hello(hello: SidecarHello): void;
  /** Why the sidecar closes the connection; nothing follows. */
  refusal(error: ErrorInfo): void;
  /** The answer to the request `id`. */
  reply(id: number, reply: Reply): void;
  /** `id` is the guest's, or 0 where the notice concerns the whole sidecar. */
  notice(id: number, notice: Notice): void;
  /** Output of a guest; `bytes` may be a view of a chunk that was pushed. */
  output(guest: number, stream: Stream, bytes: Buffer): void;
  /** Part of the file that the request `id` reads; `bytes` may be a view of a chunk that was pushed. */
  download(id: number, bytes: Buffer, last: boolean): void;
}

/** Reads what a sidecar sends: the host's end of a connection. */
export class EventDecoder {
  readonly #handler: EventHandler;
  readonly #frames: FrameDecoder;
  readonly #messages = new MessageAssembler();

  /** @param maxFrame the largest payload to take, in bytes: what the host's hello announces */
  constructor(handler: EventHandler, maxFrame: number = DEFAULT_MAX_FRAME) {
    this.#handler = handler;
    this.#frames = new FrameDecoder("sidecar", maxFrame, (kind, more, id, payload) =>
      this.#accept(kind, more, id, payload),
    );
  }

  /**
   * Hands every message that the chunk completes to the handler.
   *
   * @throws {FrameError} where the sidecar sent what the protocol does not allow, or speaks another version; or
   * whatever the handler threw. The same error from then on.
   */
  push(chunk: Buffer): void {
    this.#frames.push(chunk);
  }

  /**
   * To be called when the stream has ended.
   *
   * @throws {FrameError} where it ended in the middle of a frame or a message.
   */
  end(): void {
    this.#frames.end();
    if (!this.#messages.isEmpty) throw truncated();
  }

  #accept(kind: FrameKind, more: boolean, id: number, payload: Buffer): void {
    switch (kind) {
      case "stdout":
      case "stderr":
        this.#handler.output(id, kind, payload);
        break;
      case "download":
        this.#handler.download(id, payload, !more);
        break;
      case "notice": {
        const message = this.#messages.accept(kind, more, id, payload);
        if (message !== undefined) this.#handler.notice(id, parse(kind, message, shapes.notice));
        break;
      }
      case "reply": {
        const message = this.#messages.accept(kind, more, id, payload);
        if (message !== undefined) this.#handler.reply(id, parse(kind, message, shapes.reply));
        break;
      }
      case "hello":
        this.#handler.hello(parseHello(payload));
        break;
      case "refusal":
        this.#handler.refusal(parse(kind, payload, shapes.errorInfo));
        break;
    }
  }
}

function parseHello(payload: Buffer): SidecarHello {
  const { protocol } = parse("hello", payload, anyHello);
  if (protocol !== PROTOCOL_VERSION) {
    throw new FrameError(
      "version",
      `The sidecar speaks version ${protocol} of the protocol and this package version ${PROTOCOL_VERSION}: ` +
        "install the same release of Hotcell on both sides.",
    );
  }
  const hello = parse("hello", payload, shapes.sidecarHello);
  if (hello.maxFrame < MIN_MAX_FRAME || hello.maxFrame > MAX_MAX_FRAME) {
    const range = `it must lie between ${MIN_MAX_FRAME} and ${MAX_MAX_FRAME}`;
    throw new FrameError("maxFrameOutOfRange", `A largest frame of ${hello.maxFrame} bytes was announced: ${range}.`);
  }
  return hello;
}

/** What every version's hello has. */
const anyHello: shapes.Shape<{ protocol: number }> = (value): value is { protocol: number } =>
  typeof value === "object" && value !== null && "protocol" in value && Number.isInteger(value.protocol);

function parse<T>(kind: FrameKind, json: Buffer, shape: shapes.Shape<T>): T {
  // A Buffer's own decoding would replace what is not UTF-8 in silence.
  if (!isUtf8(json)) throw invalidMessage(kind, "it is not UTF-8");
  let value: unknown;
  try {
    value = JSON.parse(json.toString("utf8"));
  } catch (error) {
    throw invalidMessage(kind, "it is not JSON", error);
  }
  if (!shape(value)) throw invalidMessage(kind, "a field is missing or has a value that it can't have");
  return value;
}

function invalidMessage(kind: FrameKind, reason: string, cause?: unknown): FrameError {
  return new FrameError("invalidMessage", `A ${kind} frame's message can't be read: ${reason}.`, { cause });
}

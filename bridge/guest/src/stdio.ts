/** process.stdout and process.stderr. Writing blocks until the host takes the bytes, so a write is always done at once. */

import { native } from "./binding.ts";
import { bytesOf } from "./bytes.ts";
import { encodeText, requireEncoding } from "./codec.ts";
import { codedError, invalidArgType } from "./errors.ts";
import { EventEmitter } from "./events.ts";
import { demandPermission, permission } from "./permission.ts";
import { ArrayBufferIsView, Error, TypeError } from "./primordials.ts";
import { lazyMember } from "./process.ts";
import { nextTick } from "./tasks.ts";

type Callback = (error?: Error | null) => void;

class OutputStream extends EventEmitter {
  readonly #fd: 1 | 2;
  #isEnded = false;
  #isDestroyed = false;

  constructor(permit: unknown, fd: 1 | 2) {
    demandPermission(permit, OutputStream);
    super();
    this.#fd = fd;
  }

  /** Not reachable from the guest's code. */
  static isOutputStream(value: unknown): boolean {
    return value !== null && typeof value === "object" && #fd in value;
  }

  get fd(): number {
    return this.#fd;
  }

  get writable(): boolean {
    return !this.#isEnded && !this.#isDestroyed;
  }

  get writableEnded(): boolean {
    return this.#isEnded;
  }

  get writableFinished(): boolean {
    return this.#isEnded;
  }

  get writableLength(): number {
    return 0;
  }

  get writableHighWaterMark(): number {
    return 16384;
  }

  get writableNeedDrain(): boolean {
    return false;
  }

  get destroyed(): boolean {
    return this.#isDestroyed;
  }

  write(chunk: unknown, encoding?: unknown, callback?: Callback): boolean {
    if (typeof encoding === "function") {
      callback = encoding as Callback;
      encoding = undefined;
    }
    const data = toData(chunk, encoding);
    if (this.#isEnded || this.#isDestroyed) {
      const error = this.#isEnded
        ? codedError(Error, "ERR_STREAM_WRITE_AFTER_END", "write after end", this.write)
        : codedError(Error, "ERR_STREAM_DESTROYED", "Cannot call write after a stream was destroyed", this.write);
      nextTick(() => {
        callback?.(error);
        this.emit("error", error);
      });
      return false;
    }
    native.write(this.#fd, data);
    if (typeof callback === "function") nextTick(callback, null as never);
    return true;
  }

  end(chunk?: unknown, encoding?: unknown, callback?: Callback): this {
    if (typeof chunk === "function") {
      callback = chunk as Callback;
      chunk = undefined;
    } else if (typeof encoding === "function") {
      callback = encoding as Callback;
      encoding = undefined;
    }
    if (chunk !== undefined && chunk !== null) this.write(chunk, encoding);
    if (typeof callback === "function") this.once("finish", callback as never);
    if (!this.#isEnded) {
      this.#isEnded = true;
      nextTick(() => this.emit("finish"));
    }
    return this;
  }

  destroy(error?: Error): this {
    if (this.#isDestroyed) return this;
    this.#isDestroyed = true;
    nextTick(() => {
      if (error) this.emit("error", error);
      this.emit("close");
    });
    return this;
  }

  cork(): void {}

  uncork(): void {}

  setDefaultEncoding(): this {
    return this;
  }
}

export const { isOutputStream } = OutputStream;
delete (OutputStream as { isOutputStream?: unknown }).isOutputStream;

function toData(chunk: unknown, encoding: unknown): string | Uint8Array {
  if (typeof chunk === "string") return encodeChunk(chunk, encoding);
  if (ArrayBufferIsView(chunk)) return bytesOf(chunk)!;
  if (chunk === null)
    throw codedError(TypeError, "ERR_STREAM_NULL_VALUES", "May not write null values to stream", toData);
  throw invalidArgType("chunk", "of type string or an instance of Buffer, TypedArray, or DataView", chunk);
}

function encodeChunk(text: string, encoding: unknown): string | Uint8Array {
  const name = requireEncoding(encoding);
  return name === "utf8" ? text : encodeText(text, name);
}

lazyMember("stdout", () => new OutputStream(permission, 1));
lazyMember("stderr", () => new OutputStream(permission, 2));

/**
 * process.stdin. It asks the native side for one piece at a time, and only while somebody wants it: what nobody reads
 * stays with the host.
 */

import { native } from "./binding.ts";
import { asBuffer, bufferView, concat, lengthOf } from "./buffer/buffer.ts";
import { demandPermission, permission } from "./permission.ts";
import "./buffer/methods.ts";
import { requireEncoding } from "./codec.ts";
import { append } from "./define.ts";
import { codedError } from "./errors.ts";
import { EventEmitter, type Listener } from "./events.ts";
import { Queue } from "./list.ts";
import {
  AsyncIteratorPrototype,
  Error,
  MathTrunc,
  Number,
  ObjectSetPrototypeOf,
  Promise,
  StringPrototypeSlice,
  SymbolAsyncIterator,
} from "./primordials.ts";
import { lazyMember } from "./process.ts";
import { isOutputStream } from "./stdio.ts";
import { PieceDecoder } from "./string-decoder.ts";
import { nextTick } from "./tasks.ts";

type Piece = Uint8Array | string;

interface Waiter {
  resolve(result: { done: boolean; value: Piece | undefined }): void;
  reject(reason: unknown): void;
}

/** Somewhere to pipe to. */
interface Destination {
  write(piece: Piece): boolean;
  end(): void;
  once(name: string, listener: () => void): void;
  emit(name: string, ...args: unknown[]): void;
}

class InputStream extends EventEmitter {
  readonly fd = 0;
  /** Null until somebody decides. */
  #isFlowing: boolean | null = null;
  #wantsReadable = false;
  #pieces = new Queue<Piece>();
  #decoder: PieceDecoder | undefined = undefined;
  #waiters = new Queue<Waiter>();
  #isRequested = false;
  #isAtEnd = false;
  #hasEnded = false;
  #isDestroyed = false;
  #isReferenced = true;

  constructor(permit: unknown) {
    demandPermission(permit, InputStream);
    super();
  }

  /** Whether input that is under way keeps the guest alive. */
  static isWaiting(stream: InputStream): boolean {
    return stream.#isRequested && stream.#isReferenced && stream.#isWanted();
  }

  static receive(stream: InputStream, bytes: Uint8Array | null): void {
    stream.#isRequested = false;
    if (stream.#isDestroyed) return;
    if (bytes === null) {
      stream.#isAtEnd = true;
      const rest = stream.#decoder?.end() ?? "";
      if (rest !== "") stream.#pieces.push(rest);
    } else {
      const piece = stream.#decoder === undefined ? asBuffer(bytes) : stream.#decoder.write(bytes);
      if (sizeOf(piece) > 0) stream.#pieces.push(piece);
    }
    stream.#advance();
  }

  #isWanted(): boolean {
    return this.#isFlowing === true || this.#wantsReadable || this.#waiters.length > 0;
  }

  /** Hands out what is there, and asks for more where that is wanted. */
  #advance(): void {
    while (this.#waiters.length > 0 && this.#pieces.length > 0) {
      this.#waiters.shift()!.resolve({ done: false, value: this.#pieces.shift() });
    }
    while (this.#isFlowing === true && this.#pieces.length > 0) this.emit("data", this.#pieces.shift());
    if (this.#wantsReadable && this.#isFlowing !== true && (this.#pieces.length > 0 || this.#isAtEnd)) {
      if (!this.#hasEnded) this.emit("readable");
    }
    if (!this.#isWanted() || this.#isDestroyed) return;
    if (!this.#isAtEnd) this.#request();
    else if (this.#pieces.length === 0) this.#end();
  }

  #request(): void {
    if (this.#isRequested) return;
    this.#isRequested = true;
    native.stdinRead();
  }

  #end(): void {
    while (this.#waiters.length > 0) this.#waiters.shift()!.resolve({ done: true, value: undefined });
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    nextTick(() => {
      this.emit("end");
      this.destroy();
    });
  }

  get readable(): boolean {
    return !this.#isDestroyed && !this.#hasEnded;
  }

  get readableFlowing(): boolean | null {
    return this.#isFlowing;
  }

  get readableEnded(): boolean {
    return this.#hasEnded;
  }

  get readableEncoding(): string | null {
    return this.#decoder?.encoding ?? null;
  }

  get destroyed(): boolean {
    return this.#isDestroyed;
  }

  override on(name: string | symbol, listener: Listener): this {
    super.on(name, listener);
    if (name === "data" && this.#isFlowing !== false) this.resume();
    if (name === "readable") {
      this.#wantsReadable = true;
      nextTick(() => this.#advance());
    }
    return this;
  }

  override addListener(name: string | symbol, listener: Listener): this {
    return this.on(name, listener);
  }

  override removeListener(name: string | symbol, listener: Listener): this {
    super.removeListener(name, listener);
    if (name === "readable" && this.listenerCount("readable") === 0) this.#wantsReadable = false;
    return this;
  }

  override off(name: string | symbol, listener: Listener): this {
    return this.removeListener(name, listener);
  }

  resume(): this {
    if (this.#isFlowing !== true) {
      this.#isFlowing = true;
      nextTick(() => this.#advance());
    }
    return this;
  }

  pause(): this {
    this.#isFlowing = false;
    this.#wantsReadable = false;
    return this;
  }

  isPaused(): boolean {
    return this.#isFlowing === false;
  }

  setEncoding(encoding?: unknown): this {
    const decoder = new PieceDecoder(requireEncoding(encoding));
    this.#decoder = decoder;
    const decoded = new Queue<Piece>();
    for (let piece = this.#pieces.shift(); piece !== undefined; piece = this.#pieces.shift()) {
      const text = typeof piece === "string" ? piece : decoder.write(piece);
      if (text !== "") decoded.push(text);
    }
    this.#pieces = decoded;
    return this;
  }

  /** All that is there, or `size` of it; null where there is less. */
  read(size?: unknown): Piece | null {
    const all = this.#takeAll();
    const wanted = size === undefined ? sizeOf(all) : MathTrunc(Number(size));
    let taken: Piece | null = null;
    if (wanted > 0 && wanted <= sizeOf(all)) taken = slice(all, 0, wanted);
    const rest = taken === null ? all : slice(all, wanted, sizeOf(all));
    if (sizeOf(rest) > 0) this.#pieces.push(rest);
    this.#wantsReadable = true;
    if (!this.#isAtEnd) this.#request();
    else if (this.#pieces.length === 0) this.#end();
    if (taken !== null) this.emit("data", taken);
    return taken;
  }

  #takeAll(): Piece {
    if (this.#decoder !== undefined) {
      let text = "";
      for (let piece = this.#pieces.shift(); piece !== undefined; piece = this.#pieces.shift()) text += piece as string;
      return text;
    }
    const list: Uint8Array[] = [];
    for (let piece = this.#pieces.shift(); piece !== undefined; piece = this.#pieces.shift()) {
      append(list, piece as Uint8Array);
    }
    return list.length === 1 ? list[0]! : concat(list);
  }

  pipe<T extends Destination>(destination: T, options?: { end?: boolean }): T {
    this.on("data", (piece: Piece) => {
      if (destination.write(piece) !== false) return;
      this.pause();
      destination.once("drain", () => this.resume());
    });
    // Node's own streams of output stay open as well.
    if (options?.end !== false && !isOutputStream(destination)) this.once("end", () => destination.end());
    destination.emit("pipe", this);
    return destination;
  }

  ref(): this {
    this.#isReferenced = true;
    return this;
  }

  unref(): this {
    this.#isReferenced = false;
    return this;
  }

  destroy(error?: Error): this {
    if (this.#isDestroyed) return this;
    this.#isDestroyed = true;
    this.#pieces = new Queue();
    for (let waiter = this.#waiters.shift(); waiter !== undefined; waiter = this.#waiters.shift()) {
      if (error) waiter.reject(error);
      else waiter.resolve({ done: true, value: undefined });
    }
    nextTick(() => {
      if (error) this.emit("error", error);
      this.emit("close");
    });
    return this;
  }

  [SymbolAsyncIterator](): object {
    return new PieceIterator(this);
  }

  /** The next piece for an iterator. */
  static next(stream: InputStream): Promise<{ done: boolean; value: Piece | undefined }> {
    return new Promise((resolve, reject) => {
      if (stream.#isDestroyed && !stream.#hasEnded) {
        reject(codedError(Error, "ERR_STREAM_PREMATURE_CLOSE", "Premature close"));
      } else if (stream.#isDestroyed) {
        resolve({ done: true, value: undefined });
      } else {
        stream.#waiters.push({ resolve, reject });
        stream.#advance();
      }
    });
  }
}

const { isWaiting, receive, next } = InputStream;
const statics = InputStream as { isWaiting?: unknown; receive?: unknown; next?: unknown };
delete statics.isWaiting;
delete statics.receive;
delete statics.next;

class PieceIterator {
  readonly #stream: InputStream;

  constructor(stream: InputStream) {
    this.#stream = stream;
  }

  next(): Promise<{ done: boolean; value: unknown }> {
    return next(this.#stream);
  }

  /** Where a loop is left before the end. */
  return(): Promise<{ done: boolean; value: unknown }> {
    this.#stream.destroy();
    return new Promise((resolve) => resolve({ done: true, value: undefined }));
  }
}

ObjectSetPrototypeOf(PieceIterator.prototype, AsyncIteratorPrototype);

const sizeOf = (piece: Piece): number => (typeof piece === "string" ? piece.length : lengthOf(piece));

function slice(piece: Piece, from: number, to: number): Piece {
  if (typeof piece === "string") return StringPrototypeSlice(piece, from, to);
  return from === 0 && to === lengthOf(piece) ? piece : bufferView(piece, from, to);
}

let stdin: InputStream | undefined;

lazyMember("stdin", () => {
  stdin = new InputStream(permission);
  return stdin;
});

/** `Hooks.stdin`. */
export function receiveInput(piece: Uint8Array | null): void {
  if (stdin !== undefined) receive(stdin, piece);
}

export function isWaitingForInput(): boolean {
  return stdin !== undefined && isWaiting(stdin);
}

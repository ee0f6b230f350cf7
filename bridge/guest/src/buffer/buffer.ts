/**
 * Node's Buffer. Our own since the one package for it reaches for intrinsics at every call, which a guest may have
 * replaced, decodes UTF-8 in JavaScript, and has no base64url.
 */
import { bytesOf, copyOf } from "../bytes.ts";
import { type Encoding, encodeText, normalizeEncoding, requireEncoding } from "../codec.ts";
import { define, defineAll } from "../define.ts";
import { codedError, describe, invalidArgType, invalidArgValue, outOfRange } from "../errors.ts";
import { isAnyArrayBuffer, isUint8Array } from "../inspect/types.ts";
import {
  ArrayBufferIsView,
  ArrayIsArray,
  MathMin,
  MathTrunc,
  Number,
  NumberIsNaN,
  ObjectDefineProperty,
  ObjectPrototypeIsPrototypeOf,
  ObjectSetPrototypeOf,
  RangeError,
  SymbolToPrimitive,
  TypedArrayPrototypeFill,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetLength,
  TypedArrayPrototypeSet,
  TypeError,
  Uint8Array,
} from "../primordials.ts";
import { defineNumbers } from "./numbers.ts";
import { compareBytes } from "./search.ts";

/** The most bytes that a Buffer may have, as in Node 20. */
export const MAX_LENGTH = 2 ** 32;

/** What every Buffer is an instance of. It has no species: methods of the intrinsic do not look for a class. */
class FastBuffer extends Uint8Array {
  // Written out: the implicit one would iterate over its arguments.
  constructor(source: number | ArrayBufferLike, offset?: number, length?: number) {
    super(source as ArrayBuffer, offset, length);
  }
}

export type Buffer = Uint8Array;

export const bufferPrototype: object = FastBuffer.prototype;

export const lengthOf = TypedArrayPrototypeGetLength as (bytes: Uint8Array) => number;

/** A Buffer over some bytes, shared with them. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return new FastBuffer(
    TypedArrayPrototypeGetBuffer(bytes),
    TypedArrayPrototypeGetByteOffset(bytes),
    TypedArrayPrototypeGetLength(bytes),
  );
}

/** A Buffer over a part of some bytes, shared with them. */
export function bufferView(bytes: Uint8Array, start: number, end: number): Buffer {
  return new FastBuffer(
    TypedArrayPrototypeGetBuffer(bytes),
    TypedArrayPrototypeGetByteOffset(bytes) + start,
    end - start,
  );
}

function validateSize(size: unknown): asserts size is number {
  if (typeof size !== "number") throw invalidArgType("size", "of type number", size);
  if (!(size >= 0 && size <= MAX_LENGTH)) throw outOfRange("size", `>= 0 && <= ${MAX_LENGTH}`, size);
}

export function validateBytes(value: unknown, name: string): asserts value is Uint8Array {
  if (!isUint8Array(value)) throw invalidArgType(name, "an instance of Buffer or Uint8Array", value);
}

export function alloc(size: unknown, fill?: unknown, encoding?: unknown): Buffer {
  validateSize(size);
  const buffer = new FastBuffer(MathTrunc(size));
  if (fill !== undefined && fill !== 0 && size > 0) fillBytes(buffer, fill, 0, MathTrunc(size), encoding);
  return buffer;
}

/** `Buffer.from`. */
export function from(value: unknown, encodingOrOffset?: unknown, length?: unknown): Buffer {
  if (typeof value === "string") return asBuffer(encodeText(value, requireEncoding(encodingOrOffset)));
  if (value !== null && typeof value === "object") {
    if (isAnyArrayBuffer(value)) return overArrayBuffer(value as ArrayBufferLike, encodingOrOffset, length);
    if (ArrayIsArray(value)) return copyElements(value, value.length);
    if (isUint8Array(value)) return copyBytes(value);
    const primitive = (value as { valueOf?: () => unknown }).valueOf?.();
    if (primitive !== null && primitive !== undefined && primitive !== value) {
      if (typeof primitive === "string" || typeof primitive === "object")
        return from(primitive, encodingOrOffset, length);
    }
    const copied = copyArrayLike(value);
    if (copied !== undefined) return copied;
    const toPrimitive = (value as { [SymbolToPrimitive]?: (hint: string) => unknown })[SymbolToPrimitive];
    if (typeof toPrimitive === "function") {
      const text = (value as { [SymbolToPrimitive](hint: string): unknown })[SymbolToPrimitive]("string");
      if (typeof text === "string") return from(text, encodingOrOffset);
    }
  }
  throw codedError(
    TypeError,
    "ERR_INVALID_ARG_TYPE",
    "The first argument must be of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object." +
      ` Received ${describe(value)}`,
    from,
  );
}

function overArrayBuffer(source: ArrayBufferLike, offset: unknown, length: unknown): Buffer {
  const all = bytesOf(source)!;
  const start = offset === undefined ? 0 : toIndex(offset);
  const room = lengthOf(all) - start;
  if (room < 0) throw outOfBounds('"offset" is outside of buffer bounds');
  const count = length === undefined ? room : Number(length) > 0 ? Number(length) : 0;
  if (count > room) throw outOfBounds('"length" is outside of buffer bounds');
  return new FastBuffer(source, start, count);
}

const toIndex = (value: unknown): number => (NumberIsNaN(Number(value)) ? 0 : Number(value));

function outOfBounds(message: string): Error {
  return codedError(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", message, outOfBounds);
}

/** A copy of what has elements, or undefined for what has none. */
function copyArrayLike(value: object): Buffer | undefined {
  const { length, type, data } = value as { length?: unknown; type?: unknown; data?: unknown };
  if (length !== undefined) {
    return typeof length === "number" ? copyElements(value as ArrayLike<unknown>, length) : new FastBuffer(0);
  }
  return type === "Buffer" && ArrayIsArray(data) ? copyElements(data, data.length) : undefined;
}

function copyBytes(bytes: Uint8Array): Buffer {
  const copy = new FastBuffer(lengthOf(bytes));
  TypedArrayPrototypeSet(copy, bytes);
  return copy;
}

function copyElements(source: ArrayLike<unknown>, length: number): Buffer {
  const count = length > 0 ? MathTrunc(length) : 0;
  validateSize(count);
  const copy = new FastBuffer(count);
  for (let i = 0; i < count; i++) copy[i] = source[i] as number;
  return copy;
}

export function concat(list: unknown, totalLength?: unknown): Buffer {
  if (!ArrayIsArray(list)) throw invalidArgType("list", "an instance of Array", list);
  let length = 0;
  if (totalLength === undefined) {
    for (let i = 0; i < list.length; i++) if (isUint8Array(list[i])) length += lengthOf(list[i] as Uint8Array);
  } else {
    validateSize(totalLength);
    length = MathTrunc(totalLength);
  }
  const buffer = new FastBuffer(length);
  let at = 0;
  for (let i = 0; i < list.length; i++) {
    const part = list[i];
    validateBytes(part, `list[${i}]`);
    const count = MathMin(lengthOf(part), length - at);
    TypedArrayPrototypeSet(buffer, count < lengthOf(part) ? copyOf(part, 0, count) : part, at);
    at += count;
  }
  return buffer;
}

export function byteLength(value: unknown, encoding?: unknown): number {
  if (typeof value === "string") return textLength(value, normalizeEncoding(encoding) ?? "utf8");
  const bytes = bytesOf(value);
  if (bytes === undefined) {
    throw invalidArgType("string", "of type string or an instance of Buffer or ArrayBuffer", value);
  }
  return lengthOf(bytes);
}

/** How many bytes a text takes; for base64 and hex how many it has room for, as Node says. */
function textLength(text: string, encoding: Encoding): number {
  switch (encoding) {
    case "latin1":
    case "ascii":
      return text.length;
    case "utf16le":
      return text.length * 2;
    case "hex":
      return text.length >>> 1;
    case "base64":
    case "base64url": {
      let digits = text.length;
      if (digits > 0 && text[digits - 1] === "=") digits--;
      if (digits > 1 && text[digits - 1] === "=") digits--;
      return (digits * 3) >>> 2;
    }
    case "utf8":
      return lengthOf(encodeText(text, "utf8"));
  }
}

/** Fills a part, which must lie within, with a number, a text or bytes over and over. */
export function fillBytes(buffer: Uint8Array, value: unknown, start: number, end: number, encoding: unknown): void {
  if (typeof value === "string" || isUint8Array(value)) {
    const pattern = typeof value === "string" ? encodeText(value, requireEncoding(encoding)) : value;
    const length = lengthOf(pattern);
    if (length === 0) {
      if (value !== "") throw invalidArgValue("value", value);
      TypedArrayPrototypeFill(buffer, 0, start, end);
      return;
    }
    for (let i = start; i < end; i++) buffer[i] = pattern[(i - start) % length]!;
    return;
  }
  TypedArrayPrototypeFill(buffer, (typeof value === "boolean" ? +value : Number(value)) & 255, start, end);
}

type BufferConstructor = ((value: unknown, encodingOrOffset?: unknown, length?: unknown) => Buffer) & {
  new (value: unknown, encodingOrOffset?: unknown, length?: unknown): Buffer;
  prototype: object;
};

/** Callable without `new`, as programs of old do. */
export const Buffer = function Buffer(value: unknown, encodingOrOffset?: unknown, length?: unknown): Buffer {
  if (typeof value !== "number") return from(value, encodingOrOffset, length);
  if (typeof encodingOrOffset === "string") throw invalidArgType("string", "of type string", value);
  return alloc(value);
} as unknown as BufferConstructor;

ObjectDefineProperty(Buffer, "prototype", { __proto__: null, value: FastBuffer.prototype } as PropertyDescriptor);
define(FastBuffer.prototype, "constructor", Buffer);
ObjectSetPrototypeOf(Buffer, Uint8Array);

const statics = {
  poolSize: 8192,
  from,
  copyBytesFrom(view: unknown, offset?: unknown, length?: unknown): Buffer {
    if (!ArrayBufferIsView(view)) throw invalidArgType("view", "an instance of TypedArray", view);
    const bytes = bytesOf(view)!;
    const { BYTES_PER_ELEMENT: width = 1 } = view as { BYTES_PER_ELEMENT?: number };
    const count = lengthOf(bytes) / width;
    const start = offset === undefined ? 0 : MathMin(toIndex(offset), count);
    const end = length === undefined ? count : MathMin(start + toIndex(length), count);
    return asBuffer(copyOf(bytes, start * width, end * width));
  },
  of(...items: unknown[]): Buffer {
    return copyElements(items, items.length);
  },
  alloc,
  allocUnsafe(size: unknown): Buffer {
    return alloc(size);
  },
  allocUnsafeSlow(size: unknown): Buffer {
    return alloc(size);
  },
  isBuffer,
  compare(buf1: unknown, buf2: unknown): number {
    validateBytes(buf1, "buf1");
    validateBytes(buf2, "buf2");
    return compareBytes(buf1, buf2);
  },
  isEncoding(encoding: unknown): boolean {
    return typeof encoding === "string" && encoding !== "" && normalizeEncoding(encoding) !== undefined;
  },
  concat,
  byteLength,
};
defineAll(Buffer, statics);
defineNumbers(FastBuffer.prototype);

export function isBuffer(value: unknown): value is Buffer {
  return isUint8Array(value) && ObjectPrototypeIsPrototypeOf(FastBuffer.prototype, value);
}

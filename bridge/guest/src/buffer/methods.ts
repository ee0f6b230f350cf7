/** The methods of Buffer that are not about numbers. */
import { native } from "../binding.ts";
import { viewOf } from "../bytes.ts";
import { decodeBytes, type Encoding, encodeText, normalizeEncoding, requireEncoding } from "../codec.ts";
import { append, define, defineAll } from "../define.ts";
import { codedError, invalidArgType, outOfRange } from "../errors.ts";
import { type InspectOptions, inspect } from "../inspect/inspect.ts";
import { isUint8Array } from "../inspect/types.ts";
import {
  MathMax,
  MathMin,
  MathTrunc,
  Number,
  NumberIsNaN,
  ObjectDefineProperty,
  RangeError,
  StringPrototypeSlice,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeSet,
  TypeError,
  Uint8Array,
} from "../primordials.ts";
import { bufferPrototype, bufferView, fillBytes, lengthOf, MAX_LENGTH, validateBytes } from "./buffer.ts";
import { compareBytes, firstIndex, lastIndex } from "./search.ts";

type Bytes = Uint8Array;

const INSPECT_MAX_BYTES = 50;
const INFINITY = 1 / 0;

/** An integer within bounds; what counts from the end is negative. */
function relativeIndex(value: unknown, length: number, fallback: number): number {
  if (value === undefined) return fallback;
  const index = MathTrunc(Number(value));
  if (NumberIsNaN(index)) return 0;
  return index < 0 ? MathMax(0, length + index) : MathMin(index, length);
}

function boundedIndex(value: unknown, name: string, least: number, most: number): number {
  if (typeof value !== "number") throw invalidArgType(name, "of type number", value);
  if (!(value >= least && value <= most)) throw outOfRange(name, `>= ${least} && <= ${most}`, value);
  return MathTrunc(value);
}

function toText(bytes: Bytes, encoding: unknown, start: unknown, end: unknown): string {
  const length = lengthOf(bytes);
  const from = MathMin(MathMax(MathTrunc(Number(start ?? 0)) || 0, 0), length);
  const to = end === undefined ? length : MathMin(MathTrunc(Number(end)) || 0, length);
  const name = requireEncoding(encoding);
  return to <= from ? "" : decodeBytes(from === 0 && to === length ? bytes : viewOf(bytes, from, to), name);
}

function writeText(bytes: Bytes, text: unknown, offset: unknown, length: unknown, encoding: unknown): number {
  if (typeof text !== "string") throw codedError(TypeError, "ERR_INVALID_ARG_TYPE", "argument must be a string");
  const size = lengthOf(bytes);
  if (typeof offset === "string") {
    encoding = offset;
    offset = undefined;
  } else if (typeof length === "string") {
    encoding = length;
    length = undefined;
  }
  const start = offset === undefined ? 0 : boundedIndex(offset, "offset", 0, size);
  const room = size - start;
  const count = length === undefined ? room : MathMin(boundedIndex(length, "length", 0, size), room);
  return putText(bytes, text, start, count, requireEncoding(encoding));
}

/** Writes no part of a character that does not fit. */
function putText(bytes: Bytes, text: string, start: number, room: number, encoding: Encoding): number {
  const encoded = encodeText(text, encoding);
  let count = MathMin(lengthOf(encoded), room);
  if (count < lengthOf(encoded)) {
    if (encoding === "utf16le") count &= ~1;
    // Where a character was cut, the byte behind the cut continues one.
    if (encoding === "utf8") while (count > 0 && (encoded[count]! & 0xc0) === 0x80) count--;
  }
  TypedArrayPrototypeSet(bytes, viewOf(encoded, 0, count), start);
  return count;
}

function search(bytes: Bytes, value: unknown, offset: unknown, encoding: unknown, isForward: boolean): number {
  const length = lengthOf(bytes);
  if (typeof offset === "string") {
    encoding = offset;
    offset = undefined;
  }
  let from = offset === undefined ? (isForward ? 0 : length) : MathTrunc(Number(offset));
  if (NumberIsNaN(from)) from = isForward ? 0 : length;
  const name = requireEncoding(encoding);
  let needle: Bytes;
  if (typeof value === "string") needle = encodeText(value, name);
  else if (isUint8Array(value)) needle = value;
  else if (typeof value === "number") {
    needle = new Uint8Array(1);
    needle[0] = value;
  } else {
    throw invalidArgType("value", "one of type number or string or an instance of Buffer or Uint8Array", value);
  }
  if (from < 0) from += length;
  if (isForward) {
    from = MathMax(from, 0);
    if (lengthOf(needle) === 0) return MathMin(from, length);
    return firstIndex(bytes, needle, from, name === "utf16le" && typeof value === "string" ? 2 : 1);
  }
  if (from < 0) return -1;
  if (lengthOf(needle) === 0) return MathMin(from, length);
  return lastIndex(bytes, needle, MathMin(from, length - lengthOf(needle)));
}

function swap(bytes: Bytes, size: 2 | 4 | 8): Bytes {
  const length = lengthOf(bytes);
  if (length % size !== 0) {
    const message = `Buffer size must be a multiple of ${size * 8}-bits`;
    throw codedError(RangeError, "ERR_INVALID_BUFFER_SIZE", message, swap);
  }
  for (let at = 0; at < length; at += size) {
    for (let i = 0; i < size / 2; i++) {
      const first = bytes[at + i]!;
      bytes[at + i] = bytes[at + size - 1 - i]!;
      bytes[at + size - 1 - i] = first;
    }
  }
  return bytes;
}

const methods = {
  copy(this: Bytes, target: unknown, targetStart?: unknown, sourceStart?: unknown, sourceEnd?: unknown): number {
    validateBytes(target, "target");
    const index = (value: unknown, name: string, fallback: number): number => {
      if (value === undefined) return fallback;
      const number = MathTrunc(Number(value)) || 0;
      if (number < 0) throw outOfRange(name, ">= 0", number);
      return number;
    };
    const to = index(targetStart, "targetStart", 0);
    const from = index(sourceStart, "sourceStart", 0);
    const length = lengthOf(this);
    if (from > length) throw outOfRange("sourceStart", `>= 0 && <= ${length}`, from);
    const end = MathMin(index(sourceEnd, "sourceEnd", length), length);
    const count = MathMin(end - from, lengthOf(target) - to);
    if (count <= 0) return 0;
    // `set` copies as if from a copy where both are parts of one buffer.
    TypedArrayPrototypeSet(target, viewOf(this, from, from + count), to);
    return count;
  },
  toString(this: Bytes, encoding?: unknown, start?: unknown, end?: unknown): string {
    return toText(this, encoding, start, end);
  },
  toLocaleString(this: Bytes, encoding?: unknown, start?: unknown, end?: unknown): string {
    return toText(this, encoding, start, end);
  },
  equals(this: Bytes, otherBuffer: unknown): boolean {
    validateBytes(otherBuffer, "otherBuffer");
    return lengthOf(this) === lengthOf(otherBuffer) && compareBytes(this, otherBuffer) === 0;
  },
  compare(this: Bytes, target: unknown, ...bounds: unknown[]): number {
    validateBytes(target, "target");
    const bound = (position: number, name: string, most: number, fallback: number) =>
      bounds[position] === undefined ? fallback : boundedIndex(bounds[position], name, 0, most);
    const targetLength = lengthOf(target);
    const targetStart = bound(0, "targetStart", 2 ** 53 - 1, 0);
    const targetEnd = bound(1, "targetEnd", targetLength, targetLength);
    const sourceStart = bound(2, "sourceStart", 2 ** 53 - 1, 0);
    const sourceEnd = bound(3, "sourceEnd", lengthOf(this), lengthOf(this));
    if (sourceStart >= sourceEnd) return targetStart >= targetEnd ? 0 : -1;
    if (targetStart >= targetEnd) return 1;
    return compareBytes(viewOf(this, sourceStart, sourceEnd), viewOf(target, targetStart, targetEnd));
  },
  indexOf(this: Bytes, value: unknown, offset?: unknown, encoding?: unknown): number {
    return search(this, value, offset, encoding, true);
  },
  lastIndexOf(this: Bytes, value: unknown, offset?: unknown, encoding?: unknown): number {
    return search(this, value, offset, encoding, false);
  },
  includes(this: Bytes, value: unknown, offset?: unknown, encoding?: unknown): boolean {
    return search(this, value, offset, encoding, true) !== -1;
  },
  fill(this: Bytes, value: unknown, offset?: unknown, end?: unknown, encoding?: unknown): Bytes {
    if (typeof offset === "string") {
      encoding = offset;
      offset = end = undefined;
    } else if (typeof end === "string") {
      encoding = end;
      end = undefined;
    }
    const length = lengthOf(this);
    const start = offset === undefined ? 0 : boundedIndex(offset, "offset", 0, MAX_LENGTH);
    const stop = end === undefined ? length : boundedIndex(end, "end", 0, length);
    if (start < stop) fillBytes(this, value, start, stop, encoding);
    return this;
  },
  toJSON(this: Bytes): object {
    const data: number[] = [];
    for (let i = 0; i < lengthOf(this); i++) append(data, this[i]!);
    return { type: "Buffer", data };
  },
  subarray(this: Bytes, start?: unknown, end?: unknown): Bytes {
    const length = lengthOf(this);
    const from = relativeIndex(start, length, 0);
    return bufferView(this, from, MathMax(from, relativeIndex(end, length, length)));
  },
  slice(this: Bytes, start?: unknown, end?: unknown): Bytes {
    const length = lengthOf(this);
    const from = relativeIndex(start, length, 0);
    return bufferView(this, from, MathMax(from, relativeIndex(end, length, length)));
  },
  write(this: Bytes, text: unknown, offset?: unknown, length?: unknown, encoding?: unknown): number {
    return writeText(this, text, offset, length, encoding);
  },
  swap16(this: Bytes): Bytes {
    return swap(this, 2);
  },
  swap32(this: Bytes): Bytes {
    return swap(this, 4);
  },
  swap64(this: Bytes): Bytes {
    return swap(this, 8);
  },
};

defineAll(bufferPrototype, methods);

const encodings = ["ascii", "base64", "base64url", "latin1", "hex", "ucs2", "utf8"];
for (let i = 0; i < encodings.length; i++) {
  const encoding = normalizeEncoding(encodings[i])!;
  const { read, write } = {
    read(this: Bytes, start?: unknown, end?: unknown): string {
      return toText(this, encoding, start, end);
    },
    write(this: Bytes, text: unknown, offset?: unknown, length?: unknown): number {
      return writeText(this, text, offset, length, encoding);
    },
  };
  define(bufferPrototype, `${encodings[i]}Slice`, read, true);
  define(bufferPrototype, `${encodings[i]}Write`, write, true);
}

function defineGetter(name: string, read: (bytes: Bytes) => unknown): void {
  ObjectDefineProperty(bufferPrototype, name, {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get(this: unknown) {
      return isUint8Array(this) ? read(this) : undefined;
    },
  } as PropertyDescriptor);
}
defineGetter("parent", TypedArrayPrototypeGetBuffer);
defineGetter("offset", TypedArrayPrototypeGetByteOffset);

function inspectBuffer(this: Bytes, _depth: number, options: InspectOptions): string {
  const length = lengthOf(this);
  const shown = MathMin(length, INSPECT_MAX_BYTES);
  let text = "";
  for (let i = 0; i < shown; i++) text += `${i === 0 ? "" : " "}${decodeBytes(viewOf(this, i, i + 1), "hex")}`;
  if (length > shown) text += ` ... ${length - shown} more byte${length - shown > 1 ? "s" : ""}`;
  const extras: Record<string, unknown> = { __proto__: null as never };
  const keys = native.ownNonIndexProperties(this, true);
  for (let i = 0; i < keys.length; i++) extras[keys[i] as string] = this[keys[i] as never];
  if (keys.length > 0) {
    const inner = inspect(extras, { ...options, breakLength: INFINITY, compact: true });
    // `[Object: null prototype] { x: 1 }` without what surrounds the properties.
    text += `${length === 0 ? "" : ", "}${StringPrototypeSlice(inner, 27, -2)}`;
  }
  return `<${this.constructor.name}${text === "" ? " " : ` ${text}`}>`;
}
define(bufferPrototype, inspect.custom, inspectBuffer);
define(bufferPrototype, "inspect", inspectBuffer, true);

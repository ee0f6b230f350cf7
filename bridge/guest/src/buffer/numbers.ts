/** The methods of Buffer that read and write numbers. */
import { define } from "../define.ts";
import { codedError, invalidArgType, outOfRange } from "../errors.ts";
import {
  BigInt,
  Float32Array,
  Float64Array,
  Number,
  NumberIsInteger,
  NumberIsNaN,
  RangeError,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetLength,
  Uint8Array,
} from "../primordials.ts";

type Bytes = Uint8Array;

function outOfBounds(message = "Attempt to access memory outside buffer bounds"): Error {
  return codedError(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", message, outOfBounds);
}

function checkOffset(bytes: Bytes, offset: unknown, size: number): asserts offset is number {
  if (typeof offset !== "number") throw invalidArgType("offset", "of type number", offset);
  const last = TypedArrayPrototypeGetLength(bytes) - size;
  if (NumberIsInteger(offset) && offset >= 0 && offset <= last) return;
  if (!NumberIsInteger(offset)) throw outOfRange("offset", "an integer", offset);
  if (last < 0) throw outOfBounds();
  throw outOfRange("offset", `>= 0 and <= ${last}`, offset);
}

function checkSize(size: unknown): asserts size is number {
  if (typeof size !== "number") throw invalidArgType("byteLength", "of type number", size);
  if (!NumberIsInteger(size)) throw outOfRange("byteLength", "an integer", size);
  if (size < 1 || size > 6) throw outOfRange("byteLength", ">= 1 and <= 6", size);
}

function checkRange(value: number | bigint, size: number, isSigned: boolean): void {
  const bits = size * 8 - (isSigned ? 1 : 0);
  if (typeof value === "bigint") {
    const limit = 2n ** BigInt(bits);
    if (value < limit && value >= (isSigned ? -limit : 0n)) return;
    throw outOfRange(
      "value",
      isSigned ? `>= -(2n ** ${bits}n) and < 2n ** ${bits}n` : `>= 0n and < 2n ** ${bits}n`,
      value,
    );
  }
  const limit = 2 ** bits;
  const least = isSigned ? -limit : 0;
  if (value >= least && value < limit) return;
  // NaN is stored as zero.
  if (NumberIsNaN(value)) return;
  const range = size > 4 ? `${isSigned ? `-(2 ** ${bits})` : "0"} and < 2 ** ${bits}` : `${least} and <= ${limit - 1}`;
  throw outOfRange("value", `>= ${range}`, value);
}

function readInteger(bytes: Bytes, offset: number, size: number, isSigned: boolean, isLittle: boolean): number {
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + bytes[offset + (isLittle ? size - 1 - i : i)]!;
  return isSigned && value >= 2 ** (size * 8 - 1) ? value - 2 ** (size * 8) : value;
}

function writeInteger(bytes: Bytes, value: number, offset: number, size: number, isLittle: boolean): number {
  let rest = value < 0 ? value + 2 ** (size * 8) : value;
  for (let i = 0; i < size; i++) {
    bytes[offset + (isLittle ? i : size - 1 - i)] = rest % 256;
    rest = (rest - (rest % 256)) / 256;
  }
  return offset + size;
}

const doubles = new Float64Array(1);
const doubleBytes = new Uint8Array(TypedArrayPrototypeGetBuffer(doubles));
const floats = new Float32Array(1);
const floatBytes = new Uint8Array(TypedArrayPrototypeGetBuffer(floats));

/** Copies a number's bytes between its place and the scratch space; x64, and so everything that runs this, is little-endian. */
function copyBytes(
  from: Bytes,
  fromOffset: number,
  to: Bytes,
  toOffset: number,
  size: number,
  isLittle: boolean,
): void {
  for (let i = 0; i < size; i++) to[toOffset + i] = from[fromOffset + (isLittle ? i : size - 1 - i)]!;
}

interface Accessors {
  read(this: Bytes, ...args: never[]): unknown;
  write(this: Bytes, ...args: never[]): number;
}

/** Defines a reader and a writer; unsigned types have a second name, with `Uint` for `UInt`. */
function defineAccessors(prototype: object, type: string, suffix: string, { read, write }: Accessors): void {
  const names = type === "UInt" ? ["UInt", "Uint"] : type === "BigUInt" ? ["BigUInt", "BigUint"] : [type];
  for (let i = 0; i < names.length; i++) {
    define(prototype, `read${names[i]}${suffix}`, read, true);
    define(prototype, `write${names[i]}${suffix}`, write, true);
  }
}

function defineInteger(prototype: object, size: number, isSigned: boolean, isLittle: boolean): void {
  const suffix = `${size * 8}${size === 1 ? "" : isLittle ? "LE" : "BE"}`;
  defineAccessors(prototype, isSigned ? "Int" : "UInt", suffix, {
    read(this: Bytes, offset: unknown = 0): number {
      checkOffset(this, offset, size);
      return readInteger(this, offset, size, isSigned, isLittle);
    },
    write(this: Bytes, value: unknown, offset: unknown = 0): number {
      const number = +(value as number);
      checkRange(number, size, isSigned);
      checkOffset(this, offset, size);
      return writeInteger(this, toInteger(number), offset, size, isLittle);
    },
  });
}

const toInteger = (value: number): number => (NumberIsNaN(value) ? 0 : value - (value % 1));

function defineSized(prototype: object, isSigned: boolean, isLittle: boolean): void {
  defineAccessors(prototype, isSigned ? "Int" : "UInt", isLittle ? "LE" : "BE", {
    read(this: Bytes, offset: unknown, size: unknown): number {
      if (offset === undefined) throw invalidArgType("offset", "of type number", offset);
      checkSize(size);
      checkOffset(this, offset, size);
      return readInteger(this, offset, size, isSigned, isLittle);
    },
    write(this: Bytes, value: unknown, offset: unknown, size: unknown): number {
      checkSize(size);
      const number = +(value as number);
      checkRange(number, size, isSigned);
      checkOffset(this, offset, size);
      return writeInteger(this, toInteger(number), offset, size, isLittle);
    },
  });
}

function defineBig(prototype: object, isSigned: boolean, isLittle: boolean): void {
  defineAccessors(prototype, isSigned ? "BigInt" : "BigUInt", isLittle ? "64LE" : "64BE", {
    read(this: Bytes, offset: unknown = 0): bigint {
      checkOffset(this, offset, 8);
      const high = readInteger(this, offset + (isLittle ? 4 : 0), 4, isSigned, isLittle);
      const low = readInteger(this, offset + (isLittle ? 0 : 4), 4, false, isLittle);
      return (BigInt(high) << 32n) + BigInt(low);
    },
    write(this: Bytes, value: unknown, offset: unknown = 0): number {
      if (typeof value !== "bigint") throw invalidArgType("value", "of type bigint", value);
      checkRange(value, 8, isSigned);
      checkOffset(this, offset, 8);
      let rest = value;
      for (let i = 0; i < 8; i++, rest >>= 8n) {
        this[offset + (isLittle ? i : 7 - i)] = Number(rest & 0xffn);
      }
      return offset + 8;
    },
  });
}

function defineFloat(prototype: object, size: 4 | 8, isLittle: boolean): void {
  const scratch = size === 4 ? floats : doubles;
  const scratchBytes = size === 4 ? floatBytes : doubleBytes;
  defineAccessors(prototype, size === 4 ? "Float" : "Double", isLittle ? "LE" : "BE", {
    read(this: Bytes, offset: unknown = 0): number {
      checkOffset(this, offset, size);
      copyBytes(this, offset, scratchBytes, 0, size, isLittle);
      return scratch[0]!;
    },
    write(this: Bytes, value: unknown, offset: unknown = 0): number {
      const number = +(value as number);
      checkOffset(this, offset, size);
      scratch[0] = number;
      copyBytes(scratchBytes, 0, this, offset, size, isLittle);
      return offset + size;
    },
  });
}

export function defineNumbers(prototype: object): void {
  const orders = [false, true];
  for (let signed = 0; signed < 2; signed++) {
    defineInteger(prototype, 1, signed === 1, true);
    for (let order = 0; order < 2; order++) {
      const isLittle = orders[order]!;
      defineInteger(prototype, 2, signed === 1, isLittle);
      defineInteger(prototype, 4, signed === 1, isLittle);
      defineSized(prototype, signed === 1, isLittle);
      defineBig(prototype, signed === 1, isLittle);
    }
  }
  for (let order = 0; order < 2; order++) {
    defineFloat(prototype, 4, orders[order]!);
    defineFloat(prototype, 8, orders[order]!);
  }
}

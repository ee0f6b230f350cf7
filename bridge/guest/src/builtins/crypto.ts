/** Of `crypto` what needs nothing but randomness. */
import { native } from "../binding.ts";
import { asBuffer, lengthOf } from "../buffer/buffer.ts";
import { bytesOf } from "../bytes.ts";
import { define, defineAll } from "../define.ts";
import { codedError, invalidArgType, outOfRange } from "../errors.ts";
import { setImmediate } from "../immediates.ts";
import { NumberIsInteger, NumberIsSafeInteger, RangeError, Uint8Array } from "../primordials.ts";
import { randomUUID, crypto as webcrypto } from "../web/crypto.ts";

type Callback = (error: unknown, result?: unknown) => void;

const MAX_SIZE = 2 ** 31 - 1;

/** Gives a result back, or to a callback where there is one. */
function deliver<T>(result: T, callback: unknown): T | undefined {
  if (callback === undefined) return result;
  if (typeof callback !== "function") throw invalidArgType("callback", "of type function", callback);
  setImmediate(() => (callback as Callback)(null, result));
  return undefined;
}

function randomBytes(size: unknown, callback?: unknown): Uint8Array | undefined {
  if (typeof size !== "number") throw invalidArgType("size", "of type number", size);
  if (!NumberIsInteger(size) || size < 0 || size > MAX_SIZE) throw outOfRange("size", `>= 0 && <= ${MAX_SIZE}`, size);
  const bytes = new Uint8Array(size);
  native.randomFill(bytes);
  return deliver(asBuffer(bytes), callback);
}

function randomFillSync<T>(view: T): T {
  const bytes = bytesOf(view);
  if (bytes === undefined)
    throw invalidArgType("buf", "an instance of ArrayBuffer, Buffer, TypedArray, or DataView", view);
  native.randomFill(bytes);
  return view;
}

const RANGE = 2 ** 48;

function randomInt(least: unknown, limit?: unknown, callback?: unknown): number | undefined {
  if (limit === undefined || typeof limit === "function") {
    callback = limit;
    limit = least;
    least = 0;
  }
  if (!NumberIsSafeInteger(least)) throw invalidArgType("min", "a safe integer", least);
  if (!NumberIsSafeInteger(limit)) throw invalidArgType("max", "a safe integer", limit);
  const from = least as number;
  const span = (limit as number) - from;
  if (!(span > 0)) throw outOfRange("max", `greater than the value of "min" (${from})`, limit);
  if (span >= RANGE) throw outOfRange("max - min", `< ${RANGE}`, span);
  // What lies past the last whole multiple would make small numbers likelier.
  const fair = RANGE - (RANGE % span);
  const bytes = new Uint8Array(6);
  for (;;) {
    native.randomFill(bytes);
    let value = 0;
    for (let i = 0; i < 6; i++) value = value * 256 + bytes[i]!;
    if (value < fair) return deliver(from + (value % span), callback);
  }
}

function timingSafeEqual(a: unknown, b: unknown): boolean {
  const bytesOfA = bytesOf(a);
  const bytesOfB = bytesOf(b);
  if (bytesOfA === undefined)
    throw invalidArgType("buf1", "an instance of ArrayBuffer, Buffer, TypedArray, or DataView", a);
  if (bytesOfB === undefined)
    throw invalidArgType("buf2", "an instance of ArrayBuffer, Buffer, TypedArray, or DataView", b);
  const length = lengthOf(bytesOfA);
  if (length !== lengthOf(bytesOfB)) {
    const message = "Input buffers must have the same byte length";
    throw codedError(RangeError, "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH", message, timingSafeEqual);
  }
  let difference = 0;
  for (let i = 0; i < length; i++) difference |= bytesOfA[i]! ^ bytesOfB[i]!;
  return difference === 0;
}

export const crypto: Record<string, unknown> = {};
defineAll(crypto, {
  getRandomValues: <T>(array: T) => webcrypto.getRandomValues(array),
  randomBytes,
  randomFillSync,
  randomInt,
  randomUUID,
  timingSafeEqual,
});
define(crypto, "webcrypto", webcrypto, true);

/** `util.isDeepStrictEqual` and the comparisons of `assert`. */

import { compareBytes } from "./buffer/search.ts";
import { bytesOf } from "./bytes.ts";
import * as types from "./inspect/types.ts";
import { List } from "./list.ts";
import {
  ArrayIsArray,
  BigIntPrototypeValueOf,
  BooleanPrototypeValueOf,
  DatePrototypeGetTime,
  Map,
  MapPrototypeDelete,
  MapPrototypeForEach,
  MapPrototypeGet,
  MapPrototypeGetSize,
  MapPrototypeHas,
  MapPrototypeSet,
  NumberIsNaN,
  NumberPrototypeValueOf,
  ObjectGetPrototypeOf,
  ObjectIs,
  ObjectKeys,
  ObjectPrototypeHasOwnProperty,
  ObjectPrototypePropertyIsEnumerable,
  ObjectPrototypeToString,
  ReflectOwnKeys,
  RegExpPrototypeToString,
  SetPrototypeForEach,
  SetPrototypeGetSize,
  SetPrototypeHas,
  StringPrototypeValueOf,
  SymbolPrototypeValueOf,
} from "./primordials.ts";

/** Pairs under comparison: what is met again inside itself is taken for equal. */
type Seen = Map<object, object>;

export function isDeepEqual(a: unknown, b: unknown, isStrict: boolean): boolean {
  return compare(a, b, isStrict, new Map());
}

function compare(a: unknown, b: unknown, isStrict: boolean, seen: Seen): boolean {
  if (a === b) return a !== 0 || !isStrict || ObjectIs(a, b);
  const areObjects = a !== null && b !== null && typeof a === "object" && typeof b === "object";
  if (!areObjects) {
    if (isStrict || typeof a === "function" || typeof b === "function") return ObjectIs(a, b);
    const isObject = (value: unknown) => value !== null && typeof value === "object";
    if (isObject(a) || isObject(b)) return false;
    // biome-ignore lint/suspicious/noDoubleEquals: The loose comparison is what `assert.deepEqual` is.
    return a == b || (NumberIsNaN(a) && NumberIsNaN(b));
  }
  if (isStrict && ObjectGetPrototypeOf(a as object) !== ObjectGetPrototypeOf(b as object)) return false;
  return compareObjects(a as object, b as object, isStrict, seen);
}

function compareObjects(a: object, b: object, isStrict: boolean, seen: Seen): boolean {
  if (ObjectPrototypeToString(a) !== ObjectPrototypeToString(b)) return false;
  if (ArrayIsArray(a) !== ArrayIsArray(b)) return false;
  if (ArrayIsArray(a) && a.length !== (b as unknown[]).length) return false;
  if (!haveEqualSlots(a, b)) return false;
  if (MapPrototypeGet(seen, a) === b) return true;
  MapPrototypeSet(seen, a, b);
  const isEqual = haveEqualContents(a, b, isStrict, seen);
  MapPrototypeDelete(seen, a);
  return isEqual;
}

const SLOTS: [test: (value: unknown) => boolean, read: (value: never) => unknown][] = [
  [types.isDate, DatePrototypeGetTime],
  [types.isNumberObject, NumberPrototypeValueOf],
  [types.isStringObject, StringPrototypeValueOf],
  [types.isBooleanObject, BooleanPrototypeValueOf],
  [types.isBigIntObject, BigIntPrototypeValueOf],
  [types.isSymbolObject, SymbolPrototypeValueOf],
  [types.isRegExp, (value: RegExp) => `${RegExpPrototypeToString(value)}${value.lastIndex}`],
  [types.isNativeError, (value: Error) => `${value.name}: ${value.message}`],
];

/** Compares what an object holds beside its properties. */
function haveEqualSlots(a: object, b: object): boolean {
  for (let i = 0; i < SLOTS.length; i++) {
    const test = SLOTS[i]![0];
    const read = SLOTS[i]![1];
    if (test(a) !== test(b)) return false;
    if (test(a) && !ObjectIs(read(a as never), read(b as never))) return false;
  }
  if (types.isMap(a) !== types.isMap(b) || types.isSet(a) !== types.isSet(b)) return false;
  if (types.isWeakMap(a) || types.isWeakSet(a) || types.isPromise(a)) return false;
  const bytesOfA = bytesOf(a);
  const bytesOfB = bytesOf(b);
  if (bytesOfA === undefined || bytesOfB === undefined) return bytesOfA === bytesOfB;
  return compareBytes(bytesOfA, bytesOfB) === 0;
}

function haveEqualContents(a: object, b: object, isStrict: boolean, seen: Seen): boolean {
  // The bytes of a view are compared already.
  const keysOfA = types.isArrayBufferView(a) ? [] : ObjectKeys(a);
  const keysOfB = types.isArrayBufferView(b) ? [] : ObjectKeys(b);
  if (keysOfA.length !== keysOfB.length) return false;
  for (let i = 0; i < keysOfA.length; i++) if (!ObjectPrototypeHasOwnProperty(b, keysOfA[i]!)) return false;
  if (isStrict && !haveEqualSymbols(a, b, seen)) return false;
  for (let i = 0; i < keysOfA.length; i++) {
    const key = keysOfA[i] as keyof typeof a;
    if (!compare(a[key], b[key], isStrict, seen)) return false;
  }
  if (types.isSet(a)) return areSetsEqual(a as Set<unknown>, b as Set<unknown>, isStrict, seen);
  if (types.isMap(a)) return areMapsEqual(a as Map<unknown, unknown>, b as Map<unknown, unknown>, isStrict, seen);
  if (types.isNativeError(a)) {
    const { cause, errors } = a as { cause?: unknown; errors?: unknown };
    const other = b as { cause?: unknown; errors?: unknown };
    return compare(cause, other.cause, isStrict, seen) && compare(errors, other.errors, isStrict, seen);
  }
  return true;
}

function haveEqualSymbols(a: object, b: object, seen: Seen): boolean {
  const keysOfA = enumerableSymbols(a);
  if (keysOfA.length !== enumerableSymbols(b).length) return false;
  for (let i = 0; i < keysOfA.length; i++) {
    const key = keysOfA.at(i);
    if (!ObjectPrototypePropertyIsEnumerable(b, key)) return false;
    if (!compare(a[key as never], b[key as never], true, seen)) return false;
  }
  return true;
}

function enumerableSymbols(value: object): List<symbol> {
  const symbols = new List<symbol>();
  const keys = ReflectOwnKeys(value);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    if (typeof key === "symbol" && ObjectPrototypePropertyIsEnumerable(value, key)) symbols.push(key);
  }
  return symbols;
}

/** Takes an item that matches out of a list; false where there is none. */
function takeMatch<T>(candidates: List<T | undefined>, matches: (candidate: T) => boolean): boolean {
  for (let i = 0; i < candidates.length; i++) {
    const candidate = candidates.at(i);
    if (candidate === undefined || !matches(candidate)) continue;
    candidates.set(i, undefined);
    return true;
  }
  return false;
}

function areSetsEqual(a: Set<unknown>, b: Set<unknown>, isStrict: boolean, seen: Seen): boolean {
  if (SetPrototypeGetSize(a) !== SetPrototypeGetSize(b)) return false;
  const unmatched = new List<unknown>();
  SetPrototypeForEach(a, (item) => {
    if (!SetPrototypeHas(b, item)) unmatched.push(item);
  });
  const candidates = new List<{ item: unknown } | undefined>();
  SetPrototypeForEach(b, (item) => {
    if (!SetPrototypeHas(a, item)) candidates.push({ item });
  });
  for (let i = 0; i < unmatched.length; i++) {
    if (!takeMatch(candidates, ({ item }) => compare(unmatched.at(i), item, isStrict, seen))) return false;
  }
  return true;
}

interface Entry {
  readonly key: unknown;
  readonly value: unknown;
}

function areMapsEqual(a: Map<unknown, unknown>, b: Map<unknown, unknown>, isStrict: boolean, seen: Seen): boolean {
  if (MapPrototypeGetSize(a) !== MapPrototypeGetSize(b)) return false;
  const entries = new List<Entry>();
  MapPrototypeForEach(a, (value, key) => entries.push({ key, value }));
  const candidates = new List<Entry | undefined>();
  MapPrototypeForEach(b, (value, key) => {
    if (!MapPrototypeHas(a, key)) candidates.push({ key, value });
  });
  for (let i = 0; i < entries.length; i++) {
    const { key, value } = entries.at(i);
    if (MapPrototypeHas(b, key)) {
      if (!compare(value, MapPrototypeGet(b, key), isStrict, seen)) return false;
    } else if (
      !takeMatch(
        candidates,
        (other) => compare(key, other.key, isStrict, seen) && compare(value, other.value, isStrict, seen),
      )
    ) {
      return false;
    }
  }
  return true;
}

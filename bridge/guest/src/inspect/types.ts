/** `util.types`: what a value is by its internal slots, whatever its prototype says. Runs no guest code. */
import { native } from "../binding.ts";
import { ValueKind } from "../native.ts";
import {
  ArrayBufferIsView,
  ArrayBufferPrototypeGetByteLength,
  BigIntPrototypeValueOf,
  BooleanPrototypeValueOf,
  DatePrototypeGetTime,
  MapPrototypeGetSize,
  NumberPrototypeValueOf,
  RegExpPrototypeGetGlobal,
  SetPrototypeGetSize,
  SharedArrayBufferPrototypeGetByteLength,
  StringPrototypeValueOf,
  SymbolPrototypeValueOf,
  TypedArrayPrototypeGetSymbolToStringTag,
  WeakMapPrototypeHas,
  WeakSetPrototypeHas,
} from "../primordials.ts";

type Test = (value: unknown) => boolean;

const isObject: Test = (value) => value !== null && (typeof value === "object" || typeof value === "function");

/** A test by a method that throws where `this` lacks the internal slot. */
function bySlot(read: (value: never) => unknown): Test {
  return (value) => {
    if (!isObject(value)) return false;
    try {
      read(value as never);
      return true;
    } catch {
      return false;
    }
  };
}

const byKind =
  (first: ValueKind, second = first): Test =>
  (value) => {
    if (!isObject(value)) return false;
    const kind = native.valueKind(value as object);
    return kind === first || kind === second;
  };

const byTag =
  (tag: string): Test =>
  (value) =>
    TypedArrayPrototypeGetSymbolToStringTag(value) === tag;

export const isDate = bySlot(DatePrototypeGetTime);
export const isMap = bySlot(MapPrototypeGetSize);
export const isSet = bySlot(SetPrototypeGetSize);
export const isWeakMap = bySlot((value) => WeakMapPrototypeHas(value, value));
export const isWeakSet = bySlot((value) => WeakSetPrototypeHas(value, value));
/** `%RegExp.prototype%` answers undefined, which is not a regular expression. */
export const isRegExp: Test = (value) => {
  try {
    return isObject(value) && typeof RegExpPrototypeGetGlobal(value) === "boolean";
  } catch {
    return false;
  }
};
export const isArrayBuffer = bySlot(ArrayBufferPrototypeGetByteLength);
export const isSharedArrayBuffer = bySlot(SharedArrayBufferPrototypeGetByteLength);
export const isAnyArrayBuffer: Test = (value) => isArrayBuffer(value) || isSharedArrayBuffer(value);
export const isArrayBufferView: Test = (value) => ArrayBufferIsView(value);
export const isTypedArray: Test = (value) => TypedArrayPrototypeGetSymbolToStringTag(value) !== undefined;
export const isDataView: Test = (value) => ArrayBufferIsView(value) && !isTypedArray(value);
export const isUint8Array = byTag("Uint8Array") as (value: unknown) => value is Uint8Array;
export const isUint8ClampedArray = byTag("Uint8ClampedArray");
export const isUint16Array = byTag("Uint16Array");
export const isUint32Array = byTag("Uint32Array");
export const isInt8Array = byTag("Int8Array");
export const isInt16Array = byTag("Int16Array");
export const isInt32Array = byTag("Int32Array");
export const isFloat32Array = byTag("Float32Array");
export const isFloat64Array = byTag("Float64Array");
export const isBigInt64Array = byTag("BigInt64Array");
export const isBigUint64Array = byTag("BigUint64Array");

export const isNumberObject = bySlot(NumberPrototypeValueOf);
export const isStringObject = bySlot(StringPrototypeValueOf);
export const isBooleanObject = bySlot(BooleanPrototypeValueOf);
export const isBigIntObject = bySlot(BigIntPrototypeValueOf);
export const isSymbolObject = bySlot(SymbolPrototypeValueOf);
export const isBoxedPrimitive: Test = (value) =>
  isNumberObject(value) ||
  isStringObject(value) ||
  isBooleanObject(value) ||
  isBigIntObject(value) ||
  isSymbolObject(value);

export const isArgumentsObject = byKind(ValueKind.Arguments);
export const isModuleNamespaceObject = byKind(ValueKind.ModuleNamespace);
export const isMapIterator = byKind(ValueKind.MapIterator);
export const isSetIterator = byKind(ValueKind.SetIterator);
export const isGeneratorObject = byKind(ValueKind.GeneratorObject);
export const isNativeError = byKind(ValueKind.NativeError) as (value: unknown) => value is Error;
export const isPromise = byKind(ValueKind.Promise);
export const isProxy = byKind(ValueKind.Proxy);
export const isExternal = byKind(ValueKind.External);
export const isAsyncFunction = byKind(ValueKind.AsyncFunction, ValueKind.AsyncGeneratorFunction);
export const isGeneratorFunction = byKind(ValueKind.GeneratorFunction, ValueKind.AsyncGeneratorFunction);

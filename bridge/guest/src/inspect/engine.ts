/** What node-inspect-extracted would get from Node's `internalBinding("util")`, given by the native side. */
import { native } from "../binding.ts";
import { viewOf } from "../bytes.ts";
import { bytesToHex } from "../hex.ts";
import {
  ArrayBufferPrototypeGetByteLength,
  DataViewPrototypeGetBuffer,
  DataViewPrototypeGetByteLength,
  DataViewPrototypeGetByteOffset,
  SharedArrayBufferPrototypeGetByteLength,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetLength,
} from "../primordials.ts";
import { isArrayBuffer, isDataView, isSharedArrayBuffer, isTypedArray } from "./types.ts";

export const constants = { kPending: 0, kRejected: 2, ALL_PROPERTIES: 0, ONLY_ENUMERABLE: 2 };

export function getOwnNonIndexProperties(value: object, filter: number): PropertyKey[] {
  return native.ownNonIndexProperties(value, filter === constants.ONLY_ENUMERABLE);
}

export function getPromiseDetails(promise: Promise<unknown>): [number, unknown] {
  return native.promiseDetails(promise);
}

export function getProxyDetails(value: unknown, both = true): unknown {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return undefined;
  const details = native.proxyDetails(value);
  return both || details === undefined ? details : details[0];
}

export function previewEntries(value: object, isIterator = false): unknown {
  const preview = native.previewEntries(value) ?? [[], false];
  return isIterator ? preview : preview[0];
}

export function getConstructorName(value: object): string {
  return native.constructorName(value);
}

/** No value of a guest's is an External. */
export function getExternalValue(): bigint {
  return 0n;
}

export const Proxy = undefined;

/** What an ArrayBuffer, a DataView or a typed array has under a name that is an accessor of its class. */
export function slotOf(value: object, name: string): unknown {
  if (isTypedArray(value)) {
    if (name === "length") return TypedArrayPrototypeGetLength(value as ArrayBufferView);
    if (name === "byteLength") return TypedArrayPrototypeGetByteLength(value as ArrayBufferView);
    if (name === "byteOffset") return TypedArrayPrototypeGetByteOffset(value as ArrayBufferView);
    if (name === "buffer") return TypedArrayPrototypeGetBuffer(value as ArrayBufferView);
  } else if (isDataView(value)) {
    if (name === "byteLength") return DataViewPrototypeGetByteLength(value as ArrayBufferView);
    if (name === "byteOffset") return DataViewPrototypeGetByteOffset(value as ArrayBufferView);
    if (name === "buffer") return DataViewPrototypeGetBuffer(value as ArrayBufferView);
  } else if (name === "byteLength") {
    if (isArrayBuffer(value)) return ArrayBufferPrototypeGetByteLength(value);
    if (isSharedArrayBuffer(value)) return SharedArrayBufferPrototypeGetByteLength(value);
  }
  return value[name as keyof typeof value];
}

/** The bytes of an ArrayBuffer as text. */
export function hexSlice(bytes: Uint8Array, start: number, end: number): string {
  return bytesToHex(viewOf(bytes, start, end));
}

/** What node-inspect-extracted would get from Node's `internalBinding("util")`, given by the native side. */
import { native } from "../binding.ts";
import { viewOf } from "../bytes.ts";
import { bytesToHex } from "../hex.ts";

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

/** The bytes of an ArrayBuffer as text. */
export function hexSlice(bytes: Uint8Array, start: number, end: number): string {
  return bytesToHex(viewOf(bytes, start, end));
}

/** Where bytes occur in others. */
import { TypedArrayPrototypeGetLength } from "../primordials.ts";

/** The first index from `from` on, or -1. An empty needle is found where the search begins. */
export function firstIndex(bytes: Uint8Array, needle: Uint8Array, from: number, step: number): number {
  const last = TypedArrayPrototypeGetLength(bytes) - TypedArrayPrototypeGetLength(needle);
  for (let at = from; at <= last; at++) {
    if ((at - from) % step === 0 && matchesAt(bytes, needle, at)) return at;
  }
  return -1;
}

/** The last index up to `from`, or -1. */
export function lastIndex(bytes: Uint8Array, needle: Uint8Array, from: number): number {
  for (let at = from; at >= 0; at--) if (matchesAt(bytes, needle, at)) return at;
  return -1;
}

function matchesAt(bytes: Uint8Array, needle: Uint8Array, at: number): boolean {
  const length = TypedArrayPrototypeGetLength(needle);
  for (let i = 0; i < length; i++) if (bytes[at + i] !== needle[i]) return false;
  return true;
}

/** -1, 0 or 1 as the first comes before, with or behind the second. */
export function compareBytes(a: Uint8Array, b: Uint8Array): -1 | 0 | 1 {
  const lengthOfA = TypedArrayPrototypeGetLength(a);
  const lengthOfB = TypedArrayPrototypeGetLength(b);
  const common = lengthOfA < lengthOfB ? lengthOfA : lengthOfB;
  for (let i = 0; i < common; i++) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  return lengthOfA === lengthOfB ? 0 : lengthOfA < lengthOfB ? -1 : 1;
}

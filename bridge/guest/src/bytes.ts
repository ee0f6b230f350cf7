/** Views of bytes, made without looking at what the guest may have put on their class. */

import { isAnyArrayBuffer } from "./inspect/types.ts";
import {
  ArrayBufferIsView,
  DataViewPrototypeGetBuffer,
  DataViewPrototypeGetByteLength,
  DataViewPrototypeGetByteOffset,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetSymbolToStringTag,
  TypedArrayPrototypeSet,
  Uint8Array,
} from "./primordials.ts";

/** The bytes of a view or a buffer, shared with it; undefined for anything else. */
export function bytesOf(source: unknown): Uint8Array | undefined {
  if (ArrayBufferIsView(source)) {
    if (TypedArrayPrototypeGetSymbolToStringTag(source) === undefined) {
      return new Uint8Array(
        DataViewPrototypeGetBuffer(source),
        DataViewPrototypeGetByteOffset(source),
        DataViewPrototypeGetByteLength(source),
      );
    }
    return new Uint8Array(
      TypedArrayPrototypeGetBuffer(source),
      TypedArrayPrototypeGetByteOffset(source),
      TypedArrayPrototypeGetByteLength(source),
    );
  }
  return isAnyArrayBuffer(source) ? new Uint8Array(source as ArrayBuffer) : undefined;
}

/** A part of some bytes, shared with them. */
export function viewOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(
    TypedArrayPrototypeGetBuffer(bytes),
    TypedArrayPrototypeGetByteOffset(bytes) + start,
    end - start,
  );
}

/** A copy of a part of some bytes. */
export function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const copy = new Uint8Array(end - start);
  TypedArrayPrototypeSet(copy, viewOf(bytes, start, end));
  return copy;
}

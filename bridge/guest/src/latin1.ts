import {
  MathMin,
  ReflectApply,
  StringFromCharCode,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetLength,
  Uint8Array,
  Uint16Array,
} from "./primordials.ts";

/** How many units go into one call; the engine bounds the number of arguments. */
const CHUNK = 8192;

/** A text with a code unit per byte. */
export function latin1ToText(bytes: Uint8Array): string {
  return unitsToText(bytes, Uint8Array, 1);
}

/** A text of code units. */
export function utf16ToText(units: Uint16Array): string {
  return unitsToText(units, Uint16Array, 2);
}

type Units = Uint8Array | Uint16Array;

function unitsToText(
  units: Units,
  View: new (buffer: ArrayBufferLike, offset: number, length: number) => Units,
  width: number,
): string {
  const length = TypedArrayPrototypeGetLength(units);
  const buffer = TypedArrayPrototypeGetBuffer(units);
  const offset = TypedArrayPrototypeGetByteOffset(units);
  let text = "";
  for (let at = 0; at < length; at += CHUNK) {
    const chunk = new View(buffer, offset + at * width, MathMin(CHUNK, length - at));
    text += ReflectApply(StringFromCharCode, undefined, chunk as never);
  }
  return text;
}

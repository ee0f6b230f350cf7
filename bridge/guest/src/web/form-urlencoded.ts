/** `application/x-www-form-urlencoded` as the URL standard reads and writes it. */
import { native } from "../binding.ts";
import { viewOf } from "../bytes.ts";
import { hexValue } from "../hex.ts";
import { latin1ToText } from "../latin1.ts";
import { List } from "../list.ts";
import {
  StringPrototypeCharCodeAt,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
  TypedArrayPrototypeGetLength,
  Uint8Array,
} from "../primordials.ts";

export interface Pair {
  name: string;
  value: string;
}

const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;
const HEX_DIGITS = "0123456789ABCDEF";

export function parsePairs(text: string): List<Pair> {
  const pairs = new List<Pair>();
  let from = 0;
  while (from <= text.length) {
    const found = StringPrototypeIndexOf(text, "&", from);
    const end = found === -1 ? text.length : found;
    if (end > from) {
      const part = StringPrototypeSlice(text, from, end);
      const equals = StringPrototypeIndexOf(part, "=");
      if (equals === -1) pairs.push({ name: decode(part), value: "" });
      else {
        pairs.push({
          name: decode(StringPrototypeSlice(part, 0, equals)),
          value: decode(StringPrototypeSlice(part, equals + 1)),
        });
      }
    }
    from = end + 1;
  }
  return pairs;
}

export function serializePairs(pairs: List<Pair>): string {
  let text = "";
  for (let i = 0; i < pairs.length; i++) {
    const { name, value } = pairs.at(i);
    text += `${i === 0 ? "" : "&"}${encode(name)}=${encode(value)}`;
  }
  return text;
}

function decode(text: string): string {
  if (StringPrototypeIndexOf(text, "%") === -1 && StringPrototypeIndexOf(text, "+") === -1) return text;
  const bytes = native.utf8Encode(text);
  const length = TypedArrayPrototypeGetLength(bytes);
  let at = 0;
  for (let i = 0; i < length; i++) {
    const byte = bytes[i]!;
    const high = byte === PERCENT && i + 2 < length ? hexValue(bytes[i + 1]!) : -1;
    const low = high < 0 ? -1 : hexValue(bytes[i + 2]!);
    if (low >= 0) {
      bytes[at++] = (high << 4) | low;
      i += 2;
    } else {
      bytes[at++] = byte === PLUS ? SPACE : byte;
    }
  }
  return native.utf8Decode(viewOf(bytes, 0, at), false)!;
}

function encode(text: string): string {
  const bytes = native.utf8Encode(text);
  const length = TypedArrayPrototypeGetLength(bytes);
  const encoded = new Uint8Array(length * 3);
  let at = 0;
  for (let i = 0; i < length; i++) {
    const byte = bytes[i]!;
    if (isPlain(byte)) encoded[at++] = byte;
    else if (byte === SPACE) encoded[at++] = PLUS;
    else {
      encoded[at++] = PERCENT;
      encoded[at++] = StringPrototypeCharCodeAt(HEX_DIGITS, byte >> 4);
      encoded[at++] = StringPrototypeCharCodeAt(HEX_DIGITS, byte & 15);
    }
  }
  return latin1ToText(viewOf(encoded, 0, at));
}

/** Letters, digits and `*-._` stand for themselves. */
function isPlain(byte: number): boolean {
  const letter = byte | 0x20;
  if (letter >= 0x61 && letter <= 0x7a) return byte < 0x80;
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2a || byte === 0x2d || byte === 0x2e || byte === 0x5f;
}

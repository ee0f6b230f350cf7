/** Base64 of bytes, of both alphabets. */
import { copyOf } from "./bytes.ts";
import { latin1ToText } from "./latin1.ts";
import { StringPrototypeCharCodeAt, TypedArrayPrototypeGetLength, Uint8Array } from "./primordials.ts";

const COMMON = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const STANDARD = digitsOf(`${COMMON}+/`);
const URL_SAFE = digitsOf(`${COMMON}-_`);
const PAD = 0x3d;

/** What a character is worth; INVALID for what is no digit. */
const INVALID = 0xff;
const VALUES = new Uint8Array(256);
for (let i = 0; i < 256; i++) VALUES[i] = INVALID;
for (let i = 0; i < 64; i++) VALUES[STANDARD[i]!] = VALUES[URL_SAFE[i]!] = i;

function digitsOf(alphabet: string): Uint8Array {
  const digits = new Uint8Array(64);
  for (let i = 0; i < 64; i++) digits[i] = StringPrototypeCharCodeAt(alphabet, i);
  return digits;
}

export function bytesToBase64(bytes: Uint8Array, isUrlSafe: boolean): string {
  const digits = isUrlSafe ? URL_SAFE : STANDARD;
  const length = TypedArrayPrototypeGetLength(bytes);
  const rest = length % 3;
  const text = new Uint8Array(((length - rest) / 3) * 4 + (rest === 0 ? 0 : isUrlSafe ? rest + 1 : 4));
  let at = 0;
  let i = 0;
  for (; i < length - rest; i += 3) {
    const group = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!;
    text[at++] = digits[group >> 18]!;
    text[at++] = digits[(group >> 12) & 63]!;
    text[at++] = digits[(group >> 6) & 63]!;
    text[at++] = digits[group & 63]!;
  }
  if (rest > 0) {
    const group = (bytes[i]! << 8) | (rest === 2 ? bytes[i + 1]! : 0);
    text[at++] = digits[group >> 10]!;
    text[at++] = digits[(group >> 4) & 63]!;
    if (rest === 2) text[at++] = digits[(group << 2) & 63]!;
    if (!isUrlSafe) while (at & 3) text[at++] = PAD;
  }
  return latin1ToText(text);
}

/** Decodes leniently, as Node does: what is no digit is skipped, and the first `=` ends the text. */
export function base64ToBytes(text: string): Uint8Array {
  const bytes = new Uint8Array((text.length * 3) >> 2);
  const length = decodeInto(bytes, text, isPad);
  return length === TypedArrayPrototypeGetLength(bytes) ? bytes : copyOf(bytes, 0, length);
}

const isPad = (unit: number): boolean => unit === PAD;

/**
 * Decodes the digits of a text up to the unit that ends it. Bits that do not fill a byte are dropped.
 *
 * @returns how many bytes there were
 */
export function decodeInto(bytes: Uint8Array, text: string, isEnd: (unit: number) => boolean): number {
  let at = 0;
  let bits = 0;
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    // Of a unit that is wider than a byte, Node looks at the lower one.
    const unit = StringPrototypeCharCodeAt(text, i) & 0xff;
    const value = VALUES[unit]!;
    if (value === INVALID) {
      if (isEnd(unit)) break;
      continue;
    }
    bits = ((bits << 6) | value) & 0xfff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes[at++] = bits >> count;
  }
  return at;
}

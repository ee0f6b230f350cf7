import { latin1ToText } from "./latin1.ts";
import { StringPrototypeCharCodeAt, TypedArrayPrototypeGetLength, Uint8Array } from "./primordials.ts";

const HEX_DIGITS = "0123456789abcdef";

export function bytesToHex(bytes: Uint8Array): string {
  const length = TypedArrayPrototypeGetLength(bytes);
  const text = new Uint8Array(length * 2);
  for (let i = 0; i < length; i++) {
    text[2 * i] = StringPrototypeCharCodeAt(HEX_DIGITS, bytes[i]! >> 4);
    text[2 * i + 1] = StringPrototypeCharCodeAt(HEX_DIGITS, bytes[i]! & 15);
  }
  return latin1ToText(text);
}

/** The value of a hexadecimal digit by its code unit; -1 for anything else. */
export function hexValue(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  const letter = unit | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

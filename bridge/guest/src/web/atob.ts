import { bytesToBase64, decodeInto } from "../base64.ts";
import { copyOf } from "../bytes.ts";
import { missingArgs } from "../errors.ts";
import { latin1ToText } from "../latin1.ts";
import { StringPrototypeCharCodeAt, Uint8Array } from "../primordials.ts";
import { DOMException } from "./dom-exception.ts";

const PAD = 0x3d;

/** The forgiving-base64 decode of the Infra standard. */
export function atob(input: unknown): string {
  if (arguments.length === 0) throw missingArgs('The "input" argument must be specified');
  const text = `${input}`;
  let digits = 0;
  let pads = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = StringPrototypeCharCodeAt(text, i);
    if (isWhiteSpace(unit)) continue;
    if (unit === PAD) pads++;
    else if (pads > 0 || !isDigit(unit)) throw invalidCharacter();
    else digits++;
  }
  const isPadded = pads > 0 && (digits + pads) % 4 === 0 && pads <= 2;
  if (pads > 0 && !isPadded) throw invalidCharacter();
  if (digits % 4 === 1) {
    throw new DOMException("The string to be decoded is not correctly encoded.", "InvalidCharacterError");
  }
  const bytes = new Uint8Array((text.length * 3) >> 2);
  return latin1ToText(
    copyOf(
      bytes,
      0,
      decodeInto(bytes, text, (unit) => unit === PAD),
    ),
  );
}

export function btoa(input: unknown): string {
  if (arguments.length === 0) throw missingArgs('The "input" argument must be specified');
  const text = `${input}`;
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const unit = StringPrototypeCharCodeAt(text, i);
    if (unit > 0xff) throw invalidCharacter();
    bytes[i] = unit;
  }
  return bytesToBase64(bytes, false);
}

function isWhiteSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x09 || unit === 0x0a || unit === 0x0c || unit === 0x0d;
}

/** A digit of the standard alphabet. */
function isDigit(unit: number): boolean {
  const letter = unit | 0x20;
  return (letter >= 0x61 && letter <= 0x7a) || (unit >= 0x30 && unit <= 0x39) || unit === 0x2b || unit === 0x2f;
}

function invalidCharacter(): DOMException {
  return new DOMException("Invalid character", "InvalidCharacterError");
}

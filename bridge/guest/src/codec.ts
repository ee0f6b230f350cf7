/** Texts to bytes and back, by the names of Node's encodings. */
import { base64ToBytes, bytesToBase64 } from "./base64.ts";
import { native } from "./binding.ts";
import { copyOf } from "./bytes.ts";
import { codedError } from "./errors.ts";
import { bytesToHex, hexValue } from "./hex.ts";
import { latin1ToText, utf16ToText } from "./latin1.ts";
import {
  StringPrototypeCharCodeAt,
  StringPrototypeToLowerCase,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetLength,
  TypeError,
  Uint8Array,
  Uint16Array,
} from "./primordials.ts";

export type Encoding = "utf8" | "utf16le" | "latin1" | "ascii" | "hex" | "base64" | "base64url";

const NAMES: Record<string, Encoding> = {
  __proto__: null as never,
  utf8: "utf8",
  "utf-8": "utf8",
  ucs2: "utf16le",
  "ucs-2": "utf16le",
  utf16le: "utf16le",
  "utf-16le": "utf16le",
  latin1: "latin1",
  binary: "latin1",
  ascii: "ascii",
  hex: "hex",
  base64: "base64",
  base64url: "base64url",
};

/** The one name of an encoding, or undefined for what is none. */
export function normalizeEncoding(name: unknown): Encoding | undefined {
  if (name === undefined || name === null || name === "") return "utf8";
  return typeof name === "string" ? NAMES[StringPrototypeToLowerCase(name)] : undefined;
}

/** As `normalizeEncoding`; throws for what is none. */
export function requireEncoding(name: unknown): Encoding {
  const encoding = normalizeEncoding(name);
  if (encoding !== undefined) return encoding;
  throw codedError(TypeError, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${name as string}`, requireEncoding);
}

export function encodeText(text: string, encoding: Encoding): Uint8Array {
  switch (encoding) {
    case "utf8":
      return native.utf8Encode(text);
    case "utf16le": {
      const bytes = new Uint8Array(text.length * 2);
      for (let i = 0; i < text.length; i++) {
        const unit = StringPrototypeCharCodeAt(text, i);
        bytes[2 * i] = unit;
        bytes[2 * i + 1] = unit >> 8;
      }
      return bytes;
    }
    case "latin1":
    case "ascii": {
      const bytes = new Uint8Array(text.length);
      for (let i = 0; i < text.length; i++) bytes[i] = StringPrototypeCharCodeAt(text, i);
      return bytes;
    }
    case "hex":
      return hexToBytes(text);
    case "base64":
    case "base64url":
      return base64ToBytes(text);
  }
}

export function decodeBytes(bytes: Uint8Array, encoding: Encoding): string {
  switch (encoding) {
    case "utf8":
      return native.utf8Decode(bytes, false)!;
    case "utf16le": {
      const length = TypedArrayPrototypeGetLength(bytes) & ~1;
      // A copy, since what a view of units begins at must be even.
      return utf16ToText(new Uint16Array(TypedArrayPrototypeGetBuffer(copyOf(bytes, 0, length))));
    }
    case "latin1":
      return latin1ToText(bytes);
    case "ascii": {
      const copy = copyOf(bytes, 0, TypedArrayPrototypeGetLength(bytes));
      for (let i = 0; i < TypedArrayPrototypeGetLength(copy); i++) copy[i]! &= 0x7f;
      return latin1ToText(copy);
    }
    case "hex":
      return bytesToHex(bytes);
    case "base64":
      return bytesToBase64(bytes, false);
    case "base64url":
      return bytesToBase64(bytes, true);
  }
}

/** The bytes up to the first pair that is no number, as Node does. */
function hexToBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length >> 1);
  for (let i = 0; i < text.length >> 1; i++) {
    // Of a unit that is wider than a byte, Node looks at the lower one.
    const high = hexValue(StringPrototypeCharCodeAt(text, 2 * i) & 0xff);
    const low = hexValue(StringPrototypeCharCodeAt(text, 2 * i + 1) & 0xff);
    if (high < 0 || low < 0) return copyOf(bytes, 0, i);
    bytes[i] = (high << 4) | low;
  }
  return bytes;
}

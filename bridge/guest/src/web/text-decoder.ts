import { native } from "../binding.ts";
import { bytesOf, copyOf, viewOf } from "../bytes.ts";
import { webInterface } from "../define.ts";
import { codedError, invalidArgType } from "../errors.ts";
import { type InspectOptions, inspect } from "../inspect/inspect.ts";
import { utf16ToText } from "../latin1.ts";
import {
  RangeError,
  StringPrototypeCharCodeAt,
  StringPrototypeSlice,
  StringPrototypeToLowerCase,
  StringPrototypeToWellFormed,
  StringPrototypeTrim,
  TypedArrayPrototypeGetLength,
  TypedArrayPrototypeSet,
  TypeError,
  Uint8Array,
  Uint16Array,
} from "../primordials.ts";
import { incompleteTail } from "../utf8.ts";

type Name = "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";

/** The labels of the Encoding standard for what is supported. */
const LABELS: Record<Name, readonly string[]> = {
  "utf-8": ["unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "utf-8", "utf8", "x-unicode20utf8"],
  "utf-16le": ["csunicode", "iso-10646-ucs-2", "ucs-2", "unicode", "unicodefeff", "utf-16", "utf-16le"],
  "utf-16be": ["unicodefffe", "utf-16be"],
  "windows-1252": [
    "ansi_x3.4-1968",
    "ascii",
    "cp1252",
    "cp819",
    "csisolatin1",
    "ibm819",
    "iso-8859-1",
    "iso-ir-100",
    "iso8859-1",
    "iso88591",
    "iso_8859-1",
    "iso_8859-1:1987",
    "l1",
    "latin1",
    "us-ascii",
    "windows-1252",
    "x-cp1252",
  ],
};
const nameByLabel: Record<string, Name> = { __proto__: null as never };
for (const name in LABELS) {
  const labels = LABELS[name as Name];
  for (let i = 0; i < labels.length; i++) nameByLabel[labels[i]!] = name as Name;
}

/** What windows-1252 has at 0x80 to 0x9F, from the Encoding standard's index. */
const WINDOWS_1252 =
  "\u20AC\x81\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\x8D\u017D\x8F" +
  "\x90\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\x9D\u017E\u0178";

const BYTE_ORDER_MARK = 0xfeff;

export class TextDecoder {
  readonly #name: Name;
  readonly #isFatal: boolean;
  readonly #ignoresMark: boolean;
  /** Bytes that begin a character, kept between pieces. */
  #rest: Uint8Array = new Uint8Array(0);
  /** Within a stream, behind its first character. */
  #isPastStart = false;

  constructor(label: unknown = "utf-8", options?: { fatal?: boolean; ignoreBOM?: boolean } | null) {
    const name = nameByLabel[StringPrototypeToLowerCase(StringPrototypeTrim(`${label}`))];
    if (name === undefined) {
      const message = `The "${label}" encoding is not supported`;
      throw codedError(RangeError, "ERR_ENCODING_NOT_SUPPORTED", message, TextDecoder);
    }
    if (options !== undefined && options !== null && typeof options !== "object") {
      throw invalidArgType("options", "of type object", options);
    }
    this.#name = name;
    this.#isFatal = !!options?.fatal;
    this.#ignoresMark = !!options?.ignoreBOM;
  }

  get encoding(): string {
    return this.#name;
  }

  get fatal(): boolean {
    return this.#isFatal;
  }

  get ignoreBOM(): boolean {
    return this.#ignoresMark;
  }

  decode(input?: unknown, options?: { stream?: boolean } | null): string {
    const isStream = !!options?.stream;
    const piece = input === undefined ? new Uint8Array(0) : bytesOf(input);
    if (piece === undefined) {
      throw invalidArgType("input", "an instance of ArrayBuffer, Buffer, TypedArray or DataView", input);
    }
    const bytes = this.#prepend(piece);
    const length = TypedArrayPrototypeGetLength(bytes);
    const complete = isStream ? length - this.#tailOf(bytes, length) : length;
    this.#rest = isStream ? copyOf(bytes, complete, length) : new Uint8Array(0);
    let text = this.#decodeAll(complete === length ? bytes : viewOf(bytes, 0, complete));
    if (text === undefined) {
      this.#rest = new Uint8Array(0);
      this.#isPastStart = false;
      throw codedError(
        TypeError,
        "ERR_ENCODING_INVALID_ENCODED_DATA",
        `The encoded data was not valid for encoding ${this.#name}`,
        this.decode,
      );
    }
    if (!this.#isPastStart && text.length > 0 && this.#name !== "windows-1252" && !this.#ignoresMark) {
      if (StringPrototypeCharCodeAt(text, 0) === BYTE_ORDER_MARK) text = StringPrototypeSlice(text, 1);
      this.#isPastStart = true;
    }
    if (!isStream) this.#isPastStart = false;
    return text;
  }

  #prepend(piece: Uint8Array): Uint8Array {
    const restLength = TypedArrayPrototypeGetLength(this.#rest);
    if (restLength === 0) return piece;
    const joined = new Uint8Array(restLength + TypedArrayPrototypeGetLength(piece));
    TypedArrayPrototypeSet(joined, this.#rest);
    TypedArrayPrototypeSet(joined, piece, restLength);
    return joined;
  }

  #tailOf(bytes: Uint8Array, length: number): number {
    switch (this.#name) {
      case "utf-8":
        return incompleteTail(bytes, length);
      case "windows-1252":
        return 0;
      default: {
        const odd = length % 2;
        if (length - odd < 2) return odd;
        const high = bytes[length - odd - (this.#name === "utf-16le" ? 1 : 2)]!;
        return high >= 0xd8 && high <= 0xdb ? odd + 2 : odd;
      }
    }
  }

  /** Undefined where the bytes are wrong and that is fatal. */
  #decodeAll(bytes: Uint8Array): string | undefined {
    switch (this.#name) {
      case "utf-8":
        return native.utf8Decode(bytes, this.#isFatal);
      case "windows-1252":
        return decodeWindows1252(bytes);
      default:
        return decodeUtf16(bytes, this.#name === "utf-16be", this.#isFatal);
    }
  }

  [inspect.custom](depth: number, options: InspectOptions): string {
    if (depth < 0) return "[TextDecoder]";
    const shown = { encoding: this.#name, fatal: this.#isFatal, ignoreBOM: this.#ignoresMark };
    return `TextDecoder ${inspect(shown, options)}`;
  }
}

webInterface(TextDecoder, "TextDecoder");

function decodeUtf16(bytes: Uint8Array, isBigEndian: boolean, isFatal: boolean): string | undefined {
  const length = TypedArrayPrototypeGetLength(bytes);
  const units = new Uint16Array(length >> 1);
  const low = isBigEndian ? 1 : 0;
  for (let i = 0; i + 1 < length; i += 2) units[i >> 1] = bytes[i + low]! | (bytes[i + 1 - low]! << 8);
  const raw = utf16ToText(units);
  const text = StringPrototypeToWellFormed(raw);
  const isBroken = length % 2 === 1;
  if (isFatal && (isBroken || text !== raw)) return undefined;
  return isBroken ? `${text}\ufffd` : text;
}

function decodeWindows1252(bytes: Uint8Array): string {
  const length = TypedArrayPrototypeGetLength(bytes);
  const units = new Uint16Array(length);
  for (let i = 0; i < length; i++) {
    const byte = bytes[i]!;
    units[i] = byte >= 0x80 && byte < 0xa0 ? StringPrototypeCharCodeAt(WINDOWS_1252, byte - 0x80) : byte;
  }
  return utf16ToText(units);
}

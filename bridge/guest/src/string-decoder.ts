/** Bytes that come in pieces to text: no character is cut where a piece ends. */
import { copyOf, viewOf } from "./bytes.ts";
import { decodeBytes, type Encoding } from "./codec.ts";
import { TypedArrayPrototypeGetLength, TypedArrayPrototypeSet, Uint8Array } from "./primordials.ts";
import { incompleteTail } from "./utf8.ts";

const NOTHING = new Uint8Array(0);

export class PieceDecoder {
  readonly encoding: Encoding;
  #rest: Uint8Array = NOTHING;

  constructor(encoding: Encoding) {
    this.encoding = encoding;
  }

  /** The text of the characters that are complete. */
  write(piece: Uint8Array): string {
    const bytes = this.#prepend(piece);
    const length = TypedArrayPrototypeGetLength(bytes);
    const complete = length - tailOf(bytes, length, this.encoding);
    this.#rest = complete === length ? NOTHING : copyOf(bytes, complete, length);
    return decodeBytes(complete === length ? bytes : viewOf(bytes, 0, complete), this.encoding);
  }

  /** The text of what is left. */
  end(): string {
    const rest = this.#rest;
    this.#rest = NOTHING;
    return decodeBytes(rest, this.encoding);
  }

  #prepend(piece: Uint8Array): Uint8Array {
    const restLength = TypedArrayPrototypeGetLength(this.#rest);
    if (restLength === 0) return piece;
    const joined = new Uint8Array(restLength + TypedArrayPrototypeGetLength(piece));
    TypedArrayPrototypeSet(joined, this.#rest);
    TypedArrayPrototypeSet(joined, piece, restLength);
    return joined;
  }
}

/** How many bytes at the end wait for the next piece. */
function tailOf(bytes: Uint8Array, length: number, encoding: Encoding): number {
  switch (encoding) {
    case "utf8":
      return incompleteTail(bytes, length);
    case "utf16le": {
      const odd = length % 2;
      if (length - odd < 2) return odd;
      const high = bytes[length - odd - 1]!;
      return high >= 0xd8 && high <= 0xdb ? odd + 2 : odd;
    }
    case "base64":
    case "base64url":
      return length % 3;
    default:
      return 0;
  }
}

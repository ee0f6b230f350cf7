import { native } from "../binding.ts";
import { webInterface } from "../define.ts";
import { invalidArgType } from "../errors.ts";
import { isUint8Array } from "../inspect/types.ts";
import { StringPrototypeCharCodeAt, TypedArrayPrototypeGetLength } from "../primordials.ts";

const REPLACEMENT = 0xfffd;

export class TextEncoder {
  // Makes `this` one of the class's own for the methods below.
  readonly #encoding = "utf-8";

  get encoding(): string {
    return this.#encoding;
  }

  encode(text: unknown = ""): Uint8Array {
    void this.#encoding;
    return native.utf8Encode(`${text}`);
  }

  encodeInto(source: unknown, destination: unknown): { read: number; written: number } {
    void this.#encoding;
    const text = `${source}`;
    if (!isUint8Array(destination)) throw invalidArgType("dest", "an instance of Uint8Array", destination);
    const room = TypedArrayPrototypeGetLength(destination);
    let read = 0;
    let written = 0;
    while (read < text.length) {
      const point = codePointAt(text, read);
      const size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
      if (written + size > room) break;
      writePoint(destination, written, point, size);
      written += size;
      read += size === 4 ? 2 : 1;
    }
    return { read, written };
  }
}

webInterface(TextEncoder, "TextEncoder");

/** The code point that begins at an index; the replacement character for half a pair. */
function codePointAt(text: string, index: number): number {
  const unit = StringPrototypeCharCodeAt(text, index);
  if (unit < 0xd800 || unit > 0xdfff) return unit;
  if (unit > 0xdbff || index + 1 === text.length) return REPLACEMENT;
  const low = StringPrototypeCharCodeAt(text, index + 1);
  if (low < 0xdc00 || low > 0xdfff) return REPLACEMENT;
  return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

function writePoint(bytes: Uint8Array, at: number, point: number, size: number): void {
  if (size === 1) {
    bytes[at] = point;
    return;
  }
  for (let i = size - 1; i > 0; i--, point >>= 6) bytes[at + i] = 0x80 | (point & 0x3f);
  bytes[at] = (0xf00 >> size) | point;
}

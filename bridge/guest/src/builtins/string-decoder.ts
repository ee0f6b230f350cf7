import { bytesOf } from "../bytes.ts";
import { requireEncoding } from "../codec.ts";
import { setName } from "../define.ts";
import { invalidArgType } from "../errors.ts";
import { PieceDecoder } from "../string-decoder.ts";

class StringDecoder {
  readonly #decoder: PieceDecoder;

  constructor(encoding?: unknown) {
    this.#decoder = new PieceDecoder(requireEncoding(encoding));
  }

  get encoding(): string {
    return this.#decoder.encoding;
  }

  write(piece: unknown): string {
    if (typeof piece === "string") return piece;
    const bytes = bytesOf(piece);
    if (bytes === undefined) {
      throw invalidArgType("buf", "an instance of Buffer, TypedArray, or DataView", piece);
    }
    return this.#decoder.write(bytes);
  }

  end(piece?: unknown): string {
    return (piece === undefined ? "" : this.write(piece)) + this.#decoder.end();
  }
}

setName(StringDecoder, "StringDecoder");

export const stringDecoder = { StringDecoder };

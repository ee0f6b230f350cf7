import { native } from "../binding.ts";
import { asBuffer, Buffer, MAX_LENGTH } from "../buffer/buffer.ts";
import { bytesOf } from "../bytes.ts";
import { decodeBytes, encodeText, requireEncoding } from "../codec.ts";
import { define, defineAll } from "../define.ts";
import { invalidArgType } from "../errors.ts";
import { TypedArrayPrototypeGetLength } from "../primordials.ts";
import { atob, btoa } from "../web/atob.ts";

/** V8's longest string on 64-bit machines. */
const MAX_STRING_LENGTH = 2 ** 29 - 24;

function requireBytes(input: unknown): Uint8Array {
  const bytes = bytesOf(input);
  if (bytes === undefined) throw invalidArgType("input", "an instance of ArrayBuffer, Buffer, or TypedArray", input);
  return bytes;
}

export const buffer: Record<string, unknown> = {};
defineAll(buffer, {
  atob,
  btoa,
  isAscii(input: unknown): boolean {
    const bytes = requireBytes(input);
    for (let i = 0; i < TypedArrayPrototypeGetLength(bytes); i++) if (bytes[i]! > 0x7f) return false;
    return true;
  },
  isUtf8: (input: unknown) => native.utf8Decode(requireBytes(input), true) !== undefined,
  transcode: (source: unknown, fromEncoding: unknown, toEncoding: unknown) =>
    asBuffer(encodeText(decodeBytes(requireBytes(source), requireEncoding(fromEncoding)), requireEncoding(toEncoding))),
});
define(buffer, "Buffer", Buffer, true);
define(buffer, "constants", { MAX_LENGTH, MAX_STRING_LENGTH }, true);
define(buffer, "kMaxLength", MAX_LENGTH, true);
define(buffer, "kStringMaxLength", MAX_STRING_LENGTH, true);
define(buffer, "INSPECT_MAX_BYTES", 50, true);

/** Paths of the sandbox as `file:` URLs and back. */
import { native } from "./binding.ts";
import { viewOf } from "./bytes.ts";
import { decodeBytes } from "./codec.ts";
import { codedError, invalidArgType, validateString } from "./errors.ts";
import { hexValue } from "./hex.ts";
import { resolve } from "./path.ts";
import {
  StringPrototypeCharCodeAt,
  StringPrototypeEndsWith,
  StringPrototypeIncludes,
  TypedArrayPrototypeGetLength,
  TypeError,
  Uint8Array,
} from "./primordials.ts";
import { isUrl, URL } from "./web/url.ts";

const PERCENT = 0x25;
const SLASH = 0x2f;

export function fileURLToPath(value: unknown): string {
  const url = typeof value === "string" ? new URL(value) : value;
  if (!isUrl(url)) throw invalidArgType("path", "of type string or an instance of URL", value);
  if (url.protocol !== "file:") {
    throw codedError(TypeError, "ERR_INVALID_URL_SCHEME", "The URL must be of scheme file", fileURLToPath);
  }
  if (url.hostname !== "") {
    const message = 'File URL host must be "localhost" or empty on linux';
    throw codedError(TypeError, "ERR_INVALID_FILE_URL_HOST", message, fileURLToPath);
  }
  return decodePath(url.pathname);
}

function decodePath(pathname: string): string {
  const bytes = native.utf8Encode(pathname);
  const length = TypedArrayPrototypeGetLength(bytes);
  const path = new Uint8Array(length);
  let at = 0;
  for (let i = 0; i < length; i++) {
    let byte = bytes[i]!;
    const high = byte === PERCENT && i + 2 < length ? hexValue(bytes[i + 1]!) : -1;
    const low = high < 0 ? -1 : hexValue(bytes[i + 2]!);
    if (low >= 0) {
      byte = (high << 4) | low;
      i += 2;
      if (byte === SLASH) {
        const message = "File URL path must not include encoded / characters";
        throw codedError(TypeError, "ERR_INVALID_FILE_URL_PATH", message, fileURLToPath);
      }
    }
    path[at++] = byte;
  }
  return decodeBytes(viewOf(path, 0, at), "utf8");
}

export function pathToFileURL(path: unknown): URL {
  validateString(path, "path");
  let absolute = resolve(path);
  if (StringPrototypeEndsWith(path, "/") && !StringPrototypeEndsWith(absolute, "/")) absolute += "/";
  return new URL(`file://${encodePath(absolute)}`);
}

/** Escapes what a URL parser would take for something else. */
function encodePath(path: string): string {
  let encoded = "";
  for (let i = 0; i < path.length; i++) {
    const character = path[i]!;
    encoded += StringPrototypeIncludes("%\\\n\r\t?#", character) ? escapeCharacter(character) : character;
  }
  return encoded;
}

function escapeCharacter(character: string): string {
  const digits = "0123456789ABCDEF";
  const unit = StringPrototypeCharCodeAt(character, 0);
  return `%${digits[unit >> 4]}${digits[unit & 15]}`;
}

/** What the functions of `fs` take as a path, as data, as a mode and as options. */
import { bytesOf } from "../bytes.ts";
import { decodeBytes, type Encoding, encodeText, normalizeEncoding } from "../codec.ts";
import { invalidArgType, invalidArgValue } from "../errors.ts";
import { fileURLToPath } from "../file-url.ts";
import { isUint8Array } from "../inspect/types.ts";
import {
  ArrayBufferIsView,
  NumberIsInteger,
  parseInt,
  RegExpPrototypeExec,
  StringPrototypeIncludes,
} from "../primordials.ts";
import { isUrl } from "../web/url.ts";

export function toPath(value: unknown, name = "path"): string {
  let path: string;
  if (typeof value === "string") path = value;
  else if (isUint8Array(value)) path = decodeBytes(value, "utf8");
  else if (isUrl(value)) path = fileURLToPath(value);
  else throw invalidArgType(name, "of type string or an instance of Buffer or URL", value);
  if (StringPrototypeIncludes(path, "\0")) {
    throw invalidArgValue(name, path, "must be a string, Uint8Array, or URL without null bytes");
  }
  return path;
}

/** Text in UTF-8 and bytes go to the native side as they are. */
export function toData(value: unknown, encoding: Encoding | undefined): string | Uint8Array {
  if (typeof value === "string") {
    return encoding === undefined || encoding === "utf8" ? value : encodeText(value, encoding);
  }
  if (ArrayBufferIsView(value)) return bytesOf(value)!;
  throw invalidArgType("data", "of type string or an instance of Buffer, TypedArray, or DataView", value);
}

export function toMode(value: unknown, fallback: number, name = "mode"): number {
  if (value === undefined || value === null) return fallback;
  if (typeof value === "string") {
    if (RegExpPrototypeExec(/^[0-7]+$/, value) === null) {
      throw invalidArgValue(name, value, "must be a 32-bit unsigned integer or an octal string");
    }
    return parseInt(value, 8);
  }
  if (typeof value !== "number") throw invalidArgType(name, "of type number", value);
  if (!NumberIsInteger(value) || value < 0 || value > 0xffffffff) {
    throw invalidArgValue(name, value, "must be a 32-bit unsigned integer or an octal string");
  }
  return value;
}

export interface FileOptions {
  encoding: Encoding | undefined;
  flag: string | undefined;
  mode: unknown;
  signal: unknown;
}

/** Options that may be given as the name of an encoding. */
export function toFileOptions(options: unknown): FileOptions {
  if (options === undefined || options === null || typeof options === "function") {
    return { encoding: undefined, flag: undefined, mode: undefined, signal: undefined };
  }
  if (typeof options === "string") return toFileOptions({ encoding: options });
  if (typeof options !== "object") {
    throw invalidArgType("options", "one of type string or object", options);
  }
  const { encoding, flag, mode, signal } = options as Record<string, unknown>;
  return { encoding: toEncoding(encoding), flag: toFlag(flag), mode, signal };
}

/** Undefined where bytes are wanted. */
function toEncoding(encoding: unknown): Encoding | undefined {
  if (encoding === undefined || encoding === null || encoding === "buffer") return undefined;
  const name = encoding === "" ? undefined : normalizeEncoding(encoding);
  if (name === undefined) throw invalidArgValue("encoding", encoding, "is invalid encoding");
  return name;
}

const FLAGS = ["r", "rs", "sr", "r+", "rs+", "sr+", "w", "wx", "xw", "w+", "wx+", "xw+", "a", "ax", "xa", "as", "sa"];
const MORE_FLAGS = ["a+", "ax+", "xa+", "as+", "sa+"];

function toFlag(flag: unknown): string | undefined {
  if (flag === undefined || flag === null) return undefined;
  for (let i = 0; i < FLAGS.length; i++) if (FLAGS[i] === flag) return flag as string;
  for (let i = 0; i < MORE_FLAGS.length; i++) if (MORE_FLAGS[i] === flag) return flag as string;
  throw invalidArgValue("flags", flag);
}

/** What `writeFile` of the native side has for a flag that may write; undefined for one that only reads. */
export function toWriteFlag(flag: string): "w" | "a" | "wx" | "ax" | undefined {
  const isExclusive = StringPrototypeIncludes(flag, "x");
  if (flag[0] === "w" || (flag[0] === "x" && flag[1] === "w")) return isExclusive ? "wx" : "w";
  if (StringPrototypeIncludes(flag, "a")) return isExclusive ? "ax" : "a";
  return undefined;
}

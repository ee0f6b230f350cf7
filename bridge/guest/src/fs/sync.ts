/** The synchronous functions of `fs`. Those with callbacks and promises are made of these. */
import { native } from "../binding.ts";
import { asBuffer } from "../buffer/buffer.ts";
import { decodeBytes, type Encoding, encodeText } from "../codec.ts";
import { append } from "../define.ts";
import { codedError, invalidArgType, outOfRange } from "../errors.ts";
import { isDate } from "../inspect/types.ts";
import { List } from "../list.ts";
import type { NativeStat } from "../native.ts";
import { join } from "../path.ts";
import {
  DatePrototypeGetTime,
  Error,
  MathTrunc,
  Number,
  NumberIsFinite,
  NumberIsInteger,
  StringPrototypeStartsWith,
  Uint8Array,
} from "../primordials.ts";
import { toData, toFileOptions, toMode, toPath, toWriteFlag } from "./arguments.ts";
import { constants } from "./constants.ts";
import { isStdin, readAllInput, writeOutput } from "./descriptors.ts";
import { Dirent, Stats, toBigIntStats } from "./stats.ts";
import { as, systemError } from "./system-error.ts";

const { fs } = native;

const DIRECTORY = 1;
const LINK = 2;
const FILE_MODE = 0o666;
const DIRECTORY_MODE = 0o777;

/** A result as text where an encoding was asked for, else as a Buffer. */
function decoded(bytes: Uint8Array, encoding: Encoding | undefined): string | Uint8Array {
  return encoding === undefined ? asBuffer(bytes) : decodeBytes(bytes, encoding);
}

/** A name or path of the sandbox's in the encoding that was asked for; text where none was. */
function named(text: string, encoding: unknown): string | Uint8Array {
  if (encoding === undefined || encoding === null || encoding === "utf8" || encoding === "utf-8") return text;
  if (encoding === "buffer") return asBuffer(encodeText(text, "utf8"));
  return decodeBytes(encodeText(text, "utf8"), toFileOptions({ encoding }).encoding ?? "utf8");
}

const encodingOf = (options: unknown): unknown =>
  options !== null && typeof options === "object" ? (options as { encoding?: unknown }).encoding : options;

function statOf(path: string, follow: boolean): NativeStat | undefined {
  try {
    return fs.stat(path, follow);
  } catch {
    return undefined;
  }
}

export function readFileSync(path: unknown, options?: unknown): string | Uint8Array {
  const { encoding } = toFileOptions(options);
  if (isStdin(path)) return decoded(readAllInput(), encoding);
  return decoded(fs.readFile(toPath(path)), encoding);
}

export function writeFileSync(path: unknown, data: unknown, options?: unknown): void {
  put(path, data, options, "w");
}

export function appendFileSync(path: unknown, data: unknown, options?: unknown): void {
  put(path, data, options, "a");
}

function put(path: unknown, data: unknown, options: unknown, defaultFlag: string): void {
  const { encoding, flag = defaultFlag, mode } = toFileOptions(options);
  const content = toData(data, encoding);
  if (writeOutput(path, content)) return;
  const file = toPath(path);
  const writeFlag = flag === "r+" ? "w" : toWriteFlag(flag);
  if (writeFlag === undefined) throw systemError("EBADF", "write");
  fs.writeFile(file, content, writeFlag, toMode(mode, FILE_MODE));
}

export function existsSync(path: unknown): boolean {
  try {
    return statOf(toPath(path), true) !== undefined;
  } catch {
    return false;
  }
}

export function accessSync(path: unknown, mode: unknown = constants.F_OK): void {
  const file = toPath(path);
  if (typeof mode !== "number") throw invalidArgType("mode", "of type number", mode);
  if (!NumberIsInteger(mode) || mode < 0 || mode > 7) throw outOfRange("mode", "an integer >= 0 && <= 7", mode);
  const stat = as("access", file, undefined, () => fs.stat(file, true));
  // The sandbox's user owns all of its files.
  if (((stat[2] >> 6) & mode) !== mode) throw systemError("EACCES", "access", file);
}

interface StatOptions {
  bigint?: boolean;
  throwIfNoEntry?: boolean;
}

function stat(path: unknown, options: StatOptions | undefined, follow: boolean): Stats | undefined {
  const file = toPath(path);
  let found: NativeStat;
  try {
    found = fs.stat(file, follow);
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (options?.throwIfNoEntry === false && (code === "ENOENT" || code === "ENOTDIR")) return undefined;
    throw error;
  }
  const stats = new Stats(found);
  return options?.bigint ? toBigIntStats(stats) : stats;
}

export function statSync(path: unknown, options?: StatOptions): Stats | undefined {
  return stat(path, options, true);
}

export function lstatSync(path: unknown, options?: StatOptions): Stats | undefined {
  return stat(path, options, false);
}

export function readdirSync(path: unknown, options?: unknown): unknown[] {
  const top = toPath(path);
  const { withFileTypes = false, recursive = false } =
    options !== null && typeof options === "object"
      ? (options as { withFileTypes?: boolean; recursive?: boolean })
      : ({ __proto__: null } as { withFileTypes?: boolean; recursive?: boolean });
  const encoding = encodingOf(options);
  const result: unknown[] = [];
  // The directories to be read: their path, and what their entries are called from the top.
  const waiting = new List<{ folder: string; prefix: string }>();
  waiting.push({ folder: top, prefix: "" });
  for (let at = 0; at < waiting.length; at++) {
    const { folder, prefix } = waiting.at(at);
    const listing = fs.readdir(folder);
    const names = listing[0];
    const kinds = listing[1];
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!;
      if (withFileTypes) append(result, new Dirent(named(name, encoding), folder, kinds[i]!));
      else append(result, named(prefix + name, encoding));
      if (recursive && kinds[i] === DIRECTORY) {
        waiting.push({ folder: join(folder, name), prefix: `${prefix}${name}/` });
      }
    }
  }
  return result;
}

export function mkdirSync(path: unknown, options?: unknown): string | undefined {
  const isObject = options !== null && typeof options === "object";
  const { recursive = false, mode } = isObject
    ? (options as { recursive?: boolean; mode?: unknown })
    : ({ __proto__: null, mode: options } as { recursive?: boolean; mode?: unknown });
  return fs.mkdir(toPath(path), !!recursive, toMode(mode, DIRECTORY_MODE));
}

/** What `mkdtemp` chooses from for the end of the name. */
const NAME_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

export function mkdtempSync(prefix: unknown, options?: unknown): string | Uint8Array {
  const start = toPath(prefix, "prefix");
  const random = new Uint8Array(6);
  for (;;) {
    native.randomFill(random);
    let folder = start;
    for (let i = 0; i < 6; i++) folder += NAME_CHARACTERS[random[i]! % NAME_CHARACTERS.length];
    try {
      as("mkdtemp", `${start}XXXXXX`, undefined, () => fs.mkdir(folder, false, 0o700));
      return named(folder, encodingOf(options));
    } catch (error) {
      if ((error as { code?: unknown }).code !== "EEXIST") throw error;
    }
  }
}

interface RemoveOptions {
  recursive?: boolean;
  force?: boolean;
}

export function rmSync(path: unknown, options?: RemoveOptions): void {
  fs.rm(toPath(path), !!options?.recursive, !!options?.force);
}

export function rmdirSync(path: unknown, options?: RemoveOptions): void {
  const folder = toPath(path);
  if (options?.recursive) fs.rm(folder, true, false);
  else fs.rmdir(folder);
}

export function unlinkSync(path: unknown): void {
  fs.unlink(toPath(path));
}

export function renameSync(oldPath: unknown, newPath: unknown): void {
  fs.rename(toPath(oldPath, "oldPath"), toPath(newPath, "newPath"));
}

export function linkSync(existingPath: unknown, newPath: unknown): void {
  fs.link(toPath(existingPath, "existingPath"), toPath(newPath, "newPath"));
}

export function symlinkSync(target: unknown, path: unknown): void {
  fs.symlink(toPath(target, "target"), toPath(path));
}

export function readlinkSync(path: unknown, options?: unknown): string | Uint8Array {
  return named(fs.readlink(toPath(path)), encodingOf(options));
}

export function realpathSync(path: unknown, options?: unknown): string | Uint8Array {
  return named(fs.realpath(toPath(path)), encodingOf(options));
}

export function copyFileSync(src: unknown, dest: unknown, mode: unknown = 0): void {
  const from = toPath(src, "src");
  const to = toPath(dest, "dest");
  if (typeof mode !== "number") throw invalidArgType("mode", "of type number", mode);
  as("copyfile", from, to, () => {
    const permissions = fs.stat(from, true)[2];
    fs.writeFile(to, fs.readFile(from), mode & constants.COPYFILE_EXCL ? "wx" : "w", permissions);
  });
}

interface CopyOptions {
  recursive?: boolean;
  force?: boolean;
  errorOnExist?: boolean;
  filter?: (src: string, dest: string) => unknown;
}

export function cpSync(src: unknown, dest: unknown, options: CopyOptions = { __proto__: null } as CopyOptions): void {
  copyTree(toPath(src, "src"), toPath(dest, "dest"), options);
}

function copyTree(from: string, to: string, options: CopyOptions): void {
  const { filter } = options;
  if (filter !== undefined && !filter(from, to)) return;
  const source = fs.stat(from, false);
  if (source[0] === LINK) {
    if (statOf(to, false) !== undefined) fs.unlink(to);
    fs.symlink(fs.readlink(from), to);
    return;
  }
  if (source[0] !== DIRECTORY) {
    if (statOf(to, true) === undefined || options.force !== false) copyFileSync(from, to);
    else if (options.errorOnExist) throw systemError("EEXIST", "cp", to);
    return;
  }
  if (!options.recursive) {
    const message = `Recursive option not enabled, cannot copy a directory: cp returned EISDIR (${from} is a directory (not copied)) ${from}`;
    throw codedError(Error, "ERR_FS_EISDIR", message, cpSync);
  }
  if (StringPrototypeStartsWith(`${to}/`, `${from}/`)) {
    throw codedError(Error, "ERR_FS_CP_EINVAL", `Cannot copy ${from} to a subdirectory of self ${to}`, cpSync);
  }
  if (statOf(to, true) === undefined) fs.mkdir(to, true, source[2]);
  const names = fs.readdir(from)[0];
  for (let i = 0; i < names.length; i++) copyTree(join(from, names[i]!), join(to, names[i]!), options);
}

export function chmodSync(path: unknown, mode: unknown): void {
  const file = toPath(path);
  if (mode === undefined || mode === null) throw invalidArgType("mode", "of type number", mode);
  fs.chmod(file, toMode(mode, 0));
}

/** Owners are not kept: the sandbox has one user. */
export function chownSync(path: unknown, uid: unknown, gid: unknown): void {
  const file = toPath(path);
  if (typeof uid !== "number") throw invalidArgType("uid", "of type number", uid);
  if (typeof gid !== "number") throw invalidArgType("gid", "of type number", gid);
  as("chown", file, undefined, () => fs.stat(file, true));
}

export function truncateSync(path: unknown, length?: unknown): void {
  const file = toPath(path);
  if (length !== undefined && typeof length !== "number") throw invalidArgType("len", "of type number", length);
  fs.truncate(file, length === undefined || length < 0 ? 0 : MathTrunc(length));
}

function toMilliseconds(time: unknown, name: string): number {
  if (isDate(time)) return DatePrototypeGetTime(time);
  const seconds = typeof time === "string" && time !== "" ? Number(time) : time;
  if (typeof seconds === "number" && NumberIsFinite(seconds)) return seconds * 1000;
  throw invalidArgType(name, "of type number or an instance of Date", time);
}

export function utimesSync(path: unknown, atime: unknown, mtime: unknown): void {
  fs.utimes(toPath(path), toMilliseconds(atime, "atime"), toMilliseconds(mtime, "mtime"));
}

/** Paths as Node's `path.posix` treats them. Our own, since the packages for it call methods that a guest may have replaced. */
import { native } from "./binding.ts";
import { validateObject, validateString } from "./errors.ts";
import { List } from "./list.ts";
import {
  StringPrototypeCharCodeAt,
  StringPrototypeEndsWith,
  StringPrototypeLastIndexOf,
  StringPrototypeSlice,
  StringPrototypeStartsWith,
} from "./primordials.ts";

const SLASH = 0x2f;

export const sep = "/";
export const delimiter = ":";

export interface ParsedPath {
  root: string;
  dir: string;
  base: string;
  ext: string;
  name: string;
}

/** The parts between slashes, with `.` dropped and `..` applied; a `..` that climbs out is kept unless the path is absolute. */
function simplify(path: string, isAbsolute: boolean): string {
  const parts = new List<string>();
  let from = 0;
  for (let i = 0; i <= path.length; i++) {
    if (i < path.length && StringPrototypeCharCodeAt(path, i) !== SLASH) continue;
    const part = StringPrototypeSlice(path, from, i);
    from = i + 1;
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(parts.length - 1) !== "..") parts.pop();
    else if (!isAbsolute) parts.push("..");
  }
  let result = "";
  for (let i = 0; i < parts.length; i++) result += (i === 0 ? "" : "/") + parts.at(i);
  return result;
}

export function isAbsolute(path: string): boolean {
  validateString(path, "path");
  return StringPrototypeStartsWith(path, "/");
}

export function normalize(path: string): string {
  validateString(path, "path");
  if (path === "") return ".";
  const absolute = isAbsolute(path);
  let result = simplify(path, absolute);
  if (result === "") return absolute ? "/" : StringPrototypeEndsWith(path, "/") ? "./" : ".";
  if (StringPrototypeEndsWith(path, "/")) result += "/";
  return absolute ? `/${result}` : result;
}

export function join(...paths: string[]): string {
  let joined = "";
  for (let i = 0; i < paths.length; i++) {
    validateString(paths[i], "path");
    if (paths[i] !== "") joined += (joined === "" ? "" : "/") + paths[i];
  }
  return joined === "" ? "." : normalize(joined);
}

export function resolve(...paths: string[]): string {
  let resolved = "";
  let absolute = false;
  for (let i = paths.length - 1; i >= 0 && !absolute; i--) {
    const path = paths[i];
    validateString(path, `paths[${i}]`);
    if (path === "") continue;
    resolved = `${path}/${resolved}`;
    absolute = isAbsolute(path);
  }
  if (!absolute) resolved = `${native.fs.cwd()}/${resolved}`;
  return `/${simplify(resolved, true)}`;
}

export function relative(from: string, to: string): string {
  validateString(from, "from");
  validateString(to, "to");
  if (from === to) return "";
  const start = splitAbsolute(resolve(from));
  const end = splitAbsolute(resolve(to));
  let common = 0;
  while (common < start.length && common < end.length && start.at(common) === end.at(common)) common++;
  let result = "";
  for (let i = common; i < start.length; i++) result += result === "" ? ".." : "/..";
  for (let i = common; i < end.length; i++) result += (result === "" ? "" : "/") + end.at(i);
  return result;
}

function splitAbsolute(path: string): List<string> {
  const parts = new List<string>();
  let from = 1;
  for (let i = 1; i <= path.length; i++) {
    if (i < path.length && StringPrototypeCharCodeAt(path, i) !== SLASH) continue;
    if (i > from) parts.push(StringPrototypeSlice(path, from, i));
    from = i + 1;
  }
  return parts;
}

/** Where the path ends without the slashes at its end. */
function trimmedLength(path: string): number {
  let end = path.length;
  while (end > 0 && StringPrototypeCharCodeAt(path, end - 1) === SLASH) end--;
  return end;
}

export function dirname(path: string): string {
  validateString(path, "path");
  if (path === "") return ".";
  const absolute = isAbsolute(path);
  const end = trimmedLength(path);
  const slash = end === 0 ? -1 : StringPrototypeLastIndexOf(path, "/", end - 1);
  if (slash === -1) return absolute ? "/" : ".";
  if (absolute && slash === 0) return "/";
  if (absolute && slash === 1) return "//";
  return StringPrototypeSlice(path, 0, slash);
}

export function basename(path: string, suffix?: string): string {
  if (suffix !== undefined) validateString(suffix, "suffix");
  validateString(path, "path");
  const end = trimmedLength(path);
  const slash = end === 0 ? -1 : StringPrototypeLastIndexOf(path, "/", end - 1);
  const base = StringPrototypeSlice(path, slash + 1, end);
  if (suffix === undefined || suffix === "" || suffix.length > path.length) return base;
  if (suffix === path) return "";
  if (suffix === base) return base;
  if (StringPrototypeEndsWith(base, suffix)) return StringPrototypeSlice(base, 0, base.length - suffix.length);
  // Where the base is but the end of the suffix, Node keeps the slashes behind it.
  return StringPrototypeEndsWith(suffix, base) ? StringPrototypeSlice(path, slash + 1) : base;
}

export function extname(path: string): string {
  const base = basename(path);
  const dot = StringPrototypeLastIndexOf(base, ".");
  return dot <= 0 || base === ".." ? "" : StringPrototypeSlice(base, dot);
}

export function parse(path: string): ParsedPath {
  validateString(path, "path");
  const root = StringPrototypeStartsWith(path, "/") ? "/" : "";
  const base = basename(path);
  const ext = extname(path);
  const end = trimmedLength(path);
  const slash = end === 0 ? -1 : StringPrototypeLastIndexOf(path, "/", end - 1);
  const dir = slash > 0 ? StringPrototypeSlice(path, 0, slash) : root;
  return { root, dir, base, ext, name: StringPrototypeSlice(base, 0, base.length - ext.length) };
}

export function format(parts: Partial<ParsedPath>): string {
  validateObject(parts, "pathObject");
  const { root = "", name = "", ext = "" } = parts;
  const dir = parts.dir || root;
  const extension = ext !== "" && !StringPrototypeStartsWith(ext, ".") ? `.${ext}` : ext;
  const base = parts.base || `${name}${extension}`;
  if (dir === "") return base;
  return dir === root ? `${dir}${base}` : `${dir}/${base}`;
}

export function toNamespacedPath(path: unknown): unknown {
  return path;
}

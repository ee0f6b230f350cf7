/**
 * `exports` and `imports` of package.json: PACKAGE_EXPORTS_RESOLVE and PACKAGE_IMPORTS_RESOLVE of Node's documentation of
 * its modules, without their use of URLs.
 */
import { codedError } from "../errors.ts";
import { join } from "../path.ts";
import {
  ArrayIsArray,
  Error,
  JSONStringify,
  ObjectKeys,
  ObjectPrototypeHasOwnProperty,
  RegExpPrototypeExec,
  StringPrototypeEndsWith,
  StringPrototypeIncludes,
  StringPrototypeIndexOf,
  StringPrototypeLastIndexOf,
  StringPrototypeSlice,
  StringPrototypeStartsWith,
  TypeError,
} from "../primordials.ts";
import type { PackageJson } from "./package-json.ts";

export type Conditions = readonly string[];

/** What a target may be that is no file of the package: the name of another package, for `imports`. */
export interface Target {
  readonly path?: string;
  readonly specifier?: string;
}

/** The file that a subpath, `.` or `./x`, of a package stands for. */
export function resolveExports(pack: PackageJson, subpath: string, conditions: Conditions): string {
  const table = exportsTable(pack);
  const match = findKey(table, subpath);
  if (match !== undefined) {
    const lookup = { pack, key: match.key, wildcard: match.wildcard, isImport: false, conditions };
    const target = resolveTarget(lookup, table[match.key]);
    if (target?.path !== undefined) return target.path;
  }
  const file = fileOf(pack);
  const message =
    subpath === "."
      ? `No "exports" main defined in ${file}`
      : `Package subpath '${subpath}' is not defined by "exports" in ${file}`;
  throw codedError(Error, "ERR_PACKAGE_PATH_NOT_EXPORTED", message, resolveExports);
}

/** What a specifier that begins with `#` stands for within a package. */
export function resolveImports(
  pack: PackageJson | undefined,
  specifier: string,
  from: string,
  conditions: Conditions,
): Target {
  if (specifier === "#" || StringPrototypeStartsWith(specifier, "#/")) {
    const message = `Invalid module "${specifier}" is not a valid internal imports specifier name imported from ${from}`;
    throw codedError(TypeError, "ERR_INVALID_MODULE_SPECIFIER", message, resolveImports);
  }
  const table = pack?.imports;
  if (table !== null && typeof table === "object") {
    const match = findKey(table as Table, specifier);
    if (match !== undefined) {
      const lookup = { pack: pack!, key: match.key, wildcard: match.wildcard, isImport: true, conditions };
      const target = resolveTarget(lookup, (table as Table)[match.key]);
      if (target !== undefined && target !== null) return target;
    }
  }
  const where = pack === undefined ? "" : ` in package ${fileOf(pack)}`;
  const message = `Package import specifier "${specifier}" is not defined${where} imported from ${from}`;
  throw codedError(TypeError, "ERR_PACKAGE_IMPORT_NOT_DEFINED", message, resolveImports);
}

type Table = Record<string, unknown>;

/** `exports` as a table of subpaths: what has no subpaths is that of `.`. */
function exportsTable(pack: PackageJson): Table {
  const { exports } = pack;
  if (exports === null || typeof exports !== "object" || ArrayIsArray(exports))
    return { __proto__: null, ".": exports } as never;
  const keys = ObjectKeys(exports);
  let subpaths = 0;
  for (let i = 0; i < keys.length; i++) if (StringPrototypeStartsWith(keys[i]!, ".")) subpaths++;
  if (subpaths === 0) return { __proto__: null, ".": exports } as never;
  if (subpaths === keys.length) return exports as Table;
  const message =
    `Invalid package config ${fileOf(pack)}. "exports" cannot contain some keys starting with ` +
    "'.' and some not. The exports object must either be an object of package subpath keys or an object of main " +
    "entry condition name keys only.";
  throw codedError(Error, "ERR_INVALID_PACKAGE_CONFIG", message, resolveExports);
}

interface Match {
  readonly key: string;
  /** What `*` stands for; undefined where the key has none. */
  readonly wildcard: string | undefined;
}

/** The key that names a subpath itself, or the one with `*` that says most about it. */
function findKey(table: Table, subpath: string): Match | undefined {
  if (ObjectPrototypeHasOwnProperty(table, subpath) && !StringPrototypeIncludes(subpath, "*")) {
    return { key: subpath, wildcard: undefined };
  }
  let best: Match | undefined;
  let bestPrefix = -1;
  const keys = ObjectKeys(table);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    const star = StringPrototypeIndexOf(key, "*");
    if (star === -1 || star !== StringPrototypeLastIndexOf(key, "*")) continue;
    const suffix = StringPrototypeSlice(key, star + 1);
    const fits =
      subpath.length >= key.length &&
      StringPrototypeStartsWith(subpath, StringPrototypeSlice(key, 0, star)) &&
      StringPrototypeEndsWith(subpath, suffix);
    const isBetter = star > bestPrefix || (star === bestPrefix && key.length > best!.key.length);
    if (!fits || !isBetter) continue;
    best = { key, wildcard: StringPrototypeSlice(subpath, star, subpath.length - suffix.length) };
    bestPrefix = star;
  }
  return best;
}

/** What is looked up, where. */
interface Lookup {
  readonly pack: PackageJson;
  readonly key: string;
  readonly wildcard: string | undefined;
  readonly isImport: boolean;
  readonly conditions: Conditions;
}

/** Undefined where no condition holds, null where the package says that there is nothing. */
function resolveTarget(lookup: Lookup, target: unknown): Target | undefined | null {
  if (typeof target === "string") return resolveText(lookup, target);
  if (target === null) return null;
  if (ArrayIsArray(target)) return resolveFirst(lookup, target);
  if (typeof target !== "object") throw invalidTarget(lookup, target);
  const names = ObjectKeys(target);
  for (let i = 0; i < names.length; i++) {
    if (!holds(names[i]!, lookup.conditions)) continue;
    const found = resolveTarget(lookup, (target as Table)[names[i]!]);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The first of several targets that is one. */
function resolveFirst(lookup: Lookup, targets: readonly unknown[]): Target | undefined | null {
  let last: Target | undefined | null = null;
  for (let i = 0; i < targets.length; i++) {
    try {
      last = resolveTarget(lookup, targets[i]);
    } catch (error) {
      if ((error as { code?: unknown }).code !== "ERR_INVALID_PACKAGE_TARGET" || i === targets.length - 1) throw error;
      continue;
    }
    if (last !== undefined && last !== null) return last;
  }
  return last;
}

function holds(name: string, conditions: Conditions): boolean {
  if (name === "default") return true;
  for (let i = 0; i < conditions.length; i++) if (conditions[i] === name) return true;
  return false;
}

/** Parts that would lead out of the package, or into one that it holds. */
const FORBIDDEN = /(?:^|[/\\])(?:\.|%2e){1,2}(?:[/\\]|$)|(?:^|[/\\])node_modules(?:[/\\]|$)/i;

function resolveText(lookup: Lookup, target: string): Target {
  const { pack, wildcard } = lookup;
  if (!StringPrototypeStartsWith(target, "./")) {
    const isOther = !StringPrototypeStartsWith(target, "../") && !StringPrototypeStartsWith(target, "/");
    if (lookup.isImport && isOther) return { specifier: substitute(target, wildcard) };
    throw invalidTarget(lookup, target);
  }
  const inside = StringPrototypeSlice(target, 2);
  if (RegExpPrototypeExec(FORBIDDEN, inside) !== null) throw invalidTarget(lookup, target);
  if (wildcard !== undefined && RegExpPrototypeExec(FORBIDDEN, wildcard) !== null) {
    const message = `Invalid module "${wildcard}" request is not a valid match in pattern "${lookup.key}" of ${fileOf(pack)}`;
    throw codedError(TypeError, "ERR_INVALID_MODULE_SPECIFIER", message, resolveExports);
  }
  return { path: join(pack.folder, substitute(inside, wildcard)) };
}

function substitute(text: string, wildcard: string | undefined): string {
  if (wildcard === undefined) return text;
  let result = "";
  let from = 0;
  for (let at = StringPrototypeIndexOf(text, "*"); at !== -1; at = StringPrototypeIndexOf(text, "*", from)) {
    result += StringPrototypeSlice(text, from, at) + wildcard;
    from = at + 1;
  }
  return result + StringPrototypeSlice(text, from);
}

function invalidTarget({ pack, key, isImport }: Lookup, target: unknown): Error {
  const table = isImport ? "imports" : "exports";
  const shown = JSONStringify(target);
  const what =
    key === "." ? `Invalid "${table}" main target ${shown}` : `Invalid "${table}" target ${shown} defined for '${key}'`;
  const isNotRelative = !isImport && typeof target === "string" && !StringPrototypeStartsWith(target, "./");
  const hint = isNotRelative ? '; targets must start with "./"' : "";
  const message = `${what}${key === "." ? " defined" : ""} in the package config ${fileOf(pack)}${hint}`;
  return codedError(Error, "ERR_INVALID_PACKAGE_TARGET", message, invalidTarget);
}

const fileOf = (pack: PackageJson): string => join(pack.folder, "package.json");

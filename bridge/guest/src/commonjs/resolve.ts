/** Which file of the sandbox a specifier means. */
import { native } from "../binding.ts";
import { append } from "../define.ts";
import { dirname, join, resolve } from "../path.ts";
import {
  StringPrototypeEndsWith,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
  StringPrototypeStartsWith,
} from "../primordials.ts";
import { type Conditions, resolveExports, resolveImports } from "./package-exports.ts";
import { packageOf, readPackage } from "./package-json.ts";

const EXTENSIONS = [".js", ".json"];
const FILE = 0;
const DIRECTORY = 1;

const REQUIRE_CONDITIONS: Conditions = ["node", "require", "module-sync", "node-addons"];
const IMPORT_CONDITIONS: Conditions = ["node", "import", "module-sync", "node-addons"];

function kindOf(path: string): number {
  try {
    return native.fs.stat(path, true)[0];
  } catch {
    return -1;
  }
}

/** The file's own path, symbolic links followed. */
function real(path: string): string {
  return native.fs.realpath(path);
}

export function isRelative(specifier: string): boolean {
  return (
    specifier === "." ||
    specifier === ".." ||
    StringPrototypeStartsWith(specifier, "./") ||
    StringPrototypeStartsWith(specifier, "../")
  );
}

/**
 * The file that `require(specifier)` in a directory means; undefined where there is none.
 *
 * @param from the directory of the file that asks
 */
export function resolveFile(specifier: string, from: string): string | undefined {
  if (isRelative(specifier) || StringPrototypeStartsWith(specifier, "/")) {
    const path = resolve(from, specifier);
    const isFolder =
      StringPrototypeEndsWith(specifier, "/") ||
      specifier === "." ||
      specifier === ".." ||
      StringPrototypeEndsWith(specifier, "/.") ||
      StringPrototypeEndsWith(specifier, "/..");
    return (isFolder ? undefined : asFile(path)) ?? asDirectory(path);
  }
  return resolvePackage(specifier, from, REQUIRE_CONDITIONS, true);
}

function asFile(path: string): string | undefined {
  if (kindOf(path) === FILE) return real(path);
  for (let i = 0; i < EXTENSIONS.length; i++)
    if (kindOf(path + EXTENSIONS[i]) === FILE) return real(path + EXTENSIONS[i]);
  return undefined;
}

function asDirectory(path: string): string | undefined {
  if (kindOf(path) !== DIRECTORY) return undefined;
  const main = readPackage(path)?.main;
  if (main !== undefined && main !== "") {
    const target = resolve(path, main);
    const found = asFile(target) ?? asIndex(target);
    if (found !== undefined) return found;
  }
  return asIndex(path);
}

function asIndex(path: string): string | undefined {
  for (let i = 0; i < EXTENSIONS.length; i++) {
    const file = join(path, `index${EXTENSIONS[i]}`);
    if (kindOf(file) === FILE) return real(file);
  }
  return undefined;
}

/** The name of a package, and the subpath behind it as `.` or `./x`. */
function splitSpecifier(specifier: string): { name: string; subpath: string } {
  let slash = StringPrototypeIndexOf(specifier, "/");
  if (StringPrototypeStartsWith(specifier, "@") && slash !== -1)
    slash = StringPrototypeIndexOf(specifier, "/", slash + 1);
  if (slash === -1) return { name: specifier, subpath: "." };
  return { name: StringPrototypeSlice(specifier, 0, slash), subpath: `.${StringPrototypeSlice(specifier, slash)}` };
}

/**
 * The file that a bare specifier means.
 *
 * @param guesses whether extensions and index files are tried where a package has no `exports`, as `require` does
 */
export function resolvePackage(
  specifier: string,
  from: string,
  conditions: Conditions,
  guesses: boolean,
): string | undefined {
  const own = packageOf(join(from, "file"));
  if (StringPrototypeStartsWith(specifier, "#")) {
    const target = resolveImports(own, specifier, from, conditions);
    if (target.path !== undefined) return kindOf(target.path) === FILE ? real(target.path) : undefined;
    return resolvePackage(target.specifier!, own!.folder, conditions, guesses);
  }
  const { name, subpath } = splitSpecifier(specifier);
  if (own?.exports !== undefined && own.name === name) {
    const file = resolveExports(own, subpath, conditions);
    return kindOf(file) === FILE ? real(file) : undefined;
  }
  const folders = lookupFolders(from);
  for (let i = 0; i < folders.length; i++) {
    const folder = join(folders[i]!, name);
    if (kindOf(folder) !== DIRECTORY) {
      // A file beside the packages, which only `require` finds.
      const file = guesses && subpath === "." ? asFile(folder) : undefined;
      if (file !== undefined) return file;
      continue;
    }
    const pack = readPackage(folder);
    if (pack?.exports !== undefined) {
      const file = resolveExports(pack, subpath, conditions);
      return kindOf(file) === FILE ? real(file) : undefined;
    }
    const path = join(folder, subpath);
    const isFolder = StringPrototypeEndsWith(specifier, "/");
    const found =
      guesses || subpath === "." ? ((isFolder ? undefined : asFile(path)) ?? asDirectory(path)) : exactly(path);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `Hooks.resolveImport`. */
export function resolveImport(specifier: string, referrer: string): string | undefined {
  return resolvePackage(specifier, dirname(referrer), IMPORT_CONDITIONS, false);
}

function exactly(path: string): string | undefined {
  return kindOf(path) === FILE ? real(path) : undefined;
}

/** The `node_modules` from a directory upwards. */
export function lookupFolders(from: string): string[] {
  const folders: string[] = [];
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (!StringPrototypeEndsWith(folder, "/node_modules")) append(folders, join(folder, "node_modules"));
    if (folder === "/") return folders;
  }
}

/** CommonJS modules: their class, their cache, and `require`. */
import { native } from "../binding.ts";
import { builtin, isBuiltin } from "../builtins/registry.ts";
import { decodeBytes } from "../codec.ts";
import { append, define, setName } from "../define.ts";
import { codedError, invalidArgValue, validateString } from "../errors.ts";
import { fileURLToPath } from "../file-url.ts";
import { isNativeError } from "../inspect/types.ts";
import { dirname } from "../path.ts";
import {
  Error,
  JSONParse,
  ObjectDefineProperty,
  ReflectApply,
  StringPrototypeCharCodeAt,
  StringPrototypeEndsWith,
  StringPrototypeSlice,
  StringPrototypeStartsWith,
} from "../primordials.ts";
import { isUrl } from "../web/url.ts";
import { packageOf } from "./package-json.ts";
import { isRelative, lookupFolders, resolveFile } from "./resolve.ts";

const BYTE_ORDER_MARK = 0xfeff;

export interface Require {
  (specifier: string): unknown;
  resolve: ((specifier: string, options?: { paths?: string[] }) => string) & {
    paths(specifier: string): string[] | null;
  };
  main: Module | undefined;
  cache: Record<string, Module | undefined>;
  extensions: object;
}

/** Modules by their file, as `require.cache` shows them. */
const cache: Record<string, Module | undefined> = { __proto__: null as never };

let main: Module | undefined;

export class Module {
  id: string;
  path: string;
  exports: unknown = {};
  filename: string | null = null;
  loaded = false;
  children: Module[] = [];
  paths: string[];
  require: Require;

  constructor(filename = "", parent?: Module) {
    this.id = filename;
    this.path = dirname(filename);
    this.paths = lookupFolders(this.path);
    this.require = createRequireFor(this);
    define(this, "parent", parent);
    if (parent !== undefined) append(parent.children, this);
  }
}

/** The `require` of a module. */
function createRequireFor(module: Module): Require {
  const require = ((specifier: string) => load(specifier, module)) as Require;
  setName(require, "require");
  const resolveSpecifier = (specifier: string, options?: { paths?: string[] }) =>
    resolveFrom(specifier, module, options?.paths);
  setName(resolveSpecifier, "resolve");
  const paths = (specifier: string): string[] | null => {
    validateString(specifier, "request");
    if (isBuiltin(specifier)) return null;
    return isRelative(specifier) ? [module.path] : lookupFolders(module.path);
  };
  define(resolveSpecifier, "paths", paths, true);
  define(require, "resolve", resolveSpecifier, true);
  ObjectDefineProperty(require, "main", {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get: () => main,
  } as PropertyDescriptor);
  define(require, "extensions", extensions, true);
  define(require, "cache", cache, true);
  return require;
}

const extensions: Record<string, unknown> = { __proto__: null as never, ".js": runScript, ".json": readJson };

function validateSpecifier(specifier: unknown): asserts specifier is string {
  validateString(specifier, "id");
  if (specifier === "") throw invalidArgValue("id", specifier, "must be a non-empty string");
}

/** What a specifier means to a module: `node:fs` and `fs` as they are, a file by its path. */
function resolveFrom(specifier: unknown, module: Module, paths?: readonly string[]): string {
  validateSpecifier(specifier);
  if (isBuiltin(specifier)) return specifier;
  if (StringPrototypeStartsWith(specifier, "node:")) {
    throw codedError(Error, "ERR_UNKNOWN_BUILTIN_MODULE", `No such built-in module: ${specifier}`, resolveFrom);
  }
  if (paths === undefined) {
    const found = resolveFile(specifier, module.path);
    if (found !== undefined) return found;
  } else {
    for (let i = 0; i < paths.length; i++) {
      const found = resolveFile(specifier, paths[i]!);
      if (found !== undefined) return found;
    }
  }
  throw notFound(specifier, module);
}

function notFound(specifier: string, module: Module): Error {
  const stack: string[] = [];
  let message = `Cannot find module '${specifier}'`;
  for (let at: Module | undefined = module; at !== undefined; at = (at as { parent?: Module }).parent) {
    append(stack, at.filename ?? at.id);
  }
  if (stack.length > 0) message += "\nRequire stack:";
  for (let i = 0; i < stack.length; i++) message += `\n- ${stack[i]}`;
  const error = new Error(message);
  define(error, "code", "MODULE_NOT_FOUND", true);
  define(error, "requireStack", stack, true);
  return error;
}

/** `require(specifier)` in a module. */
function load(specifier: unknown, parent: Module): unknown {
  const resolved = resolveFrom(specifier, parent);
  if (!StringPrototypeStartsWith(resolved, "/")) return builtin(resolved);
  const cached = cache[resolved];
  if (cached !== undefined) {
    addChild(parent, cached);
    return cached.exports;
  }
  return run(new Module(resolved, parent), resolved).exports;
}

function addChild(parent: Module, child: Module): void {
  for (let i = 0; i < parent.children.length; i++) if (parent.children[i] === child) return;
  append(parent.children, child);
}

/** Runs a file as a module. One that throws is forgotten, so that the next `require` tries again. */
function run(module: Module, filename: string): Module {
  cache[filename] = module;
  module.filename = filename;
  let isDone = false;
  try {
    if (StringPrototypeEndsWith(filename, ".json")) readJson(module, filename);
    else runScript(module, filename);
    module.loaded = isDone = true;
  } finally {
    if (!isDone) delete cache[filename];
  }
  return module;
}

function readText(filename: string): string {
  const text = decodeBytes(native.fs.readFile(filename), "utf8");
  return StringPrototypeCharCodeAt(text, 0) === BYTE_ORDER_MARK ? StringPrototypeSlice(text, 1) : text;
}

function readJson(module: Module, filename: string): void {
  const text = readText(filename);
  try {
    module.exports = JSONParse(text);
  } catch (error) {
    if (isNativeError(error)) define(error, "message", `${filename}: ${error.message}`);
    throw error;
  }
}

const PARAMETERS = ["exports", "require", "module", "__filename", "__dirname"];

function runScript(module: Module, filename: string): void {
  const isModule =
    StringPrototypeEndsWith(filename, ".mjs") ||
    (StringPrototypeEndsWith(filename, ".js") && packageOf(filename)?.isModule);
  if (isModule) {
    const message = `require() of ES Module ${filename} is not supported. Use a dynamic import() in its place.`;
    throw codedError(Error, "ERR_REQUIRE_ESM", message, runScript);
  }
  const text = readText(filename);
  // A comment instead of `#!` leaves all positions as they are.
  const body = StringPrototypeStartsWith(text, "#!") ? `//${StringPrototypeSlice(text, 2)}` : text;
  const compiled = native.compileFunction(body, filename, PARAMETERS);
  const { exports, require } = module;
  ReflectApply(compiled, exports, [exports, require, module, filename, dirname(filename)]);
}

/** `Hooks.runCommonJs`. */
export function runMain(filename: string): void {
  main = new Module(filename);
  main.id = ".";
  run(main, native.fs.realpath(filename));
}

/** A module for code without a file of its own, as if it lay there. */
export function moduleAt(filename: string): Module {
  const module = new Module(filename);
  module.filename = filename;
  return module;
}

/** `module.createRequire`. */
export function createRequire(from: unknown): Require {
  const isFileUrl = isUrl(from) || (typeof from === "string" && StringPrototypeStartsWith(from, "file:"));
  if (!isFileUrl && !(typeof from === "string" && StringPrototypeStartsWith(from, "/"))) {
    throw invalidArgValue("filename", from, "must be a file URL object, file URL string, or absolute path string");
  }
  return moduleAt(isFileUrl ? fileURLToPath(from) : (from as string)).require;
}

/** The exports of a file, as `require` of its path gives them. */
export function requireFile(filename: string): unknown {
  const file = native.fs.realpath(filename);
  return (cache[file] ?? run(new Module(file), file)).exports;
}

setName(Module, "Module");
define(Module, "Module", Module, true);
define(Module, "_cache", cache, true);
define(Module, "_extensions", extensions, true);
define(Module, "createRequire", createRequire, true);
define(Module, "isBuiltin", isBuiltin, true);

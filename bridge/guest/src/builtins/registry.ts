/** The modules that come with the userland, by name. */
import { console } from "../console.ts";
import { append } from "../define.ts";
import {
  ObjectKeys,
  ObjectPrototypeHasOwnProperty,
  StringPrototypeSlice,
  StringPrototypeStartsWith,
} from "../primordials.ts";
import { process } from "../process.ts";
import { performance } from "../web/performance.ts";
import { assert, strict as strictAssert } from "./assert.ts";
import { buffer } from "./buffer.ts";
import { crypto } from "./crypto.ts";
import { events } from "./events.ts";
import { fs, promises as fsPromises } from "./fs.ts";
import { os } from "./os.ts";
import { path } from "./path.ts";
import { stringDecoder } from "./string-decoder.ts";
import { timers, promises as timersPromises } from "./timers.ts";
import { url } from "./url.ts";
import { typeModule as types, util } from "./util.ts";

const modules: Record<string, object> = {
  __proto__: null as never,
  assert,
  "assert/strict": strictAssert,
  buffer,
  console,
  crypto,
  events,
  fs,
  "fs/promises": fsPromises,
  os,
  path,
  "path/posix": path,
  perf_hooks: { performance },
  process,
  string_decoder: stringDecoder,
  timers,
  "timers/promises": timersPromises,
  url,
  util,
  "util/types": types,
};

/** Adds a module that needs the registry itself. */
export function addBuiltin(name: string, exports: object): void {
  modules[name] = exports;
}

const bare = (specifier: string): string =>
  StringPrototypeStartsWith(specifier, "node:") ? StringPrototypeSlice(specifier, 5) : specifier;

/** Whether `require` takes that for one of these, with `node:` or without. */
export function isBuiltin(specifier: string): boolean {
  return typeof specifier === "string" && ObjectPrototypeHasOwnProperty(modules, bare(specifier));
}

/** `Hooks.builtin`. */
export function builtin(specifier: string): object | undefined {
  return isBuiltin(specifier) ? modules[bare(specifier)] : undefined;
}

export function builtinNames(): string[] {
  const names: string[] = [];
  const keys = ObjectKeys(modules);
  for (let i = 0; i < keys.length; i++) append(names, keys[i]!);
  return names;
}

/** What `package.json` files say. */
import { native } from "../binding.ts";
import { decodeBytes } from "../codec.ts";
import { codedError } from "../errors.ts";
import { dirname, join } from "../path.ts";
import {
  Error,
  JSONParse,
  Map,
  MapPrototypeGet,
  MapPrototypeHas,
  MapPrototypeSet,
  StringPrototypeEndsWith,
} from "../primordials.ts";

export interface PackageJson {
  /** The directory that it lies in. */
  readonly folder: string;
  readonly name: string | undefined;
  readonly main: string | undefined;
  readonly isModule: boolean;
  readonly exports: unknown;
  readonly imports: unknown;
}

const known = new Map<string, PackageJson | undefined>();

/** The package.json of a directory itself, read once; undefined where there is none. */
export function readPackage(folder: string): PackageJson | undefined {
  if (MapPrototypeHas(known, folder)) return MapPrototypeGet(known, folder);
  const found = parsePackage(folder);
  MapPrototypeSet(known, folder, found);
  return found;
}

function parsePackage(folder: string): PackageJson | undefined {
  const path = join(folder, "package.json");
  let text: string;
  try {
    text = decodeBytes(native.fs.readFile(path), "utf8");
  } catch {
    return undefined;
  }
  let json: unknown;
  try {
    json = JSONParse(text);
  } catch (error) {
    const message = `Invalid package config ${path}. ${(error as Error).message}`;
    throw codedError(Error, "ERR_INVALID_PACKAGE_CONFIG", message, readPackage);
  }
  if (json === null || typeof json !== "object") return undefined;
  const { name, main, type, exports, imports } = { __proto__: null, ...json } as Record<string, unknown>;
  return {
    folder,
    name: typeof name === "string" ? name : undefined,
    main: typeof main === "string" ? main : undefined,
    isModule: type === "module",
    exports: exports ?? undefined,
    imports: imports ?? undefined,
  };
}

/** The package.json that a file belongs to: the next one upwards, up to a `node_modules`. */
export function packageOf(filename: string): PackageJson | undefined {
  for (let folder = dirname(filename); ; folder = dirname(folder)) {
    if (StringPrototypeEndsWith(folder, "/node_modules")) return undefined;
    const found = readPackage(folder);
    if (found !== undefined) return found;
    if (folder === "/") return undefined;
  }
}

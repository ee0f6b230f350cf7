import { statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { BinaryNotFoundError } from "./errors.js";

/**
 * The path of the sidecar's binary: `option`, else the environment's HOTCELL_BINARY, else the platform's package
 * (`@hotcell/linux-x64` and the like), else the nearest cargo target directory upward of this package.
 *
 * @param from The directory where the search for packages and target directories starts: this package's own.
 * @throws BinaryNotFoundError that says where it was looked for. What was named outright is not replaced by another.
 */
export function findBinary(
  option: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
  from: string = dirname(fileURLToPath(import.meta.url)),
): string {
  const named = option ?? environment.HOTCELL_BINARY;
  if (named !== undefined) {
    const path = resolve(named);
    if (isFile(path)) return path;
    const source = option === undefined ? "HOTCELL_BINARY" : "the option binary";
    throw new BinaryNotFoundError(`There is no file ${path}, which ${source} names as the sidecar.`, [path]);
  }
  const searched: string[] = [];
  const found = packagedBinary(from, searched) ?? cargoBinary(from, searched);
  if (found !== undefined) return found;
  const list = searched.map((path) => `  ${path}`).join("\n");
  throw new BinaryNotFoundError(
    `No hotcell binary was found. Pass the option binary or set HOTCELL_BINARY to its path, install ` +
      `${platformPackage()}, or build it with \`cargo build --release\`. It was looked for at:\n${list}`,
    searched,
  );
}

const FILE_NAME = process.platform === "win32" ? "hotcell.exe" : "hotcell";

function platformPackage(): string {
  return `@hotcell/${process.platform}-${process.arch}`;
}

function packagedBinary(from: string, searched: string[]): string | undefined {
  const specifier = `${platformPackage()}/bin/${FILE_NAME}`;
  searched.push(specifier);
  try {
    return createRequire(join(from, FILE_NAME)).resolve(specifier);
  } catch {
    return undefined;
  }
}

function cargoBinary(from: string, searched: string[]): string | undefined {
  let directory = from;
  for (;;) {
    if (isFile(join(directory, "Cargo.toml"))) {
      for (const profile of ["release", "debug"]) {
        const path = join(directory, "target", profile, FILE_NAME);
        searched.push(path);
        if (isFile(path)) return path;
      }
    }
    const parent = dirname(directory);
    if (parent === directory) return undefined;
    directory = parent;
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

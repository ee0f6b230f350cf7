import { statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** A file that cargo builds, and where it can be named or found. */
export interface NativeFile {
  /** What it is, in messages: `sidecar`. */
  what: string;
  /** The option that names it. */
  option: string;
  /** The environment variable that names it. */
  variable: string;
  /** Its path in the platform's package. */
  packaged: string;
  /** Its name in cargo's target directories. */
  built: string;
  /** How it is built. */
  command: string;
  /** The error where it is not there. */
  notFound(message: string, searched: readonly string[]): Error;
}

/**
 * The path of a native file: what the option names, else the environment's variable, else the platform's package
 * (`@hotcell/linux-x64` and the like), else the nearest cargo target directory upward of this package. What was named
 * outright is not replaced by another.
 *
 * @param from The directory where the search for packages and target directories starts: this package's own.
 */
export function findNativeFile(
  file: NativeFile,
  option: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
  from: string = dirname(fileURLToPath(import.meta.url)),
): string {
  const named = option ?? environment[file.variable];
  if (named !== undefined) {
    const path = resolve(named);
    if (isFile(path)) return path;
    const source = option === undefined ? file.variable : `the option ${file.option}`;
    throw file.notFound(`There is no file ${path}, which ${source} names as the ${file.what}.`, [path]);
  }
  const searched: string[] = [];
  const found = inPackage(file, from, searched) ?? inTargetDirectory(file, from, searched);
  if (found !== undefined) return found;
  const list = searched.map((path) => `  ${path}`).join("\n");
  throw file.notFound(
    `No hotcell ${file.what} was found. Pass the option ${file.option} or set ${file.variable} to its path, install ` +
      `${platformPackage()}, or build it with \`${file.command}\`. It was looked for at:\n${list}`,
    searched,
  );
}

function platformPackage(): string {
  return `@hotcell/${process.platform}-${process.arch}`;
}

function inPackage(file: NativeFile, from: string, searched: string[]): string | undefined {
  const specifier = `${platformPackage()}/${file.packaged}`;
  searched.push(specifier);
  try {
    return createRequire(join(from, "hotcell")).resolve(specifier);
  } catch {
    return undefined;
  }
}

function inTargetDirectory(file: NativeFile, from: string, searched: string[]): string | undefined {
  let directory = from;
  for (;;) {
    if (isFile(join(directory, "Cargo.toml"))) {
      for (const profile of ["release", "debug"]) {
        const path = join(directory, "target", profile, file.built);
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

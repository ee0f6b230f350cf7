import { accessSync, constants, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { UsageError } from "../options.js";

/**
 * The absolute path of a file that is to be written, from the directory where the command was given.
 *
 * @throws UsageError where nothing can be written there, which had better be known before everything is measured.
 */
export function outputPath(path: string): string {
  const absolute = resolve(process.env.INIT_CWD ?? process.cwd(), path);
  try {
    accessSync(dirname(absolute), constants.W_OK);
  } catch (error) {
    throw new UsageError(`${absolute} can't be written: ${(error as Error).message}.`);
  }
  if (statSync(absolute, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UsageError(`${absolute} is a directory: name a file in it.`);
  }
  return absolute;
}

/** Writes a file whole, or not at all. */
export function writeWhole(path: string, text: string): void {
  const part = `${path}.${process.pid}.part`;
  try {
    writeFileSync(part, text);
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

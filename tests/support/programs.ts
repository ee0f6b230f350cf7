import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./binary.js";

const directory = join(root, "tests/programs");

/** The path of a program that tests run, by its path in `tests/programs`. */
export function programPath(name: string): string {
  return join(directory, name);
}

/** Its text. */
export function program(name: string): string {
  return readFileSync(programPath(name), "utf8");
}

/** The names of the programs in a directory of `tests/programs`. */
export function programsIn(name: string): string[] {
  return readdirSync(join(directory, name)).sort();
}

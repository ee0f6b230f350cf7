import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after } from "node:test";
import { type Ended, launch } from "./binary.js";

/** A directory with those files, removed after the tests of this file. Paths start with `/`, which is the directory. */
export function nativeFiles(files: Readonly<Record<string, string | Uint8Array>>): string {
  const directory = mkdtempSync(join(tmpdir(), "hotcell-native-"));
  after(() => rmSync(directory, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
  return directory;
}

/** Runs a command of the system in the C locale. */
export function native(
  command: string,
  args: readonly string[],
  cwd: string,
  stdin: string | Uint8Array = "",
): Promise<Ended> {
  return launch(command, args, { cwd, stdin, env: { PATH: process.env.PATH, LC_ALL: "C", TZ: "UTC" } });
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import coreutils from "@rivet-dev/agent-os-coreutils";

const loaded = new Map<string, Buffer>();

/** The bytes of a published WASI command. */
export function command(name: string): Buffer {
  let bytes = loaded.get(name);
  if (bytes === undefined) {
    bytes = readFileSync(join(coreutils.commandDir, name));
    loaded.set(name, bytes);
  }
  return bytes;
}

/** Published commands, as files for a sandbox's `/bin`. */
export function binFiles(...names: string[]): Record<string, Uint8Array> {
  return Object.fromEntries(names.map((name) => [`/bin/${name}`, command(name)]));
}

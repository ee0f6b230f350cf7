import { readFileSync } from "node:fs";
import { join } from "node:path";
import coreutils from "@rivet-dev/agent-os-coreutils";

/** Published WASI commands, as files for a sandbox's `/bin`. */
export function commands(...names: string[]): Record<string, Uint8Array> {
  return Object.fromEntries(names.map((name) => [`/bin/${name}`, readFileSync(join(coreutils.commandDir, name))]));
}

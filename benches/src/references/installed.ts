import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const manifest = fileURLToPath(new URL("../../references/package.json", import.meta.url));

/** The path of a module of the packages in benches/references, or undefined where it is not installed. */
export function installed(specifier: string): string | undefined {
  try {
    return createRequire(manifest).resolve(specifier);
  } catch {
    return undefined;
  }
}

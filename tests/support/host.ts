import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after } from "node:test";
import { type Ended, launch, root } from "./binary.js";

/** Far longer than any of these programs takes. */
const PATIENCE_MS = 60_000;

/** Programs of this test file that use the package, each in a process of its own. */
export class HostPrograms {
  // Inside of this package, so that "hotcell" is found from there.
  readonly #directory = mkdtempSync(join(root, "tests/.host-"));

  constructor() {
    after(() => rmSync(this.#directory, { recursive: true }));
  }

  /** Writes a module; its path. */
  write(name: string, source: string): string {
    const path = join(this.#directory, name);
    writeFileSync(path, source);
    return path;
  }

  /** Runs a module to its end with this Node. One that hangs is ended by SIGKILL. */
  run(path: string, args: readonly string[] = []): Promise<Ended> {
    return launch(process.execPath, [path, ...args], { cwd: join(root, "tests"), patienceMs: PATIENCE_MS });
  }
}

import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * What must not outlive this process: processes and temporary directories. All of it is put away when the process ends,
 * whether it is done, has failed, or was interrupted.
 */
export class Resources {
  /** Aborted when the process was told to end. */
  readonly signal: AbortSignal;
  readonly #processes = new Set<number>();
  readonly #directories = new Set<string>();

  constructor() {
    const interrupted = new AbortController();
    this.signal = interrupted.signal;
    process.once("exit", () => this.#putAway());
    for (const [name, number] of [
      ["SIGINT", 2],
      ["SIGTERM", 15],
      ["SIGHUP", 1],
    ] as const) {
      process.once(name, () => {
        interrupted.abort(new Error(`Interrupted by ${name}.`));
        process.exit(128 + number);
      });
    }
  }

  /** Ends the process with this one. */
  adopt(pid: number): void {
    this.#processes.add(pid);
  }

  /** The process has ended, or is to live on. */
  release(pid: number): void {
    this.#processes.delete(pid);
  }

  /** Ends a child with this process. */
  adoptChild(child: ChildProcess): void {
    const { pid } = child;
    if (pid === undefined) return;
    this.adopt(pid);
    child.once("exit", () => this.release(pid));
  }

  /** An empty directory. */
  directory(): string {
    const path = mkdtempSync(join(tmpdir(), "hotcell-bench-"));
    this.#directories.add(path);
    return path;
  }

  removeDirectory(path: string): void {
    rmSync(path, { recursive: true, force: true });
    this.#directories.delete(path);
  }

  /** Synchronous, since nothing else happens once a process exits. */
  #putAway(): void {
    for (const pid of this.#processes) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
    }
    const remove = () => {
      for (const path of this.#directories) rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    };
    remove();
    if (this.#directories.size === 0) return;
    // A sidecar that was just being started makes its directory anew before it notices that its host is gone.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    remove();
  }
}

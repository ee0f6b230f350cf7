import type { Sandbox, SandboxOptions, Sidecar } from "hotcell";
import type { Carrier } from "./carriers.js";
import { settle } from "./resident.js";
import type { Resources } from "./resources.js";

/** What HOTCELL_SNAPSHOT is set to. */
export const SNAPSHOT_MODES = ["auto", "block", "off"] as const;
export type SnapshotMode = (typeof SNAPSHOT_MODES)[number];

/** The product in one of its set-ups: a carrier and a snapshot mode. */
export class Subject {
  readonly carrier: Carrier;
  readonly snapshot: SnapshotMode;
  readonly resources: Resources;
  /** Its HOTCELL_CACHE_DIR, which the first sidecar fills; the user's own is left alone. */
  readonly #cache: string;
  #shared: Promise<Sidecar> | undefined;

  constructor(carrier: Carrier, snapshot: SnapshotMode, resources: Resources) {
    this.carrier = carrier;
    this.snapshot = snapshot;
    this.resources = resources;
    this.#cache = resources.directory();
  }

  /** A sidecar that all rows share, at rest: what it makes in the background has been made. */
  sidecar(): Promise<Sidecar> {
    this.#shared ??= this.#startShared();
    return this.#shared;
  }

  /** A sandbox in the shared sidecar, closed after `use`. */
  async withSandbox<T>(options: SandboxOptions, use: (sandbox: Sandbox) => Promise<T>): Promise<T> {
    const sandbox = await (await this.sidecar()).createSandbox(options);
    try {
      return await use(sandbox);
    } finally {
      await sandbox.close();
    }
  }

  /**
   * Starts a sidecar of its own. End it with {@link end}.
   *
   * @param settings Laid over the subject's own.
   */
  async start(settings: Readonly<Record<string, string>> = {}): Promise<Sidecar> {
    const { resources } = this;
    const sidecar = await this.carrier.start({
      env: { HOTCELL_SNAPSHOT: this.snapshot, HOTCELL_CACHE_DIR: this.#cache, ...settings },
      onEvent: (event) => {
        // The calls under way say so too, and their rows fail; what is left to do here is the bookkeeping.
        if (event.type === "lost") resources.release(sidecar.pid);
        if (event.type === "restarted") resources.adopt(event.pid);
      },
    });
    if (sidecar.pid !== process.pid) resources.adopt(sidecar.pid);
    return sidecar;
  }

  /** Ends what {@link start} started. */
  async end(sidecar: Sidecar): Promise<void> {
    await sidecar.close();
    this.resources.release(sidecar.pid);
  }

  /** Fills the cache on disk as a sidecar does that has run for a while. */
  async fillCache(): Promise<void> {
    await this.sidecar();
  }

  async close(): Promise<void> {
    const sidecar = await this.#shared?.catch(() => undefined);
    if (sidecar !== undefined) await this.end(sidecar);
    this.resources.removeDirectory(this.#cache);
  }

  async #startShared(): Promise<Sidecar> {
    const sidecar = await this.start();
    await settle(sidecar.pid, this.resources.signal);
    return sidecar;
  }
}

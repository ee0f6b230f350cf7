import type { Sandbox, SandboxOptions } from "hotcell";
import type { Carrier } from "./carriers.js";
import type { Cost } from "./efforts.js";
import { LiveSidecar } from "./live-sidecar.js";
import { settle } from "./resident.js";
import type { Resources } from "./resources.js";
import { takeElsewhere } from "./step-host.js";
import { type Step, type StepResult, takeStep } from "./steps.js";

/** What HOTCELL_SNAPSHOT is set to. */
export const SNAPSHOT_MODES = ["auto", "block", "off"] as const;
export type SnapshotMode = (typeof SNAPSHOT_MODES)[number];

/** The product in one of its set-ups: a carrier and a snapshot mode. */
export class Subject {
  readonly carrier: Carrier;
  readonly snapshot: SnapshotMode;
  readonly resources: Resources;
  /** Its HOTCELL_CACHE_DIR, which its first sidecar fills; the user's own is left alone. */
  readonly #cache: string;
  #shared: Promise<LiveSidecar> | undefined;
  #filled: Promise<unknown> | undefined;

  constructor(carrier: Carrier, snapshot: SnapshotMode, resources: Resources) {
    this.carrier = carrier;
    this.snapshot = snapshot;
    this.resources = resources;
    this.#cache = resources.directory();
  }

  /** Whether things of that cost can be measured. An engine in this process has one mode, and that is `auto`. */
  canMeasure(cost: Cost): boolean {
    return cost === "start" || cost === "memory" || !this.carrier.sharesProcess || this.snapshot === "auto";
  }

  /** The sidecar that all rows share, at rest: what it makes in the background has been made. */
  sidecar(): Promise<LiveSidecar> {
    this.#shared ??= this.#startShared();
    return this.#shared;
  }

  /** A sandbox in the shared sidecar, closed after `use`. */
  async withSandbox<T>(options: SandboxOptions, use: (sandbox: Sandbox) => Promise<T>): Promise<T> {
    const { sidecar } = await this.sidecar();
    const sandbox = await sidecar.createSandbox(options);
    try {
      return await use(sandbox);
    } finally {
      await sandbox.close();
    }
  }

  /**
   * Takes a step with a sidecar of its own.
   *
   * @param settings Laid over the subject's own.
   */
  step(step: Step, settings: Readonly<Record<string, string>> = {}): Promise<StepResult> {
    const { carrier, resources } = this;
    const env = { ...this.#settings(), ...settings };
    return carrier.sharesProcess
      ? takeElsewhere(carrier, env, step, resources)
      : takeStep(carrier, env, step, resources);
  }

  /** Makes ready what rows of that cost start from, so that nothing of it happens while they are measured. */
  async prepare(cost: Cost): Promise<void> {
    // The shared sidecar fills the cache on disk as well, which is what sidecars that are started later find there.
    if (cost === "call" || cost === "batch" || !this.carrier.sharesProcess) await this.sidecar();
    else this.#filled ??= this.step({ kind: "resident", load: "none" });
    await this.#filled;
  }

  async close(): Promise<void> {
    const shared = await this.#shared?.catch(() => undefined);
    await shared?.end();
    this.resources.removeDirectory(this.#cache);
  }

  async #startShared(): Promise<LiveSidecar> {
    const live = await LiveSidecar.start(this.carrier, this.#settings(), this.resources);
    await settle(live.pid, this.resources.signal);
    return live;
  }

  #settings(): Record<string, string> {
    return { HOTCELL_SNAPSHOT: this.snapshot, HOTCELL_CACHE_DIR: this.#cache };
  }
}

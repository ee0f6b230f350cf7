import type { Sidecar } from "hotcell";
import type { Carrier } from "./carriers.js";
import type { Resources } from "./resources.js";

/** A sidecar that does not outlive this process. */
export class LiveSidecar {
  readonly sidecar: Sidecar;
  readonly #resources: Resources;

  private constructor(sidecar: Sidecar, resources: Resources) {
    this.sidecar = sidecar;
    this.#resources = resources;
  }

  static async start(carrier: Carrier, env: Record<string, string>, resources: Resources): Promise<LiveSidecar> {
    const sidecar = await carrier.start({
      env,
      onEvent: (event) => {
        // The calls under way say so too, and their rows fail; what is left to do here is the bookkeeping.
        if (event.type === "lost") resources.release(sidecar.pid);
        if (event.type === "restarted" && !carrier.sharesProcess) resources.adopt(event.pid);
      },
    });
    if (!carrier.sharesProcess) resources.adopt(sidecar.pid);
    return new LiveSidecar(sidecar, resources);
  }

  /** The process that the engine lives in. */
  get pid(): number {
    return this.sidecar.pid;
  }

  async end(): Promise<void> {
    const { pid } = this;
    await this.sidecar.close();
    this.#resources.release(pid);
  }
}

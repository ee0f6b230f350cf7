import type { NamedBytes } from "./blobs.js";
import { HotcellError } from "./errors.js";

const ARRIVED = Promise.resolve();

/** Which blobs a sidecar was given, so that each is sent once. */
export class BlobStore {
  readonly #put: (named: NamedBytes) => Promise<void>;
  /** By digest; the promise of the arrival while it is under way. */
  readonly #blobs = new Map<string, Promise<void>>();

  /** @param put sends a blob to the sidecar */
  constructor(put: (named: NamedBytes) => Promise<void>) {
    this.#put = put;
  }

  /** Undefined where the sidecar has the blob, else the promise of its arrival. */
  provide(named: NamedBytes): Promise<void> | undefined {
    let arrival = this.#blobs.get(named.digest);
    if (arrival === undefined) {
      arrival = this.#send(named);
      this.#blobs.set(named.digest, arrival);
    }
    return arrival === ARRIVED ? undefined : arrival;
  }

  /** The sidecar said that it does not hold that blob: it is sent again with the next `provide`. */
  forget(named: NamedBytes): void {
    // Where it is under way already, another call was told the same before.
    if (this.#blobs.get(named.digest) === ARRIVED) this.#blobs.delete(named.digest);
  }

  /** Makes a request that needs a blob; once more where the sidecar has dropped the blob meanwhile. */
  async with(named: NamedBytes, request: () => Promise<unknown>): Promise<void> {
    await this.provide(named);
    try {
      await request();
    } catch (error) {
      if (!(error instanceof HotcellError && error.code === "ERR_HOTCELL_UNKNOWN_BLOB")) throw error;
      this.forget(named);
      await this.provide(named);
      await request();
    }
  }

  async #send(named: NamedBytes): Promise<void> {
    try {
      await this.#put(named);
      this.#blobs.set(named.digest, ARRIVED);
    } catch (error) {
      this.#blobs.delete(named.digest);
      throw error;
    }
  }
}

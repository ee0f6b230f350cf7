import type { Carrier } from "./carrier.js";
import { Session, type SessionEvents } from "./session.js";

/** Starts a sidecar, or connects to one. The signal calls it off. */
export type Launch = (signal: AbortSignal) => Promise<Carrier>;

/**
 * Milliseconds before one that was taken is replaced: starting a process holds up the event loop and takes a core, and whoever
 * took it is to make a sandbox and run something in it first.
 */
const REFILL_DELAY_MS = 50;

/** Milliseconds for which a spare must have lived for another to be started when it ends: one that can't live is no use. */
const WORTHWHILE_MS = 1000;

/** Sidecars that are parked for whoever needs one at once. */
export class Spares {
  readonly #launch: Launch;
  readonly #calledOff = new AbortController();
  readonly #parked = new Set<Spare>();
  readonly #starting = new Set<Promise<unknown>>();
  #wanted = 0;
  #refillTimer: NodeJS.Timeout | undefined;

  constructor(launch: Launch) {
    this.#launch = launch;
  }

  /** The sessions of those that are parked. */
  get sessions(): Session[] {
    return Array.from(this.#parked, ({ session }) => session);
  }

  /** Keeps so many parked, where as many are not wanted already, from when the next one is opened. */
  want(count: number): void {
    this.#wanted = Math.max(this.#wanted, count);
  }

  /** Parks as many as are wanted. Rejects where one can't be started. */
  async fill(): Promise<void> {
    await Promise.all(this.#refill());
  }

  /** A session with a sidecar that was parked, else with one that is started now. What was taken is replaced on the side. */
  async open(signal: AbortSignal, events: SessionEvents): Promise<Session> {
    const [spare] = this.#parked;
    this.#refillLater();
    if (spare === undefined) return new Session(await this.#launch(signal), events);
    this.#parked.delete(spare);
    return spare.take(events);
  }

  /** Ends those that are parked. Never rejects. */
  async close(): Promise<void> {
    this.#calledOff.abort();
    clearTimeout(this.#refillTimer);
    await Promise.allSettled(this.#starting);
    await Promise.all(this.sessions.map((session) => session.close()));
  }

  #refillLater(): void {
    if (this.#wanted === 0 || this.#refillTimer !== undefined || this.#calledOff.signal.aborted) return;
    this.#refillTimer = setTimeout(() => {
      this.#refillTimer = undefined;
      // Why one can't be started is told to whoever needs one next and finds none.
      void Promise.allSettled(this.#refill());
    }, REFILL_DELAY_MS).unref();
  }

  #refill(): Promise<void>[] {
    const missing = this.#wanted - this.#parked.size - this.#starting.size;
    return Array.from({ length: Math.max(missing, 0) }, () => {
      const start = this.#park().finally(() => this.#starting.delete(start));
      this.#starting.add(start);
      return start;
    });
  }

  async #park(): Promise<void> {
    const carrier = await this.#launch(this.#calledOff.signal);
    const spare = new Spare(carrier, (livedMs) => {
      this.#parked.delete(spare);
      if (livedMs >= WORTHWHILE_MS) this.#refillLater();
    });
    if (spare.session.alive) this.#parked.add(spare);
  }
}

/** A sidecar that nobody uses yet. */
class Spare implements SessionEvents {
  readonly session: Session;
  readonly #parkedAt = performance.now();
  readonly #endedUnused: (livedMs: number) => void;
  #owner: SessionEvents | undefined;

  constructor(carrier: Carrier, endedUnused: (livedMs: number) => void) {
    this.#endedUnused = endedUnused;
    this.session = new Session(carrier, this);
  }

  /** The session, whose events go to its owner from now on. */
  take(owner: SessionEvents): Session {
    this.#owner = owner;
    return this.session;
  }

  ending(): void {
    if (this.#owner === undefined) this.#endedUnused(performance.now() - this.#parkedAt);
    else this.#owner.ending();
  }

  retiring(...event: Parameters<SessionEvents["retiring"]>): void {
    this.#owner?.retiring(...event);
  }

  lost(...event: Parameters<SessionEvents["lost"]>): void {
    this.#owner?.lost(...event);
  }
}

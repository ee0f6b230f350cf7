import { setTimeout as delay } from "node:timers/promises";
import { ClosedError, EngineRetiredError, RestartFailedError, type SidecarLostError } from "./errors.js";
import type { LimitOverrides, RetireReason, SidecarHello } from "./protocol/generated.js";
import type { Session, SessionEvents } from "./session.js";

/** What happens to a sidecar of its own accord. `pid` is the process that it happens to. */
export type SidecarEvent =
  /**
   * It gives itself up, since a guest did what it does not survive. It takes nothing new; the other guests in it have some
   * time to come to their end. `lost` follows.
   */
  | { type: "retiring"; pid: number; reason: RetireReason; message: string }
  /** A guest has used four fifths of a limit, in that limit's unit; once for each limit. */
  | { type: "limitNear"; pid: number; guest: number; limit: string; used: number; max: number }
  /** It ended. The guests that were still in it have ended as `crashed`. */
  | { type: "lost"; pid: number; error: SidecarLostError }
  /** One took the place of one that had been lost. */
  | { type: "restarted"; pid: number };

/** What holds for all sidecars of a cell. */
export interface CellOptions {
  onEvent: ((event: SidecarEvent) => void) | undefined;
  limits: LimitOverrides;
}

/** Opens a session with a fresh sidecar. The signal calls it off. */
export type OpenSession = (signal: AbortSignal, events: SessionEvents) => Promise<Session>;

/** Attempts to replace a lost sidecar before a call that needs it fails. */
const RESTART_ATTEMPTS = 5;
/** Milliseconds between the first two attempts; doubled each time. */
const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 2000;

/** One sidecar at a time: where it is lost, whoever needs it next has another started. */
export class Cell {
  readonly #open: OpenSession;
  readonly #onEvent: ((event: SidecarEvent) => void) | undefined;
  readonly #calledOff = new AbortController();
  #session: Session | undefined;
  #starting: Promise<Session> | undefined;
  /** Those that take nothing any more and have not ended. */
  readonly #leaving = new Set<Session>();
  readonly #residents = new Set<object>();
  #hello: SidecarHello | undefined;
  #closing: Promise<void> | undefined;

  /** The limits that the sidecar was told to hold for whoever sets none. */
  readonly limits: LimitOverrides;

  constructor(open: OpenSession, { onEvent, limits }: CellOptions) {
    this.#open = open;
    this.#onEvent = onEvent;
    this.limits = limits;
  }

  /** Starts the first sidecar; one attempt. */
  async start(): Promise<void> {
    this.#starting = this.#begin().finally(() => {
      this.#starting = undefined;
    });
    try {
      await this.#starting;
    } catch (error) {
      this.checkOpen();
      throw error;
    }
    this.checkOpen();
  }

  /** What the sidecar, or the last one, said of itself. To be asked for once it was started. */
  get hello(): SidecarHello {
    return this.#hello!;
  }

  /** The session, where there is one that takes requests. */
  get liveSession(): Session | undefined {
    return this.#session;
  }

  /** Sandboxes that the sidecar holds, or is about to. */
  get sandboxes(): number {
    return this.#residents.size;
  }

  /** A sandbox comes to live here; it does so again in each new sidecar. */
  enter(resident: object): void {
    this.#residents.add(resident);
  }

  leave(resident: object): void {
    this.#residents.delete(resident);
  }

  /**
   * The session to use now; starts a sidecar where there is none.
   *
   * @throws ClosedError, RestartFailedError
   */
  async session(): Promise<Session> {
    this.checkOpen();
    if (this.#session !== undefined) return this.#session;
    this.#starting ??= this.#restart().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  /** @throws ClosedError where it was closed. */
  checkOpen(): void {
    if (this.#closing !== undefined) throw new ClosedError("The sidecar was closed. Start another.");
  }

  /** Ends the sidecar, and those that it took the place of. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#calledOff.abort();
    await this.#starting?.catch(() => {});
    const sessions = this.#session === undefined ? [...this.#leaving] : [this.#session, ...this.#leaving];
    await Promise.all(sessions.map((session) => session.close()));
  }

  async #restart(): Promise<Session> {
    let pause = FIRST_DELAY_MS;
    for (let attempt = 1; ; attempt++) {
      try {
        const session = await this.#begin();
        this.#emit({ type: "restarted", pid: session.hello.pid });
        return session;
      } catch (error) {
        this.checkOpen();
        const hopeless = error instanceof EngineRetiredError;
        if (attempt === RESTART_ATTEMPTS || hopeless) throw new RestartFailedError(attempt, error as Error);
      }
      await delay(pause, undefined, { signal: this.#calledOff.signal }).catch(() => this.checkOpen());
      pause = Math.min(pause * 2, MAX_DELAY_MS);
    }
  }

  async #begin(): Promise<Session> {
    let session: Session | undefined;
    const events: SessionEvents = {
      ending: () => {
        // Before it was even there where it ended at once.
        if (session === undefined || this.#session !== session) return;
        this.#session = undefined;
        this.#leaving.add(session);
        // What lived in it is gone, whether anybody asks for it again or not.
        this.#residents.clear();
      },
      retiring: (reason, message) => this.#emit({ type: "retiring", pid: session!.hello.pid, reason, message }),
      limitNear: (guest, limit, used, max) =>
        this.#emit({ type: "limitNear", pid: session!.hello.pid, guest, limit, used, max }),
      lost: (error) => {
        this.#leaving.delete(session!);
        this.#emit({ type: "lost", pid: session!.hello.pid, error });
      },
    };
    session = await this.#open(this.#calledOff.signal, events);
    this.#hello = session.hello;
    if (session.alive) this.#session = session;
    return session;
  }

  /** In a turn of its own: what a listener throws is its program's, and must not upset what goes on here. */
  #emit(event: SidecarEvent): void {
    const listener = this.#onEvent;
    if (listener !== undefined) queueMicrotask(() => listener(event));
  }
}

import { setTimeout as delay } from "node:timers/promises";
import type { Carrier } from "./carrier.js";
import { ClosedError, EngineRetiredError, RestartFailedError, type SidecarLostError } from "./errors.js";
import type { LimitOverrides, RetireReason, SidecarHello } from "./protocol/generated.js";
import { Session } from "./session.js";

/** What happens to a sidecar of its own accord. */
export type SidecarEvent =
  /** It gives itself up, since a guest did what it does not survive; `lost` follows. */
  | { type: "retiring"; reason: RetireReason; message: string }
  /** It ended. The guests in it have ended as `crashed`. */
  | { type: "lost"; error: SidecarLostError }
  /** A call needed a sidecar where one had been lost, and it was started. */
  | { type: "restarted"; pid: number };

/** What holds for all sidecars of a cell. */
export interface CellOptions {
  onEvent: ((event: SidecarEvent) => void) | undefined;
  limits: LimitOverrides;
}

/** Starts a sidecar, or connects to one. The signal calls it off. */
export type Launch = (signal: AbortSignal) => Promise<Carrier>;

/** Attempts to replace a lost sidecar before a call that needs it fails. */
const RESTART_ATTEMPTS = 5;
/** Milliseconds between the first two attempts; doubled each time. */
const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 2000;

/** One sidecar at a time: where it is lost, whoever needs it next has another started. */
export class Cell {
  readonly #launch: Launch;
  readonly #onEvent: ((event: SidecarEvent) => void) | undefined;
  readonly #calledOff = new AbortController();
  #session: Session | undefined;
  #starting: Promise<Session> | undefined;
  #hello!: SidecarHello;
  #closing: Promise<void> | undefined;

  /** The limits that the sidecar was told to hold for whoever sets none. */
  readonly limits: LimitOverrides;

  private constructor(launch: Launch, { onEvent, limits }: CellOptions) {
    this.#launch = launch;
    this.#onEvent = onEvent;
    this.limits = limits;
  }

  /** Starts the first sidecar; one attempt. */
  static async start(launch: Launch, options: CellOptions): Promise<Cell> {
    const cell = new Cell(launch, options);
    await cell.#begin();
    return cell;
  }

  /** What the sidecar, or the last one, said of itself. */
  get hello(): SidecarHello {
    return this.#hello;
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

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#calledOff.abort();
    await this.#starting?.catch(() => {});
    await this.#session?.close();
  }

  async #restart(): Promise<Session> {
    let pause = FIRST_DELAY_MS;
    for (let attempt = 1; ; attempt++) {
      try {
        const session = await this.#begin();
        this.#emit({ type: "restarted", pid: this.#hello.pid });
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
    const carrier = await this.#launch(this.#calledOff.signal);
    const session = new Session(carrier, {
      ending: () => {
        if (this.#session === session) this.#session = undefined;
      },
      retiring: (reason, message) => this.#emit({ type: "retiring", reason, message }),
      lost: (error) => this.#emit({ type: "lost", error }),
    });
    this.#hello = session.hello;
    this.#session = session;
    return session;
  }

  /** In a turn of its own: what a listener throws is its program's, and must not upset what goes on here. */
  #emit(event: SidecarEvent): void {
    const listener = this.#onEvent;
    if (listener !== undefined) queueMicrotask(() => listener(event));
  }
}

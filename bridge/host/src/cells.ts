import { Cell, type CellOptions } from "./cell.js";
import { InvalidOptionError } from "./errors.js";
import type { Session } from "./session.js";
import { type Launch, Spares } from "./spares.js";
import { type CellKind, type CellStats, type SidecarStats, sumStats } from "./stats.js";

/** Where a sandbox lives. */
export interface Home {
  readonly cell: Cell;
  /** The sandbox is made there, for the first time or anew. */
  enter(): void;
  /** The sandbox is there no more. Never rejects. */
  leave(): Promise<void>;
}

export interface CellsOptions extends CellOptions {
  /** Sidecars that sandboxes are spread over. */
  cells: number;
  /** Sidecars that are kept parked from the start. */
  spareCells: number;
  /** Whether a sandbox may have a sidecar to itself: whether another can be started at all. */
  manyCells: boolean;
}

/** The sidecars behind one object: those that sandboxes share, those of one sandbox each, and the parked ones. */
export class Cells {
  readonly #options: CellsOptions;
  readonly #spares: Spares;
  readonly #shared: readonly Cell[];
  readonly #own = new Set<Cell>();
  #closing: Promise<void> | undefined;

  private constructor(launch: Launch, options: CellsOptions) {
    this.#options = options;
    this.#spares = new Spares(launch);
    this.#shared = Array.from({ length: options.cells }, () => this.#cell());
  }

  /** Starts all of them, or none: where one can't be started, the others are ended. */
  static async start(launch: Launch, options: CellsOptions): Promise<Cells> {
    const cells = new Cells(launch, options);
    cells.#spares.want(options.spareCells);
    try {
      await Promise.all([...cells.#shared.map((cell) => cell.start()), cells.#spares.fill()]);
    } catch (error) {
      await cells.close();
      throw error;
    }
    return cells;
  }

  /** The first one, which is there for what concerns all of them. */
  get first(): Cell {
    return this.#shared[0]!;
  }

  /**
   * A home among the shared ones: where the fewest sandboxes are, but for those whose sidecar was lost. These are started
   * again on the side, unless there is no other.
   *
   * @throws ClosedError
   */
  share(): Home {
    this.first.checkOpen();
    const live = this.#shared.filter((cell) => cell.liveSession !== undefined);
    let home = live[0] ?? this.first;
    for (const cell of live) {
      if (cell.sandboxes < home.sandboxes) home = cell;
    }
    if (live.length > 0) {
      for (const cell of this.#shared) {
        // Why it can't be started is told to whoever still lives there.
        if (cell.liveSession === undefined) void cell.session().catch(() => {});
      }
    }
    const resident = {};
    const enter = () => home.enter(resident);
    const leave = async () => home.leave(resident);
    // At once: the next sandbox may be made before this one is there.
    enter();
    return { cell: home, enter, leave };
  }

  /**
   * A home with a sidecar to itself, which ends with it. From the first one on, another is kept parked for the next.
   *
   * @throws InvalidOptionError where there is no way to start another; ClosedError; what starting one throws
   */
  async own(): Promise<Home> {
    if (!this.#options.manyCells) {
      const message = 'A sandbox with cell: "own" needs a sidecar that Sidecar.start() started as a child process.';
      throw new InvalidOptionError(message, "cell");
    }
    this.first.checkOpen();
    const cell = this.#cell();
    const leave = async () => {
      await cell.close();
      this.#own.delete(cell);
    };
    this.#own.add(cell);
    this.#spares.want(1);
    try {
      await cell.start();
    } catch (error) {
      await leave();
      throw error;
    }
    return { cell, enter() {}, leave };
  }

  /**
   * Has all shared ones do something; those that were lost are left out, unless no other is there.
   *
   * @throws the first one's error, where none of them did it
   */
  async each(act: (session: Session) => Promise<void> | undefined): Promise<void> {
    await settleSome((await this.#live()).map(act));
  }

  /**
   * What they hold and have done. Those that were lost are left out, unless no other is there: then the first is started.
   *
   * @throws ClosedError, SidecarLostError, RestartFailedError
   */
  async stats(): Promise<SidecarStats> {
    const live: [CellKind, Session][] = (await this.#live()).map((session) => ["shared", session]);
    for (const { liveSession } of this.#own) if (liveSession !== undefined) live.push(["own", liveSession]);
    for (const session of this.#spares.sessions) live.push(["spare", session]);
    const ask = async ([kind, session]: [CellKind, Session]): Promise<CellStats> => {
      const { reply } = await session.request({ type: "stats" }, "stats");
      return { kind, ...reply.stats };
    };
    return sumStats(await settleSome(live.map(ask)));
  }

  close(): Promise<void> {
    this.#closing ??= Promise.all([
      ...[...this.#shared, ...this.#own].map((cell) => cell.close()),
      this.#spares.close(),
    ]).then(() => {});
    return this.#closing;
  }

  /** The sessions of the shared ones that are there; where there is none, that of the first, which is started. */
  async #live(): Promise<Session[]> {
    this.first.checkOpen();
    const live = this.#shared.map(({ liveSession }) => liveSession).filter((session) => session !== undefined);
    return live.length > 0 ? live : [await this.first.session()];
  }

  #cell(): Cell {
    return new Cell((signal, events) => this.#spares.open(signal, events), this.#options);
  }
}

/** What those gave that did not fail. @throws the reason of the first, where all of them failed */
async function settleSome<T>(tasks: (Promise<T> | T)[]): Promise<T[]> {
  const settled = await Promise.allSettled(tasks);
  const done = settled.filter((result) => result.status === "fulfilled");
  if (done.length === 0) throw (settled[0] as PromiseRejectedResult).reason;
  return done.map(({ value }) => value);
}

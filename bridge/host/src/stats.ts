import type { Stats } from "./protocol/generated.js";

/**
 * - `shared`: sandboxes are spread over it and its like.
 * - `own`: it is there for one sandbox that was made with `cell: "own"`.
 * - `spare`: it is parked, for the next sandbox of that kind or to take the place of one that is lost.
 */
export type CellKind = "shared" | "own" | "spare";

/** What one of the processes behind a `Sidecar` holds and has done. */
export interface CellStats extends Stats {
  kind: CellKind;
}

/**
 * What all processes behind a `Sidecar` hold and have done: counts and bytes are sums, `uptimeMs` is that of the oldest,
 * and `pid` is that of the first. A process that was lost takes its counts with it.
 */
export interface SidecarStats extends Stats {
  /** Each of them that is there, shared ones first. */
  cells: CellStats[];
}

/** @param cells At least one. */
export function sumStats(cells: CellStats[]): SidecarStats {
  const { pid, version, v8Version } = cells[0]!;
  const sum = (count: (stats: Stats) => number) => cells.reduce((total, stats) => total + count(stats), 0);
  return {
    pid,
    version,
    v8Version,
    uptimeMs: Math.max(...cells.map(({ uptimeMs }) => uptimeMs)),
    sandboxes: sum(({ sandboxes }) => sandboxes),
    guests: sum(({ guests }) => guests),
    guestsStarted: sum(({ guestsStarted }) => guestsStarted),
    guestsEnded: sum(({ guestsEnded }) => guestsEnded),
    residentBytes: sum(({ residentBytes }) => residentBytes),
    moduleCache: {
      entries: sum(({ moduleCache }) => moduleCache.entries),
      bytes: sum(({ moduleCache }) => moduleCache.bytes),
      hits: sum(({ moduleCache }) => moduleCache.hits),
      misses: sum(({ moduleCache }) => moduleCache.misses),
      evictions: sum(({ moduleCache }) => moduleCache.evictions),
    },
    pool: {
      parked: sum(({ pool }) => pool.parked),
      seeds: sum(({ pool }) => pool.seeds),
      refills: sum(({ pool }) => pool.refills),
      parks: sum(({ pool }) => pool.parks),
      claimHits: sum(({ pool }) => pool.claimHits),
      claimMisses: sum(({ pool }) => pool.claimMisses),
      evictions: sum(({ pool }) => pool.evictions),
    },
    cells,
  };
}

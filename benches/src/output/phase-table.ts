import { PHASES } from "../phases.js";
import type { Report, RowResult } from "../results.js";

/** Where the time of a row's runs goes, in microseconds. */
export interface PhaseLine {
  row: Pick<RowResult, "name" | "carrier" | "snapshot">;
  /** The share of runs that found a parked worker. */
  warm: number;
  /** By phase; the last is what passes outside of the sidecar: the host's own work, and the carrier both ways. */
  us: number[];
}

/** The names of what a run's time goes to, as they stand in {@link PhaseLine.us}. */
export const PHASE_NAMES: readonly string[] = [...PHASES.map(([, name]) => name), "host and carrier"];

/** The rows whose phases are known. */
export function phaseLines({ rows }: Pick<Report, "rows">): PhaseLine[] {
  return rows.flatMap((row) => (row.phases === undefined ? [] : [phaseLine(row, row.phases)]));
}

function phaseLine(row: RowResult, { warm, p50Us }: NonNullable<RowResult["phases"]>): PhaseLine {
  const inside = p50Us.reduce((sum, us) => sum + us, 0);
  const outside = Math.max(row.summary.p50 * 1000 - inside, 0);
  return { row, warm, us: [...p50Us, outside] };
}

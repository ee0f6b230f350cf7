import type { Efforts } from "./efforts.js";
import type { Load, Machine } from "./machine.js";
import { type Metric, perSecond, type Section } from "./metric.js";
import type { PhaseSummary } from "./phases.js";
import type { Row } from "./rows/row.js";
import { type Summary, summarize } from "./statistics.js";
import type { SnapshotMode } from "./subject.js";

/** What was measured of one thing. */
export interface Measured extends Metric {
  section: Section;
  /** When it began, as ISO 8601. */
  startedAt: string;
  summary: Summary;
  /** In the order in which they were taken. */
  samples: number[];
}

export interface RowResult extends Measured {
  carrier: string;
  snapshot: SnapshotMode;
  /** The median as a multiple of a reference's, which was measured right before and right after. */
  ratio: Ratio;
  target?: Target;
  phases?: PhaseSummary;
}

export interface Ratio {
  reference: string;
  /** The reference's median, in its own unit. */
  p50: number;
  times: number;
}

export interface Target {
  /** Milliseconds or MB, or of a batch its parts a second. */
  value: number;
  reached: boolean;
}

/** What could not be measured, and why. */
export interface Missing {
  name: string;
  reason: string;
}

/** Everything that one run of the bench found. The JSON file holds just this. */
export interface Report {
  /** The form of this file. */
  version: 1;
  takenAt: string;
  durationMs: number;
  hotcell: { version: string; v8Version: string; commit?: string };
  machine: Machine;
  load: { before: Load; after: Load };
  efforts: Efforts;
  /** The settings of the sidecar's that this process was started with. */
  settings: Record<string, string>;
  rows: RowResult[];
  references: Measured[];
  /** Rows that failed: a wrong result, or none. */
  failures: Missing[];
  /** References that can't be had on this machine. */
  unavailable: Missing[];
}

export function measured(metric: Metric, section: Section, startedAt: Date, samples: number[]): Measured {
  const { name, what, unit, batch } = metric;
  return {
    name,
    what,
    section,
    unit,
    ...(batch === undefined ? {} : { batch }),
    startedAt: startedAt.toISOString(),
    summary: summarize(samples),
    samples,
  };
}

/** What a row is to reach over that carrier, and whether it does. Targets are set for snapshots that are on. */
export function target(row: Row, carrier: string, snapshot: SnapshotMode, p50: number): Target | undefined {
  const value = row.target?.[carrier];
  if (value === undefined || snapshot === "off") return undefined;
  return { value, reached: row.batch === undefined ? p50 <= value : perSecond(row.batch, p50) >= value };
}

/** A row's name with what it was measured over, as `--rows` and the gate's file don't have to say it. */
export function variant(name: string, carrier: string, snapshot: string): string {
  return `${name} (${carrier}, ${snapshot})`;
}

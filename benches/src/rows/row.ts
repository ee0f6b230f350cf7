import type { Phases } from "hotcell";
import type { Cost } from "../efforts.js";
import type { Effort } from "../measure.js";
import type { Metric, Section } from "../metric.js";
import type { ReferenceName } from "../references/index.js";
import type { SnapshotMode, Subject } from "../subject.js";

/** Something of the product that is measured. */
export interface Row extends Metric {
  readonly section: Section;
  readonly cost: Cost;
  /** The modes that it is measured in. */
  readonly snapshots: readonly SnapshotMode[];
  /** What its ratio is to; measured right before and right after it. */
  readonly reference: ReferenceName;
  /** What a report shows beside it. */
  readonly beside: readonly ReferenceName[];
  /**
   * The figure to reach on two quiet cores with snapshots on, by carrier: milliseconds or MB at most, or of a batch as
   * many of its parts a second at least.
   */
  readonly target?: Readonly<Record<string, number>>;
  /** Samples in `unit`, as many as the effort counts. */
  measure(subject: Subject, effort: Effort): Promise<number[]>;
  /** Where the time of that many runs went, which are not those that are measured. */
  phases?(subject: Subject, runs: number): Promise<Phases[]>;
}

import { type Efforts, shareOf } from "./efforts.js";
import { SECTIONS } from "./metric.js";
import { summarizePhases } from "./phases.js";
import { type Reference, UnavailableError } from "./references/reference.js";
import type { Resources } from "./resources.js";
import { type Measured, type Missing, measured, type RowResult, target, variant } from "./results.js";
import type { Row } from "./rows/row.js";
import { median } from "./statistics.js";
import type { Subject } from "./subject.js";

/** Told what is being measured. */
export interface Progress {
  measuring(what: string): void;
  /** What came of what was being measured. */
  found(result: Measured): void;
  failed(reason: string): void;
}

export interface Plan {
  rows: readonly Row[];
  subjects: readonly Subject[];
  /** What rows may name. */
  references: readonly Reference[];
  /** Whether the references that stand beside the rows are measured as well, and not only those of the ratios. */
  beside: boolean;
  /** Runs of each row that are asked where their time went; 0 for none. */
  phaseRuns: number;
  efforts: Efforts;
}

export interface Findings {
  rows: RowResult[];
  references: Measured[];
  failures: Missing[];
  unavailable: Missing[];
}

/**
 * Measures every row with every subject whose snapshot mode it is measured in, section by section. What fails or can't be
 * had is noted, and the rest goes on.
 *
 * @throws The signal's reason once the process was told to end.
 */
export async function runAll(plan: Plan, resources: Resources, progress: Progress): Promise<Findings> {
  const findings: Findings = { rows: [], references: [], failures: [], unavailable: [] };
  for (const section of SECTIONS) {
    const rows = plan.rows.filter((row) => row.section === section);
    const names = new Set<string>(plan.beside ? rows.flatMap((row) => row.beside) : []);
    for (const name of names) {
      progress.measuring(name);
      const reference = find(plan.references, name);
      try {
        const startedAt = new Date();
        const samples = await measureReference(reference, plan.efforts, 1, resources);
        const result = measured(reference, section, startedAt, samples);
        progress.found(result);
        findings.references.push(result);
      } catch (error) {
        note(error, name, error instanceof UnavailableError ? findings.unavailable : findings.failures);
      }
    }
    for (const row of rows) {
      for (const subject of plan.subjects) {
        if (!row.snapshots.includes(subject.snapshot) || !subject.canMeasure(row.cost)) continue;
        const name = variant(row.name, subject.carrier.name, subject.snapshot);
        progress.measuring(name);
        try {
          const result = await measureRow(row, subject, find(plan.references, row.reference), plan.efforts);
          progress.found(result);
          findings.rows.push(result);
          if (row.phases !== undefined && plan.phaseRuns > 0) {
            result.phases = summarizePhases(await row.phases(subject, plan.phaseRuns));
          }
        } catch (error) {
          note(error, name, findings.failures);
        }
      }
    }
  }
  return findings;

  function note(error: unknown, name: string, list: Missing[]): void {
    resources.signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    progress.failed(reason);
    if (!list.some((missing) => missing.name === name)) list.push({ name, reason });
  }
}

/** The share of a reference's effort that it has on each side of a row. */
const BESIDE_SHARE = 1 / 4;

/** Measures a row between the two halves of a reference. @throws What the row or the reference throws. */
export async function measureRow(
  row: Row,
  subject: Subject,
  reference: Reference,
  efforts: Efforts,
): Promise<RowResult> {
  const { resources } = subject;
  const startedAt = new Date();
  await subject.prepare(row.cost);
  const before = await measureReference(reference, efforts, BESIDE_SHARE, resources);
  const samples = await row.measure(subject, efforts[row.cost]);
  const after = await measureReference(reference, efforts, BESIDE_SHARE, resources);
  const result = measured(row, row.section, startedAt, samples);
  const p50 = median([...before, ...after]);
  const goal = target(row, subject.carrier.name, subject.snapshot, result.summary.p50);
  return {
    ...result,
    carrier: subject.carrier.name,
    snapshot: subject.snapshot,
    ratio: { reference: reference.name, p50, times: result.summary.p50 / p50 },
    ...(goal === undefined ? {} : { target: goal }),
  };
}

/** @param share The share of the effort that it is to have. */
async function measureReference(
  reference: Reference,
  efforts: Efforts,
  share: number,
  resources: Resources,
): Promise<number[]> {
  const open = await reference.open(resources);
  try {
    return await open.measure(shareOf(efforts[reference.cost], share));
  } finally {
    await open.close();
  }
}

/** @throws Error where there is no reference of that name. */
export function find(references: readonly Reference[], name: string): Reference {
  const reference = references.find((candidate) => candidate.name === name);
  if (reference === undefined) throw new Error(`There is no reference ${name}.`);
  return reference;
}

import { figure, rate } from "../format.js";
import { SECTION_TITLES, SECTIONS, type Section, type Unit } from "../metric.js";
import type { Measured, Report, RowResult, Target } from "../results.js";

/** The columns of every table of results. */
export const COLUMNS = ["", "over", "min", "p50", "p95", "p99", "a second", "to reach", "times the reference"] as const;

/** One line of a table, as text by column. */
export interface TableLine {
  cells: string[];
  /** Of the product, and not of a reference. */
  own: boolean;
  target: Target | undefined;
}

export interface TableSection {
  section: Section;
  title: string;
  lines: TableLine[];
}

/** The results as text, in the order in which all outputs show them: by section, the product's own rows first. */
export function tableSections(report: Pick<Report, "rows" | "references">): TableSection[] {
  return SECTIONS.map((section) => {
    const own = report.rows.filter((row) => row.section === section).map(rowLine);
    const references = report.references.filter((reference) => reference.section === section).map(referenceLine);
    return { section, title: SECTION_TITLES[section], lines: [...own, ...references] };
  }).filter(({ lines }) => lines.length > 0);
}

/** The results as a table of text for a terminal. */
export function textTable(report: Pick<Report, "rows" | "references">): string {
  const sections = tableSections(report);
  const cells = [[...COLUMNS], ...sections.flatMap(({ lines }) => lines.map((line) => line.cells))];
  const widths = COLUMNS.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  const text = (line: readonly string[]) =>
    line
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join("  ")
      .trimEnd();
  const blocks = sections.map(({ title, lines }) =>
    [title, text(["", ...COLUMNS.slice(1)]), ...lines.map((line) => text(line.cells))].join("\n"),
  );
  return `${blocks.join("\n\n")}\n`;
}

/** The figure that a target sets, such as `at most 0.25 ms`. */
export function targetText({ value }: Target, { unit, batch }: Pick<Measured, "unit" | "batch">): string {
  return batch === undefined ? `at most ${value} ${unit}` : `at least ${value} ${batch.unit}/s`;
}

function rowLine(row: RowResult): TableLine {
  const { target, ratio } = row;
  const goal = target === undefined ? "" : `${targetText(target, row)} ${target.reached ? "✓" : "✗"}`;
  const cells = [
    ...figures(row, `${row.carrier}, ${row.snapshot}`),
    goal,
    `${figure(ratio.times)} × ${ratio.reference}`,
  ];
  return { cells, own: true, target };
}

function referenceLine(reference: Measured): TableLine {
  return { cells: [...figures(reference, "reference"), "", ""], own: false, target: undefined };
}

function figures(result: Measured, over: string): string[] {
  const { min, p50, p95, p99 } = result.summary;
  const text = (value: number | null) => (value === null ? "" : cell(value, result.unit));
  return [result.name, over, text(min), text(p50), text(p95), text(p99), rate(result) ?? ""];
}

function cell(value: number, unit: Unit): string {
  return `${figure(value)} ${unit}`;
}

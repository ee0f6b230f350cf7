import { duration, percent } from "../format.js";
import { machineLine } from "../machine.js";
import type { Report } from "../results.js";
import { PHASE_NAMES, type PhaseLine, phaseLines } from "./phase-table.js";
import { COLUMNS, tableSections } from "./table.js";

/** The results as Markdown: where and when, and a table for each section. */
export function markdown(report: Report): string {
  const { hotcell, takenAt, durationMs, load } = report;
  const commit = hotcell.commit === undefined ? "" : `, commit ${hotcell.commit}`;
  const parts = [
    `Hotcell ${hotcell.version}${commit}, V8 ${hotcell.v8Version}, ${takenAt.slice(0, 10)}, in ${duration(durationMs)}.\n` +
      `${machineLine(report.machine)}; ${percent(load.before.busy)} busy before and ${percent(load.after.busy)} after.`,
  ];
  for (const { title, lines } of tableSections(report)) {
    parts.push(
      `### ${title}\n\n${table(
        COLUMNS,
        lines.map(({ cells }) => cells),
      )}`,
    );
  }
  const phases = phaseLines(report);
  if (phases.length > 0) parts.push(`### Where the time goes, in µs\n\n${phaseTable(phases)}`);
  for (const { name, reason } of report.failures) parts.push(`**${name} failed**: ${reason}`);
  for (const { name, reason } of report.unavailable) parts.push(`${name} was not measured: ${reason}`);
  return `${parts.join("\n\n")}\n`;
}

function phaseTable(lines: readonly PhaseLine[]): string {
  const cells = lines.map(({ row, warm, us }) => [
    row.name,
    `${row.carrier}, ${row.snapshot}`,
    percent(warm),
    ...us.map((part) => part.toFixed(0)),
  ]);
  return table(["", "over", "warm", ...PHASE_NAMES], cells);
}

/** A table whose first two columns are text, and the others figures. */
function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const rows = [head, head.map((_, column) => (column < 2 ? "---" : "--:")), ...lines];
  return rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

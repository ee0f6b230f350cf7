import { duration } from "../format.js";
import { machineLine } from "../machine.js";
import type { Report } from "../results.js";
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
    const rows = [
      COLUMNS,
      COLUMNS.map((_, column) => (column < 2 ? "---" : "--:")),
      ...lines.map(({ cells }) => cells),
    ];
    parts.push(`### ${title}\n\n${rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}`);
  }
  for (const { name, reason } of report.failures) parts.push(`**${name} failed**: ${reason}`);
  for (const { name, reason } of report.unavailable) parts.push(`${name} was not measured: ${reason}`);
  return `${parts.join("\n\n")}\n`;
}

/** A share as a percentage. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

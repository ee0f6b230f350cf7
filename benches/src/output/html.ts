import { duration, figure, headline, percent, rate, withUnit } from "../format.js";
import { BUSY_LIMIT, machineLine } from "../machine.js";
import type { Effort } from "../measure.js";
import { perSecond, SECTION_TITLES, SECTIONS, type Section } from "../metric.js";
import type { Measured, Missing, Report, RowResult } from "../results.js";
import { type Bar, barChart } from "./chart/bars.js";
import { type Lane, laneChart } from "./chart/lanes.js";
import { element, escapeText } from "./chart/markup.js";
import { stackChart } from "./chart/stacks.js";
import { PHASE_NAMES, phaseLines } from "./phase-table.js";
import { STYLE } from "./style.js";
import { COLUMNS, tableSections, targetText } from "./table.js";

/** The report as one HTML page that needs nothing else: no network, no script. */
export function html(report: Report): string {
  const { version } = report.hotcell;
  const body = [
    header(report),
    cards(report),
    legend(),
    ...SECTIONS.map((section) => chart(report, section)),
    phases(report),
    missing("What failed", report.failures),
    missing("What was not measured", report.unavailable),
    table(report),
    method(report),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Hotcell ${escapeText(version)}: performance</title>
<style>${STYLE}</style>
</head>
<body><main>${body.join("\n")}</main></body>
</html>
`;
}

function header({ hotcell, takenAt, durationMs, machine, load }: Report): string {
  const commit = hotcell.commit === undefined ? "" : `, commit ${hotcell.commit}`;
  const busy = Math.max(load.before.busy, load.after.busy);
  const taken = `${takenAt.slice(0, 16).replace("T", " ")} UTC, in ${duration(durationMs)}`;
  const what = `Hotcell ${hotcell.version}${commit}, V8 ${hotcell.v8Version}, driven from TypeScript on ${taken}`;
  const facts = [what, machineLine(machine)].map(escapeText).join("<br>");
  const lines = [element("h1", {}, "How fast a cell is"), element("p", { class: "soft" }, facts)];
  if (busy > BUSY_LIMIT) {
    const text = `Other work kept the machine ${percent(busy)} busy, so these figures are worse than they should be.`;
    lines.push(element("p", { class: "warning" }, text));
  }
  return element("header", {}, lines.join(""));
}

/** The figures that were to be reached, with what stands beside them. */
function cards(report: Report): string {
  const wanted = report.rows.filter(({ target, snapshot }) => target !== undefined && snapshot === "auto");
  if (wanted.length === 0) return "";
  return element("div", { class: "cards" }, wanted.map((row) => card(row)).join(""));
}

function card(row: RowResult): string {
  const target = row.target!;
  const goal = element(
    "p",
    { class: target.reached ? "reached" : "missed" },
    escapeText(`${targetText(target, row)}: ${target.reached ? "reached" : "not reached"}`),
  );
  return element(
    "div",
    { class: "card" },
    element("h3", {}, escapeText(`${row.name}, ${row.carrier}`)) +
      element("div", { class: "figure" }, escapeText(headline(row))) +
      element("p", {}, escapeText(row.what)) +
      goal,
  );
}

function legend(): string {
  const key = (name: string) => element("span", { class: `key ${name}` });
  return element(
    "p",
    { class: "soft", style: "margin-top:36px" },
    `${key("own")}Hotcell &ensp; ${key("reference")}references, measured in the same run &ensp; ${key("goal")}the figure to ` +
      "reach. A hill is the distribution of all counted runs on a logarithmic axis; its tall line is the median, the two " +
      "short ones are the 95th and the 99th percentile. A bar is a median, the line in it spans least to most.",
  );
}

function chart(report: Report, section: Section): string {
  const own = report.rows.filter((row) => row.section === section);
  const beside = report.references.filter((reference) => reference.section === section);
  const all = [...own, ...beside];
  if (all.length === 0) return "";
  const asBars = all.filter(({ unit, batch }) => unit !== "ms" || batch !== undefined);
  const asLanes = all.filter((result) => !asBars.includes(result));
  const frames: string[] = [];
  if (asLanes.length > 0) frames.push(laneChart(asLanes.map(lane), timeText));
  for (const unit of new Set(asBars.map(barUnit))) {
    const bars = asBars.filter((result) => barUnit(result) === unit);
    frames.push(barChart(bars.map(bar), (value) => `${figureText(value)} ${unit}`));
  }
  const drawn = frames.map((frame) => element("div", { class: "frame" }, frame)).join("");
  return element("section", {}, element("h2", {}, escapeText(SECTION_TITLES[section])) + drawn);
}

function phases(report: Report): string {
  // One that writes for so long would leave the others no room on the axis.
  const lines = phaseLines({ rows: report.rows.filter(({ batch }) => batch === undefined) });
  if (lines.length === 0) return "";
  const stacks = lines.map(({ row, warm, us }) => ({
    name: row.name,
    note: `${row.carrier}, ${row.snapshot}; ${percent(warm)} warm`,
    parts: us,
  }));
  const chart = stackChart(stacks, PHASE_NAMES, (us) => timeText(us / 1000));
  return element(
    "section",
    {},
    `${element("h2", {}, "Where the time goes")}${element("div", { class: "frame" }, chart)}`,
  );
}

function lane(result: Measured | RowResult): Lane {
  return {
    ...captions(result),
    samples: result.samples,
    summary: result.summary,
    target: "target" in result ? result.target?.value : undefined,
  };
}

function bar(result: Measured | RowResult): Bar {
  const { batch, summary } = result;
  const value = (sample: number) => (batch === undefined ? sample : perSecond(batch, sample));
  const ends = [value(summary.min), value(summary.max)].toSorted((a, b) => a - b) as [number, number];
  const target = "target" in result ? result.target?.value : undefined;
  return { ...captions(result), value: value(summary.p50), range: ends, target };
}

function barUnit({ unit, batch }: Measured): string {
  return batch === undefined ? unit : `${batch.unit}/s`;
}

function captions(result: Measured | RowResult): Pick<Lane, "name" | "note" | "details" | "headline" | "own"> {
  const { name, what, summary, unit } = result;
  const own = "carrier" in result;
  const tail = summary.p99 === null ? "" : `, p99 ${withUnit(summary.p99, unit)}`;
  const perSecondText = rate(result);
  return {
    name,
    note: own ? `${result.carrier}, ${result.snapshot}` : "reference",
    details:
      `${what}\np50 ${withUnit(summary.p50, unit)}, p95 ${withUnit(summary.p95, unit)}${tail}, ` +
      `${withUnit(summary.min, unit)} to ${withUnit(summary.max, unit)}, ${summary.count} counted` +
      (perSecondText === undefined ? "" : `, ${perSecondText}`) +
      (own ? `\n${figure(result.ratio.times)} times ${result.ratio.reference}` : ""),
    headline: headline(result),
    own,
  };
}

function timeText(ms: number): string {
  if (ms < 1) return `${figureText(ms * 1000)} µs`;
  return ms < 1000 ? `${figureText(ms)} ms` : `${figureText(ms / 1000)} s`;
}

/** A mark of an axis, which is round. */
function figureText(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function missing(title: string, list: readonly Missing[]): string {
  if (list.length === 0) return "";
  const items = list.map(({ name, reason }) => element("p", {}, `<b>${escapeText(name)}</b>: ${escapeText(reason)}`));
  return element("section", {}, element("h2", {}, escapeText(title)) + items.join(""));
}

function table(report: Report): string {
  const head = element("tr", {}, COLUMNS.map((column) => element("th", {}, escapeText(column))).join(""));
  const lines = tableSections(report).flatMap(({ title, lines }) => [
    element("tr", { class: "section" }, element("td", { colspan: COLUMNS.length }, escapeText(title))),
    ...lines.map(({ cells, own, target }) => {
      const tone = target === undefined ? "" : target.reached ? "reached" : "missed";
      const columns = cells.map((cell, column) =>
        element("td", COLUMNS[column] === "to reach" && tone !== "" ? { class: tone } : {}, escapeText(cell)),
      );
      return element("tr", { class: own ? "own" : "reference" }, columns.join(""));
    }),
  ]);
  const whole = element("table", {}, element("thead", {}, head) + element("tbody", {}, lines.join("")));
  return element("section", {}, element("h2", {}, "All figures") + element("div", { class: "frame" }, whole));
}

function method({ efforts, load, settings, rows, references }: Report): string {
  const effort = ({ warmups, counted, gapMs }: Effort) =>
    `${warmups} warm-ups, ${counted} counted${gapMs === 0 ? "" : `, ${gapMs} ms of quiet after each`}`;
  const changed = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const kinds = new Map([...rows, ...references].map(({ name, what }) => [name, what]));
  const facts: [string, string][] = [
    ["single runs", effort(efforts.call)],
    ["batches", effort(efforts.batch)],
    ["starts", effort(efforts.start)],
    ["memory", effort(efforts.memory)],
    ["checked", "the output and the exit code of every run, warm-ups included"],
    ["busy before, after", `${percent(load.before.busy)}, ${percent(load.after.busy)}`],
    ["settings", changed.length === 0 ? "the defaults" : changed.join(" ")],
    ...kinds,
  ];
  const list = facts.map(([term, text]) => `<dt>${escapeText(term)}</dt><dd>${escapeText(text)}</dd>`).join("");
  return element("section", {}, element("h2", {}, "How it was measured") + element("dl", {}, list));
}

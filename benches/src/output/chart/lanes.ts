import type { Summary } from "../../statistics.js";
import { density } from "./density.js";
import { element, label, tooltip } from "./markup.js";
import { logScale } from "./scale.js";

/** One distribution of a chart. */
export interface Lane {
  name: string;
  /** Beside the name, smaller. */
  note: string;
  /** What it is, and its figures: shown where a pointer rests on it. */
  details: string;
  headline: string;
  own: boolean;
  samples: readonly number[];
  summary: Summary;
  /** In the samples' unit. */
  target: number | undefined;
}

const WIDTH = 980;
const LANE = 46;
const RIDGE = 28;
const AXIS = 26;
const PLOT = { from: 250, to: 860 } as const;

/** Distributions below each other on one logarithmic axis. */
export function laneChart(lanes: readonly Lane[], axisText: (value: number) => string): string {
  const values = lanes.flatMap(({ summary, target }) => [summary.min, summary.max, ...(target ? [target] : [])]);
  const scale = logScale(Math.min(...values), Math.max(...values), PLOT.from, PLOT.to);
  const bottom = lanes.length * LANE + 8;
  const grid = scale.ticks.map((tick) => {
    const x = scale.at(tick);
    const line = element("line", { x1: x, x2: x, y1: 0, y2: bottom, class: "grid" });
    return line + label(x, bottom + 18, axisText(tick), { class: "axis", "text-anchor": "middle" });
  });
  const drawn = lanes.map((lane, index) => drawLane(lane, (index + 1) * LANE, scale.at));
  const attributes = { viewBox: `0 0 ${WIDTH} ${bottom + AXIS}`, role: "img", class: "chart" };
  return element("svg", attributes, [...grid, ...drawn].join(""));
}

function drawLane(lane: Lane, base: number, at: (value: number) => number): string {
  const { summary, target } = lane;
  const ridge = density(lane.samples.map(at));
  const outline = ridge.map(({ place, height }) => `${place} ${(base - height * RIDGE).toFixed(1)}`).join("L");
  const mark = (value: number, height: number, name: string) =>
    element("line", { x1: at(value), x2: at(value), y1: base - height, y2: base, class: name });
  const parts = [
    tooltip(lane.details),
    element("rect", { x: 0, y: base - LANE + 6, width: WIDTH, height: LANE, class: "hit" }),
    label(0, base - 14, lane.name, { class: "name" }),
    label(0, base, lane.note, { class: "note" }),
    element("line", { x1: PLOT.from, x2: PLOT.to, y1: base, y2: base, class: "base" }),
    element("path", { d: `M${ridge[0]!.place} ${base}L${outline}L${ridge.at(-1)!.place} ${base}Z`, class: "ridge" }),
    mark(summary.p95, 9, "tail"),
    ...(summary.p99 === null ? [] : [mark(summary.p99, 6, "tail")]),
    mark(summary.p50, RIDGE + 3, "median"),
    ...(target === undefined ? [] : [goalMark(at(target), base)]),
    label(WIDTH, base - 4, lane.headline, { class: "value", "text-anchor": "end" }),
  ];
  return element("g", { class: lane.own ? "own" : "reference" }, parts.join(""));
}

/** A small triangle above the lane, its point where the figure to reach is. */
function goalMark(x: number, base: number): string {
  const top = base - RIDGE - 8;
  return (
    element("line", { x1: x, x2: x, y1: top + 6, y2: base, class: "goal" }) +
    element("path", { d: `M${x - 5} ${top}L${x + 5} ${top}L${x} ${top + 7}Z`, class: "goal-mark" })
  );
}

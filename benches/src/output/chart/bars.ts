import { element, label, tooltip } from "./markup.js";
import { linearScale } from "./scale.js";

/** One bar of a chart. */
export interface Bar {
  name: string;
  note: string;
  details: string;
  headline: string;
  own: boolean;
  value: number;
  /** The least and the most that was measured. */
  range: readonly [number, number];
  target: number | undefined;
}

const WIDTH = 980;
const LANE = 40;
const THICKNESS = 16;
const AXIS = 26;
const PLOT = { from: 250, to: 860 } as const;

/** Bars below each other on one linear axis from 0. */
export function barChart(bars: readonly Bar[], axisText: (value: number) => string): string {
  const most = Math.max(...bars.flatMap(({ range, target }) => [range[1], target ?? 0]));
  const scale = linearScale(most, PLOT.from, PLOT.to);
  const bottom = bars.length * LANE + 4;
  const grid = scale.ticks.map((tick) => {
    const x = scale.at(tick);
    const line = element("line", { x1: x, x2: x, y1: 0, y2: bottom, class: "grid" });
    return line + label(x, bottom + 18, axisText(tick), { class: "axis", "text-anchor": "middle" });
  });
  const drawn = bars.map((bar, index) => drawBar(bar, index * LANE, scale.at));
  const attributes = { viewBox: `0 0 ${WIDTH} ${bottom + AXIS}`, role: "img", class: "chart" };
  return element("svg", attributes, [...grid, ...drawn].join(""));
}

function drawBar(bar: Bar, top: number, at: (value: number) => number): string {
  const [least, most] = bar.range;
  const middle = top + LANE / 2;
  const goal = bar.target === undefined ? undefined : at(bar.target);
  const parts = [
    tooltip(bar.details),
    element("rect", { x: 0, y: top, width: WIDTH, height: LANE, class: "hit" }),
    label(0, middle - 3, bar.name, { class: "name" }),
    label(0, middle + 12, bar.note, { class: "note" }),
    element("rect", {
      x: PLOT.from,
      y: middle - THICKNESS / 2,
      width: Math.max(at(bar.value) - PLOT.from, 1),
      height: THICKNESS,
      rx: 2,
      class: "bar",
    }),
    element("line", { x1: at(least), x2: at(most), y1: middle, y2: middle, class: "range" }),
    ...(goal === undefined
      ? []
      : [element("line", { x1: goal, x2: goal, y1: middle - 14, y2: middle + 14, class: "goal strong" })]),
    label(WIDTH, middle + 5, bar.headline, { class: "value", "text-anchor": "end" }),
  ];
  return element("g", { class: bar.own ? "own" : "reference" }, parts.join(""));
}

import { element, escapeText, label, tooltip } from "./markup.js";
import { linearScale } from "./scale.js";

/** A bar that is made of parts. */
export interface Stack {
  name: string;
  note: string;
  /** As many as there are names of parts. */
  parts: readonly number[];
}

const WIDTH = 980;
const LANE = 38;
const THICKNESS = 18;
const AXIS = 26;
const PLOT = { from: 250, to: 900 } as const;

/** Bars of parts below each other on one linear axis, and what the colours of the parts mean. */
export function stackChart(
  stacks: readonly Stack[],
  partNames: readonly string[],
  axisText: (value: number) => string,
): string {
  const total = ({ parts }: Stack) => parts.reduce((sum, part) => sum + part, 0);
  const scale = linearScale(Math.max(...stacks.map(total)), PLOT.from, PLOT.to);
  const bottom = stacks.length * LANE + 4;
  const grid = scale.ticks.map((tick) => {
    const x = scale.at(tick);
    const line = element("line", { x1: x, x2: x, y1: 0, y2: bottom, class: "grid" });
    return line + label(x, bottom + 18, axisText(tick), { class: "axis", "text-anchor": "middle" });
  });
  const drawn = stacks.map((stack, index) => {
    const middle = index * LANE + LANE / 2;
    let sum = 0;
    const parts = stack.parts.map((part, kind) => {
      const x = scale.at(sum);
      sum += part;
      const box = { x, y: middle - THICKNESS / 2, width: scale.at(sum) - x, height: THICKNESS, fill: colour(kind) };
      return element("rect", box, tooltip(`${partNames[kind]}: ${axisText(part)}`));
    });
    return (
      label(0, middle - 3, stack.name, { class: "name" }) +
      label(0, middle + 12, stack.note, { class: "note" }) +
      parts.join("") +
      label(WIDTH, middle + 5, axisText(sum), { class: "value", "text-anchor": "end" })
    );
  });
  const attributes = { viewBox: `0 0 ${WIDTH} ${bottom + AXIS}`, role: "img", class: "chart" };
  const key = partNames.map((name, kind) => {
    const spot = element("span", { class: "key", style: `background:${colour(kind)}` });
    return element("span", { class: "key-item" }, spot + escapeText(name));
  });
  return (
    element("svg", attributes, [...grid, ...drawn].join("")) + element("p", { class: "soft" }, key.join(" &ensp; "))
  );
}

/** Colours that neighbours can be told apart by, on light and on dark. */
const COLOURS = [
  "#868e96",
  "#ae3ec9",
  "#7048e8",
  "#4263eb",
  "#1c7ed6",
  "#1098ad",
  "#0ca678",
  "#74b816",
  "#f08c00",
  "#e8590c",
  "#c2255c",
  "#adb5bd",
];

function colour(kind: number): string {
  return COLOURS[kind % COLOURS.length]!;
}

/** A mapping of values to places on an axis, with the values that the axis is marked at. */
export interface Scale {
  at(value: number): number;
  ticks: number[];
}

/** A linear scale from 0 to at least `max`. */
export function linearScale(max: number, from: number, to: number): Scale {
  const step = roundStep(max / 5);
  const top = Math.ceil(max / step) * step;
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, i) => i * step);
  return { at: (value) => from + ((to - from) * value) / top, ticks };
}

/** A logarithmic scale that takes in `min` and `max`, both above 0, and a little more. */
export function logScale(min: number, max: number, from: number, to: number): Scale {
  const low = Math.log10(min) - 0.08;
  const high = Math.log10(max) + 0.08;
  const at = (value: number) => from + ((to - from) * (Math.log10(value) - low)) / (high - low);
  // One mark for each power of ten says too little of a short axis.
  const marks =
    high - low > 3 ? [1] : high - low > 1.5 ? [1, 3] : high - low > 0.6 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 7];
  const ticks: number[] = [];
  for (let power = Math.floor(low); power <= Math.ceil(high); power++) {
    for (const mark of marks) {
      const exponent = power + Math.log10(mark);
      if (exponent >= low && exponent <= high) ticks.push(mark * 10 ** power);
    }
  }
  return { at, ticks };
}

/** The least of 1, 2 or 5 times a power of ten that is not below the value. */
function roundStep(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5].find((mark) => mark * power >= value) ?? 10) * power;
}

import { quantile } from "../../statistics.js";

/** How dense samples lie at places along an axis. */
export interface Density {
  place: number;
  /** 0 to 1, where 1 is the densest. */
  height: number;
}

/** A narrower kernel would show the clock's steps rather than the distribution. */
const LEAST_BANDWIDTH = 0.8;

/**
 * The density of samples along an axis: a Gaussian kernel estimate, its bandwidth by Silverman's rule on what is robust of
 * the spread, evaluated at every unit of the axis where there is something to see.
 *
 * @param places Where the samples lie on the axis, in pixels.
 */
export function density(places: readonly number[]): Density[] {
  const sorted = places.toSorted((a, b) => a - b);
  const spread = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 1.34;
  const bandwidth = Math.max(0.9 * spread * sorted.length ** -0.2, LEAST_BANDWIDTH);
  const from = Math.floor(sorted[0]! - 3 * bandwidth);
  const to = Math.ceil(sorted.at(-1)! + 3 * bandwidth);
  const points = Array.from({ length: to - from + 1 }, (_, i) => {
    const place = from + i;
    const sum = sorted.reduce((total, sample) => total + Math.exp(-0.5 * ((place - sample) / bandwidth) ** 2), 0);
    return { place, height: sum };
  });
  const highest = Math.max(...points.map(({ height }) => height));
  return points.map(({ place, height }) => ({ place, height: height / highest }));
}

/** What is said of a set of samples, in their unit. */
export interface Summary {
  count: number;
  min: number;
  p50: number;
  p95: number;
  /** Null below {@link P99_MIN_COUNT} samples: it would be no more than the largest of them. */
  p99: number | null;
  max: number;
  mean: number;
}

/** The fewest samples that a 99th percentile is taken from. */
export const P99_MIN_COUNT = 100;

/**
 * The quantile of ascending samples, by linear interpolation between the two that are nearest (Hyndman and Fan, type 7).
 *
 * @param q 0 to 1.
 * @throws RangeError where there are no samples.
 */
export function quantile(ascending: readonly number[], q: number): number {
  if (ascending.length === 0) throw new RangeError("There is no quantile of no samples.");
  const position = (ascending.length - 1) * q;
  const below = Math.floor(position);
  const low = ascending[below]!;
  const high = ascending[Math.min(below + 1, ascending.length - 1)]!;
  return low + (high - low) * (position - below);
}

/** @throws RangeError where there are no samples. */
export function median(samples: readonly number[]): number {
  return quantile(ascending(samples), 0.5);
}

/** @throws RangeError where there are no samples, or one of them is no finite number. */
export function summarize(samples: readonly number[]): Summary {
  if (!samples.every(Number.isFinite)) throw new RangeError("A sample is not a finite number.");
  const sorted = ascending(samples);
  return {
    count: sorted.length,
    min: quantile(sorted, 0),
    p50: quantile(sorted, 0.5),
    p95: quantile(sorted, 0.95),
    p99: sorted.length < P99_MIN_COUNT ? null : quantile(sorted, 0.99),
    max: quantile(sorted, 1),
    mean: sorted.reduce((sum, sample) => sum + sample, 0) / sorted.length,
  };
}

function ascending(samples: readonly number[]): number[] {
  return samples.toSorted((a, b) => a - b);
}

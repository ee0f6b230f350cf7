import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { median, quantile, summarize } from "../src/statistics.js";

describe("quantile", () => {
  test("interpolates between the two nearest samples", () => {
    assert.equal(quantile([1, 2, 3, 4], 0.5), 2.5);
    assert.equal(quantile([10, 20, 30], 0.95), 29);
    assert.equal(quantile([7], 0.99), 7);
  });

  test("of no samples is an error", () => {
    assert.throws(() => quantile([], 0.5), RangeError);
  });
});

describe("summarize", () => {
  test("does not depend on the order of the samples, and leaves them alone", () => {
    const samples = [5, 1, 4, 2, 3];
    const { min, p50, max, mean, count } = summarize(samples);
    assert.deepEqual([min, p50, max, mean, count], [1, 3, 5, 3, 5]);
    assert.deepEqual(samples, [5, 1, 4, 2, 3]);
  });

  test("gives a 99th percentile from 100 samples on", () => {
    const samples = Array.from({ length: 100 }, (_, i) => i + 1);
    assert.equal(summarize(samples.slice(1)).p99, null);
    assert.ok(Math.abs(summarize(samples).p99! - 99.01) < 1e-9);
  });

  test("refuses what is no figure", () => {
    assert.throws(() => summarize([1, Number.NaN]), RangeError);
    assert.throws(() => summarize([]), RangeError);
  });

  test("keeps its figures in order whatever the samples", () => {
    const samples = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 100, maxLength: 300 });
    fc.assert(
      fc.property(samples, (values) => {
        const { min, p50, p95, p99, max } = summarize(values);
        assert.ok(min <= p50 && p50 <= p95 && p95 <= p99! && p99! <= max);
        const below = values.filter((value) => value <= median(values)).length;
        assert.ok(below >= values.length / 2);
      }),
    );
  });
});

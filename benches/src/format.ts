import { perSecond, type Unit } from "./metric.js";
import type { Measured } from "./results.js";

/** A figure with three significant digits, and no more decimals than are of use. */
export function figure(value: number): string {
  const digits = Math.floor(Math.log10(Math.abs(value)));
  if (!Number.isFinite(digits)) return "0";
  return value.toFixed(Math.min(Math.max(2 - digits, 0), 4));
}

export function withUnit(value: number, unit: Unit): string {
  return `${figure(value)} ${unit}`;
}

/** What a batch comes to in a second, such as `812 guests/s`; undefined for what is no batch. */
export function rate({ batch, summary }: Measured): string | undefined {
  return batch === undefined ? undefined : `${figure(perSecond(batch, summary.p50))} ${batch.unit}/s`;
}

/** The figure that says most of something: the median, or what that comes to in a second. */
export function headline(result: Measured): string {
  return rate(result) ?? withUnit(result.summary.p50, result.unit);
}

export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** A share as a percentage. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

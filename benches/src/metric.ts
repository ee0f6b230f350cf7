/** The sections of a report, in their order. Rows and references of one are measured right after each other. */
export const SECTIONS = ["javascript", "wasi", "output", "many", "cold", "memory"] as const;
export type Section = (typeof SECTIONS)[number];

/** What a section says, as a heading. */
export const SECTION_TITLES: Readonly<Record<Section, string>> = {
  javascript: "JavaScript, one run at a time",
  wasi: "WASI commands, one run at a time",
  output: "Output",
  many: "Many runs",
  cold: "Cold start",
  memory: "Memory",
};

/** MB are millions of bytes. */
export type Unit = "ms" | "MB";

/** What a sample is made of where it is more than one run: 32 guests, 16 MiB of output. */
export interface Batch {
  amount: number;
  unit: "guests" | "MiB";
}

/** What everything that is measured has, rows and references alike. */
export interface Metric {
  readonly name: string;
  /** What one sample is, in a sentence. */
  readonly what: string;
  readonly unit: Unit;
  readonly batch?: Batch;
}

/** How many of a batch's parts are done in a second, where a batch takes that many milliseconds. */
export function perSecond(batch: Batch, ms: number): number {
  return (batch.amount * 1000) / ms;
}

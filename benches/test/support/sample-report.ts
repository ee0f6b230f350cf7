import { reportEfforts } from "../../src/efforts.js";
import type { Section } from "../../src/metric.js";
import { PHASES } from "../../src/phases.js";
import { references } from "../../src/references/index.js";
import { measured, type Report, type RowResult, target } from "../../src/results.js";
import { rows } from "../../src/rows/index.js";

/** Numbers from 0 to 1 that are the same every time. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Samples around a figure with a tail to the right, as latencies have. */
export function samplesAround(figure: number, count: number, seed = 1): number[] {
  const next = generator(seed);
  return Array.from({ length: count }, () => figure * (0.85 + 0.3 * next() ** 2 + 1.2 * next() ** 12));
}

/** A report of every row and reference, with figures that nobody measured. */
export function sampleReport(): Report {
  const efforts = reportEfforts(200);
  const startedAt = new Date("2030-01-02T03:04:05Z");
  const results = rows.flatMap((row, index) =>
    row.snapshots.map((snapshot): RowResult => {
      const figure = row.cost === "start" ? 60 + index : row.cost === "memory" ? 20 + index : 0.2 * 1.3 ** index;
      const samples = samplesAround(figure, efforts[row.cost].counted, index + 1);
      const result = measured(row, row.section, startedAt, samples);
      const goal = target(row, "child", snapshot, result.summary.p50);
      return {
        ...result,
        carrier: "child",
        snapshot,
        ratio: { reference: row.reference, p50: 0.02, times: result.summary.p50 / 0.02 },
        ...(goal === undefined ? {} : { target: goal }),
        ...(row.phases === undefined
          ? {}
          : { phases: { runs: 50, warm: 0.98, p50Us: PHASES.map((_, phase) => (phase + 1) * (index + 1)) } }),
      };
    }),
  );
  const beside = new Map<string, [Section, string]>(
    rows.flatMap((row) => row.beside.map((name) => [`${row.section} ${name}`, [row.section, name]] as const)),
  );
  return {
    version: 1,
    takenAt: startedAt.toISOString(),
    durationMs: 123_456,
    hotcell: { version: "0.1.0", v8Version: "15.2.124.1", commit: "0123456789ab" },
    machine: {
      cpu: "A <quick> & quiet CPU",
      cores: 2,
      memoryBytes: 8 * 2 ** 30,
      system: "Linux",
      kernel: "6.1",
      node: "20.0.0",
      nodeV8: "11.3",
    },
    load: { before: { busy: 0.02, average: 0.1 }, after: { busy: 0.03, average: 1 } },
    efforts,
    settings: {},
    rows: results,
    references: [...beside.values()].map(([section, name], index) => {
      const reference = references.find((candidate) => candidate.name === name)!;
      const samples = samplesAround(0.05 * 1.9 ** index, efforts[reference.cost].counted, index + 100);
      return measured(reference, section, startedAt, samples);
    }),
    failures: [{ name: "js_hello (child, off)", reason: 'A guest ended as crashed, stdout "<b>".' }],
    unavailable: [{ name: "isolated_vm_empty", reason: "isolated-vm is not installed." }],
  };
}

import { carriers } from "./carriers.js";
import { reportEfforts } from "./efforts.js";
import { headline, percent } from "./format.js";
import { BUSY_LIMIT, commit, describeMachine, type Load, observeLoad } from "./machine.js";
import { type Options, UsageError } from "./options.js";
import { targetText } from "./output/table.js";
import type { StderrProgress } from "./progress.js";
import { references } from "./references/index.js";
import type { Resources } from "./resources.js";
import { type Report, variant } from "./results.js";
import { rows } from "./rows/index.js";
import { runAll } from "./runner.js";
import { Subject } from "./subject.js";

const PHASE_RUNS = 50;

/** Measures what the options ask for. */
export async function measureReport(options: Options, resources: Resources, progress: StderrProgress): Promise<Report> {
  const wanted = rows.filter(({ name }) => options.rows?.has(name) ?? true);
  if (!wanted.some(({ snapshots }) => snapshots.some((snapshot) => options.snapshots.includes(snapshot)))) {
    throw new UsageError(`None of these rows is measured with ${options.snapshots.join(" or ")}.`);
  }
  const takenAt = new Date();
  const started = performance.now();
  const before = await observeLoad(resources.signal);
  warnIfBusy(before, progress);
  const efforts = reportEfforts(options.counted);
  const subjects = carriers
    .filter(({ name }) => options.carriers.includes(name))
    .flatMap((carrier) => options.snapshots.map((snapshot) => new Subject(carrier, snapshot, resources)));
  const { version, v8Version } = (await subjects[0]!.sidecar()).sidecar;
  const plan = {
    rows: wanted,
    subjects,
    references,
    beside: options.references,
    phaseRuns: PHASE_RUNS,
    efforts,
  };
  const findings = await runAll(plan, resources, progress);
  for (const subject of subjects) await subject.close();
  const after = await observeLoad(resources.signal);
  const hash = commit();
  return {
    version: 1,
    takenAt: takenAt.toISOString(),
    durationMs: performance.now() - started,
    hotcell: { version, v8Version, ...(hash === undefined ? {} : { commit: hash }) },
    machine: describeMachine(),
    load: { before, after },
    efforts,
    settings: sidecarSettings(),
    ...findings,
  };
}

/** The rows and references, each with what it measures. */
export function listing(): string {
  const lines = (things: readonly { name: string; what: string }[]) =>
    things.map(({ name, what }) => `  ${name.padEnd(26)}${what}`).join("\n");
  return `Rows:\n${lines(rows)}\n\nReferences:\n${lines(references)}\n`;
}

/** One line for each figure that was to be reached and was not. */
export function targetLines(report: Report): string[] {
  return report.rows.flatMap((row) => {
    const { name, carrier, snapshot, target } = row;
    if (target === undefined || target.reached) return [];
    return [`${variant(name, carrier, snapshot)} is to reach ${targetText(target, row)}, and gives ${headline(row)}.`];
  });
}

function warnIfBusy({ busy }: Load, progress: StderrProgress): void {
  if (busy <= BUSY_LIMIT) return;
  progress.say(
    `The machine is ${percent(busy)} busy with other work, so that figures will be worse than they should be.`,
  );
}

function sidecarSettings(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (setting): setting is [string, string] => setting[0].startsWith("HOTCELL_") && setting[0] !== "HOTCELL_BINARY",
    ),
  );
}

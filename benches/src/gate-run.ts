import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { carriers } from "./carriers.js";
import { GATE_EFFORTS } from "./efforts.js";
import { duration } from "./format.js";
import { GateFileError, type GateLine, judge, parseGate, type Verdict, verdictText } from "./gate.js";
import type { StderrProgress } from "./progress.js";
import { references } from "./references/index.js";
import type { Resources } from "./resources.js";
import { variant } from "./results.js";
import { rows } from "./rows/index.js";
import { find, measureRow } from "./runner.js";
import { Subject } from "./subject.js";

const FILE = fileURLToPath(new URL("../gate.json", import.meta.url));

/** The lines of benches/gate.json about those rows. @throws GateFileError */
export function readGate(only: ReadonlySet<string> | undefined): GateLine[] {
  const lines = parseGate(readFileSync(FILE, "utf8"), {
    rows,
    carriers: carriers.map(({ name }) => name),
    references: references.map(({ name }) => name),
  });
  const wanted = lines.filter(({ row }) => only?.has(row) ?? true);
  if (wanted.length === 0) throw new GateFileError("The gate's file has no line about any of these rows.");
  return wanted;
}

/** Measures the gate's lines one after the other, and says of each how it came out. */
export async function runGate(
  lines: readonly GateLine[],
  resources: Resources,
  progress: StderrProgress,
): Promise<boolean> {
  const started = performance.now();
  const subjects = new Map<string, Subject>();
  let failures = 0;
  for (const line of lines) {
    const { carrier, snapshot } = line;
    const key = `${carrier} ${snapshot}`;
    const subject =
      subjects.get(key) ?? new Subject(carriers.find(({ name }) => name === carrier)!, snapshot, resources);
    subjects.set(key, subject);
    const text = await verdict(line, subject, progress);
    if (!text.holds) failures++;
    process.stdout.write(`${text.sentence}\n`);
  }
  for (const subject of subjects.values()) await subject.close();
  const held = lines.length - failures;
  process.stdout.write(
    `${held} of ${lines.length} lines of the gate hold, after ${duration(performance.now() - started)}.\n`,
  );
  return failures === 0;
}

async function verdict(
  line: GateLine,
  subject: Subject,
  progress: StderrProgress,
): Promise<Pick<Verdict, "holds"> & { sentence: string }> {
  const name = variant(line.row, line.carrier, line.snapshot);
  const row = rows.find((candidate) => candidate.name === line.row)!;
  try {
    const result = await judge(line, async () => {
      progress.measuring(name);
      const measured = await measureRow(row, subject, find(references, line.times), GATE_EFFORTS);
      progress.found(measured);
      return measured.ratio.times;
    });
    return { holds: result.holds, sentence: verdictText(result) };
  } catch (error) {
    subject.resources.signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    progress.failed(reason);
    return { holds: false, sentence: `${name} FAILS: it could not be measured. ${reason}` };
  }
}

import { variant } from "./results.js";
import { median } from "./statistics.js";
import { SNAPSHOT_MODES, type SnapshotMode } from "./subject.js";

/** What the gate holds a row to. */
export interface GateLine {
  row: string;
  carrier: string;
  snapshot: SnapshotMode;
  /** The row's median is at most that many times the median of that reference, measured right before and after it. */
  atMost: number;
  times: string;
}

/** How a line came out. */
export interface Verdict {
  line: GateLine;
  holds: boolean;
  /** The ratios that were measured: one, or three where the first was too high. */
  ratios: number[];
  /** Their median, which decides. */
  decisive: number;
}

/** What lines of the gate's file may name. */
export interface Known {
  rows: readonly { name: string; snapshots: readonly SnapshotMode[] }[];
  carriers: readonly string[];
  references: readonly string[];
}

/** The gate's file can't be used; the message says where and why. */
export class GateFileError extends Error {
  override readonly name = "GateFileError";
}

const FIELDS = new Set(["row", "carrier", "snapshot", "atMost", "times"]);

/**
 * Reads the text of gate.json: `{ "lines": [{ "row": "js_empty", "atMost": 0.3, "times": "spawn_true" }] }`. A line may
 * name a `carrier` (the first one unless it does) and a `snapshot` mode (`auto`).
 *
 * @throws GateFileError
 */
export function parseGate(text: string, known: Known): GateLine[] {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (error) {
    throw new GateFileError(`The gate's file is not JSON: ${(error as Error).message}.`);
  }
  const lines = isObject(file) ? file.lines : undefined;
  if (!Array.isArray(lines) || lines.length === 0) {
    throw new GateFileError('The gate\'s file must be { "lines": [...] } with at least one line.');
  }
  const parsed = lines.map((line, index) => parseLine(line, `Line ${index + 1} of the gate's file`, known));
  const names = parsed.map(({ row, carrier, snapshot }) => `${row}, ${carrier}, ${snapshot}`);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new GateFileError(`The gate's file has two lines for ${twice}.`);
  return parsed;
}

/**
 * Decides about a line. A ratio that is too high is measured twice more, and the median of the three decides: one
 * unlucky moment is no regression, and a regression is there all three times.
 *
 * @param ratio Measures the line's ratio.
 */
export async function judge(line: GateLine, ratio: () => Promise<number>): Promise<Verdict> {
  const ratios = [await ratio()];
  if (ratios[0]! > line.atMost) ratios.push(await ratio(), await ratio());
  const decisive = median(ratios);
  return { line, holds: decisive <= line.atMost, ratios, decisive };
}

/** A verdict as a sentence. */
export function verdictText({ line, holds, ratios, decisive }: Verdict): string {
  const name = variant(line.row, line.carrier, line.snapshot);
  const [first, ...again] = ratios.map((ratio) => ratio.toFixed(2));
  const measured = `${name} ${holds ? "holds" : "FAILS"}: ${first} times ${line.times}`;
  if (again.length === 0) return `${measured}, at most ${line.atMost}`;
  return (
    `${measured}, above ${line.atMost}; measured again: ${again.join(" and ")}; ` +
    `the median ${decisive.toFixed(2)} decides`
  );
}

function parseLine(line: unknown, where: string, known: Known): GateLine {
  if (!isObject(line)) throw new GateFileError(`${where} is not an object.`);
  const stranger = Object.keys(line).find((field) => !FIELDS.has(field));
  if (stranger !== undefined) throw new GateFileError(`${where} has a field ${stranger}, which means nothing.`);
  const { row: name, carrier = known.carriers[0], snapshot = "auto", atMost, times } = line;
  const row = known.rows.find((candidate) => candidate.name === name);
  if (row === undefined) throw new GateFileError(`${where} is about a row ${String(name)}, which there is not.`);
  if (!oneOf(carrier, known.carriers)) {
    throw new GateFileError(`${where} has a carrier ${String(carrier)}, which there is not.`);
  }
  if (!oneOf(snapshot, SNAPSHOT_MODES) || !row.snapshots.includes(snapshot)) {
    throw new GateFileError(`${where}: ${row.name} is not measured with the snapshot mode ${String(snapshot)}.`);
  }
  if (!oneOf(times, known.references)) {
    throw new GateFileError(`${where} compares with ${String(times)}, and there is no such reference.`);
  }
  if (typeof atMost !== "number" || !(atMost > 0)) {
    throw new GateFileError(`${where}: atMost must be a number above 0, not ${JSON.stringify(atMost)}.`);
  }
  return { row: row.name, carrier, snapshot, atMost, times };
}

function oneOf<T extends string>(value: unknown, choices: readonly T[]): value is T {
  return (choices as readonly unknown[]).includes(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

import { parseArgs } from "node:util";
import { carriers } from "./carriers.js";
import { DEFAULT_COUNTED, MIN_COUNTED } from "./efforts.js";
import { rows } from "./rows/index.js";
import { SNAPSHOT_MODES, type SnapshotMode } from "./subject.js";

/** What the command line asks for. */
export interface Options {
  gate: boolean;
  list: boolean;
  /** Names of rows; all unless set. */
  rows: ReadonlySet<string> | undefined;
  carriers: readonly string[];
  snapshots: readonly SnapshotMode[];
  counted: number;
  references: boolean;
  json: string | undefined;
  html: string | undefined;
  markdown: string | undefined;
}

/** The command line asks for something that there is not; the message says what there is. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The options as `parseArgs` takes them. ./scripts/bench --help says what each is for. */
export const OPTIONS = {
  rows: { type: "string" },
  carriers: { type: "string" },
  snapshots: { type: "string" },
  counted: { type: "string" },
  "no-references": { type: "boolean" },
  json: { type: "string" },
  html: { type: "string" },
  markdown: { type: "string" },
  gate: { type: "boolean" },
  list: { type: "boolean" },
} as const;

/** Options that say nothing to the gate, whose file decides about them. */
const REPORT_ONLY = ["carriers", "snapshots", "counted", "no-references", "json", "html", "markdown"] as const;

/** @throws UsageError */
export function parseOptions(args: readonly string[]): Options {
  const values = parse(args);
  const stray = values.gate ? REPORT_ONLY.find((name) => values[name] !== undefined) : undefined;
  if (stray !== undefined)
    throw new UsageError(`--${stray} can't be used with --gate: benches/gate.json decides there.`);
  const carrierNames = carriers.map(({ name }) => name);
  return {
    gate: values.gate ?? false,
    list: values.list ?? false,
    rows:
      values.rows === undefined
        ? undefined
        : new Set(
            names(
              values.rows,
              "rows",
              rows.map(({ name }) => name),
            ),
          ),
    carriers: values.carriers === undefined ? carrierNames : names(values.carriers, "carriers", carrierNames),
    snapshots: values.snapshots === undefined ? SNAPSHOT_MODES : names(values.snapshots, "snapshots", SNAPSHOT_MODES),
    counted: values.counted === undefined ? DEFAULT_COUNTED : countedRuns(values.counted),
    references: !values["no-references"],
    json: values.json,
    html: values.html,
    markdown: values.markdown,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(". ")[0]}. See ./scripts/bench --help.`);
  }
}

function names<T extends string>(list: string, option: string, known: readonly T[]): T[] {
  const wanted = list.split(",").map((name) => name.trim());
  const stranger = wanted.find((name) => !(known as readonly string[]).includes(name));
  if (stranger !== undefined) {
    throw new UsageError(`--${option} has ${JSON.stringify(stranger)}; there are: ${known.join(", ")}.`);
  }
  return known.filter((name) => wanted.includes(name));
}

function countedRuns(text: string): number {
  const counted = Number(text);
  if (!/^\d+$/.test(text) || counted < MIN_COUNTED || counted > 100_000) {
    throw new UsageError(
      `--counted must be a whole number from ${MIN_COUNTED} to 100000, not ${JSON.stringify(text)}.`,
    );
  }
  return counted;
}

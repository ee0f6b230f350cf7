import { basename, dirname } from "node:path";
import { HotcellError } from "hotcell";
import { GateFileError } from "./gate.js";
import { readGate, runGate } from "./gate-run.js";
import { type Options, parseOptions, UsageError } from "./options.js";
import { outputPath, writeWhole } from "./output/files.js";
import { html } from "./output/html.js";
import { markdown } from "./output/markdown.js";
import { textTable } from "./output/table.js";
import { StderrProgress } from "./progress.js";
import { listing, measureReport, targetLines } from "./report.js";
import { Resources } from "./resources.js";
import type { Report } from "./results.js";

/** What is written of a report, beside the table on stdout. */
const WRITERS = { json: (report: Report) => `${JSON.stringify(report)}\n`, html, markdown } as const;

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options.list) {
    process.stdout.write(listing());
    return 0;
  }
  checkBinary();
  const resources = new Resources();
  const progress = new StderrProgress();
  if (options.gate) return (await runGate(readGate(options.rows), resources, progress)) ? 0 : 1;
  return report(options, resources, progress);
}

async function report(options: Options, resources: Resources, progress: StderrProgress): Promise<number> {
  const files = (["json", "html", "markdown"] as const).flatMap((kind) =>
    options[kind] === undefined ? [] : [{ path: outputPath(options[kind]), text: WRITERS[kind] }],
  );
  const result = await measureReport(options, resources, progress);
  for (const { path, text } of files) writeWhole(path, text(result));
  process.stdout.write(`\n${textTable(result)}\n`);
  for (const line of targetLines(result)) process.stdout.write(`${line}\n`);
  for (const { name, reason } of result.unavailable) process.stdout.write(`${name} was not measured: ${reason}\n`);
  for (const { name, reason } of result.failures) process.stdout.write(`${name} FAILED: ${reason}\n`);
  for (const { path } of files) progress.say(`Wrote ${path}`);
  return result.failures.length === 0 ? 0 : 1;
}

/** Figures of anything but a release build would be worth nothing. */
function checkBinary(): void {
  const path = process.env.HOTCELL_BINARY;
  if (path === undefined || path === "") {
    throw new UsageError("Set HOTCELL_BINARY to the release build that is to be measured, as ./scripts/bench does.");
  }
  if (basename(dirname(path)) === "debug") {
    throw new UsageError(`${path} is a debug build: measure one that was built with --release.`);
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  const { message, stack } = error as Error;
  const misused = error instanceof UsageError || error instanceof GateFileError;
  // What a sidecar says of itself is a full sentence; where it happened here is of no help.
  process.stderr.write(`${misused || error instanceof HotcellError ? message : stack}\n`);
  process.exitCode = misused ? 2 : 1;
}

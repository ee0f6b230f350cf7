import { figure, headline } from "./format.js";
import type { Measured } from "./results.js";
import type { Progress } from "./runner.js";

/** Tells on stderr what is measured, and what came of it. */
export class StderrProgress implements Progress {
  readonly #stream: NodeJS.WriteStream = process.stderr;
  #what = "";

  measuring(what: string): void {
    this.#what = what;
    // A terminal shows what is going on; a file or a pipe gets one line for each thing that is done.
    if (this.#stream.isTTY) this.#stream.write(`${what} ...`);
  }

  found(result: Measured): void {
    this.#finish(`${headline(result)} (p50 of ${result.summary.count}, ${spread(result)})`);
  }

  failed(reason: string): void {
    this.#finish(reason);
  }

  say(line: string): void {
    this.#stream.write(`${line}\n`);
  }

  #finish(text: string): void {
    this.#stream.write(`${this.#stream.isTTY ? "\r\x1b[K" : ""}${this.#what}: ${text}\n`);
  }
}

function spread({ summary, unit }: Measured): string {
  return `${figure(summary.min)} to ${figure(summary.max)} ${unit}`;
}

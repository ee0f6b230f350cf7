import type { RunResult } from "hotcell";

const styles = { bold: "1", underline: "4", cyan: "36", dim: "2" };

/** Writes what the demo shows, with styles where it goes to a terminal that has them. */
export class Presenter {
  readonly #out: NodeJS.WriteStream;
  readonly #styled: boolean;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
    this.#styled = out.isTTY && out.hasColors();
  }

  heading(text: string): void {
    this.#line(`\n${this.#style("bold", text)}`);
  }

  section(text: string): void {
    this.#line(`\n${this.#style("underline", text)}`);
  }

  /** @param totalMs Milliseconds from the call to its result, as this program saw them. */
  guest(title: string, result: RunResult, totalMs: number): void {
    this.#line(`\n${this.#style("cyan", `$ ${title}`)}`);
    for (const stream of [result.stdout, result.stderr]) {
      if (stream !== "") this.#line(stream.replace(/\n$/, "").replace(/^/gm, "  "));
    }
    const { usage } = result;
    const end = result.outcome === "exited" ? `exit code ${result.exitCode}` : `outcome ${result.outcome}`;
    const times = `${ms(totalMs)} in all, ${ms(usage.startMs)} to make the cell, ${ms(usage.cpuMs)} CPU`;
    this.#line(this.#style("dim", `  ${end}: ${times}`));
    if (result.error !== undefined) this.#line(this.#style("dim", `  ${result.error.message}`));
  }

  #style(style: keyof typeof styles, text: string): string {
    return this.#styled ? `\u001b[${styles[style]}m${text}\u001b[0m` : text;
  }

  #line(text: string): void {
    this.#out.write(`${text}\n`);
  }
}

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 0)} ms`;
}

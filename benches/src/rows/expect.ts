import type { RunResult } from "hotcell";

/**
 * Checks that a guest ran to its end as it should, and wrote that and nothing else.
 *
 * @param stdout The whole of it, or what it must match.
 * @throws Error that says what came instead.
 */
export function expectRun(result: RunResult<string | Buffer>, stdout: string | Buffer | RegExp): void {
  const { outcome, exitCode } = result;
  if (outcome === "exited" && exitCode === 0 && result.stderr.length === 0 && matches(result.stdout, stdout)) return;
  const why = result.error === undefined ? "" : ` (${result.error.message})`;
  throw new Error(
    `A guest ended as ${outcome} with exit code ${exitCode}${why}, stdout ${excerpt(result.stdout)} and stderr ` +
      `${excerpt(result.stderr)}, where exit code 0, stdout ${excerpt(stdout)} and no stderr were to be expected.`,
  );
}

function matches(actual: string | Buffer, expected: string | Buffer | RegExp): boolean {
  if (expected instanceof RegExp) return expected.test(actual.toString());
  return typeof actual === "string" || typeof expected === "string" ? actual === expected : actual.equals(expected);
}

const EXCERPT = 200;

function excerpt(output: string | Buffer | RegExp): string {
  if (output instanceof RegExp) return String(output);
  const text = JSON.stringify(output.toString("utf8").slice(0, EXCERPT));
  return output.length > EXCERPT ? `${text}... (${output.length} bytes)` : text;
}

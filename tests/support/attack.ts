import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Limits, Outcome, RunResult, Sandbox, Sidecar } from "hotcell";
import { carrier, start } from "./carrier.js";
import { innocents } from "./innocents.js";
import { assemble } from "./wasm.js";

/** One attempt of a hostile guest, and what must come of it. */
export interface Attempt {
  /** What it runs as JavaScript, or as a WASI program in the text format. */
  source?: string;
  wasm?: string;
  limits?: Limits;
  stdin?: string;
  /** The outcomes that it may have: more than one where it depends on what it reaches first. */
  ends: Outcome | readonly Outcome[];
  /** The limit that its end must name. */
  limit?: string;
  stdout?: string | RegExp;
  stderr?: RegExp;
  /** The sidecar may be replaced because of it: then it runs in one of its own, and only over a child process. */
  mayTakeTheProcess?: true;
  /** Anything else that must hold. */
  check?(result: RunResult<string>, sandbox: Sandbox): void | Promise<void>;
}

/** Milliseconds past its wall or CPU limit at which a guest must have ended, on a machine that does other things too. */
const OVERSHOOT_MS = 1500;
/** The same where the process has to be replaced first, or collects garbage in a full heap. */
const REPLACED_MS = 6000;

/** Tests for the attempts of an attack, by the id that it has in the list of attacks. Innocent guests run beside each. */
export function attack(id: string, what: string, attempts: Readonly<Record<string, Attempt>>): void {
  for (const [title, attempt] of Object.entries(attempts)) {
    const skip = attempt.mayTakeTheProcess === true && carrier !== "child" && "it may take its process with it";
    test(`${id} ${what}: ${title}`, { skip }, (context) => run(context, attempt));
  }
}

async function run(context: TestContext, attempt: Attempt): Promise<void> {
  await using sidecar = await start(attempt.mayTakeTheProcess ? { log: "ignore" } : {});
  // Whoever lives in a process that is taken goes with it: the innocents must then be elsewhere.
  await using other = attempt.mayTakeTheProcess ? await start() : undefined;
  const bystanders = await (other ?? sidecar).createSandbox();
  const sandbox = await sidecar.createSandbox();
  const { pid } = sidecar;
  const [result, latency] = await innocents(bystanders, () => perform(sandbox, attempt));

  const outcomes: readonly Outcome[] = typeof attempt.ends === "string" ? [attempt.ends] : attempt.ends;
  const told = JSON.stringify({ ...result, stdout: result.stdout.slice(0, 500), stderr: result.stderr.slice(0, 500) });
  assert.ok(outcomes.includes(result.outcome), told);
  if (attempt.limit !== undefined) assert.equal(result.error?.limit, attempt.limit, told);
  if (typeof attempt.stdout === "string") assert.equal(result.stdout, attempt.stdout, told);
  else if (attempt.stdout !== undefined) assert.match(result.stdout, attempt.stdout, told);
  if (attempt.stderr !== undefined) assert.match(result.stderr, attempt.stderr, told);
  checkOvershoot(context, attempt, result);
  context.diagnostic(latency);
  await attempt.check?.(result, sandbox);
  await checkSidecar(sidecar, attempt, pid);
}

async function perform(sandbox: Sandbox, { source, wasm, limits = {}, stdin }: Attempt): Promise<RunResult<string>> {
  const options = stdin === undefined ? { limits } : { limits, stdin };
  return wasm === undefined ? sandbox.run(source!, options) : sandbox.runWasm(assemble(wasm), [], options);
}

function checkOvershoot(context: TestContext, { limits, mayTakeTheProcess }: Attempt, result: RunResult<string>): void {
  const { wallMs, cpuMs } = limits ?? {};
  const limit = result.error?.limit;
  const past =
    limit === "wallMs" && wallMs !== undefined
      ? result.usage.wallMs - wallMs
      : limit === "cpuMs" && cpuMs !== undefined
        ? result.usage.cpuMs - cpuMs
        : undefined;
  if (past === undefined) return;
  context.diagnostic(`it ended ${past.toFixed(1)} ms past ${limit}`);
  assert.ok(past >= 0 && past < (mayTakeTheProcess ? REPLACED_MS : OVERSHOOT_MS), `${past} ms past ${limit}`);
}

async function checkSidecar(sidecar: Sidecar, { mayTakeTheProcess }: Attempt, pid: number): Promise<void> {
  const next = await sidecar.createSandbox();
  assert.equal((await next.run("console.log('alive')")).stdout, "alive\n");
  if (!mayTakeTheProcess) assert.equal(sidecar.pid, pid, "it is the same sidecar");
}

import type { GuestProcess, Sandbox, Sidecar } from "hotcell";
import type { Carrier } from "./carriers.js";
import { LiveSidecar } from "./live-sidecar.js";
import { residentBytes, settle } from "./resident.js";
import type { Resources } from "./resources.js";
import { expectRun } from "./rows/expect.js";
import { commands } from "./rows/programs.js";

/** Something that takes a sidecar of its own, from its start to its end. Travels between processes as JSON. */
export type Step =
  /** Milliseconds from the start to the result of the first guest. */
  | { kind: "first"; program: "js" | "wasm" }
  /**
   * Bytes that the sidecar takes once it has come to rest: before its first guest, after a hundred, or, for each of the
   * guests that live in it, the bytes that they add.
   */
  | { kind: "resident"; load: "none" | "hundred" | "live" };

export interface StepResult {
  value: number;
  /** Of a sidecar before its first guest: the workers that it has parked. */
  parked?: number;
}

/** Guests that live at once where it is measured what one takes. */
export const LIVE_GUESTS = 32;
/** Guests that run before a sidecar counts as used. */
export const USED_GUESTS = 100;

/** @throws Error where a guest's result is not what it must be. */
export async function takeStep(
  carrier: Carrier,
  env: Record<string, string>,
  step: Step,
  resources: Resources,
): Promise<StepResult> {
  const files = step.kind === "first" && step.program === "wasm" ? commands("true") : {};
  // What an engine in this process adds to it.
  const before = carrier.sharesProcess ? residentBytes(process.pid) : 0;
  const started = performance.now();
  const live = await LiveSidecar.start(carrier, env, resources);
  try {
    if (step.kind === "first") {
      const sandbox = await live.sidecar.createSandbox({ files });
      return { value: await firstResult(sandbox, step.program, started) };
    }
    await settle(live.pid, resources.signal);
    const atRest = residentBytes(live.pid);
    if (step.load === "none") {
      return { value: atRest - before, parked: (await live.sidecar.stats()).pool.parked };
    }
    const guests = await load(live.sidecar, step.load);
    await settle(live.pid, resources.signal);
    const loaded = residentBytes(live.pid);
    await Promise.all(guests.map((guest) => guest[Symbol.asyncDispose]()));
    return { value: step.load === "live" ? (loaded - atRest) / LIVE_GUESTS : loaded - before };
  } finally {
    await live.end();
  }
}

async function firstResult(sandbox: Sandbox, program: "js" | "wasm", started: number): Promise<number> {
  const result = await (program === "js" ? sandbox.run('console.log("hello")') : sandbox.exec("true"));
  const ms = performance.now() - started;
  expectRun(result, program === "js" ? "hello\n" : "");
  return ms;
}

/** @returns The guests that are still there. */
async function load(sidecar: Sidecar, kind: "hundred" | "live"): Promise<GuestProcess[]> {
  const sandbox = await sidecar.createSandbox();
  if (kind === "live") return Promise.all(Array.from({ length: LIVE_GUESTS }, () => waitingGuest(sandbox)));
  for (let n = 0; n < USED_GUESTS; n++) expectRun(await sandbox.run(`console.log(${n})`), `${n}\n`);
  return [];
}

/** A guest that has said that it is there, and waits for an input that does not come. */
async function waitingGuest(sandbox: Sandbox): Promise<GuestProcess> {
  const source = 'process.stdin.resume(); process.stdout.write("ready");';
  const guest = sandbox.spawn({ source }, { stdin: "pipe" });
  const { value } = await guest.stdout.getReader().read();
  if (value === undefined || Buffer.from(value).toString() !== "ready") {
    throw new Error(`A guest that was to wait ended: ${JSON.stringify(await guest.exit)}.`);
  }
  return guest;
}

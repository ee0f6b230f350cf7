import { setTimeout as delay } from "node:timers/promises";
import type { GuestProcess, Sandbox, Sidecar } from "hotcell";
import type { Carrier } from "./carriers.js";
import { LiveSidecar } from "./live-sidecar.js";
import { residentBytes, settle, threadCount } from "./resident.js";
import type { Resources } from "./resources.js";
import { COMPONENTS } from "./rows/components.js";
import { expectRun } from "./rows/expect.js";
import { commands } from "./rows/programs.js";

/** Something that takes a sidecar of its own, from its start to its end. Travels between processes as JSON. */
export type Step =
  /** Milliseconds from the start to the result of the first guest. */
  | { kind: "first"; program: "js" | "wasm" }
  /** Milliseconds from the start until all components of HOTCELL_COMPONENTS are listed with their functions, or loaded. */
  | { kind: "components"; until: "listed" | "loaded" }
  /**
   * Bytes that the sidecar takes once it has come to rest: before its first guest, after a hundred, or, for each of the
   * guests that live in it (JavaScript that waits for input, or WASI programs that sleep), the bytes that they add.
   */
  | { kind: "resident"; load: "none" | "hundred" | "live" | "asleep" };

export interface StepResult {
  value: number;
  /** Of a sidecar before its first guest: the threads of its process. */
  threads?: number;
}

/** Guests that live at once where it is measured what one takes. */
export const LIVE_GUESTS = 32;
/** WASI programs that sleep at once where it is measured what one takes. */
export const SLEEPING_GUESTS = 10_000;
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
    if (step.kind === "components") return { value: await untilComponents(live.sidecar, step.until, started) };
    await settle(live.pid, resources.signal);
    const atRest = residentBytes(live.pid);
    if (step.load === "none") return { value: atRest - before, threads: threadCount(live.pid) };
    const guests = await load(live.sidecar, step.load);
    await settle(live.pid, resources.signal);
    const loaded = residentBytes(live.pid);
    await Promise.all(guests.map((guest) => guest[Symbol.asyncDispose]()));
    return { value: step.load === "hundred" ? loaded - before : (loaded - atRest) / guests.length };
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

async function untilComponents(sidecar: Sidecar, until: "listed" | "loaded", started: number): Promise<number> {
  for (;;) {
    const listed = await sidecar.components.list();
    const ms = performance.now() - started;
    const failed = listed.find(({ state }) => state === "failed");
    if (failed !== undefined) throw new Error(`The component ${failed.id} failed: ${failed.error}.`);
    const done = listed.filter(({ state, functions }) =>
      until === "loaded" ? state === "loaded" : functions !== undefined,
    );
    if (done.length === COMPONENTS) return ms;
    await delay(2);
  }
}

/** @returns The guests that are still there. */
async function load(sidecar: Sidecar, kind: "hundred" | "live" | "asleep"): Promise<GuestProcess[]> {
  if (kind === "asleep") {
    const sandbox = await sidecar.createSandbox({ files: commands("sleep") });
    return Promise.all(Array.from({ length: SLEEPING_GUESTS }, () => sleepingGuest(sandbox)));
  }
  const sandbox = await sidecar.createSandbox();
  if (kind === "live") return Promise.all(Array.from({ length: LIVE_GUESTS }, () => waitingGuest(sandbox)));
  for (let n = 0; n < USED_GUESTS; n++) expectRun(await sandbox.run(`console.log(${n})`), `${n}\n`);
  return [];
}

/** A guest that sleeps for far longer than anything is measured; what it runs before that is over when the sidecar rests. */
async function sleepingGuest(sandbox: Sandbox): Promise<GuestProcess> {
  const limits = { wallMs: 24 * 60 * 60 * 1000 };
  const guest = sandbox.spawn({ command: "sleep" }, { args: ["80000"], limits, ready: "start" });
  await guest.ready;
  return guest;
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

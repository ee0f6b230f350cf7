// First of all, before anything can be replaced.
import "./primordials.ts";
import "./globals.ts";
import { hasImmediates, hasReferencedImmediates, runImmediates } from "./immediates.ts";
import type { Hooks, UncaughtWhere } from "./native.ts";
import { ObjectFreeze } from "./primordials.ts";
import { member } from "./process.ts";
import { beforeExit, finish } from "./process-exit.ts";
import { beginProcess } from "./process-info.ts";
import { signal } from "./process-signals.ts";
import { rejection } from "./rejections.ts";
import { prepareStackTrace } from "./stack-trace.ts";
import { isWaitingForInput, receiveInput } from "./stdin.ts";
import { drain, nextTick } from "./tasks.ts";
import { hasReferencedTimers, nextExpiry, runDueTimers } from "./timers.ts";
import { handleUncaught } from "./uncaught.ts";
import { emitWarning } from "./warning.ts";
import { runWasm } from "./wasm-runner.ts";

member("nextTick", nextTick);
member("emitWarning", emitWarning);

/** Whether input or a signal came in since the last round of immediates, which then go before the timers, as in Node. */
let hasPolled = false;

function runTimers(): number {
  drain();
  if (hasPolled) {
    hasPolled = false;
    runImmediates();
  }
  runDueTimers();
  runImmediates();
  return hasImmediates() ? 0 : (nextExpiry() ?? -1);
}

/** What the function that the bundle evaluates to returns. */
export const hooks: Hooks = ObjectFreeze({
  begin: beginProcess,
  runCommonJs() {
    throw new Error("CommonJS is not here yet");
  },
  runWasm,
  drain,
  runTimers,
  alive: () => hasReferencedTimers() || hasReferencedImmediates() || isWaitingForInput(),
  stdin(piece: Uint8Array | null) {
    hasPolled = true;
    receiveInput(piece);
  },
  signal(number: number) {
    hasPolled = true;
    signal(number);
  },
  beforeExit,
  exit: finish,
  rejection,
  uncaught: (error: unknown, where: UncaughtWhere | undefined) => handleUncaught(error, where, "uncaughtException"),
  prepareStackTrace,
  builtin: () => undefined,
});

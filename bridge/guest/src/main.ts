// First of all, before anything can be replaced.
import "./primordials.ts";
import "./globals.ts";
import { builtin } from "./builtins/registry.ts";
import "./commonjs/builtin.ts";
import { moduleAt, requireFile, runMain } from "./commonjs/module.ts";
import { resolveImport } from "./commonjs/resolve.ts";
import { define } from "./define.ts";
import { hasImmediates, hasReferencedImmediates, runImmediates } from "./immediates.ts";
import type { GuestStart, Hooks, UncaughtWhere } from "./native.ts";
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

/** Source text sees what a CommonJS module does, as if it were a file in the guest's directory. */
function begin(start: GuestStart): void {
  beginProcess(start);
  if (start.program !== "script") return;
  const module = moduleAt(start.filename);
  define(globalThis, "module", module, true);
  define(globalThis, "exports", module.exports, true);
  define(globalThis, "require", module.require, true);
  define(globalThis, "__filename", start.filename, true);
  define(globalThis, "__dirname", module.path, true);
}

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
  begin,
  runCommonJs: runMain,
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
  builtin,
  resolveImport,
  requireFile,
});

import "./primordials.ts";
import { console } from "./console.ts";
import { define } from "./define.ts";
import { clearImmediate, hasImmediates, hasReferencedImmediates, runImmediates, setImmediate } from "./immediates.ts";
import type { Hooks } from "./native.ts";
import { ObjectFreeze } from "./primordials.ts";
import { process } from "./process.ts";
import { beforeExit, finish } from "./process-exit.ts";
import { beginProcess } from "./process-info.ts";
import { signal } from "./process-signals.ts";
import { rejection } from "./rejections.ts";
import { prepareStackTrace } from "./stack-trace.ts";
import "./stdio.ts";
import { member } from "./process.ts";
import { drain, nextTick, queueMicrotask } from "./tasks.ts";
import {
  clearInterval,
  clearTimeout,
  hasReferencedTimers,
  nextExpiry,
  runDueTimers,
  setInterval,
  setTimeout,
} from "./timers.ts";
import { handleUncaught } from "./uncaught.ts";
import { emitWarning } from "./warning.ts";
import { runWasm } from "./wasm-runner.ts";

member("nextTick", nextTick);
member("emitWarning", emitWarning);

const hidden = { console, process };
for (const name in hidden) define(globalThis, name, hidden[name as keyof typeof hidden]);
const functions = {
  global: globalThis,
  clearImmediate,
  setImmediate,
  clearInterval,
  clearTimeout,
  setInterval,
  setTimeout,
  queueMicrotask,
};
for (const name in functions) define(globalThis, name, functions[name as keyof typeof functions], true);

/** Whether input came in since the last round of immediates, which then go before the timers. */
let hasPolled = false;

export const hooks: Hooks = ObjectFreeze({
  __proto__: null,
  begin: beginProcess,
  runCommonJs() {
    throw new Error("CommonJS is not here yet");
  },
  runWasm,
  drain,
  runTimers() {
    drain();
    if (hasPolled) {
      hasPolled = false;
      runImmediates();
    }
    runDueTimers();
    runImmediates();
    return hasImmediates() ? 0 : (nextExpiry() ?? -1);
  },
  alive: () => hasReferencedTimers() || hasReferencedImmediates(),
  stdin() {
    hasPolled = true;
  },
  signal(number) {
    hasPolled = true;
    signal(number);
  },
  beforeExit,
  exit: finish,
  rejection,
  uncaught: (error, where) => handleUncaught(error, where, "uncaughtException"),
  prepareStackTrace,
  builtin: () => undefined,
} satisfies Hooks & { __proto__: null } as Hooks);

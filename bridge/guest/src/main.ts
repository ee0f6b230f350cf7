// First of all, before anything can be replaced.
import "./primordials.ts";
import "./globals.ts";
import { builtin } from "./builtins/registry.ts";
import "./commonjs/builtin.ts";
import { type Module, moduleAt, requireFile, runMain } from "./commonjs/module.ts";
import { resolveImport } from "./commonjs/resolve.ts";
import { define } from "./define.ts";
import { mainFilename, setMainFilename } from "./guest-state.ts";
import { hasImmediates, hasReferencedImmediates, runImmediates } from "./immediates.ts";
import type { Hooks, ProgramKind, UncaughtWhere } from "./native.ts";
import { ObjectDefineProperty, ObjectFreeze, ObjectKeys, ReflectDeleteProperty } from "./primordials.ts";
import { member } from "./process.ts";
import { beforeExit, finish, isExitObserved, pendingExitCode } from "./process-exit.ts";
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

/** What source text sees as a CommonJS module does, as if it were a file in the guest's directory. */
const moduleGlobals: Record<string, (module: Module) => unknown> = {
  __proto__: null as never,
  module: (module) => module,
  exports: (module) => module.exports,
  require: (module) => module.require,
  __filename: (module) => module.filename,
  __dirname: (module) => module.path,
};
const moduleGlobalNames = ObjectKeys(moduleGlobals);

/** The module is made when one of these is first looked at: most source text looks at none. */
function defineModuleGlobals(): void {
  let module: Module | undefined;
  for (let i = 0; i < moduleGlobalNames.length; i++) {
    const name = moduleGlobalNames[i]!;
    const get = () => {
      module ??= moduleAt(mainFilename);
      const value = moduleGlobals[name]!(module);
      define(globalThis, name, value, true);
      return value;
    };
    const set = (value: unknown) => define(globalThis, name, value, true);
    const lazy = { __proto__: null, configurable: true, enumerable: true, get, set } as PropertyDescriptor;
    ObjectDefineProperty(globalThis, name, lazy);
  }
}
defineModuleGlobals();

function begin(argv: string[], env: Record<string, string>, kind: ProgramKind, filename: string): void {
  beginProcess(argv, env);
  setMainFilename(filename);
  if (kind === "script") return;
  for (let i = 0; i < moduleGlobalNames.length; i++) ReflectDeleteProperty(globalThis, moduleGlobalNames[i]!);
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

function settle(): number {
  drain();
  const isDone = nextExpiry() === undefined && !hasImmediates() && !isWaitingForInput() && !isExitObserved();
  return isDone ? pendingExitCode() : -1;
}

/** What the function that the bundle evaluates to returns. */
export const hooks: Hooks = ObjectFreeze({
  begin,
  runCommonJs: runMain,
  runWasm,
  drain,
  settle,
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

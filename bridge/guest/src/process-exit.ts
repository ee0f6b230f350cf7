/** How a guest ends: `process.exit`, `exitCode`, and what is told to listeners before. */
import { native } from "./binding.ts";
import { invalidArgType, outOfRange } from "./errors.ts";
import { NumberIsInteger, ObjectDefineProperty } from "./primordials.ts";
import { emitProcessEvent, member, process } from "./process.ts";
import type { Origin } from "./uncaught.ts";

const { emit } = process;

let exitCode: number | string | undefined;
let isExiting = false;

function validateExitCode(code: unknown): asserts code is number | string | undefined {
  if (code === undefined || code === null) return;
  if (typeof code === "string" && code !== "" && NumberIsInteger(+code)) return;
  if (typeof code !== "number") throw invalidArgType("code", "of type number", code);
  if (!NumberIsInteger(code)) throw outOfRange("code", "an integer", code);
}

ObjectDefineProperty(process, "exitCode", {
  __proto__: null,
  enumerable: true,
  configurable: false,
  get: () => exitCode,
  set(code: unknown) {
    validateExitCode(code);
    exitCode = code ?? undefined;
  },
} as PropertyDescriptor);

/** Runs the `exit` listeners, once; the exit code as the system gives it to a parent, 0 to 255. */
export function finish(code: number | undefined): number {
  if (!isExiting) {
    isExiting = true;
    exitCode ??= code;
    member("_exiting", true);
    emitProcessEvent("exit", +(exitCode ?? 0));
  }
  return +(exitCode ?? code ?? 0) & 0xff;
}

/** The exit code that `finish` would give a program that ends by itself and that nobody watches. */
export function pendingExitCode(): number {
  return +(exitCode ?? 0) & 0xff;
}

/** Whether code of the guest's is to run before it ends: a listener, or an `emit` of its own. */
export function isExitObserved(): boolean {
  const { _events: events } = process;
  return process.emit !== emit || events === undefined || events.beforeExit !== undefined || events.exit !== undefined;
}

/** `finish` for a guest that has failed already: what its listeners throw comes too late to be told. */
export function finishFailed(code: number): number {
  try {
    return finish(code);
  } catch {
    return +(exitCode ?? code) & 0xff;
  }
}

member("exit", function exit(code?: unknown): never {
  validateExitCode(code);
  if (code !== undefined) exitCode = code;
  return native.exit(finish(undefined));
});

member("reallyExit", function reallyExit(code?: unknown): never {
  validateExitCode(code);
  return native.exit(+(code ?? 0) & 0xff);
});

member("abort", function abort(): void {
  native.raise(6);
});

/** `Hooks.beforeExit`. */
export function beforeExit(): void {
  emitProcessEvent("beforeExit", +(exitCode ?? 0));
}

/** Tells the listeners of an exception; true where one took it. */
export function emitUncaught(error: unknown, origin: Origin): boolean {
  emitProcessEvent("uncaughtExceptionMonitor", error, origin);
  return emitProcessEvent("uncaughtException", error, origin);
}

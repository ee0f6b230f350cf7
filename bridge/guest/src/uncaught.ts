/** What becomes of an exception that nobody caught. */
import { native } from "./binding.ts";
import { inspect } from "./inspect/inspect.ts";
import { isNativeError } from "./inspect/types.ts";
import { type UncaughtWhere, USERLAND } from "./native.ts";
import { MathMax, StringPrototypeEndsWith, StringPrototypeRepeat, StringPrototypeSlice } from "./primordials.ts";
import { emitUncaught, finishFailed } from "./process-exit.ts";

/** Node's exit code where a listener of `uncaughtException` throws. */
const LISTENER_THREW = 7;

export type Origin = "uncaughtException" | "unhandledRejection";

/** `Hooks.uncaught`. */
export function handleUncaught(error: unknown, where: UncaughtWhere | undefined, origin: Origin): boolean {
  try {
    if (emitUncaught(error, origin)) return true;
  } catch (thrown) {
    native.write(2, formatUncaught(thrown, sourceOf(thrown)));
    native.exit(LISTENER_THREW);
  }
  finishFailed(1);
  native.write(2, formatUncaught(error, where));
  return false;
}

/** Treats as uncaught what was caught only to find out where it came from; does not return where no listener took it. */
export function throwUncaught(error: unknown, origin: Origin = "uncaughtException"): void {
  if (!handleUncaught(error, sourceOf(error), origin)) native.exit(finishFailed(1));
}

function sourceOf(error: unknown): UncaughtWhere | undefined {
  return isNativeError(error) ? native.errorSource(error) : undefined;
}

/** What Node 20 prints of an exception that ends the program, its last line with Node's version left out. */
export function formatUncaught(error: unknown, where: UncaughtWhere | undefined): string {
  const excerpt = where === undefined || where.file === USERLAND ? "" : formatSource(where);
  const text = describeThrown(error);
  if (isNativeError(error)) return excerpt === "" ? `${text}\n` : `${excerpt}\n${text}\n`;
  return `\n${excerpt}${text}\n`;
}

function formatSource({ file, line, startColumn, endColumn, sourceLine }: UncaughtWhere): string {
  let indent = "";
  // Tabs stay tabs, so that the marker stands under what it marks.
  for (let i = 0; i < startColumn; i++) indent += sourceLine[i] === "\t" ? "\t" : " ";
  const marker = StringPrototypeRepeat("^", MathMax(1, endColumn - startColumn));
  const text = StringPrototypeEndsWith(sourceLine, "\r") ? StringPrototypeSlice(sourceLine, 0, -1) : sourceLine;
  return `${file}:${line}\n${text}\n${indent}${marker}\n`;
}

/** A SyntaxError of code that never ran has no frames, for which an inspector would put it in brackets. */
function isOfCompiler(error: object): boolean {
  const { name, message, stack } = error as Error;
  return isNativeError(error) && name === "SyntaxError" && stack === `SyntaxError: ${message}`;
}

function describeThrown(error: unknown): string {
  if (error === null || (typeof error !== "object" && typeof error !== "function")) {
    return typeof error === "symbol" ? "" : `${error}`;
  }
  try {
    const text = inspect(error, { colors: false, customInspect: false, depth: 5 });
    return isOfCompiler(error) ? StringPrototypeSlice(text, 1, -1) : text;
  } catch {
    // Something in the value threw while it was looked at.
  }
  try {
    const { name, message } = error as { name?: unknown; message?: unknown };
    if (name !== undefined && message !== undefined) return `${name}: ${message}`;
  } catch {
    // So does this: there is nothing that can be told of it.
  }
  return "";
}

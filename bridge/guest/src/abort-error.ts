import { define } from "./define.ts";
import { invalidArgType } from "./errors.ts";
import { Error } from "./primordials.ts";
import { abortStateOf } from "./web/abort-state.ts";

/** Node's AbortError, as its functions that take a `signal` give it. */
export function abortError(reason: unknown): Error {
  const error = new Error("The operation was aborted");
  define(error, "name", "AbortError");
  define(error, "code", "ABORT_ERR", true);
  if (reason !== undefined) define(error, "cause", reason);
  return error;
}

/** Throws where a signal that was given is no AbortSignal or was aborted. */
export function throwIfAborted(signal: unknown): void {
  if (signal === undefined || signal === null) return;
  const state = abortStateOf(signal);
  if (state === undefined) throw invalidArgType("options.signal", "an instance of AbortSignal", signal);
  if (state.isAborted) throw abortError(state.reason);
}

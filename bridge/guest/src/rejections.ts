/** Promises that were rejected while nobody listened. */
import { native } from "./binding.ts";
import { define } from "./define.ts";
import { Queue } from "./list.ts";
import {
  Error,
  Map,
  type MapCursor,
  MapPrototypeDelete,
  MapPrototypeGetSize,
  MapPrototypeSet,
  mapCursor,
  ObjectPrototypeHasOwnProperty,
  WeakSet,
  WeakSetPrototypeAdd,
  WeakSetPrototypeDelete,
} from "./primordials.ts";
import { emitProcessEvent } from "./process.ts";
import { throwUncaught } from "./uncaught.ts";

/** Rejected since the last look, oldest first; each is forgotten as soon as it was told of. */
const pending = new Map<Promise<unknown>, unknown>();
/** Where the last look at `pending` stopped: so no look passes again over what was forgotten. */
let cursor: MapCursor<Promise<unknown>, unknown> | undefined;
/** Told of, and still without a handler as far as is known. */
const told = new WeakSet<Promise<unknown>>();
/** Told of, and handled since. */
const handledLate = new Queue<Promise<unknown>>();

/** `Hooks.rejection`. */
export function rejection(kind: 0 | 1, promise: Promise<unknown>, reason: unknown): void {
  if (kind === 0) MapPrototypeSet(pending, promise, reason);
  else if (!MapPrototypeDelete(pending, promise) && WeakSetPrototypeDelete(told, promise)) handledLate.push(promise);
}

/**
 * Tells of the oldest pending rejection, which ends the guest where no listener takes it. False where there was nothing to
 * tell; otherwise what the listeners left behind is to be drained first.
 */
export function processRejections(): boolean {
  const late = handledLate.shift();
  if (late !== undefined) {
    emitProcessEvent("rejectionHandled", late);
    return true;
  }
  if (MapPrototypeGetSize(pending) === 0) return false;
  cursor ??= mapCursor(pending);
  let next = cursor();
  if (next === undefined) {
    // The last look had come to the end, and there are new ones since.
    cursor = mapCursor(pending);
    next = cursor()!;
  }
  tell(next[0], next[1]);
  return true;
}

function tell(promise: Promise<unknown>, reason: unknown): void {
  MapPrototypeDelete(pending, promise);
  WeakSetPrototypeAdd(told, promise);
  if (emitProcessEvent("unhandledRejection", reason, promise)) return;
  throwUncaught(isErrorLike(reason) ? reason : wrap(reason), "unhandledRejection");
}

function isErrorLike(reason: unknown): boolean {
  try {
    return reason !== null && typeof reason === "object" && ObjectPrototypeHasOwnProperty(reason, "stack");
  } catch {
    // A Proxy's trap threw.
    return false;
  }
}

function wrap(reason: unknown): Error {
  const name = "UnhandledPromiseRejection";
  const message =
    "This error originated either by throwing inside of an async function without a catch block, or by rejecting a " +
    `promise which was not handled with .catch(). The promise rejected with the reason "${native.detailString(reason)}".`;
  const error = new Error(message);
  define(error, "name", name);
  define(error, "stack", `${name}: ${message}`);
  define(error, "code", "ERR_UNHANDLED_REJECTION", true);
  return error;
}

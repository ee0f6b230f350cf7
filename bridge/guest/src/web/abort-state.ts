/** What an AbortSignal is inside. Apart from its class, since EventTarget, which the class extends, needs it too. */
import { List } from "../list.ts";
import { WeakMap, WeakMapPrototypeGet, WeakMapPrototypeSet } from "../primordials.ts";

export interface AbortState {
  isAborted: boolean;
  reason: unknown;
  /** What is to be done on abort; none of the guest's functions. */
  readonly algorithms: List<() => void>;
}

const states = new WeakMap<object, AbortState>();

export function createAbortState(signal: object): AbortState {
  const state: AbortState = { isAborted: false, reason: undefined, algorithms: new List() };
  WeakMapPrototypeSet(states, signal, state);
  return state;
}

/** Undefined for what is no AbortSignal. */
export function abortStateOf(value: unknown): AbortState | undefined {
  return value !== null && typeof value === "object" ? WeakMapPrototypeGet(states, value) : undefined;
}

import { validateFunction } from "./errors.ts";
import { NO_ARGUMENTS } from "./list.ts";
import { ReflectApply } from "./primordials.ts";
import { drain } from "./tasks.ts";

type Callback = (...args: never[]) => unknown;

interface Entry {
  readonly immediate: Immediate;
  readonly args: unknown[];
  readonly sequence: number;
  isReferenced: boolean;
  isQueued: boolean;
  previous: Entry | undefined;
  next: Entry | undefined;
}

let first: Entry | undefined;
let last: Entry | undefined;
let nextSequence = 0;
/** Queued immediates that keep the guest alive. */
let referenced = 0;

function remove(entry: Entry): void {
  if (!entry.isQueued) return;
  const { previous, next } = entry;
  if (previous === undefined) first = next;
  else previous.next = next;
  if (next === undefined) last = previous;
  else next.previous = previous;
  entry.previous = entry.next = undefined;
  entry.isQueued = false;
  if (entry.isReferenced) referenced--;
}

/** The class of what setImmediate returns. */
class Immediate {
  /** Under this name since stack frames show it, as they do in Node. */
  _onImmediate: Callback | null;
  readonly #entry: Entry;

  static entryOf(value: unknown): Entry | undefined {
    return value !== null && typeof value === "object" && #entry in value ? value.#entry : undefined;
  }

  constructor(callback: Callback, args: unknown[]) {
    validateFunction(callback, "callback");
    this._onImmediate = callback;
    const entry: Entry = {
      immediate: this,
      args: args.length === 0 ? NO_ARGUMENTS : args,
      sequence: nextSequence++,
      isReferenced: true,
      isQueued: true,
      previous: last,
      next: undefined,
    };
    this.#entry = entry;
    if (last === undefined) first = entry;
    else last.next = entry;
    last = entry;
    referenced++;
  }

  ref(): this {
    const entry = this.#entry;
    if (!entry.isReferenced && entry.isQueued) referenced++;
    entry.isReferenced = true;
    return this;
  }

  unref(): this {
    const entry = this.#entry;
    if (entry.isReferenced && entry.isQueued) referenced--;
    entry.isReferenced = false;
    return this;
  }

  hasRef(): boolean {
    return this.#entry.isReferenced;
  }
}

const { entryOf } = Immediate;
delete (Immediate as { entryOf?: unknown }).entryOf;

export function setImmediate(callback: Callback, ...args: unknown[]): Immediate {
  return new Immediate(callback, args);
}

export function clearImmediate(immediate?: unknown): void {
  const entry = entryOf(immediate);
  if (entry === undefined) return;
  entry.immediate._onImmediate = null;
  remove(entry);
}

/** Runs the immediates that are queued now, not those that they queue. What a callback throws comes through. */
export function runImmediates(): void {
  const end = nextSequence;
  for (let entry = first; entry !== undefined && entry.sequence < end; entry = first) {
    const { immediate } = entry;
    remove(entry);
    const callback = immediate._onImmediate;
    try {
      if (typeof callback === "function") ReflectApply(callback, immediate, entry.args);
    } finally {
      immediate._onImmediate = null;
    }
    drain();
  }
}

export function hasImmediates(): boolean {
  return first !== undefined;
}

export function hasReferencedImmediates(): boolean {
  return referenced > 0;
}

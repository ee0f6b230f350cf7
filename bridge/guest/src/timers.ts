import { native } from "./binding.ts";
import { validateFunction } from "./errors.ts";
import { NO_ARGUMENTS } from "./list.ts";
import {
  Map,
  MapPrototypeDelete,
  MapPrototypeGet,
  MapPrototypeSet,
  MathMax,
  MathTrunc,
  ReflectApply,
  SymbolToPrimitive,
} from "./primordials.ts";
import { drain } from "./tasks.ts";
import { dequeue, enqueue, nextList, postpone, type QueuedTimer, type TimerList } from "./timer-queue.ts";
import { emitWarning } from "./warning.ts";

type Callback = (...args: never[]) => unknown;

/** The longest time that a timer waits, in milliseconds. */
export const LONGEST_TIMEOUT = 2 ** 31 - 1;

interface Entry extends QueuedTimer {
  readonly timeout: Timeout;
  readonly args: unknown[];
  readonly id: number;
  repeats: boolean;
  isReferenced: boolean;
  /** Waiting, or due and about to be repeated. */
  isActive: boolean;
}

let nextId = 1;
/** Active timers that keep the guest alive. */
let referenced = 0;
/** Active timers, and up to how many there may be before the native side is asked. */
let active = 0;
let allowed = 0;
/** Timers that were turned into numbers, which `clearTimeout` takes as well. */
const timersById = new Map<number, Timeout>();

const now = (): number => MathTrunc(native.now());

function activate(entry: Entry): void {
  if (!entry.isActive) {
    if (active >= allowed) allowed = native.allowTimers(active);
    active++;
    if (entry.isReferenced) referenced++;
  }
  entry.isActive = true;
  entry.start = now();
  enqueue(entry);
}

function deactivate(entry: Entry): void {
  dequeue(entry);
  if (!entry.isActive) return;
  entry.isActive = false;
  active--;
  if (entry.isReferenced) referenced--;
  MapPrototypeDelete(timersById, entry.id);
}

/** The class of what setTimeout and setInterval return. */
class Timeout {
  /** Under this name since stack frames show it, as they do in Node. */
  _onTimeout: Callback | null;
  readonly #entry: Entry;

  static entryOf(value: unknown): Entry | undefined {
    return value !== null && typeof value === "object" && #entry in value ? value.#entry : undefined;
  }

  constructor(callback: Callback, delay: unknown, args: unknown[], repeats: boolean) {
    validateFunction(callback, "callback");
    this._onTimeout = callback;
    this.#entry = {
      start: 0,
      duration: toDuration(delay),
      list: undefined,
      previous: undefined,
      next: undefined,
      timeout: this,
      args: args.length === 0 ? NO_ARGUMENTS : args,
      id: nextId++,
      repeats,
      isReferenced: true,
      isActive: false,
    };
    activate(this.#entry);
  }

  refresh(): this {
    const entry = this.#entry;
    if (this._onTimeout !== null) {
      dequeue(entry);
      activate(entry);
    }
    return this;
  }

  unref(): this {
    const entry = this.#entry;
    if (entry.isReferenced && entry.isActive) referenced--;
    entry.isReferenced = false;
    return this;
  }

  ref(): this {
    const entry = this.#entry;
    if (!entry.isReferenced && entry.isActive) referenced++;
    entry.isReferenced = true;
    return this;
  }

  hasRef(): boolean {
    return this.#entry.isReferenced;
  }

  close(): this {
    clearTimeout(this);
    return this;
  }

  [SymbolToPrimitive](): number {
    const entry = this.#entry;
    if (entry.isActive) MapPrototypeSet(timersById, entry.id, this);
    return entry.id;
  }
}

const { entryOf } = Timeout;
delete (Timeout as { entryOf?: unknown }).entryOf;

function toDuration(delay: unknown): number {
  const duration = (delay as number) * 1;
  if (duration >= 1 && duration <= LONGEST_TIMEOUT) return MathTrunc(duration);
  if (duration > LONGEST_TIMEOUT) {
    emitWarning(
      `${duration} does not fit into a 32-bit signed integer.\nTimeout duration was set to 1.`,
      "TimeoutOverflowWarning",
    );
  }
  return 1;
}

export function setTimeout(callback: Callback, delay?: unknown, ...args: unknown[]): Timeout {
  return new Timeout(callback, delay, args, false);
}

export function setInterval(callback: Callback, delay?: unknown, ...args: unknown[]): Timeout {
  return new Timeout(callback, delay, args, true);
}

export function clearTimeout(timer?: unknown): void {
  let entry = entryOf(timer);
  if (entry === undefined && (typeof timer === "number" || typeof timer === "string")) {
    entry = entryOf(MapPrototypeGet(timersById, +timer));
  }
  if (entry === undefined) return;
  entry.timeout._onTimeout = null;
  entry.repeats = false;
  deactivate(entry);
}

export function clearInterval(timer?: unknown): void {
  clearTimeout(timer);
}

/** Runs the timers that are due. What a callback throws comes through. */
export function runDueTimers(): void {
  let time = now();
  for (let list = nextList(); list !== undefined; list = nextList()) {
    if (list.expiry > time) {
      time = now();
      if (list.expiry > time) return;
    }
    runList(list, time);
  }
}

/** Runs a list's timers as far as they are due. */
function runList(list: TimerList, time: number): void {
  for (let entry = list.first as Entry | undefined; entry !== undefined; entry = list.first as Entry | undefined) {
    if (time - entry.start < list.duration) {
      time = now();
      if (time - entry.start < list.duration) {
        postpone(list, MathMax(entry.start + list.duration, time + 1));
        return;
      }
    }
    dequeue(entry);
    runTimer(entry);
  }
}

function runTimer(entry: Entry): void {
  const { timeout } = entry;
  const callback = timeout._onTimeout;
  try {
    if (typeof callback === "function") ReflectApply(callback, timeout, entry.args);
  } finally {
    // The callback may have cleared or refreshed its own timer.
    if (entry.list === undefined && entry.isActive) {
      if (entry.repeats) activate(entry);
      else deactivate(entry);
    }
  }
  drain();
}

/** When the next timer is to be looked at as `Native.now` counts, or undefined. */
export function nextExpiry(): number | undefined {
  return nextList()?.expiry;
}

export function hasReferencedTimers(): boolean {
  return referenced > 0;
}

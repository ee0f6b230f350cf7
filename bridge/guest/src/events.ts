/** Node's EventEmitter. */
import { append, define, defineAll } from "./define.ts";
import { codedError, invalidArgType, outOfRange, validateFunction } from "./errors.ts";
import { inspect } from "./inspect/inspect.ts";
import { isNativeError } from "./inspect/types.ts";
import {
  Error,
  NumberIsNaN,
  ObjectDefineProperty,
  ObjectGetPrototypeOf,
  ReflectApply,
  ReflectOwnKeys,
  String,
  Symbol,
} from "./primordials.ts";

export type Listener = (...args: never[]) => unknown;
type Name = string | symbol;
/** One listener is kept as it is, several as an array. */
type Listeners = Listener | Listener[];
type WrappedListener = Listener & { listener?: Listener };

export interface EventEmitter {
  _events: Record<Name, Listeners | undefined>;
  _eventsCount: number;
  _maxListeners: number | undefined;
  on(name: Name, listener: Listener): this;
  once(name: Name, listener: Listener): this;
  off(name: Name, listener: Listener): this;
  addListener(name: Name, listener: Listener): this;
  prependListener(name: Name, listener: Listener): this;
  prependOnceListener(name: Name, listener: Listener): this;
  removeListener(name: Name, listener: Listener): this;
  removeAllListeners(name?: Name): this;
  emit(name: Name, ...args: unknown[]): boolean;
  listeners(name: Name): Listener[];
  rawListeners(name: Name): Listener[];
  listenerCount(name: Name, listener?: Listener): number;
  eventNames(): Name[];
  setMaxListeners(count: number): this;
  getMaxListeners(): number;
}

export interface EventEmitterConstructor {
  new (): EventEmitter;
  (this: EventEmitter): void;
  readonly prototype: EventEmitter;
  defaultMaxListeners: number;
}

let watched: EventEmitter | undefined;
let watcher: ((name: Name, count: number) => void) | undefined;

/** Tells how many listeners an event of that emitter has whenever that changes. For `process`, which is the only one. */
export function watchListeners(emitter: EventEmitter, changed: (name: Name, count: number) => void): void {
  watched = emitter;
  watcher = changed;
}

let warn: ((warning: Error) => void) | undefined;

/** Where the warning of too many listeners goes. */
export function onLeak(emitWarning: (warning: Error) => void): void {
  warn = emitWarning;
}

export const errorMonitor = Symbol("events.errorMonitor");

let defaultMaxListeners = 10;

/** A function, since classes of before 2015 call it on their own `this`. */
export const EventEmitter = function EventEmitter(this: EventEmitter): void {
  initialise(this);
} as EventEmitterConstructor;

function initialise(emitter: EventEmitter): void {
  if (emitter._events === undefined || emitter._events === ObjectGetPrototypeOf(emitter)._events) {
    define(emitter, "_events", { __proto__: null }, true);
    define(emitter, "_eventsCount", 0, true);
  }
  define(emitter, "_maxListeners", emitter._maxListeners ?? undefined, true);
}

function eventsOf(emitter: EventEmitter): Record<Name, Listeners | undefined> {
  if (emitter._events === undefined) initialise(emitter);
  return emitter._events;
}

function validateListener(listener: unknown): asserts listener is Listener {
  validateFunction(listener, "listener");
}

function validateCount(count: unknown, name: string): asserts count is number {
  if (typeof count !== "number") throw invalidArgType(name, "of type number", count);
  if (count < 0 || NumberIsNaN(count)) throw outOfRange(name, ">= 0", count);
}

function add(emitter: EventEmitter, name: Name, listener: Listener, first: boolean): EventEmitter {
  validateListener(listener);
  const events = eventsOf(emitter);
  if (events.newListener !== undefined) {
    emitter.emit("newListener", name, (listener as WrappedListener).listener ?? listener);
  }
  const present = eventsOf(emitter)[name];
  if (present === undefined) {
    emitter._events[name] = listener;
    emitter._eventsCount++;
    if (emitter === watched) watcher!(name, 1);
    return emitter;
  }
  let listeners: Listener[];
  if (typeof present === "function") {
    listeners = first ? [listener, present] : [present, listener];
  } else if (first) {
    listeners = [listener];
    copyInto(listeners, present);
  } else {
    listeners = present;
    append(listeners, listener);
  }
  emitter._events[name] = listeners;
  warnOfLeak(emitter, name, listeners.length);
  return emitter;
}

function copyInto(target: Listener[], listeners: Listeners): void {
  if (typeof listeners === "function") append(target, listeners);
  else for (let i = 0; i < listeners.length; i++) append(target, listeners[i]!);
}

function warnOfLeak(emitter: EventEmitter, name: Name, count: number): void {
  const limit = maxListenersOf(emitter);
  // Once, when the limit is first passed.
  if (limit <= 0 || count !== limit + 1) return;
  const warning = new Error(
    `Possible EventEmitter memory leak detected. ${count} ${String(name)} listeners added to ` +
      `${inspect(emitter, { depth: -1 })}. MaxListeners is ${limit}. Use emitter.setMaxListeners() to increase limit`,
  );
  define(warning, "name", "MaxListenersExceededWarning");
  warn?.(warning);
}

function maxListenersOf(emitter: EventEmitter): number {
  return emitter._maxListeners === undefined ? defaultMaxListeners : emitter._maxListeners;
}

/** The listener that `once` registers: takes itself out, then runs the one that it holds. */
function onceOnly(emitter: EventEmitter, name: Name, listener: Listener): Listener {
  validateListener(listener);
  let isDone = false;
  const wrapped: WrappedListener = (...args: never[]) => {
    if (isDone) return undefined;
    isDone = true;
    emitter.removeListener(name, wrapped);
    return ReflectApply(listener, emitter, args);
  };
  define(wrapped, "listener", listener, true);
  return wrapped;
}

function remove(emitter: EventEmitter, name: Name, listener: Listener): void {
  const present = eventsOf(emitter)[name];
  if (present === undefined) return;
  let removed: Listener | undefined;
  const rest: Listener[] = [];
  const count = typeof present === "function" ? 1 : present.length;
  for (let i = count - 1; i >= 0; i--) {
    const candidate = (typeof present === "function" ? present : present[i]!) as WrappedListener;
    if (removed === undefined && (candidate === listener || candidate.listener === listener)) removed = candidate;
  }
  if (removed === undefined) return;
  let skip = removed as Listener | undefined;
  // The one that was added last goes, the others keep their order.
  for (let i = count - 1, at = count - 2; i >= 0; i--) {
    const candidate = typeof present === "function" ? present : present[i]!;
    if (candidate === skip) skip = undefined;
    else define(rest, at--, candidate, true);
  }
  store(emitter, name, rest);
  if (emitter._events.removeListener !== undefined) {
    emitter.emit("removeListener", name, (removed as WrappedListener).listener ?? removed);
  }
}

function store(emitter: EventEmitter, name: Name, listeners: Listener[]): void {
  if (listeners.length > 0) {
    emitter._events[name] = listeners.length === 1 ? listeners[0] : listeners;
    return;
  }
  delete emitter._events[name];
  emitter._eventsCount--;
  if (emitter === watched) watcher!(name, 0);
}

function unhandledError(error: unknown): unknown {
  if (isNativeError(error)) return error;
  let shown: string;
  try {
    shown = inspect(error);
  } catch {
    shown = "[object]";
  }
  const wrapped = codedError(Error, "ERR_UNHANDLED_ERROR", `Unhandled error. (${shown})`, unhandledError);
  define(wrapped, "context", error, true);
  return wrapped;
}

function list(emitter: EventEmitter, name: Name, unwrap: boolean): Listener[] {
  const result: Listener[] = [];
  const present = eventsOf(emitter)[name];
  if (present === undefined) return result;
  copyInto(result, present);
  if (unwrap) {
    for (let i = 0; i < result.length; i++) result[i] = (result[i] as WrappedListener).listener ?? result[i]!;
  }
  return result;
}

const methods: ThisType<EventEmitter> & Record<string, unknown> = {
  setMaxListeners(count: number) {
    validateCount(count, "setMaxListeners");
    this._maxListeners = count;
    return this;
  },
  getMaxListeners() {
    return maxListenersOf(this);
  },
  emit(name: Name, ...args: unknown[]) {
    const events = eventsOf(this);
    if (name === "error") {
      if (events[errorMonitor] !== undefined) ReflectApply(this.emit, this, [errorMonitor, args[0]]);
      if (events.error === undefined) throw unhandledError(args[0]);
    }
    const present = events[name];
    if (present === undefined) return false;
    if (typeof present === "function") {
      ReflectApply(present, this, args);
    } else {
      // A listener may add and remove others; those that are there now run.
      const listeners = list(this, name, false);
      for (let i = 0; i < listeners.length; i++) ReflectApply(listeners[i]!, this, args);
    }
    return true;
  },
  addListener(name: Name, listener: Listener) {
    return add(this, name, listener, false);
  },
  on(name: Name, listener: Listener) {
    return add(this, name, listener, false);
  },
  prependListener(name: Name, listener: Listener) {
    return add(this, name, listener, true);
  },
  once(name: Name, listener: Listener) {
    return this.on(name, onceOnly(this, name, listener));
  },
  prependOnceListener(name: Name, listener: Listener) {
    return this.prependListener(name, onceOnly(this, name, listener));
  },
  removeListener(name: Name, listener: Listener) {
    validateListener(listener);
    remove(this, name, listener);
    return this;
  },
  off(name: Name, listener: Listener) {
    return this.removeListener(name, listener);
  },
  removeAllListeners(name?: Name) {
    const events = eventsOf(this);
    const names = arguments.length === 0 ? ReflectOwnKeys(events) : [name!];
    if (events.removeListener === undefined) {
      for (let i = 0; i < names.length; i++) {
        if (events[names[i]!] !== undefined) store(this, names[i]!, []);
      }
      return this;
    }
    for (let i = 0; i < names.length; i++) {
      const listeners = list(this, names[i]!, false);
      // The last first, as a listener of `removeListener` sees it.
      for (let at = listeners.length - 1; at >= 0; at--) remove(this, names[i]!, listeners[at]!);
    }
    return this;
  },
  listeners(name: Name) {
    return list(this, name, true);
  },
  rawListeners(name: Name) {
    return list(this, name, false);
  },
  listenerCount(name: Name, listener?: Listener) {
    const listeners = list(this, name, false);
    if (listener === undefined) return listeners.length;
    let count = 0;
    for (let i = 0; i < listeners.length; i++) {
      const candidate = listeners[i] as WrappedListener;
      if (candidate === listener || candidate.listener === listener) count++;
    }
    return count;
  },
  eventNames() {
    return ReflectOwnKeys(eventsOf(this));
  },
};

defineAll(EventEmitter.prototype, methods);
define(EventEmitter.prototype, "_events", undefined, true);
define(EventEmitter.prototype, "_eventsCount", 0, true);
define(EventEmitter.prototype, "_maxListeners", undefined, true);

ObjectDefineProperty(EventEmitter, "defaultMaxListeners", {
  __proto__: null,
  enumerable: true,
  get: () => defaultMaxListeners,
  set(count: unknown) {
    validateCount(count, "defaultMaxListeners");
    defaultMaxListeners = count;
  },
} as PropertyDescriptor);

/** The module `events`: the class, with what Node has beside it. */
import { abortError, throwIfAborted } from "../abort-error.ts";
import { define, defineAll, setName } from "../define.ts";
import { invalidArgType } from "../errors.ts";
import { EventEmitter, errorMonitor, type Listener } from "../events.ts";
import { Queue } from "../list.ts";
import {
  AsyncIteratorPrototype,
  ObjectSetPrototypeOf,
  Promise,
  SymbolAsyncIterator,
  SymbolFor,
} from "../primordials.ts";
import { abortStateOf } from "../web/abort-state.ts";
import type { EventTarget } from "../web/event-target.ts";

interface Options {
  signal?: unknown;
}

type Emitter = EventEmitter | EventTarget;

const isEmitter = (value: unknown): value is EventEmitter =>
  value !== null && typeof value === "object" && typeof (value as EventEmitter).on === "function";

function listen(emitter: Emitter, name: string, listener: Listener, once = false): () => void {
  if (isEmitter(emitter)) {
    if (once) emitter.once(name, listener);
    else emitter.on(name, listener);
    return () => emitter.removeListener(name, listener);
  }
  const target = emitter as EventTarget;
  if (typeof target?.addEventListener !== "function") {
    throw invalidArgType("emitter", "an instance of EventEmitter", emitter);
  }
  target.addEventListener(name, listener, { once });
  return () => target.removeEventListener(name, listener);
}

/** Does something when a signal that was given aborts. */
function onAbort(signal: unknown, run: (reason: unknown) => void): void {
  const state = abortStateOf(signal);
  state?.algorithms.push(() => run(state.reason));
}

/** The arguments of an event's first emission. */
function once(emitter: Emitter, name: string, options?: Options): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    throwIfAborted(options?.signal);
    let stopErrors: (() => void) | undefined;
    const stop = listen(
      emitter,
      name,
      (...args: unknown[]) => {
        stopErrors?.();
        resolve(args);
      },
      true,
    );
    if (name !== "error" && isEmitter(emitter)) {
      stopErrors = listen(
        emitter,
        "error",
        (error: unknown) => {
          stop();
          reject(error);
        },
        true,
      );
    }
    onAbort(options?.signal, (reason) => {
      stop();
      stopErrors?.();
      reject(abortError(reason));
    });
  });
}

interface Waiter {
  resolve(result: IteratorResult<unknown[]>): void;
  reject(reason: unknown): void;
}

/** The emissions of an event, one after the other. */
class EventIterator {
  #emissions = new Queue<unknown[]>();
  #waiters = new Queue<Waiter>();
  #failure: { reason: unknown } | undefined = undefined;
  #isDone = false;
  readonly #stops = new Queue<() => void>();

  constructor(emitter: Emitter, name: string, options?: Options) {
    throwIfAborted(options?.signal);
    const receive = (...args: unknown[]): void => {
      const waiter = this.#waiters.shift();
      if (waiter === undefined) this.#emissions.push(args);
      else waiter.resolve({ value: args, done: false });
    };
    this.#stops.push(listen(emitter, name, receive as Listener));
    if (name !== "error" && isEmitter(emitter)) {
      this.#stops.push(listen(emitter, "error", ((error: unknown) => this.#fail(error)) as Listener));
    }
    onAbort(options?.signal, (reason) => this.#fail(abortError(reason)));
  }

  #fail(reason: unknown): void {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#failure = { reason };
    else waiter.reject(reason);
    this.#finish();
  }

  #finish(): void {
    this.#isDone = true;
    for (let stop = this.#stops.shift(); stop !== undefined; stop = this.#stops.shift()) stop();
    for (let waiter = this.#waiters.shift(); waiter !== undefined; waiter = this.#waiters.shift()) {
      waiter.resolve({ value: undefined, done: true });
    }
  }

  next(): Promise<IteratorResult<unknown[]>> {
    return new Promise((resolve, reject) => {
      const emission = this.#emissions.shift();
      if (emission !== undefined) return resolve({ value: emission, done: false });
      if (this.#failure !== undefined) {
        const { reason } = this.#failure;
        this.#failure = undefined;
        return reject(reason);
      }
      if (this.#isDone) return resolve({ value: undefined, done: true });
      this.#waiters.push({ resolve, reject });
    });
  }

  return(): Promise<IteratorResult<unknown[]>> {
    this.#finish();
    return this.next();
  }

  throw(reason: unknown): void {
    this.#fail(reason);
  }

  [SymbolAsyncIterator](): this {
    return this;
  }
}
ObjectSetPrototypeOf(EventIterator.prototype, AsyncIteratorPrototype);

setName(EventEmitter, "EventEmitter");
defineAll(EventEmitter, {
  once,
  on: (emitter: Emitter, name: string, options?: Options) => new EventIterator(emitter, name, options),
  getEventListeners: (emitter: EventEmitter, name: string) => emitter.listeners(name),
  listenerCount: (emitter: EventEmitter, name: string) => emitter.listenerCount(name),
  getMaxListeners: (emitter: EventEmitter) => emitter.getMaxListeners(),
  setMaxListeners(count: number, ...emitters: EventEmitter[]) {
    if (emitters.length === 0) EventEmitter.defaultMaxListeners = count;
    for (let i = 0; i < emitters.length; i++) emitters[i]!.setMaxListeners?.(count);
  },
  addAbortListener(signal: unknown, listener: Listener) {
    throwIfAborted(signal);
    (signal as EventTarget).addEventListener("abort", listener, { once: true });
  },
});
define(EventEmitter, "EventEmitter", EventEmitter, true);
define(EventEmitter, "errorMonitor", errorMonitor, true);
define(EventEmitter, "captureRejectionSymbol", SymbolFor("nodejs.rejection"), true);
define(EventEmitter, "usingDomains", false, true);

export const events = EventEmitter;

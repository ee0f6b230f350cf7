import { abortError, throwIfAborted } from "../abort-error.ts";
import { define, defineAll } from "../define.ts";
import { clearImmediate, setImmediate } from "../immediates.ts";
import { Queue } from "../list.ts";
import { AsyncIteratorPrototype, ObjectSetPrototypeOf, Promise, SymbolAsyncIterator } from "../primordials.ts";
import { custom } from "../promisify.ts";
import { clearInterval, clearTimeout, setInterval, setTimeout } from "../timers.ts";
import { abortStateOf } from "../web/abort-state.ts";

interface Options {
  signal?: unknown;
  ref?: boolean;
}

interface Waiting {
  ref(): unknown;
  unref(): unknown;
}

/** Starts waiting, and gives it up where the signal aborts. */
function waitFor<T>(
  start: (done: () => void) => Waiting,
  stop: (waiting: Waiting) => void,
  value: T,
  options: Options | undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    throwIfAborted(options?.signal);
    const waiting = start(() => resolve(value));
    if (options?.ref === false) waiting.unref();
    const state = abortStateOf(options?.signal);
    state?.algorithms.push(() => {
      stop(waiting);
      reject(abortError(state.reason));
    });
  });
}

/** The ticks of an interval, each with its value. */
class IntervalIterator {
  readonly #value: unknown;
  readonly #timer: Waiting;
  #ticks = 0;
  #isDone = false;
  #failure: unknown = undefined;
  #waiters = new Queue<{ resolve(result: IteratorResult<unknown>): void; reject(reason: unknown): void }>();

  constructor(delay: unknown, value: unknown, options?: Options) {
    throwIfAborted(options?.signal);
    this.#value = value;
    this.#timer = setInterval(() => {
      const waiter = this.#waiters.shift();
      if (waiter === undefined) this.#ticks++;
      else waiter.resolve({ value, done: false });
    }, delay);
    if (options?.ref === false) this.#timer.unref();
    const state = abortStateOf(options?.signal);
    state?.algorithms.push(() => {
      this.#failure = abortError(state.reason);
      this.#finish();
    });
  }

  #finish(): void {
    clearInterval(this.#timer);
    this.#isDone = true;
    for (let waiter = this.#waiters.shift(); waiter !== undefined; waiter = this.#waiters.shift()) {
      if (this.#failure === undefined) waiter.resolve({ value: undefined, done: true });
      else waiter.reject(this.#failure);
    }
  }

  next(): Promise<IteratorResult<unknown>> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      if (this.#ticks > 0) {
        this.#ticks--;
        return resolve({ value: this.#value, done: false });
      }
      if (this.#isDone) return resolve({ value: undefined, done: true });
      this.#waiters.push({ resolve, reject });
    });
  }

  return(): Promise<IteratorResult<unknown>> {
    this.#finish();
    return new Promise((resolve) => resolve({ value: undefined, done: true }));
  }

  [SymbolAsyncIterator](): this {
    return this;
  }
}
ObjectSetPrototypeOf(IntervalIterator.prototype, AsyncIteratorPrototype);

const wait = (delay?: unknown, value?: unknown, options?: Options) =>
  waitFor((done) => setTimeout(done, delay), clearTimeout, value, options);
const yieldOnce = (value?: unknown, options?: Options) =>
  waitFor((done) => setImmediate(done), clearImmediate, value, options);

const scheduler: Record<string, unknown> = {};
defineAll(scheduler, {
  wait: (delay?: unknown, options?: Options) => wait(delay, undefined, options),
  yield: () => yieldOnce(),
});

export const promises: Record<string, unknown> = {};
defineAll(promises, {
  setTimeout: wait,
  setImmediate: yieldOnce,
  setInterval: (delay?: unknown, value?: unknown, options?: Options) => new IntervalIterator(delay, value, options),
});
define(promises, "scheduler", scheduler, true);

export const timers: Record<string, unknown> = {};
defineAll(timers, { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate });
define(timers, "promises", promises, true);

define(setTimeout, custom, promises.setTimeout);
define(setImmediate, custom, promises.setImmediate);

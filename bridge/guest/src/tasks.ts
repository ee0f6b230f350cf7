/** `process.nextTick`, microtasks and their order: all ticks, then all microtasks, again until there are none. */
import { native } from "./binding.ts";
import { validateFunction } from "./errors.ts";
import { NO_ARGUMENTS, Queue } from "./list.ts";
import { ReflectApply } from "./primordials.ts";
import { processRejections } from "./rejections.ts";
import { throwUncaught } from "./uncaught.ts";

interface Tick {
  readonly callback: (...args: never[]) => unknown;
  readonly args: unknown[];
}

const ticks = new Queue<Tick>();

export function nextTick(callback: (...args: never[]) => unknown, ...args: unknown[]): void {
  validateFunction(callback, "callback");
  ticks.push({ callback, args: args.length === 0 ? NO_ARGUMENTS : args });
}

/** `Hooks.drain`. What a tick throws comes through; the next call goes on with the tick behind it. */
export function drain(): void {
  do {
    for (let tick = ticks.shift(); tick !== undefined; tick = ticks.shift()) {
      ReflectApply(tick.callback, undefined, tick.args);
    }
    native.runMicrotasks();
  } while (ticks.length > 0 || processRejections());
}

export function queueMicrotask(callback: () => void): void {
  validateFunction(callback, "callback");
  native.enqueueMicrotask(() => {
    try {
      callback();
    } catch (error) {
      throwUncaught(error);
    }
  });
}

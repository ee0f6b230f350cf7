import { webInterface } from "../define.ts";
import { codedError, invalidArgType, missingArgs } from "../errors.ts";
import { Error, Map, MapPrototypeGet, MapPrototypeSet, ReflectApply } from "../primordials.ts";
import { nextTick } from "../tasks.ts";
import { throwUncaught } from "../uncaught.ts";
import { abortStateOf } from "./abort-state.ts";
import { type Event, stateOf } from "./event.ts";

type Callback = ((event: Event) => unknown) | { handleEvent?: unknown };

interface ListenerOptions {
  capture?: boolean;
  once?: boolean;
  passive?: boolean;
  signal?: unknown;
}

interface Listener {
  readonly callback: Callback;
  readonly capture: boolean;
  readonly once: boolean;
  readonly passive: boolean;
  /** Those that a dispatch adds do not take part in it. */
  readonly sequence: number;
  isRemoved: boolean;
  previous: Listener | undefined;
  /** Stays after the removal, so that a dispatch that stands here finds on. */
  next: Listener | undefined;
}

interface Listeners {
  first: Listener | undefined;
  last: Listener | undefined;
}

let nextSequence = 0;

function remove(listeners: Listeners, listener: Listener): void {
  if (listener.isRemoved) return;
  listener.isRemoved = true;
  if (listener.previous === undefined) listeners.first = listener.next;
  else listener.previous.next = listener.next;
  if (listener.next === undefined) listeners.last = listener.previous;
  else listener.next.previous = listener.previous;
}

function find({ first }: Listeners, callback: unknown, capture: boolean): Listener | undefined {
  for (let listener = first; listener !== undefined; listener = listener.next) {
    if (listener.callback === callback && listener.capture === capture) return listener;
  }
  return undefined;
}

export class EventTarget {
  readonly #listeners = new Map<string, Listeners>();

  addEventListener(type: unknown, callback: unknown, options?: boolean | ListenerOptions | null): void {
    if (arguments.length < 2) throw missingArgs('The "type" and "listener" arguments must be specified');
    const { capture, once, passive, signal } = readOptions(options);
    const abort = signal === undefined ? undefined : abortStateOf(signal);
    if (signal !== undefined && abort === undefined) {
      throw invalidArgType("options.signal", "an instance of AbortSignal", signal);
    }
    if (!isCallback(callback) || abort?.isAborted) return;
    const name = `${type}`;
    let listeners = MapPrototypeGet(this.#listeners, name);
    if (listeners === undefined) {
      listeners = { first: undefined, last: undefined };
      MapPrototypeSet(this.#listeners, name, listeners);
    } else if (find(listeners, callback, capture) !== undefined) {
      return;
    }
    const listener: Listener = {
      callback,
      capture,
      once,
      passive,
      sequence: nextSequence++,
      isRemoved: false,
      previous: listeners.last,
      next: undefined,
    };
    if (listeners.last === undefined) listeners.first = listener;
    else listeners.last.next = listener;
    listeners.last = listener;
    const owner = listeners;
    abort?.algorithms.push(() => remove(owner, listener));
  }

  removeEventListener(type: unknown, callback: unknown, options?: boolean | ListenerOptions | null): void {
    if (arguments.length < 2) throw missingArgs('The "type" and "listener" arguments must be specified');
    const listeners = MapPrototypeGet(this.#listeners, `${type}`);
    if (listeners === undefined) return;
    const capture = typeof options === "boolean" ? options : !!options?.capture;
    const listener = find(listeners, callback, capture);
    if (listener !== undefined) remove(listeners, listener);
  }

  dispatchEvent(event: Event): boolean {
    const state = stateOf(event);
    if (state === undefined) throw invalidArgType("event", "an instance of Event", event);
    if (state.isDispatching) {
      throw codedError(Error, "ERR_EVENT_RECURSION", `The event "${event.type}" is already being dispatched`);
    }
    state.isTrusted = false;
    return dispatch(this, event, MapPrototypeGet(this.#listeners, event.type));
  }

  /** Dispatches an event of the platform's own. Not reachable from the guest's code. */
  static fire(target: EventTarget, event: Event): void {
    dispatch(target, event, MapPrototypeGet(target.#listeners, event.type));
  }
}

export const { fire } = EventTarget;
delete (EventTarget as { fire?: unknown }).fire;
webInterface(EventTarget, "EventTarget");

function readOptions(options: boolean | ListenerOptions | null | undefined): Required<ListenerOptions> {
  if (options === null || typeof options !== "object") {
    return { capture: !!options, once: false, passive: false, signal: undefined };
  }
  return { capture: !!options.capture, once: !!options.once, passive: !!options.passive, signal: options.signal };
}

/** False where there is none, which is allowed; throws for what can't be one. */
function isCallback(value: unknown): value is Callback {
  if (value === null || value === undefined) return false;
  if (typeof value === "function" || typeof value === "object") return true;
  throw invalidArgType("listener", "an instance of EventListener", value);
}

function dispatch(target: EventTarget, event: Event, listeners: Listeners | undefined): boolean {
  const state = stateOf(event)!;
  state.isDispatching = true;
  state.target = state.currentTarget = target;
  const end = nextSequence;
  let listener = listeners?.first;
  for (; listener !== undefined && listener.sequence < end; listener = listener.next) {
    if (listener.isRemoved) continue;
    if (listener.once) remove(listeners!, listener);
    state.isInPassiveListener = listener.passive;
    call(listener.callback, target, event);
    state.isInPassiveListener = false;
    if (state.hasStoppedImmediately) break;
  }
  state.isDispatching = false;
  state.currentTarget = null;
  state.hasStoppedPropagation = state.hasStoppedImmediately = false;
  return !event.defaultPrevented;
}

/** What a listener throws does not keep the others from running. */
function call(callback: Callback, target: EventTarget, event: Event): void {
  try {
    if (typeof callback === "function") {
      ReflectApply(callback, target, [event]);
    } else {
      const { handleEvent } = callback;
      if (typeof handleEvent === "function") ReflectApply(handleEvent, callback, [event]);
    }
  } catch (error) {
    nextTick(() => throwUncaught(error));
  }
}

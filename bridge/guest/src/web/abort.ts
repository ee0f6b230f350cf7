import { webInterface } from "../define.ts";
import { invalidArgType, outOfRange } from "../errors.ts";
import { type InspectOptions, inspect } from "../inspect/inspect.ts";
import { demandPermission, permission } from "../permission.ts";
import { ArrayIsArray, MathMin, NumberIsInteger, ReflectApply } from "../primordials.ts";
import { LONGEST_TIMEOUT, setTimeout } from "../timers.ts";
import { type AbortState, abortStateOf, createAbortState } from "./abort-state.ts";
import { DOMException } from "./dom-exception.ts";
import { type Event, trustedEvent } from "./event.ts";
import { EventTarget, fire } from "./event-target.ts";

type Handler = ((event: Event) => unknown) | object | null;

export class AbortSignal extends EventTarget {
  readonly #state: AbortState;
  #onabort: Handler = null;
  #hasHandler = false;

  constructor(permit?: unknown) {
    demandPermission(permit, AbortSignal);
    super();
    this.#state = createAbortState(this);
  }

  static abort(reason: unknown = new DOMException("This operation was aborted", "AbortError")): AbortSignal {
    const signal = new AbortSignal(permission);
    signal.#state.isAborted = true;
    signal.#state.reason = reason;
    return signal;
  }

  static timeout(delay: unknown): AbortSignal {
    if (typeof delay !== "number") throw invalidArgType("delay", "of type number", delay);
    if (!NumberIsInteger(delay)) throw outOfRange("delay", "an integer", delay);
    if (delay < 0 || delay > 0xffffffff) throw outOfRange("delay", ">= 0 && <= 4294967295", delay);
    const signal = new AbortSignal(permission);
    const expire = () =>
      abortSignal(signal, new DOMException("The operation was aborted due to timeout", "TimeoutError"));
    setTimeout(expire, MathMin(delay, LONGEST_TIMEOUT)).unref();
    return signal;
  }

  static any(signals: unknown): AbortSignal {
    if (!ArrayIsArray(signals)) throw invalidArgType("signals", "an instance of Array", signals);
    const result = new AbortSignal(permission);
    const abort = (source: AbortState) => () => abortSignal(result, source.reason);
    for (let i = 0; i < signals.length; i++) {
      const source = abortStateOf(signals[i]);
      if (source === undefined) throw invalidArgType(`signals[${i}]`, "an instance of AbortSignal", signals[i]);
      if (!source.isAborted) continue;
      result.#state.isAborted = true;
      result.#state.reason = source.reason;
      return result;
    }
    for (let i = 0; i < signals.length; i++) {
      const source = abortStateOf(signals[i])!;
      source.algorithms.push(abort(source));
    }
    return result;
  }

  get aborted(): boolean {
    return this.#state.isAborted;
  }

  get reason(): unknown {
    return this.#state.reason;
  }

  throwIfAborted(): void {
    if (this.#state.isAborted) throw this.#state.reason;
  }

  get onabort(): Handler {
    return this.#onabort;
  }

  set onabort(handler: unknown) {
    this.#onabort = typeof handler === "function" || typeof handler === "object" ? (handler as Handler) : null;
    if (this.#hasHandler || this.#onabort === null) return;
    // The handler keeps the place among the listeners that it has now.
    this.#hasHandler = true;
    this.addEventListener("abort", (event: Event) => {
      const current = this.#onabort;
      if (typeof current === "function") ReflectApply(current as never, this, [event]);
    });
  }

  [inspect.custom](depth: number, options: InspectOptions): string {
    return inspectAs("AbortSignal", { aborted: this.#state.isAborted }, depth, options);
  }
}

webInterface(AbortSignal, "AbortSignal");

/** Aborts once: what was to be done on abort comes before the event. */
function abortSignal(signal: AbortSignal, reason: unknown): void {
  const state = abortStateOf(signal)!;
  if (state.isAborted) return;
  state.isAborted = true;
  state.reason = reason;
  for (let i = 0; i < state.algorithms.length; i++) state.algorithms.at(i)();
  state.algorithms.clear();
  fire(signal, trustedEvent("abort"));
}

export class AbortController {
  readonly #signal = new AbortSignal(permission);

  get signal(): AbortSignal {
    return this.#signal;
  }

  abort(reason: unknown = new DOMException("This operation was aborted", "AbortError")): void {
    abortSignal(this.#signal, reason);
  }

  [inspect.custom](depth: number, options: InspectOptions): string {
    return inspectAs("AbortController", { signal: this.#signal }, depth, options);
  }
}

webInterface(AbortController, "AbortController");

function inspectAs(name: string, shown: object, depth: number, options: InspectOptions): string {
  if (depth < 0) return `[${name}]`;
  const nested = { ...options, depth: options.depth == null ? null : options.depth - 1 };
  return `${name} ${inspect(shown, nested)}`;
}

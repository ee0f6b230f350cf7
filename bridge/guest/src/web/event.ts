import { native } from "../binding.ts";
import { webInterface } from "../define.ts";
import { missingArgs } from "../errors.ts";
import { type InspectOptions, inspect } from "../inspect/inspect.ts";
import { ObjectDefineProperty } from "../primordials.ts";

export interface EventInit {
  bubbles?: boolean;
  cancelable?: boolean;
  composed?: boolean;
}

const NONE = 0;
const AT_TARGET = 2;

/** What the dispatch does to an event, out of the guest's reach. */
export interface EventState {
  isDispatching: boolean;
  target: object | null;
  currentTarget: object | null;
  hasStoppedPropagation: boolean;
  hasStoppedImmediately: boolean;
  isInPassiveListener: boolean;
  isTrusted: boolean;
}

export class Event {
  #type: string;
  #bubbles: boolean;
  #cancelable: boolean;
  readonly #composed: boolean;
  #isCanceled = false;
  readonly #timeStamp = native.now();
  readonly #state: EventState = {
    isDispatching: false,
    target: null,
    currentTarget: null,
    hasStoppedPropagation: false,
    hasStoppedImmediately: false,
    isInPassiveListener: false,
    isTrusted: false,
  };

  /** Undefined for what is no Event. Not reachable from the guest's code. */
  static stateOf(value: unknown): EventState | undefined {
    return value !== null && typeof value === "object" && #state in value ? value.#state : undefined;
  }

  constructor(type: unknown, init?: EventInit | null) {
    if (arguments.length === 0) throw missingArgs('The "type" argument must be specified');
    this.#type = `${type}`;
    this.#bubbles = !!init?.bubbles;
    this.#cancelable = !!init?.cancelable;
    this.#composed = !!init?.composed;
  }

  get type(): string {
    return this.#type;
  }

  get target(): object | null {
    return this.#state.target;
  }

  get currentTarget(): object | null {
    return this.#state.currentTarget;
  }

  get srcElement(): object | null {
    return this.#state.target;
  }

  composedPath(): object[] {
    return this.#state.isDispatching ? [this.#state.currentTarget!] : [];
  }

  get eventPhase(): number {
    return this.#state.isDispatching ? AT_TARGET : NONE;
  }

  stopPropagation(): void {
    this.#state.hasStoppedPropagation = true;
  }

  get cancelBubble(): boolean {
    return this.#state.hasStoppedPropagation;
  }

  set cancelBubble(value: boolean) {
    if (value) this.#state.hasStoppedPropagation = true;
  }

  stopImmediatePropagation(): void {
    this.#state.hasStoppedPropagation = this.#state.hasStoppedImmediately = true;
  }

  get bubbles(): boolean {
    return this.#bubbles;
  }

  get cancelable(): boolean {
    return this.#cancelable;
  }

  get returnValue(): boolean {
    return !this.#isCanceled;
  }

  set returnValue(value: boolean) {
    if (!value) this.preventDefault();
  }

  preventDefault(): void {
    if (this.#cancelable && !this.#state.isInPassiveListener) this.#isCanceled = true;
  }

  get defaultPrevented(): boolean {
    return this.#isCanceled;
  }

  get composed(): boolean {
    return this.#composed;
  }

  get timeStamp(): number {
    return this.#timeStamp;
  }

  initEvent(type: unknown, bubbles = false, cancelable = false): void {
    if (this.#state.isDispatching) return;
    this.#type = `${type}`;
    this.#bubbles = !!bubbles;
    this.#cancelable = !!cancelable;
    this.#isCanceled = false;
  }

  get isTrusted(): boolean {
    return this.#state.isTrusted;
  }

  [inspect.custom](depth: number, options: InspectOptions): string {
    const { name } = this.constructor;
    if (depth < 0) return name;
    const shown = {
      type: this.#type,
      defaultPrevented: this.#isCanceled,
      cancelable: this.#cancelable,
      timeStamp: this.#timeStamp,
    };
    return `${name} ${inspect(shown, { ...options, depth: options.depth == null ? null : options.depth - 1 })}`;
  }
}

export const { stateOf } = Event;
delete (Event as { stateOf?: unknown }).stateOf;
webInterface(Event, "Event");
const PHASES = ["NONE", "CAPTURING_PHASE", "AT_TARGET", "BUBBLING_PHASE"];
for (let i = 0; i < PHASES.length; i++) {
  const constant = { __proto__: null, value: i, enumerable: true } as PropertyDescriptor;
  ObjectDefineProperty(Event, PHASES[i]!, constant);
  ObjectDefineProperty(Event.prototype, PHASES[i]!, constant);
}

/** An event that the platform made, which says that it is trusted. */
export function trustedEvent(type: string): Event {
  const event = new Event(type);
  stateOf(event)!.isTrusted = true;
  return event;
}

export class CustomEvent extends Event {
  readonly #detail: unknown;

  constructor(type: unknown, init?: (EventInit & { detail?: unknown }) | null) {
    if (arguments.length === 0) throw missingArgs('The "type" argument must be specified');
    super(type, init);
    this.#detail = init?.detail ?? null;
  }

  get detail(): unknown {
    return this.#detail;
  }
}

webInterface(CustomEvent, "CustomEvent");

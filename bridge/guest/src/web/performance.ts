import { native } from "../binding.ts";
import { append, webInterface } from "../define.ts";
import { codedError, invalidArgType, missingArgs } from "../errors.ts";
import { type InspectOptions, inspect } from "../inspect/inspect.ts";
import { List } from "../list.ts";
import { demandPermission, permission } from "../permission.ts";
import { ArrayPrototypeSort, TypeError } from "../primordials.ts";
import { DOMException } from "./dom-exception.ts";
import { EventTarget } from "./event-target.ts";
import { structuredClone } from "./structured-clone.ts";

export class PerformanceEntry {
  readonly #name: string;
  readonly #entryType: string;
  readonly #startTime: number;
  readonly #duration: number;
  readonly #detail: unknown;

  constructor(permit: unknown, name: string, entryType: string, startTime: number, duration: number, detail: unknown) {
    demandPermission(permit, PerformanceEntry);
    this.#name = name;
    this.#entryType = entryType;
    this.#startTime = startTime;
    this.#duration = duration;
    this.#detail = detail;
  }

  get name(): string {
    return this.#name;
  }

  get entryType(): string {
    return this.#entryType;
  }

  get startTime(): number {
    return this.#startTime;
  }

  get duration(): number {
    return this.#duration;
  }

  toJSON(): object {
    return { name: this.#name, entryType: this.#entryType, startTime: this.#startTime, duration: this.#duration };
  }

  /** What a mark or measure carries. Not reachable from the guest's code. */
  static detailOf(entry: PerformanceEntry): unknown {
    return entry.#detail;
  }

  [inspect.custom](depth: number, options: InspectOptions): string {
    const { name } = this.constructor;
    if (depth < 0) return name;
    return `${name} ${inspect({ ...this.toJSON(), detail: this.#detail }, options)}`;
  }
}

const { detailOf } = PerformanceEntry;
delete (PerformanceEntry as { detailOf?: unknown }).detailOf;
webInterface(PerformanceEntry, "PerformanceEntry");

export class PerformanceMark extends PerformanceEntry {
  constructor(name: unknown, options?: { startTime?: unknown; detail?: unknown } | null) {
    if (arguments.length === 0) throw missingArgs('The "name" argument must be specified');
    const startTime = options?.startTime ?? native.now();
    if (typeof startTime !== "number") throw invalidArgType("startTime", "of type number", startTime);
    if (startTime < 0) {
      throw codedError(
        TypeError,
        "ERR_PERFORMANCE_INVALID_TIMESTAMP",
        `${startTime} is not a valid timestamp`,
        PerformanceMark,
      );
    }
    const detail = options?.detail === undefined || options.detail === null ? null : structuredClone(options.detail);
    super(permission, `${name}`, "mark", startTime, 0, detail);
  }

  get detail(): unknown {
    return detailOf(this);
  }
}

webInterface(PerformanceMark, "PerformanceMark");

export class PerformanceMeasure extends PerformanceEntry {
  constructor(permit: unknown, name: string, startTime: number, duration: number, detail: unknown) {
    demandPermission(permit, PerformanceMeasure);
    super(permission, name, "measure", startTime, duration, detail);
  }

  get detail(): unknown {
    return detailOf(this);
  }
}

webInterface(PerformanceMeasure, "PerformanceMeasure");

interface MeasureOptions {
  start?: unknown;
  end?: unknown;
  duration?: unknown;
  detail?: unknown;
}

let entries = new List<PerformanceEntry>();

function clear(entryType: string, name: unknown): void {
  const kept = new List<PerformanceEntry>();
  for (let i = 0; i < entries.length; i++) {
    const entry = entries.at(i);
    if (entry.entryType !== entryType || (name !== undefined && entry.name !== `${name}`)) kept.push(entry);
  }
  entries = kept;
}

function select(matches: (entry: PerformanceEntry) => boolean): PerformanceEntry[] {
  const selected: PerformanceEntry[] = [];
  for (let i = 0; i < entries.length; i++) if (matches(entries.at(i))) append(selected, entries.at(i));
  return ArrayPrototypeSort(selected, (a, b) => a.startTime - b.startTime);
}

/** The time that a mark's name or a number stands for. */
function timeOf(mark: unknown): number {
  if (typeof mark === "number") return mark;
  const name = `${mark}`;
  for (let i = entries.length - 1; i >= 0; i--) {
    const entry = entries.at(i);
    if (entry.entryType === "mark" && entry.name === name) return entry.startTime;
  }
  throw new DOMException(`The "${name}" performance mark has not been set`, "SyntaxError");
}

export class Performance extends EventTarget {
  constructor(permit?: unknown) {
    demandPermission(permit, Performance);
    super();
  }

  get timeOrigin(): number {
    return native.timeOrigin();
  }

  now(): number {
    return native.now();
  }

  mark(name: unknown, options?: { startTime?: unknown; detail?: unknown } | null): PerformanceMark {
    if (arguments.length === 0) throw missingArgs('The "name" argument must be specified');
    const mark = new PerformanceMark(name, options);
    entries.push(mark);
    return mark;
  }

  measure(name: unknown, startOrOptions?: unknown, endMark?: unknown): PerformanceMeasure {
    const options: MeasureOptions =
      startOrOptions !== null && typeof startOrOptions === "object"
        ? startOrOptions
        : ({ __proto__: null, start: startOrOptions, end: endMark } as MeasureOptions);
    const { start, end, duration, detail } = options;
    const length = duration === undefined ? undefined : +(duration as number);
    const endTime =
      end !== undefined
        ? timeOf(end)
        : length !== undefined && start !== undefined
          ? timeOf(start) + length
          : native.now();
    const startTime = start !== undefined ? timeOf(start) : length !== undefined ? endTime - length : 0;
    const copied = detail === undefined || detail === null ? null : structuredClone(detail);
    const measure = new PerformanceMeasure(permission, `${name}`, startTime, endTime - startTime, copied);
    entries.push(measure);
    return measure;
  }

  getEntries(): PerformanceEntry[] {
    return select(() => true);
  }

  getEntriesByName(name: unknown, type?: unknown): PerformanceEntry[] {
    return select((entry) => entry.name === `${name}` && (type === undefined || entry.entryType === `${type}`));
  }

  getEntriesByType(type: unknown): PerformanceEntry[] {
    return select((entry) => entry.entryType === `${type}`);
  }

  clearMarks(name?: unknown): void {
    clear("mark", name);
  }

  clearMeasures(name?: unknown): void {
    clear("measure", name);
  }

  toJSON(): object {
    return { timeOrigin: native.timeOrigin() };
  }

  [inspect.custom](depth: number, options: InspectOptions): string {
    return depth < 0 ? "Performance" : `Performance ${inspect(this.toJSON(), options)}`;
  }
}

webInterface(Performance, "Performance");

export const performance = new Performance(permission);

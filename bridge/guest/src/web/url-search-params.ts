import { append, define, webInterface } from "../define.ts";
import { codedError, missingArgs, validateFunction } from "../errors.ts";
import { type InspectOptions, inspect, stripVTControlCharacters } from "../inspect/inspect.ts";
import { List } from "../list.ts";
import {
  ArrayPrototypeSort,
  IteratorPrototype,
  ObjectSetPrototypeOf,
  ReflectApply,
  ReflectGetOwnPropertyDescriptor,
  ReflectOwnKeys,
  StringPrototypeSlice,
  StringPrototypeStartsWith,
  StringPrototypeToWellFormed,
  SymbolIterator,
  TypeError,
} from "../primordials.ts";
import { type Pair, parsePairs, serializePairs } from "./form-urlencoded.ts";

type Kind = "keys" | "values" | "entries";

const toText = (value: unknown): string => StringPrototypeToWellFormed(`${value}`);

export class URLSearchParams {
  #pairs: List<Pair>;
  /** Tells the URL that these belong to. */
  #changed: ((query: string) => void) | undefined = undefined;

  constructor(init?: unknown) {
    this.#pairs = init === undefined || init === null ? new List() : readInit(init);
  }

  /** The parameters of a URL. Not reachable from the guest's code, as the next one. */
  static linked(query: string, changed: (query: string) => void): URLSearchParams {
    const params = new URLSearchParams(query);
    params.#changed = changed;
    return params;
  }

  static reset(params: URLSearchParams, query: string): void {
    params.#pairs = parsePairs(StringPrototypeStartsWith(query, "?") ? StringPrototypeSlice(query, 1) : query);
  }

  static pairAt(params: URLSearchParams, index: number): Pair | undefined {
    return index < params.#pairs.length ? params.#pairs.at(index) : undefined;
  }

  #filter(keep: (pair: Pair) => boolean): void {
    const kept = new List<Pair>();
    for (let i = 0; i < this.#pairs.length; i++) if (keep(this.#pairs.at(i))) kept.push(this.#pairs.at(i));
    this.#pairs = kept;
  }

  get size(): number {
    return this.#pairs.length;
  }

  append(name: unknown, value: unknown): void {
    requireArguments(arguments.length, 2);
    this.#pairs.push({ name: toText(name), value: toText(value) });
    this.#changed?.(serializePairs(this.#pairs));
  }

  delete(name: unknown, value?: unknown): void {
    requireArguments(arguments.length, 1);
    const doomed = toText(name);
    const doomedValue = value === undefined ? undefined : toText(value);
    this.#filter((pair) => pair.name !== doomed || (doomedValue !== undefined && pair.value !== doomedValue));
    this.#changed?.(serializePairs(this.#pairs));
  }

  get(name: unknown): string | null {
    requireArguments(arguments.length, 1);
    const wanted = toText(name);
    for (let i = 0; i < this.#pairs.length; i++) {
      const pair = this.#pairs.at(i);
      if (pair.name === wanted) return pair.value;
    }
    return null;
  }

  getAll(name: unknown): string[] {
    requireArguments(arguments.length, 1);
    const wanted = toText(name);
    const values: string[] = [];
    for (let i = 0; i < this.#pairs.length; i++) {
      const pair = this.#pairs.at(i);
      if (pair.name === wanted) append(values, pair.value);
    }
    return values;
  }

  has(name: unknown, value?: unknown): boolean {
    requireArguments(arguments.length, 1);
    const wanted = toText(name);
    const wantedValue = value === undefined ? undefined : toText(value);
    for (let i = 0; i < this.#pairs.length; i++) {
      const pair = this.#pairs.at(i);
      if (pair.name === wanted && (wantedValue === undefined || pair.value === wantedValue)) return true;
    }
    return false;
  }

  set(name: unknown, value: unknown): void {
    requireArguments(arguments.length, 2);
    const wanted = toText(name);
    const text = toText(value);
    let isSet = false;
    this.#filter((pair) => {
      if (pair.name !== wanted) return true;
      if (isSet) return false;
      pair.value = text;
      isSet = true;
      return true;
    });
    if (!isSet) this.#pairs.push({ name: wanted, value: text });
    this.#changed?.(serializePairs(this.#pairs));
  }

  sort(): void {
    const pairs: Pair[] = [];
    for (let i = 0; i < this.#pairs.length; i++) append(pairs, this.#pairs.at(i));
    ArrayPrototypeSort(pairs, (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    for (let i = 0; i < pairs.length; i++) this.#pairs.set(i, pairs[i]!);
    this.#changed?.(serializePairs(this.#pairs));
  }

  entries(): object {
    return new ParamsIterator(this, "entries");
  }

  forEach(callback: unknown, thisArg?: unknown): void {
    void this.#pairs;
    validateFunction(callback, "callback");
    // What the callback adds is visited as well.
    for (let i = 0; i < this.#pairs.length; i++) {
      const pair = this.#pairs.at(i);
      ReflectApply(callback, thisArg, [pair.value, pair.name, this] as never);
    }
  }

  keys(): object {
    return new ParamsIterator(this, "keys");
  }

  values(): object {
    return new ParamsIterator(this, "values");
  }

  toString(): string {
    return serializePairs(this.#pairs);
  }

  [inspect.custom](depth: number, options: InspectOptions): string {
    if (depth < 0) return "[Object]";
    const parts = new List<string>();
    for (let i = 0; i < this.#pairs.length; i++) {
      const { name, value } = this.#pairs.at(i);
      parts.push(`${inspect(name, options)} => ${inspect(value, options)}`);
    }
    return formatParts("URLSearchParams", parts, options);
  }
}

const { linked, pairAt, reset } = URLSearchParams;

export { linked as linkedParams, reset as resetParams };

const statics = URLSearchParams as { linked?: unknown; pairAt?: unknown; reset?: unknown };
delete statics.linked;
delete statics.pairAt;
delete statics.reset;
webInterface(URLSearchParams, "URLSearchParams");
define(URLSearchParams.prototype, SymbolIterator, URLSearchParams.prototype.entries);

/** Walks over the parameters as they are at each step. */
class ParamsIterator {
  readonly #params: URLSearchParams;
  readonly #kind: Kind;
  #index = 0;

  constructor(params: URLSearchParams, kind: Kind) {
    // Throws for what is no URLSearchParams.
    pairAt(params, 0);
    this.#params = params;
    this.#kind = kind;
  }

  #item({ name, value }: Pair): unknown {
    return this.#kind === "keys" ? name : this.#kind === "values" ? value : [name, value];
  }

  next(): { done: boolean; value: unknown } {
    const pair = pairAt(this.#params, this.#index);
    if (pair === undefined) return { value: undefined, done: true };
    this.#index++;
    return { value: this.#item(pair), done: false };
  }

  [inspect.custom](depth: number, options: InspectOptions): string {
    if (depth < 0) return "[Object]";
    const parts = new List<string>();
    for (let i = this.#index, pair = pairAt(this.#params, i); pair !== undefined; pair = pairAt(this.#params, ++i)) {
      parts.push(inspect(this.#item(pair), options));
    }
    return parts.length === 0
      ? "URLSearchParams Iterator {  }"
      : formatParts("URLSearchParams Iterator", parts, options);
  }
}

delete (ParamsIterator.prototype as { constructor?: unknown }).constructor;
webInterface(ParamsIterator, "URLSearchParams Iterator");
ObjectSetPrototypeOf(ParamsIterator.prototype, IteratorPrototype);

function requireArguments(count: number, needed: 1 | 2): void {
  if (count >= needed) return;
  throw missingArgs(
    needed === 1 ? 'The "name" argument must be specified' : 'The "name" and "value" arguments must be specified',
  );
}

function formatParts(title: string, parts: List<string>, options: InspectOptions): string {
  if (parts.length === 0) return `${title} {}`;
  let length = -2;
  for (let i = 0; i < parts.length; i++) length += stripVTControlCharacters(parts.at(i)).length + 2;
  const isLong = length > (options.breakLength ?? 80);
  let text = "";
  for (let i = 0; i < parts.length; i++) text += (i === 0 ? "" : isLong ? ",\n  " : ", ") + parts.at(i);
  return isLong ? `${title} {\n  ${text} }` : `${title} { ${text} }`;
}

function readInit(init: unknown): List<Pair> {
  if (typeof init !== "object" && typeof init !== "function") {
    const text = toText(init);
    return parsePairs(StringPrototypeStartsWith(text, "?") ? StringPrototypeSlice(text, 1) : text);
  }
  const method = (init as Iterable<unknown>)[SymbolIterator];
  if (method === undefined || method === null) return readRecord(init as Record<string, unknown>);
  if (typeof method !== "function") throw codedError(TypeError, "ERR_ARG_NOT_ITERABLE", "Query pairs must be iterable");
  const pairs = new List<Pair>();
  // The standard iterates here: over what the guest gave, by the guest's own iterators.
  for (const item of init as Iterable<unknown>) pairs.push(readTuple(item));
  return pairs;
}

function readTuple(item: unknown): Pair {
  const isIterable =
    item !== null &&
    (typeof item === "object" || typeof item === "function") &&
    typeof (item as Iterable<unknown>)[SymbolIterator] === "function";
  const parts = new List<unknown>();
  if (isIterable) for (const part of item as Iterable<unknown>) parts.push(part);
  if (parts.length !== 2) {
    throw codedError(TypeError, "ERR_INVALID_TUPLE", "Each query pair must be an iterable [name, value] tuple");
  }
  return { name: toText(parts.at(0)), value: toText(parts.at(1)) };
}

function readRecord(record: Record<string, unknown>): List<Pair> {
  const pairs = new List<Pair>();
  const keys = ReflectOwnKeys(record);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    if (!ReflectGetOwnPropertyDescriptor(record, key)?.enumerable) continue;
    if (typeof key === "symbol") throw new TypeError("Cannot convert a Symbol value to a string");
    pairs.push({ name: toText(key), value: toText(record[key]) });
  }
  return pairs;
}

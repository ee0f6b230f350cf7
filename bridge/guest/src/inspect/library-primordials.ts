/**
 * The intrinsics that node-inspect-extracted asks for. It would take copies of all there are, and trusts some that a guest
 * can reach into: methods of Array that look for a species or meet setters, and regular expressions that look for `exec`.
 */
import { define } from "../define.ts";
import {
  AggregateError,
  Array,
  ArrayBuffer,
  ArrayIsArray,
  Boolean,
  DataView,
  Date,
  Error,
  Function,
  Map as IntrinsicMap,
  MapPrototypeDelete,
  MapPrototypeForEach,
  MapPrototypeGet,
  MapPrototypeGetSize,
  MapPrototypeHas,
  MapPrototypeSet,
  mapCursor,
  Number,
  Object,
  RangeError,
  ReflectGetOwnPropertyDescriptor,
  RegExp,
  RegExpPrototypeExec,
  RegExpPrototypeGetGlobal,
  Set,
  SetPrototypeGetSize,
  String,
  StringFromCodePoint,
  StringPrototypeCodePointAt,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
  StringPrototypeToLowerCase,
  Symbol,
  SymbolIterator,
  TypedArray,
  TypeError,
  uncurryThis,
  WeakMap,
  WeakSet,
} from "../primordials.ts";

export * from "../primordials.ts";

type Visit<T, R> = (item: T, index: number) => R;

export function ArrayPrototypePush<T>(array: T[], ...items: T[]): number {
  for (let i = 0; i < items.length; i++) define(array, array.length, items[i], true);
  return array.length;
}

export function ArrayPrototypePushApply<T>(array: T[], items: readonly T[]): number {
  for (let i = 0; i < items.length; i++) define(array, array.length, items[i], true);
  return array.length;
}

export function ArrayPrototypeForEach<T>(array: readonly T[], visit: Visit<T, unknown>): void {
  for (let i = 0; i < array.length; i++) visit(array[i]!, i);
}

export function ArrayPrototypeMap<T, R>(array: readonly T[], transform: Visit<T, R>): R[] {
  const result: R[] = [];
  for (let i = 0; i < array.length; i++) define(result, i, transform(array[i]!, i), true);
  return result;
}

export function ArrayPrototypeFilter<T>(array: readonly T[], keeps: Visit<T, unknown>): T[] {
  const result: T[] = [];
  for (let i = 0; i < array.length; i++) if (keeps(array[i]!, i)) define(result, result.length, array[i], true);
  return result;
}

export function ArrayPrototypeIncludes(array: readonly unknown[], item: unknown): boolean {
  return ArrayPrototypeIndexOf(array, item) !== -1;
}

export function ArrayPrototypeIndexOf(array: readonly unknown[], item: unknown): number {
  for (let i = 0; i < array.length; i++) if (array[i] === item) return i;
  return -1;
}

export function ArrayPrototypeSlice<T>(array: readonly T[], start = 0, end = array.length): T[] {
  const result: T[] = [];
  const to = end < 0 ? array.length + end : end < array.length ? end : array.length;
  for (let i = start < 0 ? array.length + start : start; i < to; i++) define(result, result.length, array[i], true);
  return result;
}

export function ArrayPrototypeUnshift<T>(array: T[], ...items: T[]): number {
  ArrayPrototypeSplice(array, 0, 0, ...safely(items));
  return array.length;
}

export function ArrayPrototypePop<T>(array: T[]): T | undefined {
  if (array.length === 0) return undefined;
  const item = array[array.length - 1];
  array.length--;
  return item;
}

/** Puts items in the place of others; what was there is not returned, since nothing asks for it. */
export function ArrayPrototypeSplice<T>(array: T[], start: number, count: number, ...items: T[]): void {
  const rest = ArrayPrototypeSlice(array, start + count);
  array.length = start;
  ArrayPrototypePushApply(array, items);
  ArrayPrototypePushApply(array, rest);
}

/** Replaces what a regular expression with the flag `g` finds, or its first find without. */
export function RegExpPrototypeSymbolReplace(expression: RegExp, text: string, replacement: unknown): string {
  const isGlobal = RegExpPrototypeGetGlobal(expression);
  let result = "";
  let from = 0;
  expression.lastIndex = 0;
  for (
    let found = RegExpPrototypeExec(expression, text);
    found !== null;
    found = RegExpPrototypeExec(expression, text)
  ) {
    const match = found[0];
    result += StringPrototypeSlice(text, from, found.index);
    result += typeof replacement === "function" ? replacement(match) : replacement;
    from = found.index + match.length;
    if (!isGlobal) break;
    if (match === "") expression.lastIndex++;
  }
  expression.lastIndex = 0;
  return result + StringPrototypeSlice(text, from);
}

/** Splits behind each line break: the one expression that the library splits by. */
export function RegExpPrototypeSymbolSplit(_behindLineBreaks: RegExp, text: string): string[] {
  const lines: string[] = [];
  let from = 0;
  for (let at = StringPrototypeIndexOf(text, "\n"); at !== -1; at = StringPrototypeIndexOf(text, "\n", from)) {
    define(lines, lines.length, StringPrototypeSlice(text, from, at + 1), true);
    from = at + 1;
  }
  if (from < text.length || from === 0) define(lines, lines.length, StringPrototypeSlice(text, from), true);
  return lines;
}

export function StringPrototypeReplace(text: string, pattern: string | RegExp, replacement: string): string {
  if (typeof pattern !== "string") return RegExpPrototypeSymbolReplace(pattern, text, replacement);
  const at = StringPrototypeIndexOf(text, pattern);
  if (at === -1) return text;
  return StringPrototypeSlice(text, 0, at) + replacement + StringPrototypeSlice(text, at + pattern.length);
}

export function StringPrototypeReplaceAll(text: string, pattern: string, replacement: string): string {
  let result = "";
  let from = 0;
  for (let at = StringPrototypeIndexOf(text, pattern); at !== -1; at = StringPrototypeIndexOf(text, pattern, from)) {
    result += StringPrototypeSlice(text, from, at) + replacement;
    from = at + pattern.length;
  }
  return result + StringPrototypeSlice(text, from);
}

export function StringPrototypeSplit(text: string, separator: string, limit = 2 ** 32 - 1): string[] {
  const parts: string[] = [];
  let from = 0;
  for (
    let at = StringPrototypeIndexOf(text, separator);
    at !== -1;
    at = StringPrototypeIndexOf(text, separator, from)
  ) {
    define(parts, parts.length, StringPrototypeSlice(text, from, at), true);
    from = at + separator.length;
  }
  define(parts, parts.length, StringPrototypeSlice(text, from), true);
  if (parts.length > limit) parts.length = limit;
  return parts;
}

/** An array to be filled by index, which has all of its elements from the start. */
export function arrayOf(length: number): unknown[] {
  const array: unknown[] = [];
  for (let i = 0; i < length; i++) define(array, i, undefined, true);
  return array;
}

/** Something to loop over that does not depend on iterators which the guest can replace. */
function iterable<T>(next: () => { value: T } | undefined): Iterable<T> {
  const iterator = {
    __proto__: null,
    next: () => {
      const item = next();
      return item === undefined
        ? { __proto__: null, done: true, value: undefined }
        : { __proto__: null, done: false, value: item.value };
    },
  };
  return { __proto__: null, [SymbolIterator]: () => iterator } as never;
}

/** The items of an array, to loop over or to spread. */
export function safely<T>(array: readonly T[]): Iterable<T> {
  let index = 0;
  return iterable(() => (index < array.length ? { value: array[index++]! } : undefined));
}

type SetCursor = Iterator<unknown>;
const cursorOfSet: (set: Set<unknown>) => SetCursor = uncurryThis(Set.prototype.values);
const SetIteratorPrototypeNext: (cursor: SetCursor) => IteratorResult<unknown, undefined> = uncurryThis(
  new Set().values().next as never,
);

/** The contents of a Map or Set as something with a size to loop over. */
export function contentsOf(collection: Map<unknown, unknown> | Set<unknown>, isMap: boolean): object {
  const contents = isMap ? entriesOf(collection as Map<unknown, unknown>) : itemsOf(collection as Set<unknown>);
  define(contents, "size", isMap ? MapPrototypeGetSize(collection) : SetPrototypeGetSize(collection));
  return contents;
}

function entriesOf(map: Map<unknown, unknown>): object {
  const next = mapCursor(map);
  return iterable(() => {
    const value = next();
    return value === undefined ? undefined : { value };
  });
}

function itemsOf(set: Set<unknown>): object {
  const cursor = cursorOfSet(set);
  return iterable(() => {
    const { done, value } = SetIteratorPrototypeNext(cursor);
    return done ? undefined : { value };
  });
}

/** As much of a Map as the library uses. */
export class SafeMap<K, V> {
  readonly #map = new IntrinsicMap<K, V>();

  get size(): number {
    return MapPrototypeGetSize(this.#map);
  }

  get(key: K): V | undefined {
    return MapPrototypeGet(this.#map, key);
  }

  set(key: K, value: V): this {
    MapPrototypeSet(this.#map, key, value);
    return this;
  }

  has(key: K): boolean {
    return MapPrototypeHas(this.#map, key);
  }
}

export const SafeWeakMap = SafeMap;

/** As much of a Set as the library uses. */
export class SafeSet<T> {
  readonly #map = new IntrinsicMap<T, true>();

  constructor(items: readonly T[] = []) {
    for (let i = 0; i < items.length; i++) this.add(items[i]!);
  }

  add(item: T): this {
    MapPrototypeSet(this.#map, item, true);
    return this;
  }

  has(item: T): boolean {
    return MapPrototypeHas(this.#map, item);
  }

  delete(item: T): boolean {
    return MapPrototypeDelete(this.#map, item);
  }

  [SymbolIterator](): Iterator<T> {
    const items: T[] = [];
    MapPrototypeForEach(this.#map, (_, item) => define(items, items.length, item, true));
    return safely(items)[SymbolIterator]();
  }
}

/** The code points of a text. */
export class SafeStringIterator {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  [SymbolIterator](): Iterator<string> {
    let index = 0;
    const points = iterable(() => {
      if (index >= this.#text.length) return undefined;
      const point = StringFromCodePoint(StringPrototypeCodePointAt(this.#text, index));
      index += point.length;
      return { value: point };
    });
    return points[SymbolIterator]();
  }
}

/** What the library calls as methods; `scripts/bundle.mjs` makes calls of these of them. */
export const methods = {
  includes: ArrayPrototypeIncludes,
  indexOf: (target: string | unknown[], item: never): number =>
    ArrayIsArray(target) ? ArrayPrototypeIndexOf(target, item) : StringPrototypeIndexOf(target, item),
  pop: ArrayPrototypePop,
  push: ArrayPrototypePush,
  splice: ArrayPrototypeSplice,
  toLowerCase: StringPrototypeToLowerCase,
};

export function internalBinding(): object {
  return { hasIntl: false };
}

export const { seal: ObjectSeal } = Object;
/** Without a prototype, where what a descriptor lacks would be looked up. */
export function ObjectGetOwnPropertyDescriptor(target: object, key: PropertyKey): PropertyDescriptor | undefined {
  const descriptor = ReflectGetOwnPropertyDescriptor(target, key);
  return descriptor === undefined ? undefined : ({ __proto__: null, ...descriptor } as PropertyDescriptor);
}
export const { parseInt: NumberParseInt } = Number;
/** Undefined before V8 13. */
export const { isError: ErrorIsError } = Error as { isError?: (value: unknown) => boolean };
export const { prototype: AggregateErrorPrototype } = AggregateError;
export const { prototype: ArrayPrototype } = Array;
export const { prototype: ArrayBufferPrototype } = ArrayBuffer;
export const { prototype: BooleanPrototype } = Boolean;
export const { prototype: DataViewPrototype } = DataView;
export const { prototype: DatePrototype } = Date;
export const { prototype: FunctionPrototype } = Function;
export const { prototype: MapPrototype } = IntrinsicMap;
export const { prototype: NumberPrototype } = Number;
export const { prototype: RangeErrorPrototype } = RangeError;
export const { prototype: RegExpPrototype } = RegExp;
export const { prototype: SetPrototype } = Set;
export const { prototype: StringPrototype } = String;
export const { prototype: TypeErrorPrototype } = TypeError;
export const { prototype: TypedArrayPrototype } = TypedArray;
export const { prototype: WeakMapPrototype } = WeakMap;
export const { prototype: WeakSetPrototype } = WeakSet;
export const DatePrototypeToISOString: (self: Date) => string = uncurryThis(DatePrototype.toISOString);
export const DatePrototypeToString: (self: Date) => string = uncurryThis(DatePrototype.toString);
export const FunctionPrototypeCall: (self: object, ...args: unknown[]) => unknown = uncurryThis(FunctionPrototype.call);
export const FunctionPrototypeSymbolHasInstance: (self: object, value: unknown) => boolean = uncurryThis(
  FunctionPrototype[Symbol.hasInstance],
);
export const StringPrototypeNormalize: (self: string, form: string) => string = uncurryThis(StringPrototype.normalize);
/** Loops are over `contentsOf`. */
export const MapPrototypeEntries = undefined;
export const SetPrototypeValues = undefined;
const intrinsicGlobal = globalThis;

export { intrinsicGlobal as globalThis };

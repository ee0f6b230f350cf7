/**
 * The language's own functions as they were before any of the guest's code ran.
 *
 * This module is evaluated first. Everything else in the userland calls these and never a method of an intrinsic, so that
 * a guest that replaces intrinsics changes only its own code. For the same reason the userland iterates by index (the
 * iteration protocol can be replaced), keeps its lists in `List` (writing to an index of an Array may meet a setter on
 * `Array.prototype`), and writes property descriptors with a null prototype.
 *
 * `FooPrototypeBar(self, ...args)` is `Foo.prototype.bar.call(self, ...args)`.
 */

export const {
  AggregateError,
  Array,
  ArrayBuffer,
  BigInt,
  BigInt64Array,
  BigUint64Array,
  Boolean,
  DataView,
  Date,
  Error,
  Float32Array,
  Float64Array,
  Function,
  Int16Array,
  Int32Array,
  Int8Array,
  Map,
  Number,
  Object,
  Promise,
  Proxy,
  RangeError,
  RegExp,
  Set,
  String,
  Symbol,
  SyntaxError,
  TypeError,
  Uint16Array,
  Uint32Array,
  Uint8Array,
  Uint8ClampedArray,
  WeakMap,
  WeakRef,
  WeakSet,
} = globalThis;

const { bind, call } = Function.prototype;

type Method = (this: never, ...args: never[]) => unknown;

/** A method as a function whose first argument is `this`. */
export const uncurryThis = bind.bind(call) as (method: Method) => never;

const getterOf = (object: object, key: PropertyKey): never =>
  uncurryThis(Reflect.getOwnPropertyDescriptor(object, key)!.get!);

export const { parseInt } = globalThis;

export const {
  apply: ReflectApply,
  construct: ReflectConstruct,
  defineProperty: ReflectDefineProperty,
  deleteProperty: ReflectDeleteProperty,
  getOwnPropertyDescriptor: ReflectGetOwnPropertyDescriptor,
  getPrototypeOf: ReflectGetPrototypeOf,
  ownKeys: ReflectOwnKeys,
} = Reflect;

export const {
  assign: ObjectAssign,
  create: ObjectCreate,
  defineProperty: ObjectDefineProperty,
  entries: ObjectEntries,
  freeze: ObjectFreeze,
  getOwnPropertyNames: ObjectGetOwnPropertyNames,
  getOwnPropertySymbols: ObjectGetOwnPropertySymbols,
  getPrototypeOf: ObjectGetPrototypeOf,
  is: ObjectIs,
  keys: ObjectKeys,
  setPrototypeOf: ObjectSetPrototypeOf,
} = Object;
export const ObjectPrototype: object = Object.prototype;
export const ObjectPrototypeHasOwnProperty: (self: object, key: PropertyKey) => boolean = uncurryThis(
  Object.prototype.hasOwnProperty,
);
export const ObjectPrototypePropertyIsEnumerable: (self: object, key: PropertyKey) => boolean = uncurryThis(
  Object.prototype.propertyIsEnumerable,
);
export const ObjectPrototypeToString: (self: unknown) => string = uncurryThis(Object.prototype.toString);
export const ObjectPrototypeIsPrototypeOf: (self: object, value: unknown) => boolean = uncurryThis(
  Object.prototype.isPrototypeOf,
);

export const FunctionPrototypeBind: (self: object, thisArg: unknown, ...args: unknown[]) => never = uncurryThis(bind);
export const FunctionPrototypeToString: (self: object) => string = uncurryThis(Function.prototype.toString);

export const ArrayIsArray = Array.isArray as (value: unknown) => value is unknown[];
export const ArrayPrototypeJoin: (self: readonly unknown[], separator: string) => string = uncurryThis(
  Array.prototype.join,
);
export const ArrayPrototypeSort: <T>(self: T[], compare?: (a: T, b: T) => number) => T[] = uncurryThis(
  Array.prototype.sort,
);

const ArrayIteratorPrototype = Reflect.getPrototypeOf([][Symbol.iterator]()) as { next: Method };
export const IteratorPrototype = Reflect.getPrototypeOf(ArrayIteratorPrototype)!;
export const AsyncIteratorPrototype = Reflect.getPrototypeOf(
  (Reflect.getPrototypeOf(async function* () {}) as { prototype: object }).prototype,
)!;

export const BooleanPrototypeValueOf: (self: unknown) => boolean = uncurryThis(Boolean.prototype.valueOf);
export const BigIntPrototypeValueOf: (self: unknown) => bigint = uncurryThis(BigInt.prototype.valueOf);

export const DatePrototypeGetTime: (self: unknown) => number = uncurryThis(Date.prototype.getTime);

export const ErrorPrototype: object = Error.prototype;
export const ErrorCaptureStackTrace = (
  Error as unknown as { captureStackTrace: (error: object, constructor?: unknown) => void }
).captureStackTrace;
export const ErrorPrototypeToString: (self: unknown) => string = uncurryThis(Error.prototype.toString);

export const JSONParse = JSON.parse as (text: string) => unknown;
export const JSONStringify = JSON.stringify;

export const {
  abs: MathAbs,
  floor: MathFloor,
  max: MathMax,
  min: MathMin,
  round: MathRound,
  sqrt: MathSqrt,
  trunc: MathTrunc,
} = Math;

export const {
  isFinite: NumberIsFinite,
  isInteger: NumberIsInteger,
  isNaN: NumberIsNaN,
  isSafeInteger: NumberIsSafeInteger,
  parseFloat: NumberParseFloat,
} = Number;
export const NumberPrototypeToFixed: (self: number, digits: number) => string = uncurryThis(Number.prototype.toFixed);
export const NumberPrototypeToString: (self: number, radix?: number) => string = uncurryThis(Number.prototype.toString);
export const NumberPrototypeValueOf: (self: unknown) => number = uncurryThis(Number.prototype.valueOf);

export const MapPrototypeDelete: <K, V>(self: Map<K, V>, key: K) => boolean = uncurryThis(Map.prototype.delete);
export const MapPrototypeForEach: <K, V>(self: Map<K, V>, visit: (value: V, key: K) => void) => void = uncurryThis(
  Map.prototype.forEach,
);
export const MapPrototypeGet: <K, V>(self: Map<K, V>, key: K) => V | undefined = uncurryThis(Map.prototype.get);
export const MapPrototypeGetSize: (self: unknown) => number = getterOf(Map.prototype, "size");
export const MapPrototypeHas: <K, V>(self: Map<K, V>, key: K) => boolean = uncurryThis(Map.prototype.has);
export const MapPrototypeSet: <K, V>(self: Map<K, V>, key: K, value: V) => void = uncurryThis(Map.prototype.set);
const MapPrototypeEntries: <K, V>(self: Map<K, V>) => Iterator<[K, V]> = uncurryThis(Map.prototype.entries);
const MapIteratorPrototypeNext: <T>(self: Iterator<T>) => IteratorResult<T, undefined> = uncurryThis(
  (Reflect.getPrototypeOf(new Map().entries()) as { next: Method }).next,
);
export type MapCursor<K, V> = () => [K, V] | undefined;
/** Gives a Map's entries one after the other, those too that come while it does; undefined at their end, and ever after. */
export function mapCursor<K, V>(map: Map<K, V>): MapCursor<K, V> {
  const entries = MapPrototypeEntries(map);
  return () => MapIteratorPrototypeNext(entries).value;
}

export const SetPrototypeForEach: <T>(self: Set<T>, visit: (value: T) => void) => void = uncurryThis(
  Set.prototype.forEach,
);
export const SetPrototypeGetSize: (self: unknown) => number = getterOf(Set.prototype, "size");
export const SetPrototypeHas: <T>(self: Set<T>, value: T) => boolean = uncurryThis(Set.prototype.has);

export const WeakMapPrototypeGet: <K extends object, V>(self: WeakMap<K, V>, key: K) => V | undefined = uncurryThis(
  WeakMap.prototype.get,
);
export const WeakMapPrototypeHas: <K extends object, V>(self: WeakMap<K, V>, key: K) => boolean = uncurryThis(
  WeakMap.prototype.has,
);
export const WeakMapPrototypeSet: <K extends object, V>(self: WeakMap<K, V>, key: K, value: V) => void = uncurryThis(
  WeakMap.prototype.set,
);
export const WeakSetPrototypeAdd: <T extends object>(self: WeakSet<T>, value: T) => void = uncurryThis(
  WeakSet.prototype.add,
);
export const WeakSetPrototypeDelete: <T extends object>(self: WeakSet<T>, value: T) => boolean = uncurryThis(
  WeakSet.prototype.delete,
);
export const WeakSetPrototypeHas: <T extends object>(self: WeakSet<T>, value: T) => boolean = uncurryThis(
  WeakSet.prototype.has,
);

export const PromisePrototype: object = Promise.prototype;
export const PromisePrototypeThen: <T>(
  self: Promise<T>,
  fulfilled?: (value: T) => unknown,
  rejected?: (reason: unknown) => unknown,
) => Promise<unknown> = uncurryThis(Promise.prototype.then);

export const RegExpPrototypeExec: (self: RegExp, text: string) => RegExpExecArray | null = uncurryThis(
  RegExp.prototype.exec,
);
export const RegExpPrototypeGetGlobal: (self: unknown) => boolean | undefined = getterOf(RegExp.prototype, "global");
const RegExpPrototypeGetSource: (self: RegExp) => string = getterOf(RegExp.prototype, "source");

/** The flags' letters and getters, in the order in which `flags` has them; that one looks them up by name. */
const FLAGS: [letter: string, isSet: (self: RegExp) => boolean][] = [
  ["d", getterOf(RegExp.prototype, "hasIndices")],
  ["g", getterOf(RegExp.prototype, "global")],
  ["i", getterOf(RegExp.prototype, "ignoreCase")],
  ["m", getterOf(RegExp.prototype, "multiline")],
  ["s", getterOf(RegExp.prototype, "dotAll")],
  ["u", getterOf(RegExp.prototype, "unicode")],
  ["v", getterOf(RegExp.prototype, "unicodeSets")],
  ["y", getterOf(RegExp.prototype, "sticky")],
];

/** `RegExp.prototype.toString` of a true regular expression. */
export function RegExpPrototypeToString(expression: RegExp): string {
  let text = `/${RegExpPrototypeGetSource(expression)}/`;
  for (let i = 0; i < FLAGS.length; i++) if (FLAGS[i]![1](expression)) text += FLAGS[i]![0];
  return text;
}

export const { fromCharCode: StringFromCharCode, fromCodePoint: StringFromCodePoint } = String;
export const StringPrototypeCharCodeAt: (self: string, index: number) => number = uncurryThis(
  String.prototype.charCodeAt,
);
export const StringPrototypeCodePointAt: (self: string, index: number) => number = uncurryThis(
  String.prototype.codePointAt,
);
export const StringPrototypeEndsWith: (self: string, search: string) => boolean = uncurryThis(
  String.prototype.endsWith,
);
export const StringPrototypeIncludes: (self: string, search: string) => boolean = uncurryThis(
  String.prototype.includes,
);
export const StringPrototypeIndexOf: (self: string, search: string, from?: number) => number = uncurryThis(
  String.prototype.indexOf,
);
export const StringPrototypeLastIndexOf: (self: string, search: string, from?: number) => number = uncurryThis(
  String.prototype.lastIndexOf,
);
export const StringPrototypePadEnd: (self: string, length: number, fill?: string) => string = uncurryThis(
  String.prototype.padEnd,
);
export const StringPrototypePadStart: (self: string, length: number, fill?: string) => string = uncurryThis(
  String.prototype.padStart,
);
export const StringPrototypeRepeat: (self: string, count: number) => string = uncurryThis(String.prototype.repeat);
export const StringPrototypeSlice: (self: string, start: number, end?: number) => string = uncurryThis(
  String.prototype.slice,
);
export const StringPrototypeStartsWith: (self: string, search: string, from?: number) => boolean = uncurryThis(
  String.prototype.startsWith,
);
export const StringPrototypeToLowerCase: (self: string) => string = uncurryThis(String.prototype.toLowerCase);
export const StringPrototypeToWellFormed: (self: string) => string = uncurryThis(
  (String.prototype as unknown as { toWellFormed: Method }).toWellFormed,
);
export const StringPrototypeTrim: (self: string) => string = uncurryThis(String.prototype.trim);
export const StringPrototypeValueOf: (self: unknown) => string = uncurryThis(String.prototype.valueOf);

export const SymbolAsyncIterator: typeof Symbol.asyncIterator = Symbol.asyncIterator;
export const SymbolFor = Symbol.for;
export const SymbolIterator: typeof Symbol.iterator = Symbol.iterator;
export const SymbolToPrimitive: typeof Symbol.toPrimitive = Symbol.toPrimitive;
export const SymbolToStringTag: typeof Symbol.toStringTag = Symbol.toStringTag;
export const SymbolPrototypeToString: (self: symbol) => string = uncurryThis(Symbol.prototype.toString);
export const SymbolPrototypeValueOf: (self: unknown) => symbol = uncurryThis(Symbol.prototype.valueOf);

/** `%TypedArray%`, the constructor that all typed arrays inherit from. */
export const TypedArray = Reflect.getPrototypeOf(Uint8Array) as { prototype: Uint8Array };
export const TypedArrayPrototypeFill: (self: Uint8Array, value: number, from?: number, end?: number) => void =
  uncurryThis(TypedArray.prototype.fill);
export const TypedArrayPrototypeGetBuffer: (self: ArrayBufferView) => ArrayBufferLike = getterOf(
  TypedArray.prototype,
  "buffer",
);
export const TypedArrayPrototypeGetByteLength: (self: ArrayBufferView) => number = getterOf(
  TypedArray.prototype,
  "byteLength",
);
export const TypedArrayPrototypeGetByteOffset: (self: ArrayBufferView) => number = getterOf(
  TypedArray.prototype,
  "byteOffset",
);
export const TypedArrayPrototypeGetLength: (self: ArrayBufferView) => number = getterOf(TypedArray.prototype, "length");
/** The name of a typed array's class; undefined for anything else. */
export const TypedArrayPrototypeGetSymbolToStringTag: (self: unknown) => string | undefined = getterOf(
  TypedArray.prototype,
  Symbol.toStringTag,
);
export const TypedArrayPrototypeSet: (self: Uint8Array, source: ArrayLike<number>, offset?: number) => void =
  uncurryThis(TypedArray.prototype.set);

export const ArrayBufferIsView = ArrayBuffer.isView as (value: unknown) => value is ArrayBufferView;
export const ArrayBufferPrototypeGetByteLength: (self: unknown) => number = getterOf(
  ArrayBuffer.prototype,
  "byteLength",
);
const { SharedArrayBuffer } = globalThis;
/** Throws for what is no SharedArrayBuffer. */
export const SharedArrayBufferPrototypeGetByteLength: (self: unknown) => number =
  SharedArrayBuffer === undefined
    ? ((() => {
        throw new TypeError("SharedArrayBuffer is not available");
      }) as () => never)
    : getterOf(SharedArrayBuffer.prototype, "byteLength");
export const DataViewPrototypeGetBuffer: (self: ArrayBufferView) => ArrayBufferLike = getterOf(
  DataView.prototype,
  "buffer",
);
export const DataViewPrototypeGetByteLength: (self: ArrayBufferView) => number = getterOf(
  DataView.prototype,
  "byteLength",
);
export const DataViewPrototypeGetByteOffset: (self: ArrayBufferView) => number = getterOf(
  DataView.prototype,
  "byteOffset",
);

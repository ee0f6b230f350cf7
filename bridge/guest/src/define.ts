import {
  ObjectDefineProperty,
  ReflectGetOwnPropertyDescriptor,
  ReflectOwnKeys,
  SymbolToStringTag,
} from "./primordials.ts";

/** Defines a data property; writable and configurable. */
export function define(target: object, key: PropertyKey, value: unknown, enumerable = false): void {
  ObjectDefineProperty(target, key, {
    __proto__: null,
    value,
    enumerable,
    writable: true,
    configurable: true,
  } as never);
}

/** Adds an item to an array that the guest will see, past any setter on `Array.prototype`. */
export function append<T>(array: T[], item: T): void {
  define(array, array.length, item, true);
}

/** Gives a class the enumerable methods and the string tag that the web's interfaces have. */
export function webInterface(constructor: { readonly name: string; readonly prototype: object }, tag?: string): void {
  const { prototype } = constructor;
  const keys = ReflectOwnKeys(prototype);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    if (key === "constructor" || typeof key === "symbol") continue;
    const descriptor = ReflectGetOwnPropertyDescriptor(prototype, key)!;
    ObjectDefineProperty(prototype, key, { __proto__: null, ...descriptor, enumerable: true } as never);
  }
  ObjectDefineProperty(prototype, SymbolToStringTag, {
    __proto__: null,
    value: tag ?? constructor.name,
    configurable: true,
  } as never);
}

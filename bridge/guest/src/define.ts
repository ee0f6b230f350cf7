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
  } as PropertyDescriptor);
}

/** Adds an item to an array that the guest will see, past any setter on `Array.prototype`. */
export function append<T>(array: T[], item: T): void {
  define(array, array.length, item, true);
}

/**
 * Gives a function the name that guests are to see. The bundler renames what has the name of something else, and a method
 * that is shared has only one. One that has the name already is left alone: a function whose name was defined takes several
 * times the memory, in every snapshot and isolate.
 */
export function setName(target: object, name: string): void {
  if ((target as { readonly name?: unknown }).name === name) return;
  ObjectDefineProperty(target, "name", { __proto__: null, value: name, configurable: true } as PropertyDescriptor);
}

/** Defines enumerable methods and values; the methods are named after their keys. */
export function defineAll(target: object, members: object): void {
  const names = ReflectOwnKeys(members);
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!;
    const value = members[name as keyof typeof members] as unknown;
    if (typeof value === "function" && typeof name === "string") setName(value, name);
    define(target, name, value, true);
  }
}

/** Gives a class its name, and the enumerable methods and the string tag that the web's interfaces have. */
export function webInterface(constructor: { readonly prototype: object }, name: string): void {
  const { prototype } = constructor;
  setName(constructor, name);
  const keys = ReflectOwnKeys(prototype);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    if (key === "constructor" || typeof key === "symbol") continue;
    const descriptor = ReflectGetOwnPropertyDescriptor(prototype, key)!;
    ObjectDefineProperty(prototype, key, { __proto__: null, ...descriptor, enumerable: true } as PropertyDescriptor);
  }
  ObjectDefineProperty(prototype, SymbolToStringTag, {
    __proto__: null,
    value: name,
    configurable: true,
  } as PropertyDescriptor);
}

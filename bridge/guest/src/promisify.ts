import { define, setName } from "./define.ts";
import { codedError, invalidArgType, validateFunction } from "./errors.ts";
import {
  Error,
  ObjectDefineProperty,
  ObjectGetPrototypeOf,
  ObjectSetPrototypeOf,
  Promise,
  PromisePrototypeThen,
  ReflectApply,
  ReflectGetOwnPropertyDescriptor,
  ReflectOwnKeys,
  SymbolFor,
} from "./primordials.ts";
import { nextTick } from "./tasks.ts";

export const custom = SymbolFor("nodejs.util.promisify.custom");

type Run = (...args: unknown[]) => unknown;

/** `util.promisify`. */
export function promisify(original: unknown): Run {
  validateFunction(original, "original");
  const own = (original as unknown as Record<symbol, unknown>)[custom];
  if (own) {
    validateFunction(own, "util.promisify.custom");
    define(own, custom, own);
    return own as Run;
  }
  function promisified(this: unknown, ...args: unknown[]): unknown {
    return new Promise((resolve, reject) => {
      const callback = (error: unknown, result: unknown): void => {
        if (error) reject(error);
        else resolve(result);
      };
      define(args, args.length, callback, true);
      ReflectApply(original as Run, this, args);
    });
  }
  ObjectSetPrototypeOf(promisified, ObjectGetPrototypeOf(original));
  define(promisified, custom, promisified);
  const keys = ReflectOwnKeys(original);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    if (key === "prototype") continue;
    ObjectDefineProperty(promisified, key, {
      __proto__: null,
      ...ReflectGetOwnPropertyDescriptor(original, key),
    } as PropertyDescriptor);
  }
  return promisified;
}

/** `util.callbackify`. */
export function callbackify(original: unknown): Run {
  validateFunction(original, "original");
  function callbackified(this: unknown, ...args: unknown[]): void {
    const callback = args[args.length - 1];
    if (typeof callback !== "function") throw invalidArgType("last argument", "of type function", callback);
    args.length--;
    PromisePrototypeThen(
      ReflectApply(original as Run, this, args) as Promise<unknown>,
      (result) => nextTick(callback as never, null, result),
      (reason) => nextTick(callback as never, reason || falsyReason(reason)),
    );
  }
  setName(callbackified, `${original.name}Callbackified`);
  return callbackified;
}

/** A callback knows by its first argument that there is an error, so that must be one. */
function falsyReason(reason: unknown): Error {
  const error = codedError(Error, "ERR_FALSY_VALUE_REJECTION", "Promise was rejected with falsy value", falsyReason);
  define(error, "reason", reason, true);
  return error;
}

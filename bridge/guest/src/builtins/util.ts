import { isDeepEqual } from "../deep-equal.ts";
import { define, defineAll } from "../define.ts";
import { invalidArgType, validateFunction } from "../errors.ts";
import { format, formatWithOptions, inspect, stripVTControlCharacters } from "../inspect/inspect.ts";
import * as types from "../inspect/types.ts";
import {
  ArrayIsArray,
  ObjectSetPrototypeOf,
  ReflectApply,
  ReflectConstruct,
  StringPrototypeToWellFormed,
} from "../primordials.ts";
import { callbackify, custom, promisify } from "../promisify.ts";
import { emitWarning } from "../warning.ts";
import { TextDecoder } from "../web/text-decoder.ts";
import { TextEncoder } from "../web/text-encoder.ts";

type Run = (...args: unknown[]) => unknown;

function inherits(constructor: unknown, superConstructor: unknown): void {
  validateFunction(constructor, "ctor");
  validateFunction(superConstructor, "superCtor");
  const { prototype } = superConstructor as { prototype?: object };
  if (prototype === undefined) throw invalidArgType("superCtor.prototype", "of type object", prototype);
  define(constructor, "super_", superConstructor);
  ObjectSetPrototypeOf((constructor as unknown as { prototype: object }).prototype, prototype);
}

/** A function that warns at its first call. */
function deprecate(deprecated: unknown, message: string, code?: string): Run {
  validateFunction(deprecated, "fn");
  let hasWarned = false;
  function wrapped(this: unknown, ...args: unknown[]): unknown {
    if (!hasWarned) {
      hasWarned = true;
      emitWarning(message, "DeprecationWarning", code, wrapped);
    }
    if (new.target) return ReflectConstruct(deprecated as never, args, new.target);
    return ReflectApply(deprecated as Run, this, args);
  }
  ObjectSetPrototypeOf(wrapped, deprecated);
  const { prototype } = deprecated as { prototype?: object };
  if (prototype) wrapped.prototype = prototype;
  return wrapped as Run;
}

/** Nothing is ever debugged: there is no NODE_DEBUG to ask for it. */
function debuglog(): Run {
  const log = () => {};
  define(log, "enabled", false, true);
  return log;
}

define(promisify, "custom", custom, true);

export const typeModule: Record<string, unknown> = {};
defineAll(typeModule, { ...types });

export const util: Record<string, unknown> = {};
defineAll(util, {
  callbackify,
  debug: debuglog,
  debuglog,
  deprecate,
  format,
  formatWithOptions,
  inherits,
  inspect,
  isArray: ArrayIsArray,
  isDeepStrictEqual: (a: unknown, b: unknown) => isDeepEqual(a, b, true),
  promisify,
  stripVTControlCharacters,
  toUSVString: (text: unknown) => StringPrototypeToWellFormed(`${text}`),
});
define(util, "types", typeModule, true);
define(util, "TextDecoder", TextDecoder, true);
define(util, "TextEncoder", TextEncoder, true);

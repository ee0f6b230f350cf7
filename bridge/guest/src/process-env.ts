import { codedError } from "./errors.ts";
import { Proxy, ReflectDefineProperty, TypeError } from "./primordials.ts";

/**
 * `process.env`: what is stored is turned into a string.
 *
 * @param target a plain object with the variables that the guest starts with; it becomes the environment's own
 */
export function createEnvironment(target: Record<string, string>): Record<string, string> {
  return new Proxy(target, handler);
}

// One for the only environment that there is, made before the guest is there.
const handler = {
  __proto__: null,
  set: (target, key, value) => store(target, key, value),
  defineProperty(target, key, { configurable, enumerable, writable, value }) {
    if (configurable && enumerable && writable) return store(target, key, value);
    throw codedError(
      TypeError,
      "ERR_INVALID_OBJECT_DEFINE_PROPERTY",
      "'process.env' only accepts a configurable, writable, and enumerable data descriptor",
      store,
    );
  },
} as ProxyHandler<Record<string, string>>;

function store(target: Record<string, string>, key: string | symbol, value: unknown): boolean {
  if (typeof key === "symbol") throw new TypeError("Cannot convert a Symbol value to a string");
  return ReflectDefineProperty(target, key, {
    __proto__: null,
    value: `${value as string}`,
    configurable: true,
    enumerable: true,
    writable: true,
  } as PropertyDescriptor);
}

import { define, setName } from "./define.ts";
import { EventEmitter } from "./events.ts";
import { ObjectCreate, ObjectDefineProperty, ReflectApply, SymbolToStringTag } from "./primordials.ts";

export type Process = EventEmitter & Record<string, unknown>;

/** `process`; its members come from the modules that know what they are about. */
export const process = createProcess();

function createProcess(): Process {
  // What an inspector of `process` shows is the name of its constructor.
  const constructor = function process() {};
  setName(constructor, "process");
  const prototype = ObjectCreate(EventEmitter.prototype);
  constructor.prototype = prototype;
  define(prototype, "constructor", constructor);
  ObjectDefineProperty(prototype, SymbolToStringTag, {
    __proto__: null,
    value: "process",
    configurable: true,
  } as PropertyDescriptor);
  const process = ObjectCreate(prototype) as Process;
  ReflectApply(EventEmitter, process, []);
  return process;
}

/** Defines a member of `process`. */
export function member(name: string, value: unknown): void {
  define(process, name, value, true);
}

/** Defines a member of `process` that is made when it is first looked at. */
export function lazyMember(name: string, make: () => unknown): void {
  ObjectDefineProperty(process, name, {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get() {
      const value = make();
      member(name, value);
      return value;
    },
    set(value: unknown) {
      member(name, value);
    },
  } as PropertyDescriptor);
}

/** Emits through `process.emit`, which programs replace to see such events first. */
export function emitProcessEvent(...args: [name: string, ...args: unknown[]]): boolean {
  return ReflectApply(process.emit, process, args);
}

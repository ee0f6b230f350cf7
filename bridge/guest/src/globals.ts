/** Puts on the global object what programs find there. */
import { Buffer } from "./buffer/buffer.ts";
import "./buffer/methods.ts";
import { console } from "./console.ts";
import { define, setName } from "./define.ts";
import { clearImmediate, setImmediate } from "./immediates.ts";
import { ObjectDefineProperty, ObjectKeys, SymbolToStringTag } from "./primordials.ts";
import { process } from "./process.ts";
import { queueMicrotask } from "./tasks.ts";
import { clearInterval, clearTimeout, setInterval, setTimeout } from "./timers.ts";
import { AbortController, AbortSignal } from "./web/abort.ts";
import { atob, btoa } from "./web/atob.ts";
import { Crypto, crypto } from "./web/crypto.ts";
import { DOMException } from "./web/dom-exception.ts";
import { CustomEvent, Event } from "./web/event.ts";
import { EventTarget } from "./web/event-target.ts";
import { Performance, PerformanceEntry, PerformanceMark, PerformanceMeasure, performance } from "./web/performance.ts";
import { structuredClone } from "./web/structured-clone.ts";
import { TextDecoder } from "./web/text-decoder.ts";
import { TextEncoder } from "./web/text-encoder.ts";
import { URL } from "./web/url.ts";
import { URLSearchParams } from "./web/url-search-params.ts";

function install(members: object, enumerable: boolean): void {
  const names = ObjectKeys(members);
  for (let i = 0; i < names.length; i++) {
    const value = members[names[i] as keyof typeof members] as unknown;
    if (typeof value === "function") setName(value, names[i]!);
    define(globalThis, names[i]!, value, enumerable);
  }
}

install(
  {
    AbortController,
    AbortSignal,
    Buffer,
    Crypto,
    CustomEvent,
    DOMException,
    Event,
    EventTarget,
    Performance,
    PerformanceEntry,
    PerformanceMark,
    PerformanceMeasure,
    TextDecoder,
    TextEncoder,
    URL,
    URLSearchParams,
    console,
    process,
  },
  false,
);

ObjectDefineProperty(globalThis, SymbolToStringTag, {
  __proto__: null,
  value: "global",
  configurable: true,
} as PropertyDescriptor);

install(
  {
    global: globalThis,
    atob,
    btoa,
    clearImmediate,
    clearInterval,
    clearTimeout,
    crypto,
    performance,
    queueMicrotask,
    setImmediate,
    setInterval,
    setTimeout,
    structuredClone,
  },
  true,
);

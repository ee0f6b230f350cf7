/** The userland in a context of Node's `vm`, over a native side made of Node's own functions. */
import { randomFillSync } from "node:crypto";
import { types } from "node:util";
import { deserialize, serialize, setFlagsFromString } from "node:v8";
import { type Context, compileFunction, createContext, runInContext, Script } from "node:vm";
import { bundle } from "../scripts/bundle.mjs";
import { type GuestStart, type Hooks, type Native, USERLAND, ValueKind } from "../src/native.ts";
import { FakeFs } from "./fake-fs.ts";

setFlagsFromString("--allow-natives-syntax");

const { script: source } = await bundle();
const script = new Script(source, { filename: USERLAND });

/** Thrown where the native side would end the guest. */
class Ended {
  readonly code: number;
  constructor(code: number) {
    this.code = code;
  }
}

export interface GuestOptions {
  files?: Record<string, string>;
  start?: Partial<GuestStart>;
  stdin?: Uint8Array[];
  moduleBytes?: Uint8Array;
  wasiImports?: Native["wasiImports"];
}

export class Guest {
  readonly context: Context;
  readonly hooks: Hooks;
  readonly fs: FakeFs;
  readonly raised: number[] = [];
  readonly #stdin: Uint8Array[];
  stdout = "";
  stderr = "";
  /** Milliseconds; the loop moves it on to the next timer. */
  time = 0;
  listened = 0;
  memory: object | undefined;
  #wantsInput = false;
  #exitCode: number | undefined;

  constructor(options: GuestOptions = {}) {
    this.fs = new FakeFs(options.files);
    this.#stdin = options.stdin ?? [];
    this.context = createContext({}, { microtaskMode: "afterEvaluate" });
    this.hooks = (script.runInContext(this.context) as (native: Native) => Hooks)(this.#native(options));
    this.hooks.begin({
      argv: ["hotcell", "/app/main.js"],
      env: {},
      pid: 1,
      versions: { hotcell: "0.0.0", v8: process.versions.v8 },
      program: "script",
      filename: "/app/main.js",
      ...options.start,
    });
  }

  /** Runs a script and the event loop until the guest ends; the exit code. */
  run(code: string, filename = "/app/main.js"): number {
    return this.#live(() => runInContext(code, this.context, { filename }));
  }

  /** Runs a file as CommonJS main module; the exit code. */
  runCommonJs(filename: string): number {
    return this.#live(() => this.hooks.runCommonJs(filename));
  }

  runWasm(): number {
    return this.#live(() => this.hooks.runWasm());
  }

  /** A value of the guest's. */
  evaluate(code: string): unknown {
    return runInContext(code, this.context, { filename: "/app/main.js" });
  }

  #live(main: () => unknown): number {
    try {
      this.#attempt(main);
      this.#attempt(() => this.hooks.drain());
      for (;;) {
        this.#loop();
        this.#attempt(() => this.hooks.beforeExit());
        this.#attempt(() => this.hooks.drain());
        if (!this.hooks.alive()) break;
      }
      return this.hooks.exit(undefined);
    } catch (error) {
      if (error instanceof Ended) return error.code;
      throw error;
    }
  }

  #loop(): void {
    for (;;) {
      let next = -1;
      this.#attempt(() => {
        next = this.hooks.runTimers();
      });
      if (this.#wantsInput) {
        this.#wantsInput = false;
        const chunk = this.#stdin.shift() ?? null;
        this.#attempt(() => this.hooks.stdin(chunk));
        this.#attempt(() => this.hooks.drain());
        continue;
      }
      if (!this.hooks.alive()) return;
      if (next > this.time) this.time = next;
    }
  }

  /** What the native side does with the exceptions of a call into the guest. */
  #attempt(run: () => unknown): void {
    try {
      run();
    } catch (error) {
      if (error instanceof Ended) throw error;
      if (!this.hooks.uncaught(error, undefined)) throw new Ended(this.hooks.exit(1));
      this.#attempt(() => this.hooks.drain());
    }
  }

  #native({ moduleBytes, wasiImports }: GuestOptions): Native {
    const inGuest = <T>(code: string) => runInContext(code, this.context) as T;
    const bytes = inGuest<(length: number) => Uint8Array>("(length) => new Uint8Array(length)");
    const toGuest = (source: Uint8Array): Uint8Array => {
      const copy = bytes(source.length);
      copy.set(source);
      return copy;
    };
    const guestError = inGuest<(name: string, message: string) => Error>(
      "(name, message) => Object.assign(new Error(message), { name })",
    );
    const preview = inGuest<(value: object) => [unknown[], boolean] | undefined>(
      `(value) => {
        const next = (prototype, value) => prototype[Symbol.iterator] ? [...value] : [];
        const tag = Object.prototype.toString.call(value);
        if (tag === "[object Map]") return [[...value].flat(1), true];
        if (tag === "[object Set]") return [[...value], false];
        return undefined;
      }`,
    );
    const ownKeys = inGuest<Native["ownNonIndexProperties"]>(
      `(value, onlyEnumerable) => Reflect.ownKeys(value).filter((key) =>
        !(typeof key === "string" && /^(0|[1-9][0-9]{0,9})$/.test(key) && Number(key) < 2 ** 32 - 1) &&
        (!onlyEnumerable || Object.prototype.propertyIsEnumerable.call(value, key)))`,
    );
    const enqueue = inGuest<(callback: () => void) => void>("(callback) => void Promise.resolve().then(callback)");
    const promiseState = inGuest<(promise: Promise<unknown>) => [0 | 1 | 2, unknown]>(
      "(promise) => [%PromiseStatus(promise), undefined]".replace("%PromiseStatus(promise)", "0"),
    );
    return {
      write: (fd, data) => {
        const text = typeof data === "string" ? data : Buffer.from(data).toString();
        if (fd === 1) this.stdout += text;
        else this.stderr += text;
      },
      stdinRead: () => {
        if (this.#wantsInput) throw new Error("a read of stdin is under way already");
        this.#wantsInput = true;
      },
      stdinReadSync: () => {
        const chunk = this.#stdin.shift();
        return chunk === undefined ? null : toGuest(chunk);
      },
      now: () => this.time,
      timeOrigin: () => 1_700_000_000_000,
      randomFill: (view) => void randomFillSync(view),
      exit: (code) => {
        throw new Ended(code);
      },
      runMicrotasks: () => void runInContext("0", this.context),
      enqueueMicrotask: (callback) => enqueue(callback),
      listenSignals: (mask) => {
        this.listened = mask;
      },
      structuredClone: (value) => value,
      utf8Encode: (text) => toGuest(new TextEncoder().encode(text)),
      utf8Decode: (input, fatal) => {
        try {
          return new TextDecoder("utf-8", { fatal, ignoreBOM: true }).decode(input as Uint8Array);
        } catch {
          return undefined;
        }
      },
      urlParse: (input, base) => {
        const url = URL.canParse(input, base) ? new URL(input, base) : undefined;
        return url === undefined ? undefined : urlParts(url);
      },
      urlSet: (href, part, value) => {
        const url = new URL(href);
        const name = PARTS[part]!;
        Reflect.set(url, name, value);
        return urlParts(url);
      },
      compileFunction: (body, filename, parameters) =>
        compileFunction(body, [...parameters], { filename, parsingContext: this.context }) as never,
      importModule: () => {
        throw guestError("Error", "no modules here");
      },
      fs: this.fs,
      wasiImports: wasiImports ?? {},
      wasiBindMemory: (memory) => {
        this.memory = memory;
      },
      moduleBytes: () => (moduleBytes === undefined ? undefined : toGuest(moduleBytes)),
      valueKind,
      constructorName: (value) => (value.constructor?.name as string) || "Object",
      ownNonIndexProperties: (value, onlyEnumerable) => ownKeys(value, onlyEnumerable),
      errorSource: () => undefined,
      detailString: (value) => (typeof value === "object" && value !== null ? "#<Object>" : String(value)),
      raise: (signal) => {
        this.raised.push(signal);
      },
      memoryUsage: () => [4, 3, 2, 1],
      promiseDetails: (promise) => promiseState(promise),
      proxyDetails: () => undefined,
      previewEntries: (value) => preview(value),
    };
  }
}

const PARTS = [
  "href",
  "origin",
  "protocol",
  "username",
  "password",
  "host",
  "hostname",
  "port",
  "pathname",
  "search",
  "hash",
] as const;

const urlParts = (url: URL): string[] => PARTS.map((name) => url[name]);

function valueKind(value: object): ValueKind {
  if (types.isProxy(value)) return ValueKind.Proxy;
  if (types.isArgumentsObject(value)) return ValueKind.Arguments;
  if (types.isModuleNamespaceObject(value)) return ValueKind.ModuleNamespace;
  if (types.isMapIterator(value)) return ValueKind.MapIterator;
  if (types.isSetIterator(value)) return ValueKind.SetIterator;
  if (types.isGeneratorObject(value)) return ValueKind.GeneratorObject;
  if (types.isNativeError(value)) return ValueKind.NativeError;
  if (types.isPromise(value)) return ValueKind.Promise;
  if (types.isExternal(value)) return ValueKind.External;
  const isAsync = types.isAsyncFunction(value);
  const isGenerator = types.isGeneratorFunction(value);
  if (isAsync) return isGenerator ? ValueKind.AsyncGeneratorFunction : ValueKind.AsyncFunction;
  return isGenerator ? ValueKind.GeneratorFunction : ValueKind.Other;
}

void deserialize;
void serialize;

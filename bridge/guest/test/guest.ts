/** The userland in a context of Node's `vm`, over a native side made of Node's own functions. */
import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { types } from "node:util";
import { deserialize, serialize } from "node:v8";
import { type Context, compileFunction, createContext, runInContext, Script } from "node:vm";
import { bundle } from "../scripts/bundle.mjs";
import {
  type Hooks,
  type Native,
  type NativeFs,
  type ProgramKind,
  type UncaughtWhere,
  USERLAND,
  ValueKind,
} from "../src/native.ts";
import { FakeFs } from "./fake-fs.ts";

/** What Node has for its own inspector; there with `--expose-internals`. */
interface EngineBinding {
  getPromiseDetails(promise: Promise<unknown>): [0 | 1 | 2, unknown];
  getProxyDetails(value: object, both: true): [object | null, object | null] | undefined;
  previewEntries(value: object, isIterator: true): [unknown[], boolean] | undefined;
  getOwnNonIndexProperties(value: object, filter: number): PropertyKey[];
  getConstructorName(value: object): string;
}
const engine: EngineBinding = createRequire(import.meta.url)("internal/test/binding").internalBinding("util");
const ONLY_ENUMERABLE = 2;

const { script: source } = await bundle();
const script = new Script(source, { filename: USERLAND });

const EXEC_PATH = "/usr/bin/hotcell";

/** Thrown where the native side would end the guest. */
class Ended {
  readonly #code: number;

  constructor(code: number) {
    this.#code = code;
  }

  /** Undefined for anything else; runs nothing of what the guest may have thrown. */
  static codeOf(thrown: unknown): number | undefined {
    return thrown !== null && typeof thrown === "object" && #code in thrown ? thrown.#code : undefined;
  }
}

export interface GuestOptions {
  files?: Record<string, string>;
  args?: string[];
  env?: Record<string, string>;
  kind?: ProgramKind;
  pid?: number;
  stdin?: (Uint8Array | string)[];
  moduleBytes?: Uint8Array;
  wasiImports?: Native["wasiImports"];
}

export class Guest {
  readonly context: Context;
  readonly hooks: Hooks;
  readonly fs: FakeFs;
  /** Signals that the guest raised. */
  readonly raised: number[] = [];
  readonly #output: Record<1 | 2, Buffer[]> = { 1: [], 2: [] };
  /** Milliseconds; the loop moves it on to the next timer. */
  time = 0;
  /** The signals that the guest listens to, a bit each. */
  listened = 0;
  memory: object | undefined;
  /** Where exceptions are said to have been thrown. */
  where: UncaughtWhere | undefined;
  readonly #stdin: Uint8Array[];
  readonly #texts = new Map<string, string>();
  /** Made once: to evaluate something runs the guest's microtasks. */
  readonly #makeBytes: (length: number) => Uint8Array;
  #wantsInput = false;

  constructor(options: GuestOptions = {}) {
    this.fs = new FakeFs(options.files);
    for (const [file, text] of Object.entries(options.files ?? {})) this.#texts.set(file, text);
    this.#stdin = (options.stdin ?? []).map((piece) => Buffer.from(piece as string));
    this.context = createContext({}, { microtaskMode: "afterEvaluate" });
    this.#makeBytes = this.evaluate("(() => { const Bytes = Uint8Array; return (length) => new Bytes(length); })()");
    this.hooks = (script.runInContext(this.context) as (native: Native) => Hooks)(this.#native(options));
    this.#installPrepareStackTrace();
    const { args = [], env = {}, kind = "script" } = options;
    this.hooks.begin([EXEC_PATH, "/app/main.js", ...args], env, kind, "/app/main.js");
  }

  get stdoutBytes(): Buffer {
    return Buffer.concat(this.#output[1]);
  }

  get stderrBytes(): Buffer {
    return Buffer.concat(this.#output[2]);
  }

  get stdout(): string {
    return this.stdoutBytes.toString();
  }

  get stderr(): string {
    return this.stderrBytes.toString();
  }

  /** Runs a script and the event loop until the guest ends; the exit code. */
  run(code: string, filename = "/app/main.js"): number {
    this.#texts.set(filename, code);
    return this.live(() => runInContext(code, this.context, { filename, displayErrors: false }));
  }

  /** Runs a file as CommonJS main module; the exit code. */
  runCommonJs(filename = "/app/main.js"): number {
    return this.live(() => this.hooks.runCommonJs(filename));
  }

  runWasm(): number {
    return this.live(() => this.hooks.runWasm());
  }

  /** A value of the guest's. */
  evaluate<T>(code: string): T {
    return runInContext(code, this.context, { filename: import.meta.filename });
  }

  /** Runs something of the guest's and then its event loop, as the native side does; the exit code. */
  live(main: () => unknown): number {
    try {
      this.#attempt(main);
      let settled = -1;
      this.#attempt(() => {
        settled = this.hooks.settle();
      });
      if (settled >= 0) return settled;
      for (;;) {
        this.#loop();
        this.#attempt(() => this.hooks.beforeExit());
        this.#attempt(() => this.hooks.drain());
        if (!this.hooks.alive()) break;
      }
      let code = 0;
      this.#attempt(() => {
        code = this.hooks.exit(undefined);
      });
      return code;
    } catch (error) {
      const code = Ended.codeOf(error);
      if (code === undefined) throw error;
      return code;
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
        const piece = this.#stdin.shift();
        this.#attempt(() => this.hooks.stdin(piece === undefined ? null : this.#bytes(piece)));
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
      if (Ended.codeOf(error) !== undefined) throw error;
      if (!this.hooks.uncaught(error, this.where)) throw new Ended(this.hooks.exit(1));
      this.#attempt(() => this.hooks.drain());
    }
  }

  /** Lets Node, which asks `Error.prepareStackTrace` of a context, ask the hook as V8 would. */
  #installPrepareStackTrace(): void {
    let ofGuest: unknown;
    let isAsking = false;
    const ask = (error: unknown, sites: object[]): unknown => {
      isAsking = true;
      try {
        return this.hooks.prepareStackTrace(error, this.#withoutHarness(sites));
      } finally {
        isAsking = false;
      }
    };
    Object.defineProperty(this.evaluate<object>("Error"), "prepareStackTrace", {
      configurable: true,
      get: () => (isAsking ? ofGuest : ask),
      set: (value) => {
        ofGuest = value;
      },
    });
  }

  /** By index, since the list is the guest's. */
  #withoutHarness(sites: object[]): object[] {
    const kept: object[] = [];
    for (let i = 0; i < sites.length; i++) {
      const site = sites[i] as NodeJS.CallSite;
      if (!/^node:|\/bridge\/guest\/test\//.test(site.getFileName() ?? "")) kept.push(site);
    }
    return kept;
  }

  #bytes(from: Uint8Array): Uint8Array {
    const copy = this.#makeBytes(from.length);
    // By index, since the method is the guest's.
    for (let i = 0; i < from.length; i++) copy[i] = from[i]!;
    return copy;
  }

  /** Node's file functions with errors of the guest's realm. */
  #guestFs(): NativeFs {
    const makeError = this.evaluate<(message: string, fields: object) => Error>(
      "(() => { const { assign } = Object, OwnError = Error; return (message, fields) => assign(new OwnError(message), fields); })()",
    );
    return new Proxy(this.fs, {
      get: (target, name) => {
        const method = Reflect.get(target, name) as (...args: unknown[]) => unknown;
        return (...args: unknown[]) => {
          try {
            if (types.isUint8Array(args[1])) args[1] = hostBytes(args[1]);
            const result = method.apply(target, args);
            return result instanceof Uint8Array ? this.#bytes(result) : result;
          } catch (error) {
            const { message, errno, code, syscall, path } = error as NodeJS.ErrnoException;
            throw makeError(message, { errno, code, syscall, path });
          }
        };
      },
    });
  }

  /** The place that the first frame of an error's stack names. */
  #sourceOf(error: Error): UncaughtWhere | undefined {
    const frame = /^ {4}at (?:.* \()?(\/.*):(\d+):(\d+)\)?$/m.exec(String(error.stack));
    if (frame === null) return undefined;
    const [, file, line, column] = frame;
    const sourceLine = this.#texts.get(file!)?.split("\n")[Number(line) - 1] ?? "";
    const startColumn = Number(column) - 1;
    return { file: file!, line: Number(line), startColumn, endColumn: startColumn + 1, sourceLine };
  }

  #native({ moduleBytes, wasiImports, pid = 1 }: GuestOptions): Native {
    // `await` of no promise looks nothing up that the guest can replace.
    const enqueue = this.evaluate<(callback: () => void) => void>("async (callback) => { await 0; callback(); }");
    const objectToString = this.evaluate("Object.prototype.toString");
    const cloneError = this.evaluate<(message: string) => Error>(
      '(() => { const { assign } = Object, OwnError = Error; return (message) => assign(new OwnError(message), { name: "DataCloneError" }); })()',
    );
    return {
      execPath: EXEC_PATH,
      pid,
      versions: { hotcell: "0.0.0", v8: process.versions.v8 },
      write: (fd, data) => {
        this.#output[fd].push(typeof data === "string" ? Buffer.from(data) : hostBytes(data));
      },
      stdinRead: () => {
        if (this.#wantsInput) throw new Error("a read of stdin is under way already");
        this.#wantsInput = true;
      },
      stdinReadSync: () => {
        const piece = this.#stdin.shift();
        return piece === undefined ? null : this.#bytes(piece);
      },
      now: () => this.time,
      allowTimers: () => Number.POSITIVE_INFINITY,
      timeOrigin: () => 1_700_000_000_000,
      randomFill: (view) => {
        const random = randomBytes(hostBytes(view).length);
        for (let i = 0; i < random.length; i++) (view as Uint8Array)[i] = random[i]!;
      },
      exit: (code) => {
        throw new Ended(code);
      },
      runMicrotasks: () => void runInContext("0", this.context),
      enqueueMicrotask: (callback) => enqueue(callback),
      listenSignals: (mask) => {
        this.listened = mask;
      },
      structuredClone: (value) => {
        try {
          return deserialize(serialize(value));
        } catch (error) {
          throw cloneError((error as Error).message);
        }
      },
      utf8Encode: (text) => this.#bytes(new TextEncoder().encode(text)),
      utf8Decode: (input, fatal) => {
        try {
          return new TextDecoder("utf-8", { fatal, ignoreBOM: true }).decode(hostBytes(input as Uint8Array));
        } catch {
          return undefined;
        }
      },
      urlParse: (input, base) => (URL.canParse(input, base) ? urlParts(new URL(input, base)) : undefined),
      urlSet: (href, part, value) => {
        const url = new URL(href);
        Reflect.set(url, URL_PARTS[part]!, value);
        return urlParts(url);
      },
      compileFunction: (body, filename, parameters) =>
        compileFunction(
          body,
          Array.from({ length: parameters.length }, (_, i) => parameters[i]!),
          { filename, parsingContext: this.context },
        ) as never,
      importModule: () => {
        throw new Error("there are no ES modules here");
      },
      fs: this.#guestFs(),
      wasiImports: wasiImports ?? {},
      wasiBindMemory: (memory) => {
        this.memory = memory;
      },
      moduleBytes: () => (moduleBytes === undefined ? undefined : this.#bytes(moduleBytes)),
      sharedModule: () => undefined,
      shareModule: () => {},
      valueKind,
      constructorName: (value) => engine.getConstructorName(value),
      ownNonIndexProperties: (value, onlyEnumerable) =>
        engine.getOwnNonIndexProperties(value, onlyEnumerable ? ONLY_ENUMERABLE : 0),
      errorSource: (error) => this.#sourceOf(error as Error),
      detailString: (value) => {
        if (value === null || typeof value !== "object") return String(value);
        try {
          return value.toString === objectToString ? "#<Object>" : "[object Object]";
        } catch {
          return "#<Object>";
        }
      },
      raise: (signal) => {
        this.raised.push(signal);
      },
      memoryUsage: () => [4, 3, 2, 1],
      promiseDetails: (promise) => engine.getPromiseDetails(promise),
      proxyDetails: (value) => engine.getProxyDetails(value, true),
      previewEntries: (value) => engine.previewEntries(value, true),
    };
  }
}

const TypedArrayPrototype = Reflect.getPrototypeOf(Uint8Array.prototype)!;
const lengthOf = Reflect.getOwnPropertyDescriptor(TypedArrayPrototype, "length")!.get!;

/** A copy of a Uint8Array of the guest's that asks nothing of its class. */
function hostBytes(view: ArrayBufferView): Buffer {
  const copy = Buffer.alloc(lengthOf.call(view));
  for (let i = 0; i < copy.length; i++) copy[i] = (view as Uint8Array)[i]!;
  return copy;
}

const URL_PARTS = [
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

const urlParts = (url: URL): string[] => URL_PARTS.map((name) => url[name]);

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

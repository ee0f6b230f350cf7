/**
 * The seam between the userland (this folder) and the native side (`crates/js`).
 *
 * The bundle is one script that evaluates to a function `(native: Native) => Hooks`. It runs once per snapshot, or once per
 * guest where there is no snapshot, and must not look at anything that differs between guests: that comes with
 * `Hooks.begin`. Nothing of `native` may be reachable from the guest's code.
 */

/** The resource name that the native side gives the bundle; frames of that name are left out of the guest's stacks. */
export const USERLAND = "hotcell:userland";

export interface Native {
  /** Writes to stdout (1) or stderr (2); text is encoded as UTF-8. Blocks the guest until the host has granted credit. */
  write(fd: 1 | 2, data: string | Uint8Array): void;
  /** Asks for the next chunk of stdin; `Hooks.stdin` answers. At most one request is under way at a time. */
  stdinRead(): void;
  /** Blocks for input; `null` at the end of stdin. At most `max` bytes. */
  stdinReadSync(max: number): Uint8Array | null;
  /** Milliseconds since the guest's start, monotonic, coarsened. */
  now(): number;
  /**
   * Tells how many timers wait. Gives the number up to which no further word is needed; ends the guest where there may be no
   * more.
   */
  allowTimers(waiting: number): number;
  /** Milliseconds since 1970 at the guest's start. */
  timeOrigin(): number;
  /** Fills the view from the operating system's randomness. */
  randomFill(view: ArrayBufferView): void;
  /** Ends the guest with that code; does not return. */
  exit(code: number): never;
  /** Runs V8's microtask queue until it is empty. */
  runMicrotasks(): void;
  /** Puts a function that never throws on V8's microtask queue. */
  enqueueMicrotask(callback: () => void): void;
  /** Tells which signals have listeners: a bit per signal number. Others end the guest. */
  listenSignals(mask: number): void;
  /** The structured clone of a value; throws a plain Error with `name` "DataCloneError" where a part can't be cloned. */
  structuredClone(value: unknown, transfer: readonly object[]): unknown;
  utf8Encode(text: string): Uint8Array;
  /** Undefined where `fatal` and the bytes are not UTF-8. A byte-order mark is kept. */
  utf8Decode(bytes: ArrayBufferView | ArrayBufferLike, fatal: boolean): string | undefined;
  /** The parts of a URL, in the order of `UrlPart`, or undefined where it does not parse. */
  urlParse(input: string, base: string | undefined): string[] | undefined;
  /** The parts after one of them was set as the URL standard's setters do. */
  urlSet(href: string, part: UrlPart, value: string): string[];
  /** Compiles a function body with its true lines; for CommonJS. */
  compileFunction(body: string, filename: string, parameters: readonly string[]): (...args: unknown[]) => unknown;
  /** The namespace of an ES module as `import()` from that file would give it. */
  importModule(specifier: string, referrer: string): Promise<Record<string, unknown>>;
  fs: NativeFs;
  /** `process.execPath`. */
  execPath: string;
  /** `process.pid`. */
  pid: number;
  /** For `process.versions`: at least `hotcell` and `v8`. */
  versions: Record<string, string>;
  /** The functions that WASI programs import, by module name. */
  wasiImports: Record<string, Record<string, (...args: never[]) => unknown>>;
  /** Binds the memory that these functions work on; once per guest, before the program starts. */
  wasiBindMemory(memory: WebAssembly.Memory): void;
  /** The program's bytes, injected before the runner starts; undefined where there are none. */
  moduleBytes(): Uint8Array | undefined;
  /** The program's compiled module where an isolate of the process compiled it before; `shareModule` makes it known. */
  sharedModule(): WebAssembly.Module | undefined;
  shareModule(module: WebAssembly.Module): void;
  /** What V8 knows an object or function to be, whatever its prototype says; `ValueKind.Other` for all that is not listed. */
  valueKind(value: object): ValueKind;
  /** V8's `Object::GetConstructorName`. */
  constructorName(value: object): string;
  /** The own keys that are no array indices, strings before symbols; all of them, or the enumerable ones. */
  ownNonIndexProperties(value: object, onlyEnumerable: boolean): PropertyKey[];
  /** The place where an Error was made, as V8's `Exception::CreateMessage` finds it; undefined where there is none. */
  errorSource(error: unknown): UncaughtWhere | undefined;
  /** V8's `Value::ToDetailString`: a text for any value that runs no guest code. */
  detailString(value: unknown): string;
  /** Acts as if the host had sent that signal. */
  raise(signal: number): void;
  /** `[heap total, heap used, external, array buffers]` of the guest's isolate in bytes. */
  memoryUsage(): [number, number, number, number];
  /** `[state, result]` of a promise, state 0 pending, 1 fulfilled, 2 rejected; for the inspector of console.log. */
  promiseDetails(promise: Promise<unknown>): [0 | 1 | 2, unknown];
  /** `[target, handler]` of a Proxy, both null where it was revoked, or undefined where the value is no Proxy. */
  proxyDetails(value: object): [object | null, object | null] | undefined;
  /** Entries of a Map, Set or their iterators without running guest code; `isKeyValue` for pairs laid flat. */
  previewEntries(value: object): [entries: unknown[], isKeyValue: boolean] | undefined;
}

/** Plain numbers, since the native side returns them. */
export const ValueKind = {
  Other: 0,
  Arguments: 1,
  ModuleNamespace: 2,
  MapIterator: 3,
  SetIterator: 4,
  GeneratorObject: 5,
  NativeError: 6,
  Promise: 7,
  Proxy: 8,
  External: 9,
  AsyncFunction: 10,
  GeneratorFunction: 11,
  AsyncGeneratorFunction: 12,
} as const;
export type ValueKind = (typeof ValueKind)[keyof typeof ValueKind];

export type UrlPart =
  | 0 /* href */
  | 1 /* origin */
  | 2 /* protocol */
  | 3 /* username */
  | 4 /* password */
  | 5 /* host */
  | 6 /* hostname */
  | 7 /* port */
  | 8 /* pathname */
  | 9 /* search */
  | 10 /* hash */;

/**
 * The sandbox's files. Paths are absolute or relative to the guest's cwd. A failure throws an Error with `code` ("ENOENT"),
 * `errno` (negative), `syscall`, `path` and Node's message, such as `ENOENT: no such file or directory, open '/x'`.
 */
export interface NativeFs {
  readFile(path: string): Uint8Array;
  /** `flag`: "w" replaces, "a" appends, "wx" and "ax" fail where the file is there. */
  writeFile(path: string, data: string | Uint8Array, flag: "w" | "a" | "wx" | "ax", mode: number): void;
  stat(path: string, follow: boolean): NativeStat;
  readdir(path: string): [names: string[], kinds: FileKind[]];
  /** The first directory made where `recursive`, else undefined. */
  mkdir(path: string, recursive: boolean, mode: number): string | undefined;
  rmdir(path: string): void;
  unlink(path: string): void;
  rm(path: string, recursive: boolean, force: boolean): void;
  rename(from: string, to: string): void;
  symlink(target: string, path: string): void;
  link(existing: string, path: string): void;
  readlink(path: string): string;
  realpath(path: string): string;
  chmod(path: string, mode: number): void;
  truncate(path: string, length: number): void;
  utimes(path: string, atimeMs: number, mtimeMs: number): void;
  chdir(path: string): void;
  cwd(): string;
}

/** 0 file, 1 directory, 2 symbolic link, 3 device. */
export type FileKind = 0 | 1 | 2 | 3;

/** `[kind, size, mode bits, inode, links, atimeMs, mtimeMs, ctimeMs]` */
export type NativeStat = [FileKind, number, number, number, number, number, number, number];

/**
 * What the native side calls. None of these is reachable from the guest's code.
 *
 * `runCommonJs`, `runWasm`, `drain`, `settle`, `runTimers`, `stdin`, `signal` and `beforeExit` let through what the guest's code
 * throws. The native side hands that to `uncaught` with the position of the throw and, where `uncaught` returns true, goes
 * on with its loop: what was under way has been taken off its queue, so a second call goes on with what comes next.
 */
export interface Hooks {
  /**
   * First of all, once: makes what depends on the guest. Runs no code of the guest's.
   *
   * @param argv `[execPath, script, ...args]` as in Node
   * @param kind how the program is run
   * @param filename the main program's path in the sandbox
   */
  begin(argv: string[], env: Record<string, string>, kind: ProgramKind, filename: string): void;
  /** Runs a file as CommonJS main module. */
  runCommonJs(filename: string): void;
  /** Runs the injected WASI program. */
  runWasm(): void;
  /** nextTick callbacks and microtasks, until there are none; then unhandled rejections, one at a time. */
  drain(): void;
  /**
   * Drains. The exit code where that left nothing to do, and nobody listens for `beforeExit` or `exit`, so that neither
   * needs to be called any more; -1 otherwise. One call where a short program would need seven.
   */
  settle(): number;
  /**
   * Runs the timers that are due and one round of immediates, draining after each. The time of the next timer as
   * `Native.now` counts, 0 where immediates wait, or -1 where there is nothing.
   */
  runTimers(): number;
  /** Whether something that keeps the guest alive is under way: a timer, a read of stdin. */
  alive(): boolean;
  /** A chunk of stdin, or null at its end. */
  stdin(chunk: Uint8Array | null): void;
  /** A signal that has listeners. */
  signal(number: number): void;
  /** The loop has run dry: `beforeExit` listeners run and may add work. */
  beforeExit(): void;
  /** `exit` listeners run; the exit code. `code` undefined: process.exitCode, or 0. */
  exit(code: number | undefined): number;
  /** A promise was rejected with no handler (0), or got one afterwards (1). From V8's callback: runs no guest code. */
  rejection(kind: 0 | 1, promise: Promise<unknown>, reason: unknown): void;
  /**
   * An exception that nobody caught. True where a listener took it; else `exit` listeners ran, it was printed to stderr,
   * and the guest is to end with the exit code that `exit(1)` returns. `where` is the source position to print above the
   * stack, if there is one.
   */
  uncaught(error: unknown, where: UncaughtWhere | undefined): boolean;
  /**
   * The text of an error's `stack`: what V8's PrepareStackTrace callback is to return. Leaves the userland's own frames
   * out, and lets the guest's `Error.prepareStackTrace` decide where there is one.
   */
  prepareStackTrace(error: unknown, sites: object[]): unknown;
  /** The exports of a builtin (`fs` and `node:fs` alike), which may be a function, or undefined: what `import` of it gives. */
  builtin(name: string): object | undefined;
  /**
   * The path of the file that a bare specifier (`lib`, `@scope/lib/part`, `#internal`) means to a file that imports it: by
   * `exports`, `imports` and `main` of the packages in `node_modules`. Undefined where there is none; throws Node's errors
   * where a package does not have that part.
   */
  resolveImport(specifier: string, referrer: string): string | undefined;
  /** `module.exports` of a CommonJS file, for an `import` of it. */
  requireFile(filename: string): unknown;
}

export interface UncaughtWhere {
  file: string;
  line: number;
  /** From 0. */
  startColumn: number;
  endColumn: number;
  sourceLine: string;
}

/** How a program is run; a `script` gets a global `require`. */
export type ProgramKind = "script" | "module" | "commonjs" | "wasm";

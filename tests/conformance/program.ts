import { assemble } from "../support/wasm.js";
import { type Errno, errno, FUNCTIONS, rights } from "./standard.js";

/** What a guest passes to a call: a number, a number that an earlier call left in memory, or a pointer with its length. */
export type Argument = number | bigint | Load | Argument[];

class Load {
  constructor(
    readonly type: "i32" | "i64",
    readonly address: number,
  ) {}
}

const DATA = 65536;

/** The descriptor of the preopened root. */
export const ROOT = 3;

/**
 * A small guest, written as the calls that it makes and what it expects of them. It ends with 0 where all was as expected, and
 * else with 1, the number of the step and the error number on stderr as two 16-bit numbers.
 */
export class Program {
  readonly #code: string[] = [];
  readonly #data: string[] = [];
  readonly #steps: string[] = [];
  readonly #called = new Set<string>();
  #top = DATA;

  /** The functions that are called. */
  get called(): ReadonlySet<string> {
    return this.#called;
  }

  /** What a step was. */
  step(number: number): string {
    return this.#steps[number] ?? `step ${number}`;
  }

  /** Room for so many bytes, all zero. */
  room(bytes: number): number {
    const at = this.#top;
    this.#top = (this.#top + bytes + 15) & ~7;
    return at;
  }

  /** These bytes, or this text in UTF-8, in memory. */
  put(bytes: string | Uint8Array): number {
    const buffer = Buffer.from(bytes as string);
    const at = this.room(buffer.length);
    const escaped = [...buffer].map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");
    this.#data.push(`(data (i32.const ${at}) "${escaped}")`);
    return at;
  }

  /** A text with its length, as calls take paths. */
  text(text: string | Uint8Array): [number, number] {
    return [this.put(text), Buffer.byteLength(text as string)];
  }

  /** A list of one buffer with its length, as calls take buffers. */
  buffer(at: number, length: number): [number, number] {
    const list = Buffer.alloc(8);
    list.writeUInt32LE(at, 0);
    list.writeUInt32LE(length, 4);
    return [this.put(list), 1];
  }

  /** The number in memory at the moment of use. */
  load(at: number): Load {
    return new Load("i32", at);
  }

  load64(at: number): Load {
    return new Load("i64", at);
  }

  /** Makes a call that is to succeed. */
  call(name: string, ...args: Argument[]): void {
    this.fails("success", name, ...args);
  }

  /** Makes a call that is to fail with this error, or with one of these. */
  fails(expected: Errno | Errno[], name: string, ...args: Argument[]): void {
    const types = FUNCTIONS[name];
    if (types === undefined) throw new Error(`The standard has no function ${name}.`);
    const flat = args.flat(3) as (number | bigint | Load)[];
    if (flat.length !== types.length) throw new Error(`${name} takes ${types.length} numbers, not ${flat.length}.`);
    this.#called.add(name);
    const values = flat.map((argument, index) => value(argument, types[index]!)).join(" ");
    const step = this.#next(`${name}(${flat.map(show).join(", ")}) to give ${expected}`);
    const as = [expected].flat().map((name) => `(i32.eq (local.get $errno) (i32.const ${errno(name)}))`);
    const fine = as.reduce((left, right) => `(i32.or ${left} ${right})`);
    this.#code.push(
      `(local.set $errno (call $${name} ${values}))`,
      `(if (i32.eqz ${fine}) (then ${this.#report(step)}))`,
    );
  }

  /** Expects a 32-bit number in memory. */
  expect(at: number, expected: number): void {
    this.#expect(
      `i32.load at ${at} to be ${expected}`,
      `(i32.eq (i32.load (i32.const ${at})) (i32.const ${expected}))`,
    );
  }

  /** Expects a 16-bit number in memory. */
  expect16(at: number, expected: number): void {
    this.#expect(
      `i32.load16_u at ${at} to be ${expected}`,
      `(i32.eq (i32.load16_u (i32.const ${at})) (i32.const ${expected}))`,
    );
  }

  expect8(at: number, expected: number): void {
    this.#expect(
      `i32.load8_u at ${at} to be ${expected}`,
      `(i32.eq (i32.load8_u (i32.const ${at})) (i32.const ${expected}))`,
    );
  }

  expect64(at: number, expected: bigint): void {
    this.#expect(
      `i64.load at ${at} to be ${expected}`,
      `(i64.eq (i64.load (i32.const ${at})) (i64.const ${expected}))`,
    );
  }

  /** Expects a number in memory that is not 0. */
  expectSome64(at: number): void {
    this.#expect(`i64.load at ${at} not to be 0`, `(i64.ne (i64.load (i32.const ${at})) (i64.const 0))`);
  }

  /** Expects the second number to be at least the first. */
  expectOrder64(first: number, second: number): void {
    this.#expect(
      `i64.load at ${second} to be at least that at ${first}`,
      `(i64.ge_u (i64.load (i32.const ${second})) (i64.load (i32.const ${first})))`,
    );
  }

  /** Expects bytes in memory. */
  expectBytes(at: number, expected: string | Uint8Array): void {
    const bytes = Buffer.from(expected as string);
    bytes.forEach((byte, index) => {
      this.expect8(at + index, byte);
    });
  }

  /** Opens a file of the root for reading and writing, or as said; where its descriptor is. */
  open(path: string, options: OpenOptions = {}): number {
    const fd = this.room(4);
    this.call("path_open", ...this.#open(path, options), fd);
    return fd;
  }

  /** Expects that opening fails. */
  openFails(expected: Errno | Errno[], path: string, options: OpenOptions = {}): void {
    this.fails(expected, "path_open", ...this.#open(path, options), this.room(4));
  }

  #open(path: string, options: OpenOptions): Argument[] {
    const { at = ROOT, lookup = 1, flags = 0, base = READ_WRITE, inheriting = 0n, fdFlags = 0 } = options;
    return [at, lookup, this.text(path), flags, base, inheriting, fdFlags];
  }

  /** The WebAssembly of it. */
  assemble(): Uint8Array {
    const imports = Object.entries(FUNCTIONS).map(
      ([name, types]) =>
        `(import "wasi_snapshot_preview1" "${name}" (func $${name} (param ${types.join(" ")}) (result i32)))`,
    );
    return assemble(`(module
      ${imports.join("\n")}
      (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
      (memory (export "memory") ${Math.ceil(this.#top / 65536) + 1})
      ${this.#data.join("\n")}
      (func $report (param $step i32) (param $errno i32)
        (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 4))
        (i32.store16 (i32.const 16) (local.get $step)) (i32.store16 (i32.const 18) (local.get $errno))
        (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))
        (call $proc_exit (i32.const 1)))
      (func (export "_start") (local $errno i32)
        ${this.#code.join("\n")}))`);
  }

  #expect(what: string, condition: string): void {
    this.#code.push(`(if (i32.eqz ${condition}) (then ${this.#report(this.#next(what))}))`);
  }

  #next(what: string): number {
    this.#steps.push(what);
    return this.#steps.length - 1;
  }

  #report(step: number): string {
    return `(call $report (i32.const ${step}) (local.get $errno))`;
  }
}

export interface OpenOptions {
  at?: Argument;
  lookup?: number;
  flags?: number;
  base?: bigint;
  inheriting?: bigint;
  fdFlags?: number;
}

export const READ_WRITE = rights("fd_read", "fd_write", "fd_seek", "fd_tell");

function value(argument: number | bigint | Load, type: "i32" | "i64"): string {
  if (argument instanceof Load) {
    if (argument.type !== type) throw new Error(`A loaded ${argument.type} was passed as ${type}.`);
    return `(${type}.load (i32.const ${argument.address}))`;
  }
  return `(${type}.const ${argument})`;
}

function show(argument: number | bigint | Load): string {
  return argument instanceof Load ? `[${argument.address}]` : `${argument}`;
}

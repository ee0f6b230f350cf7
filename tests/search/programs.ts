/**
 * Programs that keep V8 in one place for long: its builtins on huge inputs, once, and in loops of several shapes on small ones.
 * Whatever of them does not end soon after its limit has found a place where V8 never looks at the request to terminate.
 */

export interface Candidate {
  name: string;
  source: string;
}

/** What a builtin is called on: one that is huge, and one that is small. */
interface Receiver {
  name: string;
  prototype: string;
  huge: string;
  small: string;
}

const receivers: readonly Receiver[] = [
  {
    name: "Array",
    prototype: "Array.prototype",
    huge: "Array.from({ length: 3e6 }, (_, i) => i * 7919 % 3000017)",
    small: "[3, 1, 2, 5, 4]",
  },
  {
    name: "Array of holes",
    prototype: "Array.prototype",
    huge: "(() => { const a = []; a.length = 2 ** 32 - 2; return a })()",
    small: "[, 1, , 2]",
  },
  { name: "Array of doubles", prototype: "Array.prototype", huge: "new Array(3e6).fill(1.5)", small: "[1.5, 2.5]" },
  {
    name: "Array-like",
    prototype: "Array.prototype",
    huge: "({ length: 2 ** 53 - 1 })",
    small: "({ length: 3, 0: 1, 1: 2 })",
  },
  {
    name: "Uint8Array",
    prototype: "Object.getPrototypeOf(Uint8Array.prototype)",
    huge: "new Uint8Array(1e8)",
    small: "new Uint8Array(8)",
  },
  {
    name: "Float64Array",
    prototype: "Object.getPrototypeOf(Uint8Array.prototype)",
    huge: "Float64Array.from({ length: 3e6 }, (_, i) => i * 7919 % 3000017)",
    small: "new Float64Array(8)",
  },
  {
    name: "BigInt64Array",
    prototype: "Object.getPrototypeOf(Uint8Array.prototype)",
    huge: "new BigInt64Array(1e7)",
    small: "new BigInt64Array(8)",
  },
  { name: "String", prototype: "String.prototype", huge: "'ab'.repeat(1e7)", small: "'abc'" },
  {
    name: "String of two bytes",
    prototype: "String.prototype",
    huge: "'\\u00e9\\u1e9b\\u0323'.repeat(1e6)",
    small: "'\\u1e9b\\u0323'",
  },
  {
    name: "String of ropes",
    prototype: "String.prototype",
    huge: "(() => { let s = ''; for (let i = 0; i < 1e6; i++) s = i + s; return s })()",
    small: "'a' + 'b'",
  },
  { name: "RegExp", prototype: "RegExp.prototype", huge: "/(a*)*b|ab/g", small: "/a/g" },
  {
    name: "Map",
    prototype: "Map.prototype",
    huge: "new Map(Array.from({ length: 5e5 }, (_, i) => [i, i]))",
    small: "new Map([[1, 2]])",
  },
  {
    name: "Set",
    prototype: "Set.prototype",
    huge: "new Set(Array.from({ length: 5e5 }, (_, i) => i))",
    small: "new Set([1, 2])",
  },
  { name: "BigInt", prototype: "BigInt.prototype", huge: "3n ** 2000000n", small: "3n" },
  {
    name: "ArrayBuffer",
    prototype: "ArrayBuffer.prototype",
    huge: "new ArrayBuffer(1e8)",
    small: "new ArrayBuffer(8)",
  },
  {
    name: "Iterator",
    prototype: "Iterator.prototype",
    huge: "(function* () { for (;;) yield 1 })()",
    small: "[1, 2].values()",
  },
  {
    name: "Intl.Segmenter",
    prototype: "Intl.Segmenter.prototype",
    huge: "new Intl.Segmenter('th', { granularity: 'word' })",
    small: "new Intl.Segmenter()",
  },
  {
    name: "Intl.Collator",
    prototype: "Intl.Collator.prototype",
    huge: "new Intl.Collator()",
    small: "new Intl.Collator()",
  },
  {
    name: "Intl.NumberFormat",
    prototype: "Intl.NumberFormat.prototype",
    huge: "new Intl.NumberFormat()",
    small: "new Intl.NumberFormat()",
  },
  {
    name: "Intl.ListFormat",
    prototype: "Intl.ListFormat.prototype",
    huge: "new Intl.ListFormat()",
    small: "new Intl.ListFormat()",
  },
];

/** Arguments that make some builtin do much: each list is tried with each method. */
const argumentLists: Readonly<Record<string, readonly [huge: string, small: string]>> = {
  none: ["", ""],
  callback: ["(a, b) => a - b", "(a, b) => a - b"],
  "a value that is not there": ["-1", "-1"],
  "a long text": ["'ab'.repeat(1e6) + 'c'", "'b'"],
  "two long texts": ["'ab'.repeat(1e6) + 'c', 'x'.repeat(1e6)", "'b', 'c'"],
  "an expression": ["/(a|b)*c/g, 'x'.repeat(100)", "/b/g, 'x'"],
  "a large number": ["1e9", "2"],
  "a huge number": ["2 ** 32 - 3, 0, 2 ** 32 - 3", "1, 0, 1"],
  itself: ["r, r", "r, r"],
};

/** Builtins that are no method of a receiver above. */
const functions: Readonly<Record<string, readonly [huge: string, small: string]>> = {
  "JSON.parse": ["JSON.parse('[' + '1,'.repeat(1e7) + '1]')", "JSON.parse('[1]')"],
  "JSON.parse with a reviver": [
    "JSON.parse('[' + '1,'.repeat(1e6) + '1]', (k, v) => v)",
    "JSON.parse('[1]', (k, v) => v)",
  ],
  "JSON.stringify": ["JSON.stringify(Array(5e6).fill('abc'))", "JSON.stringify([1])"],
  "JSON.stringify with spaces": [
    "JSON.stringify(Array(1e6).fill({ a: [1] }), null, 10)",
    "JSON.stringify([1], null, 1)",
  ],
  "BigInt of a text": ["BigInt('9'.repeat(5e6))", "BigInt('9')"],
  "BigInt to text": ["(3n ** 5000000n).toString(7)", "5n.toString()"],
  "BigInt division": ["3n ** 4000000n / 7n ** 1000000n", "5n / 3n"],
  "BigInt power": ["7n ** 30000000n", "7n ** 3n"],
  "BigInt shift": ["1n << 1000000000n", "1n << 3n"],
  "BigInt.asUintN": ["BigInt.asUintN(2 ** 30, -1n)", "BigInt.asUintN(3, -1n)"],
  "Object.keys": [
    "Object.keys(Object.fromEntries(Array.from({ length: 1e6 }, (_, i) => ['k' + i, i])))",
    "Object.keys({ a: 1 })",
  ],
  "Object.groupBy": ["Object.groupBy(Array(3e6).fill(1), (x, i) => i)", "Object.groupBy([1], (x) => x)"],
  "Object.assign": ["Object.assign({}, 'x'.repeat(1e7))", "Object.assign({}, 'x')"],
  "Array.from": ["Array.from({ length: 3e7 })", "Array.from([1])"],
  "Array spread": ["[...Array(1e7)]", "[...[1]]"],
  "Function.apply": ["Math.max.apply(null, Array(1e5).fill(1))", "Math.max.apply(null, [1])"],
  "String.raw": ["String.raw({ raw: { length: 2 ** 40 } })", "String.raw`a`"],
  "String.fromCharCode": ["String.fromCharCode(...Array(1e5).fill(65))", "String.fromCharCode(65)"],
  encodeURIComponent: ["encodeURIComponent('\\u00e9'.repeat(2e7))", "encodeURIComponent('a')"],
  decodeURIComponent: ["decodeURIComponent('%41'.repeat(1e7))", "decodeURIComponent('%41')"],
  escape: ["escape('\\u1234'.repeat(1e7))", "escape('a')"],
  parseFloat: ["parseFloat('1'.repeat(1e7))", "parseFloat('1')"],
  "Date.parse": ["Date.parse('('.repeat(1e7))", "Date.parse('2020')"],
  "new RegExp": ["new RegExp('(a|b)?'.repeat(1e5)).test('a')", "new RegExp('a')"],
  "RegExp with classes": ["new RegExp('[\\\\p{L}--[a-z]]'.repeat(1000), 'v').test('a')", "/[a-z]/v.test('a')"],
  "new Function": ["new Function('a'.repeat(1e7))", "new Function('1')"],
  "a long expression": ["eval('1' + '+1'.repeat(1e6))", "eval('1+1')"],
  "many functions": ["eval('function f(){};'.repeat(2e5))", "eval('function f(){}')"],
  structuredClone: ["structuredClone(Array(3e6).fill({ a: 1 }))", "structuredClone([1])"],
  TextEncoder: ["new TextEncoder().encode('\\u1234'.repeat(1e7))", "new TextEncoder().encode('a')"],
  TextDecoder: ["new TextDecoder().decode(new Uint8Array(1e8))", "new TextDecoder().decode(new Uint8Array(8))"],
  atob: ["atob('AAAA'.repeat(1e7))", "atob('AAAA')"],
  "Buffer.indexOf": ["Buffer.alloc(5e7, 'a').indexOf('a'.repeat(1e4) + 'b')", "Buffer.alloc(8).indexOf('b')"],
  "Buffer.toString": ["Buffer.alloc(1e8).toString('base64')", "Buffer.alloc(8).toString('hex')"],
  "new Array": ["new Array(3e7).fill(1.5)", "new Array(1000).fill(1.5)"],
  localeCompare: ["'a\\u0301'.repeat(1e6).localeCompare('a\\u0301'.repeat(1e6) + 'b')", "'a'.localeCompare('b')"],
  Atomics: ["Atomics.add(new Int32Array(1e7), 5, 1)", "Atomics.add(new Int32Array(8), 5, 1)"],
  "Array.prototype.flat": ["Array(1e6).fill([[1], [2]]).flat(Infinity)", "[[1]].flat()"],
  "console.log": [
    "console.log(Array(1e6).fill({ a: 1 }), new Map(Array(1e5).fill([1, 2])))",
    "require('node:util').inspect({ a: 1 })",
  ],
};

/** Loops of several shapes around an expression on small inputs, all of which TurboFan comes to optimise. */
const shapes: Readonly<Record<string, (expression: string) => string>> = {
  for: (e) => `for (;;) { ${e} }`,
  "for, kept": (e) => `let kept; for (;;) { kept = ${e} } kept`,
  "within a function": (e) => `function f() { ${e} } for (;;) f()`,
  nested: (e) => `for (;;) { for (let i = 0; i < 1000; i++) { ${e} } }`,
  "try and catch": (e) => `for (;;) { try { ${e} } catch {} finally {} }`,
};

/** All of them, some thousands, given what {@link listMethods} printed. */
export function candidates(methods: Readonly<Record<string, readonly string[]>>): Candidate[] {
  const found: Candidate[] = [];
  for (const [name, [huge, small]] of Object.entries(functions)) {
    found.push({ name: `${name}, huge`, source: huge });
    for (const [shape, make] of Object.entries(shapes)) {
      found.push({ name: `${name}, ${shape}`, source: make(small) });
    }
  }
  for (const { name, prototype, huge, small } of receivers) {
    for (const method of methods[prototype] ?? []) {
      for (const [list, [hugeArguments, smallArguments]] of Object.entries(argumentLists)) {
        const call = (args: string) => `${prototype}[${method}].call(r${args === "" ? "" : `, ${args}`})`;
        found.push({
          name: `${name}.${method} with ${list}, huge`,
          source: `const r = ${huge}; ${call(hugeArguments)}`,
        });
        if (list === "none" || list === "callback") {
          found.push({
            name: `${name}.${method} with ${list}, nested`,
            source: `const r = ${small}; ${shapes.nested!(`try { ${call(smallArguments)} } catch {}`)}`,
          });
        }
      }
    }
  }
  return found;
}

/** A guest that prints the methods of every receiver's prototype, by prototype, as expressions: what this V8 has counts. */
export const listMethods = `
  const names = {};
  for (const prototype of ${JSON.stringify([...new Set(receivers.map(({ prototype }) => prototype))])}) {
    const object = (0, eval)(prototype);
    names[prototype] = Reflect.ownKeys(object)
      .filter((key) => key !== "constructor" && typeof Reflect.getOwnPropertyDescriptor(object, key).value === "function")
      .map((key) => (typeof key === "string" ? JSON.stringify(key) : key.description));
  }
  console.log(JSON.stringify(names));`;

import { isDeepEqual } from "../deep-equal.ts";
import { define, defineAll, setName } from "../define.ts";
import { invalidArgType, validateFunction } from "../errors.ts";
import { inspect } from "../inspect/inspect.ts";
import { isNativeError, isRegExp } from "../inspect/types.ts";
import { List } from "../list.ts";
import {
  Error,
  ErrorCaptureStackTrace,
  NumberIsNaN,
  ObjectIs,
  ObjectKeys,
  ObjectPrototypeIsPrototypeOf,
  Promise,
  PromisePrototypeThen,
  ReflectApply,
  RegExpPrototypeExec,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
} from "../primordials.ts";

type Run = (...args: unknown[]) => unknown;

interface AssertionOptions {
  message?: unknown;
  actual?: unknown;
  expected?: unknown;
  operator?: string;
  /** The function whose frames and those above are left out of the stack. */
  stackStartFn?: unknown;
}

class AssertionError extends Error {
  readonly generatedMessage: boolean;
  readonly code = "ERR_ASSERTION";
  readonly actual: unknown;
  readonly expected: unknown;
  readonly operator: string | undefined;

  constructor(options: AssertionOptions, generated?: string) {
    if (options === null || typeof options !== "object") throw invalidArgType("options", "of type object", options);
    super(options.message === undefined ? (generated ?? "Failed") : `${options.message}`);
    this.generatedMessage = options.message === undefined;
    this.actual = options.actual;
    this.expected = options.expected;
    this.operator = options.operator;
    define(this, "name", "AssertionError");
    ErrorCaptureStackTrace(this, options.stackStartFn);
  }
}
setName(AssertionError, "AssertionError");

/** Throws the error that was given as message, or one made of it. */
function fail(options: AssertionOptions, generated: string): never {
  if (isNativeError(options.message)) throw options.message;
  throw new AssertionError(options, generated);
}

/** Fails with a message that counts as given, as Node has it for some. */
function failWith(options: AssertionOptions): never {
  throw new AssertionError(options);
}

const show = (value: unknown): string =>
  inspect(value, {
    compact: false,
    customInspect: false,
    depth: 1000,
    maxArrayLength: 1 / 0,
    sorted: true,
    getters: true,
  });

function lines(text: string): List<string> {
  const result = new List<string>();
  let from = 0;
  for (let at = StringPrototypeIndexOf(text, "\n"); at !== -1; at = StringPrototypeIndexOf(text, "\n", from)) {
    result.push(StringPrototypeSlice(text, from, at));
    from = at + 1;
  }
  result.push(StringPrototypeSlice(text, from));
  return result;
}

/** Two values as lines, with those that only one of them has marked. */
function difference(actual: unknown, expected: unknown): string {
  const a = lines(show(actual));
  const b = lines(show(expected));
  let start = 0;
  while (start < a.length && start < b.length && a.at(start) === b.at(start)) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(a.length - 1 - end) === b.at(b.length - 1 - end)) {
    end++;
  }
  let text = "+ actual - expected\n";
  for (let i = 0; i < start; i++) text += `\n  ${a.at(i)}`;
  for (let i = start; i < a.length - end; i++) text += `\n+ ${a.at(i)}`;
  for (let i = start; i < b.length - end; i++) text += `\n- ${b.at(i)}`;
  for (let i = a.length - end; i < a.length; i++) text += `\n  ${a.at(i)}`;
  return text;
}

const isPlain = (value: unknown): boolean =>
  value === null || (typeof value !== "object" && typeof value !== "function");

/** The comparisons of two values: what they ask for, and what is said where it does not hold. */
function comparison(
  operator: string,
  holds: (actual: unknown, expected: unknown) => boolean,
  describe: (actual: unknown, expected: unknown) => string,
): Run {
  const assertion = (actual: unknown, expected: unknown, message?: unknown): void => {
    if (holds(actual, expected)) return;
    fail({ actual, expected, message, operator, stackStartFn: assertion }, describe(actual, expected));
  };
  return assertion as Run;
}

// biome-ignore lint/suspicious/noDoubleEquals: That is what `assert.equal` compares by.
const isLooselyEqual = (a: unknown, b: unknown): boolean => a == b || (NumberIsNaN(a) && NumberIsNaN(b));

const comparisons = {
  equal: comparison("==", isLooselyEqual, (a, b) => `${inspect(a)} == ${inspect(b)}`),
  notEqual: comparison(
    "!=",
    (a, b) => !isLooselyEqual(a, b),
    (a, b) => `${inspect(a)} != ${inspect(b)}`,
  ),
  strictEqual: comparison("strictEqual", ObjectIs, (a, b) =>
    isPlain(a) && isPlain(b)
      ? `Expected values to be strictly equal:\n\n${inspect(a)} !== ${inspect(b)}\n`
      : `Expected values to be strictly equal:\n${difference(a, b)}\n`,
  ),
  notStrictEqual: comparison(
    "notStrictEqual",
    (a, b) => !ObjectIs(a, b),
    (a) => `Expected "actual" to be strictly unequal to: ${inspect(a)}`,
  ),
  deepEqual: comparison(
    "deepEqual",
    (a, b) => isDeepEqual(a, b, false),
    (a, b) => `Expected values to be loosely deep-equal:\n\n${show(a)}\n\nshould loosely deep-equal\n\n${show(b)}`,
  ),
  notDeepEqual: comparison(
    "notDeepEqual",
    (a, b) => !isDeepEqual(a, b, false),
    (a, b) =>
      `Expected values not to be loosely deep-equal:\n\n${show(a)}\n\nshould not loosely deep-equal\n\n${show(b)}`,
  ),
  deepStrictEqual: comparison(
    "deepStrictEqual",
    (a, b) => isDeepEqual(a, b, true),
    (a, b) => `Expected values to be strictly deep-equal:\n${difference(a, b)}`,
  ),
  notDeepStrictEqual: comparison(
    "notDeepStrictEqual",
    (a, b) => !isDeepEqual(a, b, true),
    (a) => `Expected "actual" not to be strictly deep-equal to:\n\n${show(a)}\n`,
  ),
};

function testExpression(text: unknown, expression: unknown): boolean {
  if (!isRegExp(expression)) throw invalidArgType("regexp", "an instance of RegExp", expression);
  return typeof text === "string" && RegExpPrototypeExec(expression as RegExp, text) !== null;
}

/** Throws where an error is not the one that was expected, which a class, expression, object or function tells. */
function checkError(
  actual: unknown,
  expected: unknown,
  message: unknown,
  operator: string,
  stackStartFn: unknown,
): void {
  if (expected === undefined) return;
  const options = { actual, expected, message, operator, stackStartFn };
  if (isRegExp(expected)) {
    if (RegExpPrototypeExec(expected as RegExp, `${actual}`) !== null) return;
    fail(
      options,
      `The input did not match the regular expression ${inspect(expected)}. Input:\n\n${inspect(`${actual}`)}\n`,
    );
  }
  if (typeof expected === "function") {
    const { prototype } = expected as { prototype?: object };
    if (prototype !== undefined && ObjectPrototypeIsPrototypeOf(prototype, actual)) return;
    if (ObjectPrototypeIsPrototypeOf(Error, expected)) {
      fail(options, `The error is expected to be an instance of "${expected.name}". Received ${inspect(actual)}`);
    }
    const answer = ReflectApply(expected as Run, {}, [actual]);
    if (answer === true) return;
    const caught = isNativeError(actual) ? `\n\nCaught error:\n\n${actual}` : "";
    const name = expected.name === "" ? "" : `"${expected.name}" `;
    fail(options, `The ${name}validation function is expected to return "true". Received ${inspect(answer)}${caught}`);
  }
  if (expected === null || typeof expected !== "object") {
    throw invalidArgType("expected", "of type function or an instance of Error, RegExp, or Object", expected);
  }
  const keys = new List<string>();
  const own = ObjectKeys(expected);
  for (let i = 0; i < own.length; i++) keys.push(own[i]!);
  if (isNativeError(expected)) {
    keys.push("name");
    keys.push("message");
  }
  for (let i = 0; i < keys.length; i++) {
    const key = keys.at(i) as never;
    const value = (actual as Record<string, unknown> | undefined)?.[key];
    const wanted = expected[key] as unknown;
    if (typeof value === "string" && isRegExp(wanted) && RegExpPrototypeExec(wanted as RegExp, value) !== null)
      continue;
    if (isDeepEqual(value, wanted, true)) continue;
    fail(options, `Expected values to be strictly deep-equal:\n${difference(actual, expected)}`);
  }
}

const MISSING = "Missing expected ";

function throws(run: unknown, expected?: unknown, message?: unknown): void {
  validateFunction(run, "fn");
  if (typeof expected === "string") {
    message = expected;
    expected = undefined;
  }
  let thrown: { error: unknown } | undefined;
  try {
    run();
  } catch (error) {
    thrown = { error };
  }
  if (thrown === undefined) {
    const tail = message === undefined ? "." : `: ${message}`;
    failWith({ expected, message: `${MISSING}exception${tail}`, operator: "throws", stackStartFn: throws });
  }
  checkError(thrown.error, expected, message, "throws", throws);
}

function doesNotThrow(run: unknown, message?: unknown): void {
  validateFunction(run, "fn");
  try {
    run();
  } catch (error) {
    const detail = message === undefined ? "." : `: ${message}`;
    const text = `Got unwanted exception${detail}\nActual message: "${(error as Error | undefined)?.message}"`;
    failWith({ actual: error, message: text, operator: "doesNotThrow", stackStartFn: doesNotThrow });
  }
}

function rejects(input: unknown, expected?: unknown, message?: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    const promise = (typeof input === "function" ? (input as Run)() : input) as Promise<unknown>;
    PromisePrototypeThen(
      promise,
      () => {
        const text = `${MISSING}rejection${message === undefined ? "." : `: ${message}`}`;
        reject(new AssertionError({ expected, message: text, operator: "rejects", stackStartFn: rejects }));
      },
      (reason) => {
        try {
          if (typeof expected !== "string") checkError(reason, expected, message, "rejects", rejects);
          resolve();
        } catch (failure) {
          reject(failure);
        }
      },
    );
  });
}

function ok(value: unknown, message?: unknown): void {
  if (value) return;
  fail({ actual: value, expected: true, message, operator: "==", stackStartFn: ok }, `${inspect(value)} == true`);
}

function match(text: unknown, expression: unknown, message?: unknown): void {
  if (testExpression(text, expression)) return;
  const generated = `The input did not match the regular expression ${inspect(expression)}. Input:\n\n${inspect(text)}\n`;
  fail({ actual: text, expected: expression, message, operator: "match", stackStartFn: match }, generated);
}

function doesNotMatch(text: unknown, expression: unknown, message?: unknown): void {
  if (!testExpression(text, expression)) return;
  const generated = `The input was expected to not match the regular expression ${inspect(expression)}. Input:\n\n${inspect(text)}\n`;
  fail(
    { actual: text, expected: expression, message, operator: "doesNotMatch", stackStartFn: doesNotMatch },
    generated,
  );
}

function ifError(value: unknown): void {
  if (value === null || value === undefined) return;
  const shown = isNativeError(value) ? value.message : inspect(value);
  const text = `ifError got unwanted exception: ${shown}`;
  failWith({ actual: value, expected: null, message: text, operator: "ifError", stackStartFn: ifError });
}

function failAlways(message?: unknown): never {
  return fail({ message, operator: "fail", stackStartFn: failAlways }, "Failed");
}

const others = { ok, fail: failAlways, throws, doesNotThrow, rejects, match, doesNotMatch, ifError };

function create(isStrict: boolean): object {
  const assert = (value: unknown, message?: unknown) => ok(value, message);
  setName(assert, isStrict ? "strict" : "ok");
  defineAll(assert, comparisons);
  defineAll(assert, others);
  if (isStrict) {
    define(assert, "equal", comparisons.strictEqual, true);
    define(assert, "notEqual", comparisons.notStrictEqual, true);
    define(assert, "deepEqual", comparisons.deepStrictEqual, true);
    define(assert, "notDeepEqual", comparisons.notDeepStrictEqual, true);
  }
  define(assert, "AssertionError", AssertionError, true);
  return assert;
}

export const strict = create(true);
export const assert = create(false);
define(assert, "strict", strict, true);
define(strict, "strict", strict, true);

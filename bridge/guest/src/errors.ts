import { define } from "./define.ts";
import { inspect } from "./inspect/inspect.ts";
import {
  ErrorCaptureStackTrace,
  MathAbs,
  NumberIsInteger,
  RangeError,
  StringPrototypeIncludes,
  StringPrototypeSlice,
  TypeError,
} from "./primordials.ts";

type ErrorClass = new (message: string) => Error;

/**
 * An error as Node makes them: `code` and a stack that begins with `Name [CODE]: message`.
 *
 * @param above the function whose frames and those above it are left out of the stack
 */
export function codedError(Base: ErrorClass, code: string, message: string, above?: unknown): Error & { code: string } {
  const error = new Base(message) as Error & { code: string };
  const { name } = error;
  // The stack's first line is taken from the name at the time of the capture.
  define(error, "name", `${name} [${code}]`);
  ErrorCaptureStackTrace(error, above);
  // Formats the stack now, while the name is what the first line is to show.
  void error.stack;
  delete (error as { name?: string }).name;
  define(error, "code", code, true);
  return error;
}

export function invalidArgType(name: string, expected: string, actual: unknown): Error {
  const kind = StringPrototypeIncludes(name, ".") ? "property" : "argument";
  return codedError(
    TypeError as ErrorClass,
    "ERR_INVALID_ARG_TYPE",
    `The "${name}" ${kind} must be ${expected}. Received ${describe(actual)}`,
    invalidArgType,
  );
}

export function invalidArgValue(name: string, value: unknown, reason = "is invalid"): Error {
  let shown = inspect(value);
  if (shown.length > 128) shown = `${StringPrototypeSlice(shown, 0, 128)}...`;
  const kind = StringPrototypeIncludes(name, ".") ? "property" : "argument";
  return codedError(
    TypeError as ErrorClass,
    "ERR_INVALID_ARG_VALUE",
    `The ${kind} '${name}' ${reason}. Received ${shown}`,
    invalidArgValue,
  );
}

export function outOfRange(name: string, range: string, value: unknown): Error {
  return codedError(
    RangeError as ErrorClass,
    "ERR_OUT_OF_RANGE",
    `The value of "${name}" is out of range. It must be ${range}. Received ${describeNumber(value)}`,
    outOfRange,
  );
}

export function missingArgs(message: string): Error {
  return codedError(TypeError as ErrorClass, "ERR_MISSING_ARGS", message, missingArgs);
}

/** Large whole numbers with `_` between the thousands, as Node shows them. */
function describeNumber(value: unknown): string {
  const isLarge =
    typeof value === "bigint"
      ? value > 2n ** 32n || value < -(2n ** 32n)
      : typeof value === "number" && NumberIsInteger(value) && MathAbs(value) > 2 ** 32;
  if (!isLarge) return inspect(value);
  const digits = `${value}`;
  const start = digits[0] === "-" ? 1 : 0;
  let end = digits.length;
  let text = "";
  for (; end >= start + 4; end -= 3) text = `_${StringPrototypeSlice(digits, end - 3, end)}${text}`;
  return StringPrototypeSlice(digits, 0, end) + text + (typeof value === "bigint" ? "n" : "");
}

/** What Node's messages say a value is. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return `${value}`;
  if (typeof value === "function") return `function ${value.name}`;
  if (typeof value === "object") {
    const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
    return typeof name === "string" && name !== "" ? `an instance of ${name}` : inspect(value, { depth: -1 });
  }
  let shown = inspect(value, { colors: false });
  if (shown.length > 28) shown = `${StringPrototypeSlice(shown, 0, 25)}...`;
  return `type ${typeof value} (${shown})`;
}

export function validateFunction(value: unknown, name: string): asserts value is (...args: never[]) => unknown {
  if (typeof value !== "function") throw invalidArgType(name, "of type function", value);
}

export function validateString(value: unknown, name: string): asserts value is string {
  if (typeof value !== "string") throw invalidArgType(name, "of type string", value);
}

export function validateObject(value: unknown, name: string): asserts value is object {
  if (value === null || typeof value !== "object") throw invalidArgType(name, "of type object", value);
}

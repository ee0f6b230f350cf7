import { isTypedArray } from "node:util/types";
import { InvalidArgumentError } from "./errors.js";
import type { JsonValue } from "./protocol/generated.js";

/** Deeper, nothing that a component's function takes can be. */
const MAX_DEPTH = 100;

/**
 * A copy of a value in the form in which components take it: BigInts and what JSON has no number for as text, typed arrays as
 * arrays. What is `undefined` is left out.
 *
 * @throws InvalidArgumentError that names the place of what has no such form, such as a function, or a circle.
 */
export function plainJson(value: unknown, path: string, depth = 0): JsonValue {
  switch (typeof value) {
    case "boolean":
    case "string":
      return value;
    case "bigint":
      return value.toString();
    case "number":
      // NaN, Infinity and -Infinity are written as they are called.
      return Number.isFinite(value) ? value : String(value);
    case "object":
      break;
    default:
      throw new InvalidArgumentError(`${path} must be a value that JSON has, not a ${typeof value}.`, path);
  }
  if (value === null) return null;
  if (depth === MAX_DEPTH) {
    throw new InvalidArgumentError(`${path} lies deeper than ${MAX_DEPTH} levels: perhaps it contains itself.`, path);
  }
  if (Array.isArray(value) || isTypedArray(value)) {
    return Array.from(value as ArrayLike<unknown>, (item, index) => plainJson(item, `${path}[${index}]`, depth + 1));
  }
  const copy: { [name: string]: JsonValue } = Object.create(null);
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) copy[name] = plainJson(member, `${path}.${name}`, depth + 1);
  }
  return copy;
}

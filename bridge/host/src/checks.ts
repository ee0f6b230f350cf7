import { isAnyArrayBuffer, isUint8Array } from "node:util/types";
import { InvalidArgumentError, InvalidOptionError } from "./errors.js";

/**
 * Checks that `options` is an object with no names but the known ones.
 *
 * @param group What the options belong to, for messages: `run`, `limits`.
 * @throws InvalidOptionError that names the unknown option and the nearest known one.
 */
export function checkOptionNames(options: unknown, known: ReadonlySet<string>, group: string): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new InvalidOptionError(`The options of ${group} must be an object, not ${describe(options)}.`, group);
  }
  for (const name in options) {
    if (!known.has(name)) {
      const advice = nearestName(name, known) ?? `Its options are ${[...known].join(", ")}.`;
      throw new InvalidOptionError(`There is no option "${name}" for ${group}. ${advice}`, name);
    }
  }
}

/** @throws InvalidOptionError where the value is no string, or holds a NUL. */
export function checkStringOption(value: unknown, option: string): string {
  if (typeof value !== "string") {
    throw new InvalidOptionError(`The option ${option} must be a string, not ${describe(value)}.`, option);
  }
  if (value.includes("\0")) {
    throw new InvalidOptionError(`The option ${option} must not hold a NUL character.`, option);
  }
  return value;
}

/** @throws InvalidArgumentError where the value is no string, or holds a NUL. */
export function checkStringArgument(value: unknown, argument: string): string {
  if (typeof value !== "string") {
    throw new InvalidArgumentError(`The ${argument} must be a string, not ${describe(value)}.`, argument);
  }
  if (value.includes("\0")) {
    throw new InvalidArgumentError(`The ${argument} must not hold a NUL character.`, argument);
  }
  return value;
}

/** @throws InvalidArgumentError where the value is no path that a file can have. */
export function checkPath(value: unknown, argument = "path"): string {
  const path = checkStringArgument(value, argument);
  if (path === "") throw new InvalidArgumentError(`The ${argument} must not be empty.`, argument);
  return path;
}

/** @throws InvalidOptionError where the value is no array of strings without NUL. */
export function checkArgs(value: unknown, option: string): string[] {
  if (!Array.isArray(value)) {
    throw new InvalidOptionError(`${option} must be an array of strings, not ${describe(value)}.`, option);
  }
  // A copy: the caller may change the array before it is sent. Unlike map(), from() sees holes.
  return Array.from(value, (arg, index) => checkStringOption(arg, `${option}[${index}]`));
}

/** A copy of an environment; names whose value is undefined are left out. @throws InvalidOptionError */
export function checkEnv(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InvalidOptionError(`The option env must be an object of strings, not ${describe(value)}.`, "env");
  }
  // Without a prototype, so that no variable's name means anything to it.
  const env: Record<string, string> = Object.create(null);
  for (const [name, text] of Object.entries(value)) {
    if (text === undefined) continue;
    if (name === "" || name.includes("=") || name.includes("\0")) {
      const rule = "A variable's name must not be empty nor hold = or NUL";
      throw new InvalidOptionError(`${rule}, but env has ${JSON.stringify(name)}.`, `env.${name}`);
    }
    env[name] = checkStringOption(text, `env.${name}`);
  }
  return env;
}

/** A copy of an object whose values are strings without NUL. @throws InvalidOptionError */
export function checkTexts(value: unknown, option: string): Record<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InvalidOptionError(`The option ${option} must be an object of strings, not ${describe(value)}.`, option);
  }
  const texts: Record<string, string> = Object.create(null);
  for (const [name, text] of Object.entries(value)) texts[name] = checkStringOption(text, `${option}.${name}`);
  return texts;
}

/** @throws InvalidOptionError where the value is no whole number from `min` to `max`. */
export function checkInteger(value: unknown, option: string, min = 0, max = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < min || value > max) {
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new InvalidOptionError(
      `The option ${option} must be a whole number ${range}, not ${describe(value)}.`,
      option,
    );
  }
  return value;
}

/** @throws InvalidOptionError where the value is not true, false or undefined. */
export function checkBoolean(value: unknown, option: string, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value !== "boolean") {
    throw new InvalidOptionError(`The option ${option} must be true or false, not ${describe(value)}.`, option);
  }
  return value;
}

/** @throws InvalidOptionError where the value is none of the choices. */
export function checkChoice<const T extends string>(value: unknown, option: string, choices: readonly T[]): T {
  if (!choices.includes(value as T)) {
    const list = choices.map((choice) => `"${choice}"`).join(", ");
    throw new InvalidOptionError(`The option ${option} must be one of ${list}, not ${describe(value)}.`, option);
  }
  return value as T;
}

/** @throws InvalidOptionError */
export function checkSignal(value: unknown): AbortSignal {
  if (!(value instanceof AbortSignal)) {
    throw new InvalidOptionError(`The option signal must be an AbortSignal, not ${describe(value)}.`, "signal");
  }
  return value;
}

/** The bytes where the value holds bytes: a Uint8Array or an ArrayBuffer, on which a view is made. */
export function asBytes(value: unknown): Uint8Array | undefined {
  if (isUint8Array(value)) return value;
  if (isAnyArrayBuffer(value)) return new Uint8Array(value);
  return undefined;
}

/** What a value is, in a few words, for messages. */
export function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  switch (typeof value) {
    case "undefined":
      return "undefined";
    case "string":
      return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value);
    case "number":
    case "boolean":
    case "bigint":
      return String(value);
    case "object":
      return value.constructor?.name ? `an instance of ${value.constructor.name}` : "an object";
    default:
      return `a ${typeof value}`;
  }
}

function nearestName(name: string, known: ReadonlySet<string>): string | undefined {
  let nearest: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 2)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest === undefined ? undefined : `Did you mean "${nearest}"?`;
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, substitution));
    }
    row = next;
  }
  return row[b.length]!;
}

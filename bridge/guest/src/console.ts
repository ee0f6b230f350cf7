import { native } from "./binding.ts";
import { renderTable } from "./console-table.ts";
import { defineAll } from "./define.ts";
import { invalidArgType } from "./errors.ts";
import { format, type InspectOptions, inspect } from "./inspect/inspect.ts";
import {
  ArrayIsArray,
  ErrorCaptureStackTrace,
  Map,
  MapPrototypeDelete,
  MapPrototypeGet,
  MapPrototypeHas,
  MapPrototypeSet,
  MathFloor,
  NumberPrototypeToFixed,
  ObjectCreate,
  ObjectDefineProperty,
  ObjectPrototype,
  ReflectApply,
  StringPrototypeIndexOf,
  StringPrototypePadStart,
  StringPrototypeSlice,
  SymbolToStringTag,
} from "./primordials.ts";
import { emitWarning } from "./warning.ts";

const STDOUT = 1;
const STDERR = 2;

let indentation = "";
const counts = new Map<string, number>();
const startTimes = new Map<string, number>();

function write(fd: 1 | 2, text: string): void {
  native.write(fd, `${indentation === "" ? text : indent(text)}\n`);
}

function indent(text: string): string {
  let result = indentation;
  let from = 0;
  for (;;) {
    const end = StringPrototypeIndexOf(text, "\n", from);
    if (end === -1) return result + StringPrototypeSlice(text, from);
    result += StringPrototypeSlice(text, from, end + 1) + indentation;
    from = end + 1;
  }
}

const formatArguments = (args: unknown[]): string => ReflectApply(format, undefined, args);

function formatDuration(ms: number): string {
  if (ms >= 3_600_000) return `${formatClock(ms, true)} (h:mm:ss.mmm)`;
  if (ms >= 60_000) return `${formatClock(ms, false)} (m:ss.mmm)`;
  if (ms >= 1000) return `${NumberPrototypeToFixed(ms / 1000, 3)}s`;
  return `${+NumberPrototypeToFixed(ms, 3)}ms`;
}

function formatClock(ms: number, withHours: boolean): string {
  const seconds = StringPrototypePadStart(NumberPrototypeToFixed((ms / 1000) % 60, 3), 6, "0");
  const minutes = MathFloor(ms / 60_000);
  if (!withHours) return `${minutes}:${seconds}`;
  return `${MathFloor(minutes / 60)}:${StringPrototypePadStart(`${minutes % 60}`, 2, "0")}:${seconds}`;
}

function elapsed(label: string, method: string): string | undefined {
  const start = MapPrototypeGet(startTimes, label);
  if (start === undefined) {
    emitWarning(`No such label '${label}' for console.${method}()`);
    return undefined;
  }
  return formatDuration(native.now() - start);
}

const methods = {
  log(...args: unknown[]) {
    write(STDOUT, formatArguments(args));
  },
  warn(...args: unknown[]) {
    write(STDERR, formatArguments(args));
  },
  dir(value: unknown, options?: InspectOptions) {
    write(STDOUT, inspect(value, { customInspect: false, ...options }));
  },
  time(label: unknown = "default") {
    const key = `${label}`;
    if (MapPrototypeHas(startTimes, key)) emitWarning(`Label '${key}' already exists for console.time()`);
    else MapPrototypeSet(startTimes, key, native.now());
  },
  timeEnd(label: unknown = "default") {
    const key = `${label}`;
    const duration = elapsed(key, "timeEnd");
    if (duration === undefined) return;
    MapPrototypeDelete(startTimes, key);
    write(STDOUT, `${key}: ${duration}`);
  },
  timeLog(label: unknown = "default", ...data: unknown[]) {
    const key = `${label}`;
    const duration = elapsed(key, "timeLog");
    if (duration === undefined) return;
    write(STDOUT, data.length === 0 ? `${key}: ${duration}` : `${key}: ${duration} ${formatArguments(data)}`);
  },
  trace(...args: unknown[]) {
    const error = { name: "Trace", message: formatArguments(args), stack: "" };
    ErrorCaptureStackTrace(error, methods.trace);
    write(STDERR, error.stack);
  },
  assert(condition: unknown, ...args: unknown[]) {
    if (condition) return;
    args[0] = args.length === 0 ? "Assertion failed" : `Assertion failed: ${args[0]}`;
    write(STDERR, formatArguments(args));
  },
  // Clears a terminal, which the guest never has.
  clear() {},
  count(label: unknown = "default") {
    const key = `${label}`;
    const count = (MapPrototypeGet(counts, key) ?? 0) + 1;
    MapPrototypeSet(counts, key, count);
    write(STDOUT, `${key}: ${count}`);
  },
  countReset(label: unknown = "default") {
    const key = `${label}`;
    if (!MapPrototypeDelete(counts, key)) emitWarning(`Count for '${key}' does not exist`);
  },
  group(...label: unknown[]) {
    if (label.length > 0) write(STDOUT, formatArguments(label));
    indentation += "  ";
  },
  groupEnd() {
    indentation = StringPrototypeSlice(indentation, 0, -2);
  },
  table(data: unknown, properties?: string[]) {
    if (properties !== undefined && !ArrayIsArray(properties)) {
      throw invalidArgType("properties", "an instance of Array", properties);
    }
    write(STDOUT, renderTable(data, properties) ?? format(data));
  },
  debug(...args: unknown[]) {
    write(STDOUT, formatArguments(args));
  },
  info(...args: unknown[]) {
    write(STDOUT, formatArguments(args));
  },
  dirxml(...args: unknown[]) {
    write(STDOUT, formatArguments(args));
  },
  error(...args: unknown[]) {
    write(STDERR, formatArguments(args));
  },
  groupCollapsed(...label: unknown[]) {
    ReflectApply(methods.group, undefined, label);
  },
};

/** The global console. Its prototype is an empty object, as the console standard has it. */
export const console: object = ObjectCreate(ObjectCreate(ObjectPrototype));

defineAll(console, methods);
ObjectDefineProperty(console, SymbolToStringTag, {
  __proto__: null,
  value: "console",
  configurable: true,
} as PropertyDescriptor);

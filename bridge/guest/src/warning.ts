import { native } from "./binding.ts";
import { define } from "./define.ts";
import { invalidArgType } from "./errors.ts";
import { onLeak } from "./events.ts";
import { Error, ErrorCaptureStackTrace } from "./primordials.ts";
import { emitProcessEvent } from "./process.ts";
import { nextTick } from "./tasks.ts";

interface Warning extends Error {
  code?: string;
  detail?: string;
}

/** `process.emitWarning`. */
export function emitWarning(
  warning: string | Error,
  type?: unknown,
  code?: unknown,
  above: unknown = emitWarning,
): void {
  let detail: unknown;
  if (type !== null && typeof type === "object") {
    const options = type as { type?: unknown; code?: unknown; detail?: unknown };
    code = options.code;
    detail = options.detail;
    type = options.type;
  }
  if (type !== undefined && typeof type !== "string") throw invalidArgType("type", "of type string", type);
  let report: Warning;
  if (typeof warning === "string") {
    report = new Error(warning) as Warning;
    define(report, "name", type ?? "Warning");
    if (code !== undefined) define(report, "code", code, true);
    if (detail !== undefined) define(report, "detail", detail, true);
    ErrorCaptureStackTrace(report, above);
  } else if (warning !== null && typeof warning === "object") {
    report = warning;
  } else {
    throw invalidArgType("warning", "of type string or an instance of Error", warning);
  }
  nextTick(() => {
    print(report);
    emitProcessEvent("warning", report);
  });
}

function print(warning: Warning): void {
  const { name, message, code, detail } = warning;
  const label = code === undefined ? `${name}` : `[${code}] ${name}`;
  let text = `(hotcell:${native.pid}) ${label}: ${message}\n`;
  if (typeof detail === "string" && detail !== "") text += `${detail}\n`;
  native.write(2, text);
}

onLeak(emitWarning);

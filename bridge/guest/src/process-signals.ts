/** Signals as events of `process`, and `process.kill`. */
import { native } from "./binding.ts";
import { define } from "./define.ts";
import { codedError, invalidArgType } from "./errors.ts";
import { watchListeners } from "./events.ts";
import { Error, NumberIsInteger, TypeError } from "./primordials.ts";
import { emitProcessEvent, member, process } from "./process.ts";
import { signalName, signals } from "./signals.ts";

let listened = 0;

/** Keeps the native side informed which signals have listeners. */
watchListeners(process, (name, count) => {
  const number = typeof name === "string" ? signals[name] : undefined;
  if (number === undefined) return;
  const bit = 1 << number;
  const mask = count > 0 ? listened | bit : listened & ~bit;
  if (mask === listened) return;
  listened = mask;
  native.listenSignals(mask >>> 0);
});

/** `Hooks.signal`. */
export function signal(number: number): void {
  const name = signalName(number);
  if (name !== undefined) emitProcessEvent(name, name, number);
}

function signalNumber(value: unknown): number {
  if (typeof value === "number" && NumberIsInteger(value)) return value;
  const number = typeof value === "string" ? signals[value] : undefined;
  if (number === undefined) {
    throw codedError(TypeError, "ERR_UNKNOWN_SIGNAL", `Unknown signal: ${value}`, signalNumber);
  }
  return number;
}

member("kill", function kill(pid: unknown, signal: unknown = "SIGTERM"): true {
  if (typeof pid !== "number" || !NumberIsInteger(pid)) throw invalidArgType("pid", "of type number", pid);
  const number = signalNumber(signal);
  // A guest sees no process but itself.
  if (pid !== native.pid && pid !== 0) throw killError("ESRCH", -3);
  if (number < 0 || number > 31) throw killError("EINVAL", -22);
  if (number !== 0) native.raise(number);
  return true;
});

function killError(code: string, errno: number): Error {
  const error = new Error(`kill ${code}`);
  define(error, "errno", errno, true);
  define(error, "code", code, true);
  define(error, "syscall", "kill", true);
  return error;
}

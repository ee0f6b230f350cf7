/**
 * The functions of `fs` with callbacks and with promises. The sandbox's files are in memory: the work is done at the call,
 * and its result comes with the next round of the event loop, as a program expects.
 */
import { throwIfAborted } from "../abort-error.ts";
import { define } from "../define.ts";
import { invalidArgType } from "../errors.ts";
import { setImmediate } from "../immediates.ts";
import { List } from "../list.ts";
import { Promise, ReflectApply, StringPrototypeStartsWith } from "../primordials.ts";
import * as sync from "./sync.ts";

type Run = (...args: unknown[]) => unknown;
type Callback = (error: unknown, result?: unknown) => void;

const OPERATIONS = {
  access: sync.accessSync,
  appendFile: sync.appendFileSync,
  chmod: sync.chmodSync,
  chown: sync.chownSync,
  copyFile: sync.copyFileSync,
  cp: sync.cpSync,
  link: sync.linkSync,
  lstat: sync.lstatSync,
  mkdir: sync.mkdirSync,
  mkdtemp: sync.mkdtempSync,
  readFile: sync.readFileSync,
  readdir: sync.readdirSync,
  readlink: sync.readlinkSync,
  realpath: sync.realpathSync,
  rename: sync.renameSync,
  rm: sync.rmSync,
  rmdir: sync.rmdirSync,
  stat: sync.statSync,
  symlink: sync.symlinkSync,
  truncate: sync.truncateSync,
  unlink: sync.unlinkSync,
  utimes: sync.utimesSync,
  writeFile: sync.writeFileSync,
} satisfies Record<string, unknown>;
const names = new List<keyof typeof OPERATIONS>();
for (const name in OPERATIONS) names.push(name as keyof typeof OPERATIONS);

/** A mistake of the caller's, which is thrown at once and not told to the callback. */
function isMistake(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === "string" && StringPrototypeStartsWith(code, "ERR_INVALID_ARG");
}

/** The arguments before the callback; throws where the last is none. */
function splitCallback(args: unknown[]): { rest: unknown[]; callback: Callback } {
  const callback = args[args.length - 1];
  if (typeof callback !== "function") throw invalidArgType("cb", "of type function", callback);
  args.length--;
  return { rest: args, callback: callback as Callback };
}

/** The name is that of a method, since one that a function is given later takes several times the memory. */
function withCallback(name: string, run: Run): Run {
  const methods = {
    [name](...args: unknown[]): void {
      const { rest, callback } = splitCallback(args);
      let result: unknown;
      try {
        result = ReflectApply(run, undefined, rest);
      } catch (error) {
        if (isMistake(error)) throw error;
        setImmediate(() => callback(error));
        return;
      }
      setImmediate(() => {
        if (result === undefined) callback(null);
        else callback(null, result);
      });
    },
  };
  return methods[name]!;
}

function withPromise(name: string, run: Run): Run {
  const methods = {
    [name]: (...args: unknown[]) =>
      new Promise((resolve, reject) => {
        let result: unknown;
        try {
          const options = args[args.length - 1];
          if (options !== null && typeof options === "object") throwIfAborted((options as { signal?: unknown }).signal);
          result = ReflectApply(run, undefined, args);
        } catch (error) {
          setImmediate(() => reject(error));
          return;
        }
        setImmediate(() => resolve(result));
      }),
  };
  return methods[name]!;
}

export function defineCallbacks(target: object): void {
  for (let i = 0; i < names.length; i++)
    define(target, names.at(i), withCallback(names.at(i), OPERATIONS[names.at(i)] as Run), true);
  const exists = (path: unknown, callback: unknown): void => {
    if (typeof callback !== "function") throw invalidArgType("cb", "of type function", callback);
    const result = sync.existsSync(path);
    setImmediate(() => (callback as (exists: boolean) => void)(result));
  };
  define(target, "exists", exists, true);
}

export function definePromises(target: object): void {
  for (let i = 0; i < names.length; i++)
    define(target, names.at(i), withPromise(names.at(i), OPERATIONS[names.at(i)] as Run), true);
}

import { define } from "../define.ts";
import { isNativeError } from "../inspect/types.ts";
import { Error, StringPrototypeIndexOf, StringPrototypeSlice } from "../primordials.ts";

interface SystemError extends Error {
  code?: string;
  errno?: number;
  syscall?: string;
  path?: string;
  dest?: string;
}

const DESCRIPTIONS: Record<string, [errno: number, text: string]> = {
  __proto__: null as never,
  EPERM: [-1, "operation not permitted"],
  ENOENT: [-2, "no such file or directory"],
  EBADF: [-9, "bad file descriptor"],
  EACCES: [-13, "permission denied"],
  EEXIST: [-17, "file already exists"],
  ENOTDIR: [-20, "not a directory"],
  EISDIR: [-21, "illegal operation on a directory"],
  EINVAL: [-22, "invalid argument"],
};

/** An error as the native side throws them. */
export function systemError(code: string, syscall: string, path?: string, dest?: string): Error {
  const described = DESCRIPTIONS[code]!;
  return makeError(code, described[0], described[1], syscall, path, dest);
}

function makeError(code: string, errno: number, text: string, syscall: string, path?: string, dest?: string): Error {
  const where = path === undefined ? "" : dest === undefined ? ` '${path}'` : ` '${path}' -> '${dest}'`;
  const error: SystemError = new Error(`${code}: ${text}, ${syscall}${where}`);
  define(error, "errno", errno, true);
  define(error, "code", code, true);
  define(error, "syscall", syscall, true);
  if (path !== undefined) define(error, "path", path, true);
  if (dest !== undefined) define(error, "dest", dest, true);
  return error;
}

/** Runs what the native side has for a call of another name; its errors tell of the call that was made. */
export function as<T>(syscall: string, path: string, dest: string | undefined, run: () => T): T {
  try {
    return run();
  } catch (thrown) {
    const { code, errno, message } = thrown as SystemError;
    if (!isNativeError(thrown) || code === undefined || errno === undefined) throw thrown;
    const end = StringPrototypeIndexOf(message, ",");
    throw makeError(code, errno, StringPrototypeSlice(message, code.length + 2, end), syscall, path, dest);
  }
}

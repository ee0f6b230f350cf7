import { BinaryNotFoundError } from "./errors.js";
import { findNativeFile, type NativeFile } from "./native-file.js";

const FILE_NAME = process.platform === "win32" ? "hotcell.exe" : "hotcell";

const BINARY: NativeFile = {
  what: "binary",
  option: "binary",
  variable: "HOTCELL_BINARY",
  packaged: `bin/${FILE_NAME}`,
  built: FILE_NAME,
  command: "cargo build --release",
  notFound: (message, searched) => new BinaryNotFoundError(message, searched),
};

/** As `findBinary`, but undefined where it lies nowhere and nobody named it. */
export function findBinaryIfAny(option: string | undefined): string | undefined {
  try {
    return findBinary(option);
  } catch (error) {
    if (option === undefined && process.env[BINARY.variable] === undefined) return undefined;
    throw error;
  }
}

/**
 * The path of the sidecar's binary, as `findNativeFile` finds it.
 *
 * @throws BinaryNotFoundError that says where it was looked for.
 */
export function findBinary(option: string | undefined, environment?: NodeJS.ProcessEnv, from?: string): string {
  return findNativeFile(BINARY, option, environment, from);
}

import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { WasmProgram } from "./blobs.js";
import { checkArgs, checkOptionNames, checkStringOption } from "./checks.js";
import { InvalidOptionError } from "./errors.js";

/** Options of `commandFiles`. */
export interface CommandFilesOptions {
  /** The commands to take; all that are there unless set. */
  names?: readonly string[];
  /** The directory in the sandbox that they are for. `/bin` unless set. */
  into?: string;
}

/**
 * The WebAssembly programs in a directory of the host's, ready for the option `files` of `createSandbox`. Read once and
 * used for many sandboxes, they are hashed once and sent to a sidecar once. A name's ending `.wasm` is left out.
 *
 * @example
 * const coreutils = new URL("../wasm/", import.meta.resolve("@rivet-dev/agent-os-coreutils"));
 * const sandbox = await sidecar.createSandbox({ files: await commandFiles(coreutils, { names: ["ls", "cat"] }) });
 *
 * @param directory A path or a `file:` URL.
 * @throws InvalidOptionError where one of `names` is not there, or is no WebAssembly program; what reading throws.
 */
export async function commandFiles(
  directory: string | URL,
  options: CommandFilesOptions = {},
): Promise<Record<string, WasmProgram>> {
  checkOptionNames(options, COMMAND_FILES_OPTIONS, "commandFiles");
  const into = options.into === undefined ? "/bin" : checkStringOption(options.into, "into");
  const path = directory instanceof URL ? fileURLToPath(directory) : directory;
  const wanted = options.names === undefined ? undefined : new Set(checkArgs(options.names, "names"));
  const files: Record<string, WasmProgram> = {};
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const name = basename(entry.name, ".wasm");
    if (entry.isDirectory() || (wanted !== undefined && !wanted.has(name))) continue;
    const bytes = await readFile(join(path, entry.name));
    if (!bytes.subarray(0, WASM_MAGIC.length).equals(WASM_MAGIC)) continue;
    files[`${into.replace(/\/$/, "")}/${name}`] = WasmProgram.from(bytes);
    wanted?.delete(name);
  }
  if (wanted !== undefined && wanted.size > 0) {
    const missing = [...wanted].join(", ");
    throw new InvalidOptionError(`There is no WebAssembly program for ${missing} in ${path}.`, "names");
  }
  return files;
}

const COMMAND_FILES_OPTIONS = new Set(["names", "into"]);
const WASM_MAGIC = Buffer.from([0, 0x61, 0x73, 0x6d]);

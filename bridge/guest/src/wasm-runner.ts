/** Runs the injected WASI program. Nothing of a guest's runs in this realm, so its WebAssembly is V8's own. */
import { native } from "./binding.ts";
import { isUint8Array } from "./inspect/types.ts";
import {
  Error,
  ObjectPrototypeHasOwnProperty,
  RangeError,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
} from "./primordials.ts";

/** The program could not be started: a shell's exit code for a file that can't be executed. */
const CANNOT_START = 126;
/** A shell's exit code for a program that SIGABRT ended: what a trap is on a machine. */
const TRAPPED = 134;

export function runWasm(): void {
  const { Instance, Memory, RuntimeError } = WebAssembly;
  const module = native.sharedModule() ?? compile();
  const missing = missingImports(module);
  if (missing !== "") fail(`the program imports what is not there: ${missing}`);

  let exports: Record<string, unknown>;
  try {
    exports = new Instance(module, native.wasiImports).exports;
  } catch (error) {
    if (error instanceof RuntimeError) trap(error);
    fail(`the program could not be linked: ${messageOf(error)}`);
  }
  const { memory, _start: start, _initialize: initialize } = exports;
  if (typeof start !== "function") {
    fail(
      typeof initialize === "function"
        ? "the program exports _initialize and no _start: it is a library for others to call, not a command"
        : "the program exports no _start function: it is not a command",
    );
  }
  if (!(memory instanceof Memory)) fail("the program exports no memory named `memory`");
  native.wasiBindMemory(memory);
  try {
    start();
  } catch (error) {
    if (error instanceof RuntimeError || isStackOverflow(error)) trap(error as Error);
    throw error;
  }
}

/** Compiles the program's bytes; the module is shared, so that no isolate of the process need do it again. */
function compile(): WebAssembly.Module {
  const bytes = native.moduleBytes();
  if (!isUint8Array(bytes)) return fail("no module bytes were injected: the sidecar gave this run nothing to start");
  try {
    const module = new WebAssembly.Module(bytes);
    native.shareModule(module);
    return module;
  } catch (error) {
    return fail(`this is not a WebAssembly module that can be compiled: ${messageOf(error)}`);
  }
}

/** Each import that nobody provides, as `module.name`, or the empty string. */
function missingImports(module: WebAssembly.Module): string {
  const imports = WebAssembly.Module.imports(module);
  const provided = native.wasiImports;
  let missing = "";
  for (let i = 0; i < imports.length; i++) {
    const entry = imports[i]!;
    const has =
      entry.kind === "function" &&
      ObjectPrototypeHasOwnProperty(provided, entry.module) &&
      ObjectPrototypeHasOwnProperty(provided[entry.module]!, entry.name);
    if (has) continue;
    const what = entry.kind === "function" ? "" : ` (a ${entry.kind})`;
    missing += `${missing === "" ? "" : ", "}${entry.module}.${entry.name}${what}`;
  }
  return missing;
}

/** Endless recursion in WebAssembly is a RangeError of V8's. */
function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError;
}

function fail(reason: string): never {
  native.write(2, `wasm: ${reason}\n`);
  return native.exit(CANNOT_START);
}

function trap(error: Error): never {
  const { stack } = error;
  const at = StringPrototypeIndexOf(`${stack}`, "\n    at ");
  const frames = at === -1 ? "" : StringPrototypeSlice(`${stack}`, at);
  native.write(2, `wasm trap: ${error.message}${frames}\n`);
  return native.exit(TRAPPED);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : `${error}`;
}

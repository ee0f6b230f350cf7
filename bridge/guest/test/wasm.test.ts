import assert from "node:assert/strict";
import { test } from "node:test";
import { Guest } from "./guest.ts";

const section = (id: number, ...bytes: number[]) => [id, bytes.length, ...bytes];
const name = (text: string) => [text.length, ...Buffer.from(text)];
const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

interface Program {
  /** Functions imported, as module and name. */
  imports?: [string, string][];
  /** Instructions of the one function. */
  code?: number[];
  /** What that function is exported as. */
  start?: string;
  memory?: boolean;
}

/** A module with one function of no parameters and no results. */
function program({ imports = [], code = [], start = "_start", memory = true }: Program): Uint8Array {
  const exported = [[...name(start), 0, imports.length], ...(memory ? [[...name("memory"), 2, 0]] : [])];
  return Uint8Array.from([
    ...HEADER,
    ...section(1, 1, 0x60, 0, 0),
    ...(imports.length === 0
      ? []
      : section(2, imports.length, ...imports.flatMap(([from, field]) => [...name(from), ...name(field), 0, 0]))),
    ...section(3, 1, 0),
    ...(memory ? section(5, 1, 0, 1) : []),
    ...section(7, exported.length, ...exported.flat()),
    ...section(10, 1, code.length + 2, 0, ...code, 0x0b),
  ]);
}

const UNREACHABLE = 0x00;
const CALL = 0x10;

function run(moduleBytes: Uint8Array | undefined, wasiImports = {}) {
  const guest = new Guest({ moduleBytes, wasiImports, kind: "wasm" });
  const code = guest.runWasm();
  return { code, stderr: guest.stderr, memory: guest.memory };
}

test("wasm_program_runs_with_its_imports_and_memory", () => {
  const calls: string[] = [];
  const wasi = { wasi_snapshot_preview1: { first: () => calls.push("first"), second: () => calls.push("second") } };
  const bytes = program({
    imports: [
      ["wasi_snapshot_preview1", "second"],
      ["wasi_snapshot_preview1", "first"],
    ],
    code: [CALL, 1, CALL, 0],
  });
  const { code, stderr, memory } = run(bytes, wasi);
  assert.equal(code, 0, stderr);
  assert.deepEqual(calls, ["first", "second"]);
  assert.ok(memory !== undefined && "buffer" in memory);
});

test("wasm_run_without_bytes_fails_before_it_starts", () => {
  assert.deepEqual(run(undefined), {
    code: 126,
    stderr: "wasm: no module bytes were injected: the sidecar gave this run nothing to start\n",
    memory: undefined,
  });
});

test("wasm_bytes_that_are_no_module_are_refused", () => {
  const { code, stderr } = run(Uint8Array.from([1, 2, 3, 4]));
  assert.equal(code, 126);
  assert.match(
    stderr,
    /^wasm: this is not a WebAssembly module that can be compiled: WebAssembly\.Module\(\): expected magic word/,
  );
});

test("wasm_imports_that_are_missing_are_all_named", () => {
  const bytes = program({
    imports: [
      ["host_net", "open"],
      ["wasi_snapshot_preview1", "fd_write"],
      ["env", "constructor"],
    ],
  });
  const { code, stderr } = run(bytes, { wasi_snapshot_preview1: { fd_write: () => {} } });
  assert.equal(code, 126);
  assert.equal(stderr, "wasm: the program imports what is not there: host_net.open, env.constructor\n");
});

test("wasm_import_of_a_memory_is_named_as_such", () => {
  const bytes = Uint8Array.from([...HEADER, ...section(2, 1, ...name("env"), ...name("memory"), 2, 0, 1)]);
  assert.equal(run(bytes).stderr, "wasm: the program imports what is not there: env.memory (a memory)\n");
});

test("wasm_libraries_and_programs_without_start_are_no_commands", () => {
  assert.match(run(program({ start: "_initialize" })).stderr, /^wasm: the program exports _initialize and no _start: /);
  assert.match(run(program({ start: "main" })).stderr, /^wasm: the program exports no _start function: /);
  assert.match(run(program({ memory: false })).stderr, /^wasm: the program exports no memory named `memory`\n$/);
  for (const start of ["_initialize", "main"]) assert.equal(run(program({ start })).code, 126);
});

test("wasm_trap_is_told_with_its_stack", () => {
  const { code, stderr } = run(program({ code: [UNREACHABLE] }));
  assert.equal(code, 134);
  assert.match(stderr, /^wasm trap: unreachable\n {4}at wasm:\/\/wasm\/[0-9a-f]+:wasm-function\[0\]:0x[0-9a-f]+\n$/);
});

test("wasm_recursion_without_end_is_a_trap", () => {
  const { code, stderr } = run(program({ code: [CALL, 0] }));
  assert.equal(code, 134);
  assert.match(stderr, /^wasm trap: Maximum call stack size exceeded\n/);
});

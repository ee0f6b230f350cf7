import { setTimeout as delay } from "node:timers/promises";
import type { EngineChoice, Phases, RunResult, Sandbox, SandboxOptions } from "hotcell";
import { GAP_MS } from "../efforts.js";
import { measure } from "../measure.js";
import { SNAPSHOT_MODES } from "../subject.js";
import { expectRun } from "./expect.js";
import { commands } from "./programs.js";
import type { Row } from "./row.js";

type Output = RunResult<string | Buffer>;

/** A row whose samples are single guests, run one after the other in one sandbox. */
interface SingleRow extends Omit<Row, "measure" | "phases" | "unit" | "cost" | "snapshots"> {
  cost?: Row["cost"];
  snapshots?: Row["snapshots"];
  sandbox?: () => SandboxOptions;
  run(sandbox: Sandbox, options?: { phases: true }): Promise<Output>;
  stdout: string | Buffer | RegExp;
}

function single({ sandbox = () => ({}), run, stdout, cost = "call", snapshots = ["auto"], ...row }: SingleRow): Row {
  return {
    ...row,
    unit: "ms",
    cost,
    snapshots,
    measure: (subject, effort) =>
      subject.withSandbox(sandbox(), (box) => {
        const task = { run: () => run(box), verify: (result: Output) => expectRun(result, stdout) };
        return measure(task, effort, subject.resources.signal);
      }),
    phases: (subject, runs) =>
      subject.withSandbox(sandbox(), async (box) => {
        const found: Phases[] = [];
        for (let i = 0; i < runs; i++) {
          const result = await run(box, { phases: true });
          expectRun(result, stdout);
          if (result.phases === undefined) throw new Error("A guest that was to say where its time went did not.");
          found.push(result.phases);
          await delay(GAP_MS, undefined, { signal: subject.resources.signal });
        }
        return found;
      }),
  };
}

const BLOCK = "0123456789abcdef";
const KIB_64 = BLOCK.repeat(4096);
const MIB_16 = Buffer.alloc(
  16 << 20,
  Uint8Array.from({ length: 256 }, (_, i) => i),
);

const SMALL_MODULES = 100;

function smallModules(): Record<string, string> {
  const numbers = Array.from({ length: SMALL_MODULES }, (_, n) => n);
  return Object.fromEntries(numbers.map((n) => [`/app/part${n}.js`, `exports.value = ${n};\n`]));
}

const javascript: Row[] = [
  single({
    name: "js_empty",
    what: "an empty JavaScript program",
    section: "javascript",
    snapshots: SNAPSHOT_MODES,
    reference: "spawn_true",
    beside: ["pipe_round_trip", "node_context", "isolated_vm_empty", "workerd_empty", "spawn_node"],
    target: { child: 0.25, "in-process": 0.15 },
    run: (sandbox, options) => sandbox.run("", options),
    stdout: "",
  }),
  single({
    name: "js_hello",
    what: "console.log of one line",
    section: "javascript",
    snapshots: SNAPSHOT_MODES,
    reference: "spawn_true",
    beside: ["pipe_round_trip", "node_context", "isolated_vm_empty", "workerd_empty", "spawn_node"],
    run: (sandbox, options) => sandbox.run('console.log("hello")', options),
    stdout: "hello\n",
  }),
  single({
    name: "require_100_small",
    what: `JavaScript that requires ${SMALL_MODULES} small modules`,
    section: "javascript",
    reference: "spawn_true",
    beside: ["spawn_node"],
    sandbox: () => ({ files: smallModules() }),
    run: (sandbox, options) =>
      sandbox.run(
        `let sum = 0;
         for (let n = 0; n < ${SMALL_MODULES}; n++) sum += require("/app/part" + n + ".js").value;
         console.log(sum);`,
        options,
      ),
    stdout: `${(SMALL_MODULES * (SMALL_MODULES - 1)) / 2}\n`,
  }),
];

/** A published WASI command, found on the sandbox's PATH, on wasmtime and on V8. */
function wasi(row: Pick<SingleRow, "name" | "stdout" | "target">, command: string, ...args: string[]): Row[] {
  const called = `the WASI command ${[command, ...args].join(" ")}`;
  const common = {
    stdout: row.stdout,
    section: "wasi",
    reference: "spawn_true",
    beside: ["pipe_round_trip", "spawn_true"],
    sandbox: () => ({ cwd: "/work", files: commands(command) }),
  } as const;
  return [
    single({
      ...common,
      ...row,
      what: called,
      run: (sandbox, options) => sandbox.exec(command, args, options),
    }),
    single({
      ...common,
      name: `${row.name}_v8`,
      what: `${called}, in V8`,
      snapshots: command === "true" ? SNAPSHOT_MODES : ["auto"],
      run: (sandbox, options) => sandbox.exec(command, args, { ...options, engine: "v8" }),
    }),
  ];
}

const wasiCommands: Row[] = [
  ...wasi({ name: "wasm_true", stdout: "", target: { child: 0.15, "in-process": 0.08 } }, "true"),
  ...wasi({ name: "wasm_echo", stdout: "hello\n", target: { child: 0.2 } }, "echo", "hello"),
  ...wasi({ name: "wasm_pwd", stdout: "/work\n" }, "pwd"),
  ...wasi({ name: "wasm_ls_empty", stdout: "", target: { child: 0.35 } }, "ls"),
  ...wasi(
    { name: "wasm_date_version", stdout: /^date \(uutils coreutils\) \d/, target: { child: 0.3 } },
    "date",
    "--version",
  ),
];

/** A file that a WASI command writes to stdout. */
function cat(name: string, engine: EngineChoice, where: string): Row {
  return single({
    name,
    what: `64 KiB of a file written to stdout by the WASI command cat${where}, taken as a string`,
    section: "output",
    reference: "spawn_true",
    beside: ["spawn_true"],
    sandbox: () => ({ files: { ...commands("cat"), "/block": KIB_64 } }),
    run: (sandbox, options) => sandbox.exec("cat", ["/block"], { ...options, engine }),
    stdout: KIB_64,
  });
}

const output: Row[] = [
  single({
    name: "stdout_64k",
    what: "64 KiB written to stdout by JavaScript, taken as a string",
    section: "output",
    reference: "spawn_true",
    beside: ["spawn_true"],
    target: { child: 0.6, "in-process": 0.6 },
    run: (sandbox, options) => sandbox.run(`process.stdout.write("${BLOCK}".repeat(4096))`, options),
    stdout: KIB_64,
  }),
  cat("stdout_64k_wasm", "auto", ""),
  cat("stdout_64k_wasm_v8", "v8", " in V8"),
  single({
    name: "stdout_16m",
    what: "16 MiB of bytes written to stdout by JavaScript in chunks of 64 KiB, taken as a buffer",
    section: "output",
    cost: "batch",
    batch: { amount: 16, unit: "MiB" },
    reference: "pipe_16m",
    beside: ["pipe_16m"],
    run: (sandbox, options) =>
      sandbox.run(
        `const chunk = Uint8Array.from({ length: 65536 }, (_, i) => i);
         for (let n = 0; n < 256; n++) process.stdout.write(chunk);`,
        { ...options, encoding: "buffer" },
      ),
    stdout: MIB_16,
  }),
];

export const singleRows: readonly Row[] = [...javascript, ...wasiCommands, ...output];

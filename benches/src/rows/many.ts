import type { RunResult, Sandbox, SandboxOptions } from "hotcell";
import { measure } from "../measure.js";
import { expectRun } from "./expect.js";
import { commands } from "./programs.js";
import type { Row } from "./row.js";

interface ManyRow extends Pick<Row, "name" | "what" | "reference" | "beside" | "target"> {
  sandbox?: () => SandboxOptions;
  guests: number;
  /** Runs all of them. */
  run(sandbox: Sandbox): Promise<RunResult[]>;
  /** What the guest of that number writes. */
  stdout(guest: number): string;
}

/** A row whose samples are many guests each. */
function many({ sandbox = () => ({}), guests, run, stdout, ...row }: ManyRow): Row {
  return {
    ...row,
    section: "many",
    unit: "ms",
    batch: { amount: guests, unit: "guests" },
    cost: "batch",
    snapshots: ["auto"],
    measure: (subject, effort) =>
      subject.withSandbox(sandbox(), (box) => {
        const verify = (results: RunResult[]) => {
          if (results.length !== guests) throw new Error(`${results.length} guests ended, not ${guests}.`);
          for (const [guest, result] of results.entries()) expectRun(result, stdout(guest));
        };
        return measure({ run: () => run(box), verify }, effort, subject.resources.signal);
      }),
  };
}

const BACK_TO_BACK = 100;
const AT_ONCE = 32;
const CROWD = 1000;

export const manyRows: readonly Row[] = [
  many({
    name: "seq_100",
    what: `${BACK_TO_BACK} JavaScript guests that print a number, back to back without a gap`,
    reference: "spawn_true",
    beside: ["spawn_true"],
    guests: BACK_TO_BACK,
    run: async (sandbox) => {
      const results: RunResult[] = [];
      for (let n = 0; n < BACK_TO_BACK; n++) results.push(await sandbox.run(`console.log(${n})`));
      return results;
    },
    stdout: (n) => `${n}\n`,
  }),
  many({
    name: "burst_32_js",
    what: `${AT_ONCE} JavaScript guests that print a number, all at once`,
    reference: "spawn_true_burst_32",
    beside: ["isolated_vm_burst_32", "workerd_burst_32", "spawn_true_burst_32"],
    target: { child: 800, "in-process": 800 },
    guests: AT_ONCE,
    run: (sandbox) => Promise.all(Array.from({ length: AT_ONCE }, (_, n) => sandbox.run(`console.log(${n})`))),
    stdout: (n) => `${n}\n`,
  }),
  many({
    name: "burst_32_wasm",
    what: `${AT_ONCE} times the WASI command true, all at once`,
    reference: "spawn_true_burst_32",
    beside: ["spawn_true_burst_32"],
    target: { child: 6000 },
    sandbox: () => ({ files: commands("true") }),
    guests: AT_ONCE,
    run: (sandbox) => Promise.all(Array.from({ length: AT_ONCE }, () => sandbox.exec("true"))),
    stdout: () => "",
  }),
  many({
    name: "burst_32_wasm_v8",
    what: `${AT_ONCE} times the WASI command true in V8, all at once`,
    reference: "spawn_true_burst_32",
    beside: ["spawn_true_burst_32"],
    sandbox: () => ({ files: commands("true") }),
    guests: AT_ONCE,
    run: (sandbox) => Promise.all(Array.from({ length: AT_ONCE }, () => sandbox.exec("true", [], { engine: "v8" }))),
    stdout: () => "",
  }),
  many({
    name: "burst_1000_wasm",
    what: `${CROWD} times the WASI command echo with a number, all at once`,
    reference: "spawn_true_burst_32",
    beside: ["spawn_true_burst_32"],
    sandbox: () => ({ files: commands("echo") }),
    guests: CROWD,
    run: (sandbox) => Promise.all(Array.from({ length: CROWD }, (_, n) => sandbox.exec("echo", [String(n)]))),
    stdout: (n) => `${n}\n`,
  }),
];

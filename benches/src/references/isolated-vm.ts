import { createRequire } from "node:module";
import type { Resources } from "../resources.js";
import { installed } from "./installed.js";
import { expectSame, type OpenReference, type Reference, timed, UnavailableError } from "./reference.js";

/** As much of isolated-vm as is used here. */
interface IsolatedVm {
  Isolate: new (options: { memoryLimit: number }) => Isolate;
}
interface Isolate {
  createContext(): Promise<Context>;
  compileScript(source: string): Promise<{ run(context: Context): Promise<unknown> }>;
  dispose(): void;
}
interface Context {
  release(): void;
}

/** Hotcell's own default, in MiB. */
const HEAP_MB = 128;
const AT_ONCE = 32;

function load(): IsolatedVm {
  // Without it, isolates that isolated-vm makes crash on Node 20 and later: its own documentation says so.
  if (!process.execArgv.includes("--no-node-snapshot")) {
    throw new UnavailableError("isolated-vm needs Node to run with --no-node-snapshot, as ./scripts/bench runs it.");
  }
  const path = installed("isolated-vm") ?? installed("isolated-vm-7");
  if (path === undefined) throw new UnavailableError("isolated-vm is not installed: no version of it fits this Node.");
  try {
    return createRequire(import.meta.url)(path) as IsolatedVm;
  } catch (error) {
    throw new UnavailableError(`isolated-vm can't be loaded: ${(error as Error).message.split("\n")[0]}.`);
  }
}

/** One expression in an isolate of its own, which is gone afterwards. */
async function virgin(ivm: IsolatedVm, source: string): Promise<unknown> {
  const isolate = new ivm.Isolate({ memoryLimit: HEAP_MB });
  try {
    const context = await isolate.createContext();
    const script = await isolate.compileScript(source);
    return await script.run(context);
  } finally {
    isolate.dispose();
  }
}

async function openEmpty(resources: Resources): Promise<OpenReference> {
  const ivm = load();
  const verify = (result: unknown) => expectSame(result, undefined, "isolated-vm");
  return timed({ run: () => virgin(ivm, ""), verify }, resources);
}

async function openBurst(resources: Resources): Promise<OpenReference> {
  const ivm = load();
  const task = {
    run: () => Promise.all(Array.from({ length: AT_ONCE }, (_, n) => virgin(ivm, String(n)))),
    verify: (results: unknown[]) => {
      for (const [n, result] of results.entries()) expectSame(result, n, "isolated-vm");
    },
  };
  return timed(task, resources);
}

export const isolatedVmReferences = [
  {
    name: "isolated_vm_empty",
    what: "an empty script in an isolate of its own with isolated-vm, in this process, with nothing but the language in it",
    unit: "ms",
    cost: "call",
    open: openEmpty,
  },
  {
    name: "isolated_vm_burst_32",
    what: `${AT_ONCE} numbers from isolates of their own with isolated-vm, all at once`,
    unit: "ms",
    batch: { amount: AT_ONCE, unit: "guests" },
    cost: "batch",
    open: openBurst,
  },
] as const satisfies readonly Reference[];

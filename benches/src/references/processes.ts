import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { collect } from "../measure.js";
import { residentBytes, settle } from "../resident.js";
import type { Resources } from "../resources.js";
import { expectSame, type OpenReference, type Reference, timed, UnavailableError } from "./reference.js";

/** Runs a program to its end, its streams closed. Gives its exit code. */
function exitCode(file: string, args: readonly string[], resources: Resources): Promise<number | null> {
  const child = spawn(file, args, { stdio: "ignore" });
  resources.adoptChild(child);
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new UnavailableError(`${file} could not be started: ${error.message}.`)));
    child.once("exit", resolve);
  });
}

async function openSpawn(file: string, args: readonly string[], resources: Resources): Promise<OpenReference> {
  const verify = (code: number | null) => expectSame(code, 0, `The exit code of ${file}`);
  return timed({ run: () => exitCode(file, args, resources), verify }, resources);
}

const AT_ONCE = 32;

async function openBurst(file: string, resources: Resources): Promise<OpenReference> {
  const task = {
    run: () => Promise.all(Array.from({ length: AT_ONCE }, () => exitCode(file, [], resources))),
    verify: (codes: (number | null)[]) => {
      for (const code of codes) expectSame(code, 0, `The exit code of ${file}`);
    },
  };
  return timed(task, resources);
}

/** A Node process that waits. */
async function idleNode(resources: Resources): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["-e", "process.stdin.resume()"], { stdio: ["pipe", "ignore", "inherit"] });
  resources.adoptChild(child);
  await once(child, "spawn");
  return child;
}

async function openNodeMemory(resources: Resources): Promise<OpenReference> {
  return {
    measure: (effort) => collect(() => nodeMemory(resources), effort, resources.signal),
    close: async () => {},
  };
}

async function nodeMemory(resources: Resources): Promise<number> {
  const child = await idleNode(resources);
  await settle(child.pid!, resources.signal);
  const bytes = residentBytes(child.pid!);
  const exited = once(child, "exit");
  child.stdin!.end();
  await exited;
  return bytes / 1e6;
}

export const processReferences = [
  {
    name: "spawn_true",
    what: "a native process that does nothing (true), from its start to its exit code",
    unit: "ms",
    cost: "call",
    open: (resources: Resources) => openSpawn("true", [], resources),
  },
  {
    name: "spawn_node",
    what: "node -e '', from its start to its exit code",
    unit: "ms",
    cost: "start",
    open: (resources: Resources) => openSpawn(process.execPath, ["-e", ""], resources),
  },
  {
    name: "spawn_true_burst_32",
    what: `${AT_ONCE} native processes that do nothing (true), all at once`,
    unit: "ms",
    batch: { amount: AT_ONCE, unit: "guests" },
    cost: "batch",
    open: (resources: Resources) => openBurst("true", resources),
  },
  {
    name: "node_memory",
    what: "a Node process that waits",
    unit: "MB",
    cost: "memory",
    open: openNodeMemory,
  },
] as const satisfies readonly Reference[];

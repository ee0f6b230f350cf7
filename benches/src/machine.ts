import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** What figures depend on beside the program. */
export interface Machine {
  cpu: string;
  cores: number;
  memoryBytes: number;
  system: string;
  kernel: string;
  node: string;
  nodeV8: string;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() || "unknown",
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    system: distribution() ?? type(),
    kernel: release(),
    node: process.versions.node,
    nodeV8: process.versions.v8,
  };
}

/** The machine as one line of text. */
export function machineLine(machine: Machine): string {
  const gib = (machine.memoryBytes / 2 ** 30).toFixed(0);
  const cores = machine.cores === 1 ? "1 core" : `${machine.cores} cores`;
  return `${machine.cpu}, ${cores}, ${gib} GiB, ${machine.system}, kernel ${machine.kernel}, Node ${machine.node}`;
}

/** The repository's commit, with `-dirty` where files were changed since; undefined outside of one. */
export function commit(): string | undefined {
  const cwd = fileURLToPath(new URL(".", import.meta.url));
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  try {
    const hash = git("rev-parse", "--short=12", "HEAD").trim();
    return git("status", "--porcelain").trim() === "" ? hash : `${hash}-dirty`;
  } catch {
    return undefined;
  }
}

/** How busy the machine is. */
export interface Load {
  /** The share of all cores' time that was not idle, 0 to 1, while this program did nothing. */
  busy: number;
  /** The load average over one minute. */
  average: number;
}

const LOAD_WINDOW_MS = 1000;

/** Above that share figures say more about the neighbours than about the program. */
export const BUSY_LIMIT = 0.1;

/** Looks at the machine for a second. */
export async function observeLoad(signal: AbortSignal): Promise<Load> {
  const before = processorTimes();
  await delay(LOAD_WINDOW_MS, undefined, { signal });
  const after = processorTimes();
  const total = after.total - before.total;
  return { busy: total === 0 ? 0 : 1 - (after.idle - before.idle) / total, average: loadavg()[0]! };
}

function processorTimes(): { idle: number; total: number } {
  let idle = 0;
  let total = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    total += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return { idle, total };
}

function distribution(): string | undefined {
  try {
    return /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1];
  } catch {
    return undefined;
  }
}

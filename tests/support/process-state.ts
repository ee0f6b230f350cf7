import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";

/** What a process holds, as the system counts it. */
export interface ProcessState {
  residentMb: number;
  threads: number;
  descriptors: number;
  /** Files of the sidecar's own in the system's directory for temporary ones, those of tests left out. */
  temporaryFiles: number;
}

/** What a process of this user holds now. */
export function processState(pid: number): ProcessState {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const field = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)?.[1]);
  return {
    residentMb: field("VmRSS") / 1024,
    threads: field("Threads"),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    temporaryFiles: readdirSync(tmpdir()).filter((name) => /^\.?hotcell-(?!native|serve|tools|test)/.test(name)).length,
  };
}

import { readdirSync, readFileSync } from "node:fs";

/** What a process has done so far, by the kernel's counters. Linux only. */
export interface Activity {
  /** Milliseconds on a CPU, in steps of 10. */
  cpuMs: number;
  /** How often one of its threads went to sleep, so as many times as one woke up. */
  sleeps: number;
}

export function activity(pid: number): Activity {
  // The command's name, the only field that may hold spaces, is in parentheses.
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  let sleeps = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, "utf8");
    sleeps += Number(/^voluntary_ctxt_switches:\s*(\d+)$/m.exec(status)![1]);
  }
  return { cpuMs: (Number(stat[11]) + Number(stat[12])) * 10, sleeps };
}

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/**
 * Bytes of a process that are resident in memory now, those that it shares with others included.
 *
 * @throws Error where there is no such process.
 */
export function residentBytes(pid: number): number {
  if (process.platform === "linux") {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    if (kib === undefined) throw new Error(`Process ${pid} has no memory: it has ended.`);
    return Number(kib) * 1024;
  }
  return Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" })) * 1024;
}

const LOOK_EVERY_MS = 50;
/** Looks in a row that must find the same. */
const SAME_LOOKS = 6;
const PATIENCE_MS = 15_000;
/** Pages that come and go by themselves. */
const SAME_BYTES = 256 << 10;

/**
 * Waits until a process has come to rest, judged by its memory: workers that it parks show there.
 *
 * @throws Error where it does not within 15 seconds; the signal's reason once it is aborted.
 */
export async function settle(pid: number, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  let last = residentBytes(pid);
  for (let same = 0; same < SAME_LOOKS; ) {
    await delay(LOOK_EVERY_MS, undefined, { signal });
    const now = residentBytes(pid);
    same = Math.abs(now - last) <= SAME_BYTES ? same + 1 : 0;
    last = now;
    if (performance.now() > deadline)
      throw new Error(`Process ${pid} has not come to rest in ${PATIENCE_MS / 1000} s.`);
  }
}

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";
import { binary } from "./binary.js";

/** A directory of this user's own, removed after the tests of this file. */
export function privateDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "hotcell-serve-"));
  after(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** A `hotcell serve` that is ready. */
export interface Server {
  child: ChildProcess;
  /** What it announced. */
  announced: { socket: string; pid: number; token?: string };
}

/** Starts `hotcell serve` and waits until it is ready; it is killed after the tests of this file. */
export async function serve(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Server> {
  const child = spawn(binary(), ["serve", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  after(() => child.kill("SIGKILL"));
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  for await (const line of createInterface({ input: child.stdout })) return { child, announced: JSON.parse(line) };
  throw new Error(`hotcell serve ended before it was ready: ${stderr}`);
}

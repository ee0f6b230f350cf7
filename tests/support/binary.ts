import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The root of the repository. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** The sidecar under test. */
export function binary(): string {
  const path = process.env.HOTCELL_BINARY;
  if (path === undefined || path === "") {
    throw new Error("Set HOTCELL_BINARY to the sidecar under test, as ./scripts/test does.");
  }
  return path;
}

/** How a process ended, and all that it wrote. */
export interface Ended {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: Buffer;
  stderr: Buffer;
}

export interface LaunchOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  stdin?: string | Uint8Array;
  /** Milliseconds after which it is ended by SIGKILL; never unless set. */
  patienceMs?: number;
}

/** Runs a program to its end. */
export function launch(file: string, args: readonly string[], options: LaunchOptions = {}): Promise<Ended> {
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    timeout: options.patienceMs,
    killSignal: "SIGKILL",
  });
  // A program may end without reading its stdin.
  child.stdin.on("error", () => {});
  child.stdin.end(options.stdin ?? "");
  return ended(child);
}

/** Runs `hotcell` to its end. */
export function hotcell(args: readonly string[], options?: LaunchOptions): Promise<Ended> {
  return launch(binary(), args, options);
}

/** Waits for a process whose stdout and stderr are pipes. */
export function ended(child: ChildProcess): Promise<Ended> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode, signal) =>
      resolve({ exitCode, signal, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) }),
    );
  });
}

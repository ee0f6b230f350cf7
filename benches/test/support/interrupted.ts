// Holds a process and a directory, says which, and waits to be interrupted.
import { spawn } from "node:child_process";
import { Resources } from "../../src/resources.js";

const resources = new Resources();
// In a session of its own, as a sidecar is: the terminal's Ctrl-C does not reach it.
const child = spawn("cat", { stdio: ["pipe", "ignore", "ignore"], detached: true });
resources.adoptChild(child);
process.stdout.write(`${JSON.stringify({ pid: child.pid, directory: resources.directory() })}\n`);
setInterval(() => {}, 60_000);

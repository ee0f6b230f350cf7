import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { findBinary } from "./binary.js";
import type { Carrier } from "./carrier.js";
import { BinaryNotExecutableError, BinaryNotFoundError, type ProcessEnd, StartFailedError } from "./errors.js";
import { FramedCarrier, type Peer } from "./framed-carrier.js";
import type { CheckedStartOptions } from "./sidecar-options.js";

/** The descriptor that `hotcell child` speaks on. */
const CHANNEL = 3;

/** The descriptor that closes as soon as the child is killed; the channel does only when its memory has been taken down. */
const BEACON = 4;

/** Milliseconds after its connection's end that the child has to end too, before it is killed and its guests are told. */
const LOST_PATIENCE_MS = 50;

/** The same where it was asked to end; and then again as many that it has to be gone once it was killed. */
const ASKED_PATIENCE_MS = 2000;

/** Bytes of its stderr that are kept for messages. */
const STDERR_TAIL = 4096;

/**
 * Starts a sidecar as a child process that speaks on a socket of its own. Its end of the socket closes when this process
 * ends, however it does, and it ends with that.
 *
 * @throws BinaryNotFoundError, BinaryNotExecutableError, and as `FramedCarrier.open`
 */
export async function launchChild(options: CheckedStartOptions, signal: AbortSignal): Promise<Carrier> {
  const binary = findBinary(options.binary);
  const child = spawnChild(binary, options.env);
  if (child.pid === undefined) throw await spawnError(child, binary);
  // Nothing of it keeps Node alive but its socket, and that only while something is under way.
  child.unref();
  const peer = new ChildPeer(child, binary, options.log);
  const greeting = { token: undefined, limits: options.limits, timeoutMs: options.startTimeoutMs };
  return FramedCarrier.open(child.stdio[CHANNEL] as Socket, peer, greeting, signal);
}

function spawnChild(binary: string, env: Record<string, string>): ChildProcess {
  try {
    // In a session of its own: a Ctrl-C in the terminal is for this process, which may have something left to do.
    return spawn(binary, ["child"], { stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"], env, detached: true });
  } catch (error) {
    throw startError(error as NodeJS.ErrnoException, binary);
  }
}

async function spawnError(child: ChildProcess, binary: string): Promise<Error> {
  const error = await new Promise<NodeJS.ErrnoException>((resolve) => child.once("error", resolve));
  return startError(error, binary);
}

function startError(error: NodeJS.ErrnoException, binary: string): Error {
  switch (error.code) {
    case "EACCES":
    case "EPERM":
      return new BinaryNotExecutableError(binary, error);
    case "ENOENT":
      return new BinaryNotFoundError(
        `The sidecar ${binary} was removed, or the loader that it needs is missing on this system.`,
        [binary],
        { cause: error },
      );
    default:
      return new StartFailedError(
        `The sidecar ${binary} could not be started: ${error.message}.`,
        { exitCode: null, signal: null, stderr: "" },
        { cause: error },
      );
  }
}

/** A line of its log that is longer is passed on in pieces. */
const LONGEST_LINE = 64 << 10;

class ChildPeer implements Peer {
  readonly name: string;
  readonly exclusive = true;
  readonly #child: ChildProcess;
  readonly #stderr: StderrTail;

  constructor(child: ChildProcess, binary: string, log: CheckedStartOptions["log"]) {
    this.name = `The sidecar ${binary} (process ${child.pid})`;
    this.#child = child;
    this.#stderr = new StderrTail(child.stderr!, log);
    // A signal that can't be sent is of no interest: what counts is the end of the connection.
    child.on("error", () => {});
  }

  onDying(listener: () => void): void {
    const beacon = this.#child.stdio[BEACON] as Socket;
    // Nothing is ever sent there; but what is not read has no end.
    beacon.resume();
    beacon.unref();
    beacon.on("error", () => {});
    beacon.on("close", listener);
  }

  async end(asked: boolean): Promise<ProcessEnd> {
    const child = this.#child;
    const gone = await this.#gone(asked ? ASKED_PATIENCE_MS : LOST_PATIENCE_MS);
    if (!gone) {
      this.kill();
      if (asked) await this.#gone(ASKED_PATIENCE_MS);
    }
    return { exitCode: child.exitCode, signal: child.signalCode, stderr: this.#stderr.text };
  }

  /** Waits for the end of the process and of its log; whether it came in time. */
  #gone(patienceMs: number): Promise<boolean> {
    const child = this.#child;
    if (this.#stderr.closed && (child.exitCode !== null || child.signalCode !== null)) return Promise.resolve(true);
    return new Promise((resolve) => {
      const onClose = () => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        child.off("close", onClose);
        resolve(false);
      }, patienceMs);
      child.once("close", onClose);
    });
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

/** Passes the child's log on, and keeps the end of it. */
class StderrTail {
  closed = false;
  #tail = "";
  #line = "";

  constructor(stderr: Readable, log: CheckedStartOptions["log"]) {
    (stderr as Socket).unref();
    const decoder = new StringDecoder("utf8");
    stderr.on("data", (chunk: Buffer) => {
      const text = decoder.write(chunk);
      this.#tail = (this.#tail + text).slice(-STDERR_TAIL);
      if (log === "inherit") process.stderr.write(chunk);
      else if (log !== "ignore") this.#split(text, log);
    });
    stderr.on("error", () => {});
    stderr.on("close", () => {
      this.closed = true;
      if (typeof log === "function" && this.#line !== "") log(this.#line);
    });
  }

  get text(): string {
    return this.#tail.trim();
  }

  #split(text: string, log: (line: string) => void): void {
    const lines = (this.#line + text).split("\n");
    this.#line = lines.pop()!;
    if (this.#line.length > LONGEST_LINE) {
      lines.push(this.#line);
      this.#line = "";
    }
    for (const line of lines) log(line);
  }
}

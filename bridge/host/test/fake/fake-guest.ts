import { closeSync } from "node:fs";
import type {
  GuestExit,
  KillReason,
  RetireReason,
  SandboxOptions,
  Signal,
  SpawnOptions,
} from "../../src/protocol/generated.js";
import type { FakeSidecar } from "./fake-sidecar.js";

/** What a fake guest can be told to do, one step after the other. A guest whose steps are through exits with 0. */
export type Step =
  | { out: string }
  | { err: string }
  /** Bytes to stdout, in hex. */
  | { bytes: string }
  /** That many bytes to stdout, in chunks of that many. */
  | { flood: number; chunk?: number }
  /** What it was spawned with, as JSON to stdout. */
  | { tell: true }
  /** Copies stdin to stdout until its end. */
  | { cat: true }
  /** Reads that many bytes of stdin, writes them to stdout, and closes stdin. */
  | { head: number }
  | { exit: Partial<GuestExit> }
  /** Does nothing until it is killed. */
  | { hang: true }
  /** Listens for a signal, and goes on when it comes. */
  | { awaitSignal: Signal }
  /** The sidecar's process ends. */
  | { die: { code: number } | { signal: NodeJS.Signals }; stderr?: string }
  /** The sidecar is being killed: its beacon goes out, and the rest takes a while. */
  | { expire: true }
  /** The sidecar closes the connection. */
  | { disconnect: true }
  /** The sidecar gives itself up because of this guest, and with `drainMs` lets the others finish; else it hangs. */
  | { retire: RetireReason; drainMs?: number }
  /** The sidecar writes what is no frame. */
  | { garbage: true }
  /** Writes that many bytes more than it has credit for. */
  | { overrun: number }
  /** Writes after its exit. */
  | { haunt: true };

/** The source text of a guest that does so. */
export function steps(...list: Step[]): string {
  return JSON.stringify(list);
}

const USAGE = {
  wallUs: 1500,
  startUs: 250,
  cpuUs: 750,
  heapBytes: 4096,
  externalPeakBytes: 8192,
  stdoutBytes: 0,
  stderrBytes: 0,
};

export class FakeGuest {
  readonly sandbox: number;
  readonly #sidecar: FakeSidecar;
  readonly #id: number;
  readonly #options: SpawnOptions;
  readonly #home: SandboxOptions;
  readonly #credit: { stdout: number; stderr: number };
  readonly #sent = { stdout: 0, stderr: 0 };
  #input: Buffer[] = [];
  #inputEnded: boolean;
  #signals: Signal[] = [];
  #awaited: Signal | undefined;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(sidecar: FakeSidecar, id: number, sandbox: number, options: SpawnOptions, home: SandboxOptions) {
    this.#sidecar = sidecar;
    this.#id = id;
    this.sandbox = sandbox;
    this.#options = options;
    this.#home = home;
    this.#credit = { stdout: options.credit, stderr: options.credit };
    this.#inputEnded = options.stdin === "empty";
  }

  async start(): Promise<void> {
    if (this.#options.stdin === "pipe") this.#sidecar.notice(this.#id, { type: "stdinCredit", bytes: 1000 });
    for (const step of this.#steps()) {
      await this.#take(step);
      if (this.#ended) return;
    }
    this.#exit({ outcome: "exited", exitCode: 0 });
  }

  stdin(bytes: Buffer, last: boolean): void {
    if (bytes.length > 0) this.#input.push(bytes);
    if (last) this.#inputEnded = true;
    this.#wake?.();
  }

  credit(stream: "stdout" | "stderr", bytes: number): void {
    this.#credit[stream] += bytes;
    this.#wake?.();
  }

  kill(reason: KillReason): void {
    if (reason.kind === "cancel") {
      this.#exit({ outcome: "cancelled" });
    } else if (reason.signal === this.#awaited) {
      this.#signals.push(reason.signal);
      this.#wake?.();
    } else {
      this.#exit({ outcome: "signaled", signal: reason.signal });
    }
  }

  /** Bytes that it was granted and has not used. */
  get creditLeft(): { stdout: number; stderr: number } {
    return this.#credit;
  }

  get bytesSent(): { stdout: number; stderr: number } {
    return this.#sent;
  }

  #steps(): Step[] {
    const { program } = this.#options;
    switch (program.kind) {
      case "source":
        return program.text.startsWith("[") ? JSON.parse(program.text) : [{ out: `ran ${program.text}` }];
      case "command":
        return program.command === "cat" ? [{ cat: true }] : [{ tell: true }];
      case "wasm": {
        // Bytes that start like source text are that.
        const text = this.#sidecar.blobs.get(program.digest)!.toString();
        return text.startsWith("[") ? JSON.parse(text) : [{ tell: true }];
      }
    }
  }

  async #take(step: Step): Promise<void> {
    if ("out" in step) await this.#write("stdout", Buffer.from(step.out));
    else if ("err" in step) await this.#write("stderr", Buffer.from(step.err));
    else if ("bytes" in step) await this.#write("stdout", Buffer.from(step.bytes, "hex"));
    else if ("flood" in step) await this.#flood(step.flood, step.chunk ?? 65536);
    else if ("tell" in step) await this.#write("stdout", Buffer.from(this.#told()));
    else if ("cat" in step) await this.#cat(Number.POSITIVE_INFINITY);
    else if ("head" in step) await this.#cat(step.head);
    else if ("exit" in step) this.#exit(step.exit);
    else if ("hang" in step) await this.#until(() => false);
    else if ("awaitSignal" in step) await this.#signal(step.awaitSignal);
    else if ("die" in step) this.#die(step.die, step.stderr ?? "");
    else if ("expire" in step) {
      closeSync(4);
      await this.#until(() => false);
    } else if ("disconnect" in step) this.#sidecar.socket.destroy();
    else if ("retire" in step) {
      const { retire: reason, drainMs = 0 } = step;
      const message = "A guest did not end when it was told to.";
      this.#sidecar.retire({ type: "retiring", reason, message, drainMs });
      if (drainMs > 0) this.#exit({ outcome: "out_of_memory", error: { message } });
      else await this.#until(() => false);
    } else if ("garbage" in step) this.#sidecar.garbage();
    else if ("overrun" in step) {
      this.#sidecar.output(this.#id, "stdout", Buffer.alloc(this.#credit.stdout + step.overrun, "x"));
    } else if ("haunt" in step) {
      this.#exit({ outcome: "exited", exitCode: 0 });
      this.#sidecar.output(this.#id, "stdout", Buffer.from("boo"));
    }
  }

  #told(): string {
    const { blobs } = this.#sidecar;
    const { program } = this.#options;
    const blob = program.kind === "wasm" ? blobs.get(program.digest)?.toString("latin1") : undefined;
    return JSON.stringify({ ...this.#options, home: this.#home, blob });
  }

  async #flood(bytes: number, chunk: number): Promise<void> {
    for (let left = bytes; left > 0 && !this.#ended; left -= chunk) {
      await this.#write("stdout", Buffer.alloc(Math.min(left, chunk), "x"));
    }
  }

  async #write(stream: "stdout" | "stderr", bytes: Buffer): Promise<void> {
    let rest = bytes;
    while (rest.length > 0 && !this.#ended) {
      await this.#until(() => this.#credit[stream] > 0);
      if (this.#ended) return;
      const part = rest.subarray(0, this.#credit[stream]);
      this.#credit[stream] -= part.length;
      this.#sent[stream] += part.length;
      this.#sidecar.output(this.#id, stream, part);
      rest = rest.subarray(part.length);
    }
  }

  async #cat(max: number): Promise<void> {
    let left = max;
    while (left > 0 && !this.#ended) {
      await this.#until(() => this.#input.length > 0 || this.#inputEnded);
      const chunk = this.#input.shift();
      if (chunk === undefined) return;
      this.#sidecar.notice(this.#id, { type: "stdinCredit", bytes: chunk.length });
      await this.#write("stdout", chunk.subarray(0, left));
      left -= chunk.length;
    }
    if (!this.#ended) this.#sidecar.notice(this.#id, { type: "stdinClosed" });
  }

  async #signal(signal: Signal): Promise<void> {
    this.#awaited = signal;
    await this.#write("stdout", Buffer.from("listening\n"));
    await this.#until(() => this.#signals.length > 0);
    this.#awaited = undefined;
  }

  #die(how: { code: number } | { signal: NodeJS.Signals }, stderr: string): void {
    process.stderr.write(stderr);
    if ("code" in how) process.exit(how.code);
    process.kill(process.pid, how.signal);
  }

  #exit(exit: Partial<GuestExit>): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#wake?.();
    this.#sidecar.guests.delete(this.#id);
    const usage = { ...USAGE, stdoutBytes: this.#sent.stdout, stderrBytes: this.#sent.stderr };
    this.#sidecar.notice(this.#id, { type: "exit", exit: { outcome: "exited", usage, ...exit } });
    this.#sidecar.guestLeft();
  }

  /** Resolves when the condition holds, or the guest has ended. */
  async #until(condition: () => boolean): Promise<void> {
    while (!condition() && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

import { checkChoice } from "./checks.js";
import { InvalidOptionError, NotReadyError } from "./errors.js";
import { Guest, type GuestHome } from "./guest.js";
import type { GuestSpec } from "./guest-options.js";
import { StreamedOutput } from "./output.js";
import { SIGNALS, type Signal } from "./protocol/generated.js";
import type { ExitResult } from "./result.js";
import { stdinStream, unwritableStdin } from "./stdin.js";

const SIGNAL_NAMES = Object.keys(SIGNALS) as Signal[];

/** A guest that runs while the host talks with it. Made by `sandbox.spawn`. */
export class GuestProcess {
  /**
   * What the guest wrote to stdout, as it comes; also an async iterable of chunks. What is not read holds the guest back
   * once 256 KiB wait, so read both streams, or `cancel()` the one that you don't want.
   */
  readonly stdout: ReadableStream<Uint8Array>;
  /** The same for stderr. */
  readonly stderr: ReadableStream<Uint8Array>;
  /**
   * How the guest ended; after that nothing is added to its streams. Rejects only where the guest could not be started,
   * such as for a command that is not there. A rejection that nobody handles is not reported: the streams have it too.
   */
  readonly exit: Promise<ExitResult>;
  /**
   * Resolves when the guest is ready, where it was spawned with `ready`. Rejects with a `NotReadyError` where it ends before, or
   * with the reason that it could not be started for; a rejection that nobody handles is not reported. Without `ready`, it rejects
   * with an `InvalidOptionError`.
   */
  readonly ready: Promise<void>;
  readonly #guest: Guest<StreamedOutput>;
  #stdin: WritableStream<string | Uint8Array> | undefined;

  /** @internal */
  constructor(home: GuestHome, spec: GuestSpec) {
    let ended!: (exit: ExitResult) => void;
    let failed!: (error: Error) => void;
    this.exit = new Promise((resolve, reject) => {
      ended = resolve;
      failed = reject;
    });
    this.exit.catch(() => {});
    let ready!: () => void;
    this.ready = new Promise((resolve, reject) => {
      ready = resolve;
      if (spec.ready === undefined) {
        reject(new InvalidOptionError("The guest was spawned without ready: say when it counts as ready.", "ready"));
      } else {
        this.exit.then((exit) => reject(new NotReadyError(exit)), reject);
      }
    });
    this.ready.catch(() => {});
    this.#guest = new Guest(home, spec, StreamedOutput, { ready, ended, failed });
    this.stdout = this.#guest.stdout.stream;
    this.stderr = this.#guest.stderr.stream;
    if (spec.stdin === "pipe") this.#stdin = stdinStream(this.#guest.stdin!);
    this.#guest.start();
  }

  /** The number that the sidecar's logs name this guest by; undefined as long as it has not been sent there. */
  get id(): number | undefined {
    return this.#guest.id;
  }

  /**
   * Where the guest was spawned with `stdin: "pipe"`: what is written here is what it reads. Text is encoded as UTF-8.
   * Closing it is the end of the input. What is written after the guest closed its stdin, or ended, fails with code
   * `ERR_HOTCELL_STDIN_CLOSED`.
   */
  get stdin(): WritableStream<string | Uint8Array> {
    this.#stdin ??= unwritableStdin();
    return this.#stdin;
  }

  /**
   * Sends the guest a signal, `SIGTERM` unless said otherwise. A guest that has ended takes no notice.
   *
   * @throws InvalidOptionError where there is no such signal.
   */
  kill(signal: Signal = "SIGTERM"): void {
    this.#guest.kill({ kind: "signal", signal: checkChoice(signal, "signal", SIGNAL_NAMES) });
  }

  /** Cancels the guest where it still runs, and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#guest.cancel();
    await this.exit.catch(() => {});
  }
}

import { type Cancellable, cancelOnAbort, forgetAbort } from "./abort.js";
import { errorFromInfo } from "./error-from-info.js";
import type { HotcellError } from "./errors.js";
import type { GuestSpec } from "./guest-options.js";
import type { Granter, OutputSink } from "./output.js";
import type { ErrorInfo, GuestExit, KillReason, SpawnOptions, Stream } from "./protocol/generated.js";
import { type ExitResult, exitResult, unreportedExit } from "./result.js";
import type { GuestEvents, Session } from "./session.js";
import { StdinFeed } from "./stdin.js";

/** Where a sandbox lives: its id means something to that session only. */
export interface Placement {
  readonly session: Session;
  readonly sandbox: number;
}

/** What a guest is started in. */
export interface GuestHome {
  /**
   * Where the sandbox lives now; a promise where it must be made first.
   *
   * @throws ClosedError, SandboxLostError
   */
  place(): Placement | Promise<Placement>;

  /** Bytes that a guest may write to each stream where it sets no limit of its own. */
  readonly outputBytes: number;
}

/** Bytes that a sidecar may send past a guest's limit on output before it is taken for one that enforces none. */
const OUTPUT_SLACK = 1 << 20;

/** How a guest's story ends: with a result, or with the error of a guest that could not be started. */
export interface GuestEnd {
  /** It is ready, where that was asked for. */
  ready?(): void;
  ended(exit: ExitResult): void;
  failed(error: Error): void;
}

/** One run of a program, from the caller's call to its end. */
export class Guest<Sink extends OutputSink> implements GuestEvents, Granter, Cancellable {
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** Its stdin, where the caller gives it any. */
  readonly stdin: StdinFeed | undefined;
  readonly #home: GuestHome;
  readonly #spec: GuestSpec;
  readonly #end: GuestEnd;
  readonly #startedAt = performance.now();
  #session: Session | undefined;
  #id = 0;
  /** While the request to start it is going out in parts. */
  #sending = false;
  #over = false;
  #cancelled = false;
  #resent = false;
  /** What the sidecar is to be told once the guest is there, or is there again since its program had to be sent. */
  #kills: KillReason[] | undefined;
  /** This side's own memory must not hang on what the sidecar enforces. */
  readonly #outputLimit: number;
  #stdoutCredit = 0;
  #stderrCredit = 0;

  constructor(
    home: GuestHome,
    spec: GuestSpec,
    SinkClass: new (granter: Granter, stream: Stream) => Sink,
    end: GuestEnd,
  ) {
    this.#home = home;
    this.#spec = spec;
    this.#end = end;
    this.#outputLimit = (spec.limits.outputBytes ?? home.outputBytes) + OUTPUT_SLACK;
    this.stdout = new SinkClass(this, "stdout");
    this.stderr = new SinkClass(this, "stderr");
    this.stdin = spec.stdin === undefined ? undefined : new StdinFeed();
  }

  /** The name that the sidecar's logs give it; undefined as long as it has none. */
  get id(): number | undefined {
    return this.#session === undefined ? undefined : this.#id;
  }

  /** Its caller has lost interest. */
  cancel(): void {
    this.kill({ kind: "cancel" });
  }

  /** Starts it. What goes wrong ends it. */
  start(): void {
    const { signal } = this.#spec;
    if (signal?.aborted) {
      this.#endCancelled();
      return;
    }
    if (signal !== undefined) cancelOnAbort(signal, this);
    try {
      const place = this.#home.place();
      if (place instanceof Promise) this.#later(place.then((placement) => this.#spawn(placement)));
      else this.#spawn(place);
    } catch (error) {
      this.#fail(error as HotcellError);
    }
  }

  kill(reason: KillReason): void {
    if (this.#over) return;
    if (reason.kind === "cancel") {
      this.#cancelled = true;
      if (this.#session === undefined) {
        this.#endCancelled();
        return;
      }
    }
    const told = this.#session !== undefined && !this.#sending;
    if (told) this.#session!.kill(this.#id, reason);
    if (!told || this.#spec.blob !== undefined) {
      this.#kills ??= [];
      this.#kills.push(reason);
    }
  }

  grant(stream: Stream, bytes: number): void {
    if (this.#over) return;
    if (stream === "stdout") this.#stdoutCredit += bytes;
    else this.#stderrCredit += bytes;
    this.#session?.credit(this.#id, stream, bytes);
  }

  output(stream: Stream, bytes: Buffer): void {
    let left: number;
    if (stream === "stdout") left = this.#stdoutCredit -= bytes.length;
    else left = this.#stderrCredit -= bytes.length;
    if (left < 0) {
      this.#session?.breach(`The sidecar sent ${-left} bytes more of guest ${this.#id}'s ${stream} than were granted.`);
      return;
    }
    const sink = stream === "stdout" ? this.stdout : this.stderr;
    if (sink.received + bytes.length > this.#outputLimit) {
      this.#session?.breach(`The sidecar sent more of guest ${this.#id}'s ${stream} than its limit on output allows.`);
      return;
    }
    if (!this.#over) sink.push(bytes);
  }

  stdinCredit(bytes: number): void {
    this.stdin?.grant(bytes);
  }

  stdinClosed(): void {
    this.stdin?.close();
  }

  ready(): void {
    if (!this.#over) this.#end.ready?.();
  }

  exit(exit: GuestExit): void {
    this.#finish(exitResult(exit));
  }

  refused(error: ErrorInfo): void {
    const session = this.#session;
    this.#session = undefined;
    const { blob } = this.#spec;
    if (this.#cancelled) {
      this.#endCancelled();
    } else if (error.code === "ERR_HOTCELL_UNKNOWN_BLOB" && blob !== undefined && !this.#resent) {
      this.#resent = true;
      session?.blobs.forget(blob);
      this.start();
    } else {
      this.#fail(errorFromInfo(error));
    }
  }

  lost(outcome: "crashed" | "cancelled", message: string): void {
    this.#endUnreported(outcome, message);
  }

  #spawn(place: Placement): void {
    const { blob } = this.#spec;
    const arrival = blob === undefined ? undefined : place.session.blobs.provide(blob);
    if (arrival === undefined) this.#send(place);
    else this.#later(arrival.then(() => this.#send(place)));
  }

  #send({ session, sandbox }: Placement): void {
    if (this.#over) return;
    const { sent, id } = session.spawn(sandbox, this.#request(), this);
    this.#session = session;
    this.#id = id;
    if (sent === undefined) {
      this.#started();
    } else {
      this.#sending = true;
      void sent.then(() => {
        this.#sending = false;
        if (!this.#over) this.#started();
      });
    }
  }

  #request(): SpawnOptions {
    const { program, args, env, cwd, limits, stdin, engine, preopens, fuel, ready, phases } = this.#spec;
    // One figure serves both streams.
    const credit = Math.min(this.stdout.window, this.stderr.window);
    this.#stdoutCredit = credit;
    this.#stderrCredit = credit;
    const options: SpawnOptions = {
      program,
      args,
      env,
      limits,
      stdin: stdin === undefined ? "empty" : "pipe",
      credit,
    };
    if (cwd !== undefined) options.cwd = cwd;
    if (engine !== "auto") options.engine = engine;
    if (preopens !== undefined) options.preopens = preopens;
    if (fuel !== undefined) options.fuel = fuel;
    if (ready !== undefined) options.ready = ready;
    if (phases) options.phases = true;
    return options;
  }

  /** The sidecar knows the guest. */
  #started(): void {
    const session = this.#session!;
    const id = this.#id;
    for (const reason of this.#kills ?? []) session.kill(id, reason);
    const feed = this.stdin;
    if (feed === undefined) return;
    const first = !feed.opened;
    feed.open((bytes, last) => session.stdin(id, bytes, last));
    const { stdin } = this.#spec;
    if (first && stdin !== undefined && stdin !== "pipe") {
      feed.feed(stdin).catch((error) => {
        // The source failed, which is the caller's to know; a guest that waits for the rest would wait for ever.
        this.cancel();
        this.#fail(error);
      });
    }
  }

  #later(step: Promise<void>): void {
    step.catch((error) => this.#fail(error));
  }

  #endCancelled(): void {
    this.#endUnreported("cancelled", "The guest was cancelled before it was started.");
  }

  #endUnreported(outcome: "crashed" | "cancelled", message: string): void {
    const wallMs = this.#session === undefined ? 0 : performance.now() - this.#startedAt;
    this.#finish(unreportedExit(outcome, message, wallMs, this.stdout.received, this.stderr.received));
  }

  #finish(exit: ExitResult): void {
    if (!this.#close()) return;
    this.stdout.end();
    this.stderr.end();
    this.#end.ended(exit);
  }

  #fail(error: Error): void {
    if (!this.#close()) return;
    this.stdout.fail(error);
    this.stderr.fail(error);
    this.#end.failed(error);
  }

  /** Whether it was still open. */
  #close(): boolean {
    if (this.#over) return false;
    this.#over = true;
    const { signal } = this.#spec;
    if (signal !== undefined) forgetAbort(signal, this);
    this.stdin?.close();
    return true;
  }
}

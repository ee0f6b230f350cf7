import type { WasmProgram } from "./blobs.js";
import type { Home } from "./cells.js";
import { ClosedError, SandboxLostError } from "./errors.js";
import type { Placement } from "./guest.js";
import {
  checkEncoding,
  type Encoding,
  type ExecOptions,
  execSpec,
  type GuestSpec,
  type RunOptions,
  type RunWasmOptions,
  runSpec,
  runWasmSpec,
  type SpawnOptions,
  type SpawnProgram,
  spawnSpec,
} from "./guest-options.js";
import { GuestProcess } from "./guest-process.js";
import { LIMITS } from "./protocol/generated.js";
import type { RunResult } from "./result.js";
import { runGuest } from "./run-guest.js";
import { SandboxFs, writeFile } from "./sandbox-fs.js";
import type { SandboxSpec } from "./sandbox-options.js";
import type { Session } from "./session.js";

/** What the stdout and stderr of a run are, by the encoding that was asked for. */
type Output<E extends Encoding> = E extends "buffer" ? Buffer : string;

/**
 * A file system, an environment and a set of limits; the guests that run in it share these and nothing else. Made by
 * `sidecar.createSandbox`.
 *
 * What a guest does, its failing included, is a result. What is thrown is a `HotcellError`: a mistake of the caller's, or
 * a sidecar that could not be had.
 */
export class Sandbox {
  /** The sandbox's files. */
  readonly fs: SandboxFs = new SandboxFs(this);
  readonly #home: Home;
  readonly #spec: SandboxSpec;
  #placement: Placement | undefined;
  /** While it is being made. */
  #making: Promise<Placement> | undefined;
  #closed = false;
  #closing: Promise<void> | undefined;

  private constructor(home: Home, spec: SandboxSpec) {
    this.#home = home;
    this.#spec = spec;
  }

  /** @internal */
  static async create(home: Home, spec: SandboxSpec): Promise<Sandbox> {
    const sandbox = new Sandbox(home, spec);
    try {
      await sandbox.#make();
    } catch (error) {
      await home.leave();
      throw error;
    }
    return sandbox;
  }

  /** The id of the process that the sandbox lives in, or last lived in. */
  get pid(): number {
    return (this.#placement?.session ?? this.#home.cell).hello.pid;
  }

  /**
   * Runs JavaScript source text to its end.
   *
   * @param source A script, or an ES module (which may use top-level await).
   * @returns How it ended and what it wrote; its failing is no rejection.
   * @throws InvalidArgumentError, InvalidOptionError, SandboxLostError, ClosedError
   */
  run<E extends Encoding = "utf8">(source: string, options?: RunOptions<E>): Promise<RunResult<Output<E>>> {
    return this.#run(() => runSpec(source, options), options);
  }

  /**
   * Runs a command to its end as a shell would find it: by a path where it has a slash, else on the sandbox's PATH.
   *
   * @param args The arguments after the command's own name.
   * @returns How it ended and what it wrote; its failing is no rejection.
   * @throws CommandNotFoundError where there is no such command, and as `run` does.
   */
  exec<E extends Encoding = "utf8">(
    command: string,
    args: readonly string[] = [],
    options?: ExecOptions<E>,
  ): Promise<RunResult<Output<E>>> {
    return this.#run(() => execSpec(command, args, options), options);
  }

  /**
   * Runs a WASI program to its end.
   *
   * @param bytes The program. The first run with an array hashes and keeps a copy of it, for as long as the array lives;
   *   a `WasmProgram` spares the later ones comparing with that.
   * @param args The arguments after the program's own name.
   * @returns How it ended and what it wrote; its failing is no rejection.
   * @throws As `run` does.
   */
  runWasm<E extends Encoding = "utf8">(
    bytes: Uint8Array | ArrayBuffer | WasmProgram,
    args: readonly string[] = [],
    options?: RunWasmOptions<E>,
  ): Promise<RunResult<Output<E>>> {
    return this.#run(() => runWasmSpec(bytes, args, options), options);
  }

  /**
   * Starts a guest to talk with while it runs. Returns at once: that it could not be started is told by `exit` and the
   * streams.
   *
   * @throws InvalidArgumentError, InvalidOptionError
   */
  spawn(program: SpawnProgram, options?: SpawnOptions): GuestProcess {
    return new GuestProcess(this, spawnSpec(program, options));
  }

  /**
   * Makes the sandbox anew with its original options and files, whether its sidecar was lost or not: what guests wrote is
   * gone, and those that run are cancelled.
   *
   * @throws ClosedError where the sandbox or its sidecar was closed, RestartFailedError where no sidecar can be had.
   */
  async recreate(): Promise<void> {
    this.#checkOpen();
    await this.#make();
  }

  /** Ends the sandbox's guests, which are then cancelled, and frees it. Closing again waits for the same. */
  close(): Promise<void> {
    this.#closed = true;
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** The same as `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal */
  get outputBytes(): number {
    return this.#spec.options.limits.outputBytes ?? this.#home.cell.limits.outputBytes ?? LIMITS.outputBytes.default;
  }

  /** @internal */
  place(): Placement | Promise<Placement> {
    this.#checkOpen();
    const placement = this.#placement;
    if (placement?.session.alive) return placement;
    if (this.#making !== undefined) return this.#making;
    if (!this.#spec.recreate) throw new SandboxLostError({ cause: placement?.session.loss });
    return this.#make();
  }

  #run<E extends Encoding>(
    spec: () => GuestSpec,
    options: { encoding?: E } | undefined,
  ): Promise<RunResult<Output<E>>> {
    // Not an async function, which would add three turns of the microtask queue to every run.
    try {
      return runGuest(this, spec(), checkEncoding(options?.encoding)) as Promise<RunResult<Output<E>>>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw new ClosedError("The sandbox was closed. Create another with sidecar.createSandbox().");
    this.#home.cell.checkOpen();
  }

  #make(): Promise<Placement> {
    this.#making ??= this.#build().finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  async #build(): Promise<Placement> {
    const old = this.#placement;
    this.#placement = undefined;
    if (old !== undefined) await destroy(old);
    const session = await this.#home.cell.session();
    this.#home.enter();
    const placement = await build(session, this.#spec);
    if (this.#closed) {
      await destroy(placement);
      this.#checkOpen();
    }
    this.#placement = placement;
    return placement;
  }

  async #close(): Promise<void> {
    await this.#making?.catch(() => {});
    if (this.#placement !== undefined) await destroy(this.#placement);
    await this.#home.leave();
  }
}

async function build(session: Session, spec: SandboxSpec): Promise<Placement> {
  const { id: sandbox } = await session.request({ type: "createSandbox", options: spec.options }, "done");
  const placement = { session, sandbox };
  const files = spec.files.map(({ path, content, mode }) => writeFile(placement, path, content, true, mode));
  const failed = (await Promise.allSettled(files)).find((result) => result.status === "rejected");
  if (failed === undefined) return placement;
  await destroy(placement);
  throw failed.reason;
}

async function destroy({ session, sandbox }: Placement): Promise<void> {
  if (!session.alive) return;
  // Whatever goes wrong, the sandbox is gone afterwards.
  await session.request({ type: "destroySandbox", sandbox }, "done").catch(() => {});
}

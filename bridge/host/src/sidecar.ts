import { nameProgram, WasmProgram } from "./blobs.js";
import { connectInProcess } from "./carriers/in-process.js";
import { Cells } from "./cells.js";
import { launchChild } from "./child.js";
import { Sandbox } from "./sandbox.js";
import { type SandboxOptions, sandboxSpec } from "./sandbox-options.js";
import { type ConnectOptions, checkConnectOptions, checkStartOptions, type StartOptions } from "./sidecar-options.js";
import { connectSocket } from "./socket.js";
import type { Launch } from "./spares.js";
import type { SidecarStats } from "./stats.js";

/**
 * The native program that runs guests for this one, and the way to it: one process, or several behind one object.
 *
 * Where a process ends, or has to be ended, every guest in it ends with the outcome `crashed`, calls under way fail with code
 * `ERR_HOTCELL_SIDECAR_LOST`, and the next call that needs it has a fresh one started; the other processes never notice.
 * While nothing is under way they do not keep Node alive; when Node ends, they end.
 */
export class Sidecar {
  readonly #cells: Cells;

  private constructor(cells: Cells) {
    this.#cells = cells;
  }

  /**
   * Starts a sidecar: as one or several child processes, or in this one. The binary is the option `binary`, else HOTCELL_BINARY, else
   * that of the platform's package, else that of the nearest cargo target directory; the addon for this process likewise
   * the option `addon`, HOTCELL_ADDON, and so on.
   *
   * @throws InvalidOptionError, BinaryNotFoundError, BinaryNotExecutableError, AddonNotFoundError, AddonNotLoadableError,
   *   EngineRetiredError, StartFailedError, StartTimeoutError, ProtocolVersionError
   */
  static async start(options: StartOptions = {}): Promise<Sidecar> {
    const checked = checkStartOptions(options);
    const launch: Launch =
      checked.carrier === "child" ? (signal) => launchChild(checked, signal) : () => connectInProcess(checked);
    const { cells, spareCells } = checked;
    return new Sidecar(
      await Cells.start(launch, { ...checked, cells, spareCells, manyCells: checked.carrier === "child" }),
    );
  }

  /**
   * Connects to a sidecar that `hotcell serve --socket PATH` started. Closing leaves it running.
   *
   * @throws InvalidOptionError, ConnectFailedError, UnauthorizedError, StartTimeoutError, ProtocolVersionError
   */
  static async connect(options: ConnectOptions): Promise<Sidecar> {
    const checked = checkConnectOptions(options);
    const launch: Launch = (signal) => connectSocket(checked, signal);
    return new Sidecar(await Cells.start(launch, { ...checked, cells: 1, spareCells: 0, manyCells: false }));
  }

  /**
   * The process id of the sidecar, or of the last one: in this process, its own. Of several processes it is the first's;
   * `sandbox.pid` and `stats().cells` tell the others.
   */
  get pid(): number {
    return this.#cells.first.hello.pid;
  }

  /** The sidecar's version. */
  get version(): string {
    return this.#cells.first.hello.version;
  }

  /** The version of the V8 that guests run on. */
  get v8Version(): string {
    return this.#cells.first.hello.v8Version;
  }

  /**
   * Makes a sandbox: with the process that has the fewest of them, or with one to itself. One with a userland that was not used
   * before takes some tenths of a second.
   *
   * @throws InvalidOptionError, also where the userland fails, ClosedError, FileSystemError where its files don't fit in it,
   *   SidecarLostError, RestartFailedError; with `cell: "own"` what `start` throws
   */
  async createSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
    const spec = sandboxSpec(options);
    return Sandbox.create(spec.cell === "own" ? await this.#cells.own() : this.#cells.share(), spec);
  }

  /**
   * Makes a WASI program ready and sends it to the sidecar, so that the first run of it doesn't have to. A process that is
   * started later is sent it with its first run there.
   *
   * @param bytes The program. Copied, so that the caller may change them afterwards.
   * @throws InvalidArgumentError, ClosedError, SidecarLostError, RestartFailedError
   */
  async load(bytes: Uint8Array | ArrayBuffer | WasmProgram): Promise<WasmProgram> {
    const program = bytes instanceof WasmProgram ? bytes : WasmProgram.from(bytes);
    const named = nameProgram(program);
    await this.#cells.each((session) => session.blobs.provide(named));
    return program;
  }

  /**
   * What the sidecar holds and has done: the sums over all processes, and each of them. One that was lost is left out,
   * unless there is no other: then it is started again.
   *
   * @throws ClosedError, SidecarLostError, RestartFailedError
   */
  async stats(): Promise<SidecarStats> {
    return this.#cells.stats();
  }

  /**
   * Ends every process of the sidecar: guests that run are cancelled, and what has not ended after 2 seconds is killed. Closing again
   * waits for the same. Never rejects.
   */
  close(): Promise<void> {
    return this.#cells.close();
  }

  /** The same as `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

import { nameProgram, WasmProgram } from "./blobs.js";
import { connectInProcess } from "./carriers/in-process.js";
import { Cell, type Launch } from "./cell.js";
import { launchChild } from "./child.js";
import type { Stats } from "./protocol/generated.js";
import { Sandbox } from "./sandbox.js";
import { type SandboxOptions, sandboxSpec } from "./sandbox-options.js";
import { type ConnectOptions, checkConnectOptions, checkStartOptions, type StartOptions } from "./sidecar-options.js";
import { connectSocket } from "./socket.js";

/**
 * The native program that runs guests for this one, and the way to it.
 *
 * Where it ends, or has to be ended, every guest in it ends with the outcome `crashed`, calls under way fail with code
 * `ERR_HOTCELL_SIDECAR_LOST`, and the next call that needs a sidecar starts a fresh one. While nothing is under way it does
 * not keep Node alive; when Node ends, it ends.
 */
export class Sidecar {
  readonly #cell: Cell;

  private constructor(cell: Cell) {
    this.#cell = cell;
  }

  /**
   * Starts a sidecar: as a child process, or in this one. The binary is the option `binary`, else HOTCELL_BINARY, else
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
    return new Sidecar(await Cell.start(launch, checked));
  }

  /**
   * Connects to a sidecar that `hotcell serve --socket PATH` started. Closing leaves it running.
   *
   * @throws InvalidOptionError, ConnectFailedError, UnauthorizedError, StartTimeoutError, ProtocolVersionError
   */
  static async connect(options: ConnectOptions): Promise<Sidecar> {
    const checked = checkConnectOptions(options);
    return new Sidecar(await Cell.start((signal) => connectSocket(checked, signal), checked));
  }

  /** The process id of the sidecar, or of the last one: in this process, its own. */
  get pid(): number {
    return this.#cell.hello.pid;
  }

  /** The sidecar's version. */
  get version(): string {
    return this.#cell.hello.version;
  }

  /** The version of the V8 that guests run on. */
  get v8Version(): string {
    return this.#cell.hello.v8Version;
  }

  /**
   * Makes a sandbox. One with a userland that was not used before takes some tenths of a second.
   *
   * @throws InvalidOptionError, also where the userland fails, ClosedError, FileSystemError where its files don't fit in it, SidecarLostError,
   *   RestartFailedError
   */
  async createSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
    return Sandbox.create(this.#cell, sandboxSpec(options));
  }

  /**
   * Makes a WASI program ready and sends it to the sidecar, so that the first run of it doesn't have to.
   *
   * @param bytes The program. Copied, so that the caller may change them afterwards.
   * @throws InvalidArgumentError, ClosedError, SidecarLostError, RestartFailedError
   */
  async load(bytes: Uint8Array | ArrayBuffer | WasmProgram): Promise<WasmProgram> {
    const program = bytes instanceof WasmProgram ? bytes : WasmProgram.from(bytes);
    const session = await this.#cell.session();
    await session.blobs.provide(nameProgram(program));
    return program;
  }

  /** What the sidecar holds and has done. @throws ClosedError, SidecarLostError, RestartFailedError */
  async stats(): Promise<Stats> {
    const session = await this.#cell.session();
    return (await session.request({ type: "stats" }, "stats")).reply.stats;
  }

  /**
   * Ends the sidecar: guests that run are cancelled, and where it has not ended after 2 seconds it is killed. Closing again
   * waits for the same. Never rejects.
   */
  close(): Promise<void> {
    return this.#cell.close();
  }

  /** The same as `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

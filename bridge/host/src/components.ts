import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type NamedBytes, nameProgram, WasmProgram } from "./blobs.js";
import type { Cell } from "./cell.js";
import { asBytes, checkOptionNames, checkSignal, checkStringArgument, checkStringOption, describe } from "./checks.js";
import { InvalidArgumentError } from "./errors.js";
import { plainJson } from "./json.js";
import { checkLimits, type Limits } from "./limits.js";
import type { ComponentDetails, ComponentSource, ComponentSummary, JsonValue } from "./protocol/generated.js";
import type { Session } from "./session.js";

export type { ComponentDetails, ComponentSummary };

/** Options of `components.add`. */
export interface AddComponentOptions {
  /** What it is called by: letters, digits and any of `_.:@/-`, at most 128. */
  id: string;
}

/** Options of `components.call`. */
export interface CallOptions {
  /** Cancels the call: it rejects with code `ERR_HOTCELL_CALL_CANCELLED`. */
  signal?: AbortSignal;
  /** Of these `wallMs`, `cpuMs` and `externalMb` bound a call, which then rejects with code `ERR_HOTCELL_CALL_LIMIT`. */
  limits?: Limits;
}

/** What was registered from this side, to be registered again with a sidecar that takes a lost one's place. */
type Added = { file: string } | { blob: NamedBytes };

const ADD_OPTIONS = new Set(["id"]);
const CALL_OPTIONS = new Set(["signal", "limits"]);

/**
 * The components of a sidecar: WebAssembly whose functions are called by name. Registered for all hosts of the sidecar; listed at
 * once, loaded in the background, callable all the while.
 *
 * What a function leaves in its component's memory is there for this host's next call, and for no other host's.
 */
export class Components {
  readonly #cell: Cell;
  readonly #added = new Map<string, Added>();
  /** The session that has all of these. */
  #provided: Session | undefined;
  #providing: Promise<Session> | undefined;

  /** @internal */
  constructor(cell: Cell) {
    this.#cell = cell;
  }

  /**
   * Registers a component or a plain module, in place of one that has the id already. Can be called when this resolves, and
   * loads in the background.
   *
   * @param source A file that the sidecar reads, by its path or URL: where it is replaced, the new code runs. Or the bytes.
   * @throws InvalidArgumentError, InvalidOptionError, ClosedError, SidecarLostError, RestartFailedError
   */
  async add(
    source: string | URL | Uint8Array | ArrayBuffer | WasmProgram,
    options: AddComponentOptions,
  ): Promise<void> {
    checkOptionNames(options, ADD_OPTIONS, "components.add");
    const id = checkStringOption(options.id, "id");
    const added = addedFrom(source);
    const session = await this.#session();
    await register(session, id, added);
    this.#added.set(id, added);
  }

  /** Forgets a component. @throws HotcellError with code `ERR_HOTCELL_UNKNOWN_COMPONENT` where there is none. */
  async remove(id: string): Promise<void> {
    checkStringArgument(id, "id");
    const session = await this.#session();
    this.#added.delete(id);
    await session.request({ type: "removeComponent", component: id }, "done");
  }

  /** All components, by id. What is not known yet of one that is loading is left out. */
  async list(): Promise<ComponentSummary[]> {
    const session = await this.#session();
    return (await session.request({ type: "listComponents" }, "components")).reply.components;
  }

  /**
   * What a component's functions take and return, as JSON Schema. Waits where that is not known before it is loaded.
   *
   * @throws HotcellError with code `ERR_HOTCELL_UNKNOWN_COMPONENT` or `ERR_HOTCELL_COMPONENT_FAILED`
   */
  async get(id: string): Promise<ComponentDetails> {
    checkStringArgument(id, "id");
    const session = await this.#session();
    return (await session.request({ type: "getComponent", component: id }, "component")).reply.component;
  }

  /**
   * Calls a function of a component; where the component is not loaded yet, this waits for it.
   *
   * @param args By name in an object, or in order in an array; see `get` for what they must be. BigInts go as 64-bit integers,
   *   and typed arrays as lists. A plain module takes one Uint8Array instead, and returns a Buffer.
   * @returns What the function returned: `null` where that is nothing.
   * @throws HotcellError with code `ERR_HOTCELL_UNKNOWN_COMPONENT`, `ERR_HOTCELL_UNKNOWN_FUNCTION`,
   *   `ERR_HOTCELL_COMPONENT_FAILED`, `ERR_HOTCELL_INVALID_ARGUMENT` (its message names the place), `ERR_HOTCELL_CALL_FAILED`
   *   (it trapped, say), `ERR_HOTCELL_CALL_LIMIT` or `ERR_HOTCELL_CALL_CANCELLED`
   */
  async call(id: string, name: string, args: Uint8Array | ArrayBuffer, options?: CallOptions): Promise<Buffer>;
  async call(id: string, name: string, args?: object, options?: CallOptions): Promise<JsonValue>;
  async call(
    id: string,
    name: string,
    args: object = {},
    { signal, limits, ...others }: CallOptions = {},
  ): Promise<JsonValue | Buffer> {
    checkStringArgument(id, "id");
    checkStringArgument(name, "function");
    checkOptionNames(others, CALL_OPTIONS, "components.call");
    if (signal !== undefined) checkSignal(signal);
    const checkedLimits = limits === undefined ? {} : checkLimits(limits);
    if (typeof args !== "object" || args === null) {
      throw new InvalidArgumentError(
        `The arguments must be an object, an array or bytes, not ${describe(args)}.`,
        "args",
      );
    }
    const bytes = asBytes(args);
    // Copied before anything is waited for.
    const input = bytes === undefined ? plainJson(args, "args") : Buffer.from(bytes);
    const session = await this.#session();
    return session.call({ component: id, function: name, input, limits: checkedLimits, signal });
  }

  /** A session that knows every component that was registered from this side. */
  async #session(): Promise<Session> {
    const session = await this.#cell.session();
    if (session === this.#provided) return session;
    this.#providing ??= this.#provide().finally(() => {
      this.#providing = undefined;
    });
    return this.#providing;
  }

  async #provide(): Promise<Session> {
    const session = await this.#cell.session();
    await Promise.all(Array.from(this.#added, ([id, added]) => register(session, id, added)));
    this.#provided = session;
    return session;
  }
}

function addedFrom(source: unknown): Added {
  if (typeof source === "string") return { file: resolve(checkStringArgument(source, "path")) };
  if (source instanceof URL) return { file: fileURLToPath(source) };
  if (source instanceof WasmProgram || asBytes(source) !== undefined) return { blob: nameProgram(source) };
  const kinds = "a path, a file URL, bytes or a WasmProgram";
  throw new InvalidArgumentError(`A component must be ${kinds}, not ${describe(source)}.`, "source");
}

async function register(session: Session, id: string, added: Added): Promise<void> {
  const add = (source: ComponentSource) => session.request({ type: "addComponent", component: id, source }, "done");
  if ("file" in added) await add({ kind: "file", path: added.file });
  else await session.blobs.with(added.blob, () => add({ kind: "blob", digest: added.blob.digest }));
}

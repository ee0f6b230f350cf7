import { AddonNotFoundError, AddonNotLoadableError } from "../errors.js";
import { findNativeFile, type NativeFile } from "../native-file.js";

/** What the addon exports. Its errors have a `code`, as those of this package. */
export interface Addon {
  /**
   * Connects to the engine of this process, which is started where this is its first host.
   *
   * @param hello The host's hello, as JSON.
   * @param settings The environment variables that set the engine up.
   * @param binary The sidecar's binary, with which snapshots are made: that of the first host of the process counts.
   * @param wake Called when something waits that `take` gives, and again only after that.
   */
  connect(
    hello: string,
    settings: Record<string, string>,
    log: "inherit" | "ignore" | "lines",
    binary: string | undefined,
    wake: () => void,
  ): NativeConnection;
}

/** A connection to the engine, with what the protocol calls frames as calls and values. */
export interface NativeConnection {
  /** The sidecar's hello, as JSON. */
  readonly hello: string;
  request(id: number, request: string): void;
  upload(id: number, bytes: Uint8Array, last: boolean): void;
  stdin(guest: number, bytes: Uint8Array, last: boolean): void;
  /** What waits: kind, id, whether it is the last part, and content, one message after the other. */
  take(): Mail;
  ref(): void;
  unref(): void;
  close(): void;
}

export type Mail = (number | boolean | string | Buffer)[];

const BUILT: Partial<Record<NodeJS.Platform, string>> = {
  darwin: "libhotcell_node.dylib",
  win32: "hotcell_node.dll",
};

const ADDON: NativeFile = {
  what: "addon",
  option: "addon",
  variable: "HOTCELL_ADDON",
  packaged: "bin/hotcell.node",
  built: BUILT[process.platform] ?? "libhotcell_node.so",
  command: "cargo build --release -p hotcell-node",
  notFound: (message, searched) => new AddonNotFoundError(message, searched),
};

const loaded = new Map<string, Addon>();

/**
 * Loads the addon, once in each thread: the option `addon`, else HOTCELL_ADDON, else that of the platform's package, else
 * that of the nearest cargo target directory.
 *
 * @throws AddonNotFoundError, AddonNotLoadableError
 */
export function loadAddon(option: string | undefined): Addon {
  const path = findAddon(option);
  let addon = loaded.get(path);
  if (addon === undefined) {
    const module: { exports: Partial<Addon> } = { exports: {} };
    try {
      process.dlopen(module, path);
    } catch (error) {
      throw new AddonNotLoadableError(path, error as Error);
    }
    if (typeof module.exports.connect !== "function") {
      throw new AddonNotLoadableError(path, new Error("it is the addon of something else"));
    }
    addon = module.exports as Addon;
    loaded.set(path, addon);
  }
  return addon;
}

/** @throws AddonNotFoundError that says where it was looked for. */
export function findAddon(option: string | undefined, environment?: NodeJS.ProcessEnv, from?: string): string {
  return findNativeFile(ADDON, option, environment, from);
}

import type { CellOptions, SidecarEvent } from "./cell.js";
import { checkEnv, checkInteger, checkOptionNames, checkStringOption, describe } from "./checks.js";
import { InvalidOptionError } from "./errors.js";
import { checkLimits, type Limits } from "./limits.js";

/** Options of `Sidecar.start`. */
export interface StartOptions {
  /**
   * Where the sidecar runs: in a child process (unless set), or in this one. In this process a run takes less time, and a
   * guest that manages to end or to seize its process ends or seizes this one.
   */
  carrier?: "child" | "in-process";
  /**
   * Child processes that sandboxes are spread over, 1 to 64: what a guest does to one of them is nothing to the others.
   * HOTCELL_CELLS unless set, else 1. In this process there can be no second one.
   */
  cells?: number;
  /**
   * Child processes that are kept parked from the start, 0 to 64, so that a sandbox with `cell: "own"`, or the call after a
   * crash, need not wait for one to start. Unless set, one is kept from the first such sandbox on.
   */
  spareCells?: number;
  /** The path of the sidecar's binary. In this process it is what snapshots are made with. */
  binary?: string;
  /** The path of the Node addon, for this process. */
  addon?: string;
  /**
   * Settings of the sidecar's, laid over those variables of this process whose names start with HOTCELL_, and over HOME and
   * XDG_CACHE_HOME, below which its cache lies. It gets no other variables. In this process, whose engine serves all of its threads, every start must give the same.
   */
  env?: Readonly<Record<string, string | undefined>>;
  /**
   * The directories of this machine that sandboxes may have mounted, and those beneath them: absolute paths without
   * colons. None unless set. In this process every start must give the same.
   */
  mountRoots?: readonly string[];
  /** Limits of every guest whose sandbox sets none of its own. */
  limits?: Limits;
  /** Where the sidecar's log goes: to this process's stderr (unless set), nowhere, or line by line to a function. */
  log?: "inherit" | "ignore" | ((line: string) => void);
  /** Milliseconds that a child process may take to say hello. 10,000 unless set. */
  startTimeoutMs?: number;
  /** Told when the sidecar is lost or replaced, and when a guest comes near a limit. */
  onEvent?: (event: SidecarEvent) => void;
}

/** Options of `Sidecar.connect`. */
export interface ConnectOptions {
  /** The path of the socket that `hotcell serve` was given. */
  socket: string;
  /** The token that it wants. */
  token?: string;
  /** Limits of every guest whose sandbox sets none of its own. */
  limits?: Limits;
  /** Milliseconds that it may take to say hello. 10,000 unless set. */
  startTimeoutMs?: number;
  /** Told when the sidecar is lost or replaced. */
  onEvent?: (event: SidecarEvent) => void;
}

interface CheckedOptions extends CellOptions {
  startTimeoutMs: number;
}

export interface CheckedStartOptions extends CheckedOptions {
  carrier: "child" | "in-process";
  cells: number;
  spareCells: number;
  binary: string | undefined;
  addon: string | undefined;
  env: Record<string, string>;
  log: "inherit" | "ignore" | ((line: string) => void);
}

export interface CheckedConnectOptions extends CheckedOptions {
  socket: string;
  token: string | undefined;
}

const START_OPTIONS = new Set([
  "carrier",
  "cells",
  "spareCells",
  "binary",
  "addon",
  "env",
  "mountRoots",
  "limits",
  "log",
  "startTimeoutMs",
  "onEvent",
]);
const CONNECT_OPTIONS = new Set(["socket", "token", "limits", "startTimeoutMs", "onEvent"]);
const DEFAULT_START_TIMEOUT_MS = 10_000;
/** Each is a process with an engine of its own: more would only share out the same cores. */
const MAX_CELLS = 64;
/** A hello must fit into 4 KiB, whatever the characters are. */
const MAX_TOKEN_LENGTH = 512;
/** What Node's timers take. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** @throws InvalidOptionError */
export function checkStartOptions(options: StartOptions): CheckedStartOptions {
  checkOptionNames(options, START_OPTIONS, "Sidecar.start");
  const { carrier = "child", binary, addon, log = "inherit" } = options;
  if (carrier !== "child" && carrier !== "in-process") {
    const message = `The option carrier must be "child" or "in-process", not ${describe(carrier)}.`;
    throw new InvalidOptionError(message, "carrier");
  }
  if (addon !== undefined && carrier === "child") {
    throw new InvalidOptionError('The option addon has a meaning only with carrier: "in-process".', "addon");
  }
  if (log !== "inherit" && log !== "ignore" && typeof log !== "function") {
    throw new InvalidOptionError(
      `The option log must be "inherit", "ignore" or a function that takes a line, not ${describe(log)}.`,
      "log",
    );
  }
  return {
    ...checkShared(options),
    carrier,
    ...checkCells(options, carrier),
    binary: binary === undefined ? undefined : checkStringOption(binary, "binary"),
    addon: addon === undefined ? undefined : checkStringOption(addon, "addon"),
    env: { ...ownSettings(), ...checkEnv(options.env ?? {}), ...mountRootsSetting(options.mountRoots) },
    log,
  };
}

/** @throws InvalidOptionError */
export function checkConnectOptions(options: ConnectOptions): CheckedConnectOptions {
  checkOptionNames(options, CONNECT_OPTIONS, "Sidecar.connect");
  const socket = checkStringOption(options.socket, "socket");
  const token = options.token === undefined ? undefined : checkStringOption(options.token, "token");
  if (token !== undefined && token.length > MAX_TOKEN_LENGTH) {
    throw new InvalidOptionError(`The option token must have at most ${MAX_TOKEN_LENGTH} characters.`, "token");
  }
  return { ...checkShared(options), socket, token };
}

function checkShared(options: StartOptions | ConnectOptions): CheckedOptions {
  const { onEvent, startTimeoutMs = DEFAULT_START_TIMEOUT_MS } = options;
  if (onEvent !== undefined && typeof onEvent !== "function") {
    throw new InvalidOptionError(`The option onEvent must be a function, not ${describe(onEvent)}.`, "onEvent");
  }
  return {
    limits: checkLimits(options.limits),
    startTimeoutMs: checkInteger(startTimeoutMs, "startTimeoutMs", 1, MAX_TIMEOUT_MS),
    onEvent,
  };
}

function checkCells({ cells, spareCells }: StartOptions, carrier: string): { cells: number; spareCells: number } {
  if (carrier === "in-process") {
    for (const [option, value, only] of [
      ["cells", cells, 1],
      ["spareCells", spareCells, 0],
    ] as const) {
      if (value !== undefined && value !== only) {
        const message = `The option ${option} has a meaning only with carrier: "child": one engine serves this process.`;
        throw new InvalidOptionError(message, option);
      }
    }
    return { cells: 1, spareCells: 0 };
  }
  return {
    cells: cells === undefined ? cellsOfEnvironment() : checkInteger(cells, "cells", 1, MAX_CELLS),
    spareCells: checkInteger(spareCells ?? 0, "spareCells", 0, MAX_CELLS),
  };
}

function cellsOfEnvironment(): number {
  const text = process.env.HOTCELL_CELLS;
  if (text === undefined || text === "") return 1;
  const cells = /^\d+$/.test(text) ? Number(text) : 0;
  if (cells < 1 || cells > MAX_CELLS) {
    const message = `HOTCELL_CELLS must be a whole number from 1 to ${MAX_CELLS}, not ${describe(text)}.`;
    throw new InvalidOptionError(message, "cells");
  }
  return cells;
}

function mountRootsSetting(roots: unknown): Record<string, string> {
  if (roots === undefined) return {};
  if (!Array.isArray(roots)) {
    throw new InvalidOptionError(`The option mountRoots must be an array, not ${describe(roots)}.`, "mountRoots");
  }
  const paths = roots.map((root, index) => {
    const option = `mountRoots[${index}]`;
    const path = checkStringOption(root, option);
    if (path.startsWith("/") && !path.includes(":")) return path;
    const message = `The option ${option} must be an absolute path without a colon, but it is ${describe(path)}.`;
    throw new InvalidOptionError(message, option);
  });
  return paths.length === 0 ? {} : { HOTCELL_MOUNT_ROOTS: paths.join(":") };
}

/** Variables that are meant for this package. */
const OF_THIS_PACKAGE = new Set(["HOTCELL_BINARY", "HOTCELL_ADDON", "HOTCELL_CELLS"]);

/** Where a user's caches lie, after the XDG Base Directory Specification. */
const OF_CACHES = new Set(["HOME", "XDG_CACHE_HOME"]);

/** The variables of this process that are meant for the sidecar. */
function ownSettings(): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    const isMeant = name.startsWith("HOTCELL_") ? !OF_THIS_PACKAGE.has(name) : OF_CACHES.has(name);
    if (isMeant && value !== undefined) settings[name] = value;
  }
  return settings;
}

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
  /** The path of the sidecar's binary, for a child process. */
  binary?: string;
  /** The path of the Node addon, for this process. */
  addon?: string;
  /**
   * Settings of the sidecar's, laid over those variables of this process whose names start with HOTCELL_. It gets no
   * other variables. In this process, whose engine serves all of its threads, every start must give the same.
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
  /** Told when the sidecar is lost or replaced. */
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
  if (binary !== undefined && carrier === "in-process") {
    throw new InvalidOptionError('The option binary has no meaning with carrier: "in-process".', "binary");
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
const OF_THIS_PACKAGE = new Set(["HOTCELL_BINARY", "HOTCELL_ADDON"]);

/** The variables of this process that are meant for the sidecar. */
function ownSettings(): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (name.startsWith("HOTCELL_") && !OF_THIS_PACKAGE.has(name) && value !== undefined) settings[name] = value;
  }
  return settings;
}

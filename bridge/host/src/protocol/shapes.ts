import {
  ERROR_CODES,
  type ErrorCode,
  type ErrorInfo,
  type FileKind,
  type FileStat,
  type GuestError,
  type GuestExit,
  type ModuleCacheStats,
  type Notice,
  type Outcome,
  type Phase,
  type PhaseSpan,
  type Phases,
  type PoolStats,
  type Reply,
  type RetireReason,
  SIGNALS,
  type SidecarHello,
  type Signal,
  type Stats,
  type Usage,
} from "./generated.js";

/** Whether a value that JSON.parse gave has the shape of T. Fields that T does not have are passed over. */
export type Shape<T> = (value: unknown) => value is T;

// The mapped types make it an error here to forget a field, a variant or a member of what the protocol declares.

function object<T>(fields: { [K in keyof T]-?: Shape<T[K]> }): Shape<T> {
  const checks = Object.entries(fields) as [string, Shape<unknown>][];
  return (value): value is T => {
    if (typeof value !== "object" || value === null) return false;
    for (const [name, check] of checks) {
      if (!check((value as Record<string, unknown>)[name])) return false;
    }
    return true;
  };
}

function tagged<T extends { type: string }>(
  variants: {
    [K in T["type"]]: Shape<Omit<Extract<T, { type: K }>, "type">>;
  },
): Shape<T> {
  const checks = new Map(Object.entries(variants) as [string, Shape<unknown>][]);
  return (value): value is T =>
    typeof value === "object" &&
    value !== null &&
    "type" in value &&
    typeof value.type === "string" &&
    (checks.get(value.type)?.(value) ?? false);
}

function oneOf<T extends string>(members: Record<T, unknown>): Shape<T> {
  const names = new Set<unknown>(Object.keys(members));
  return (value): value is T => names.has(value);
}

function optional<T>(check: Shape<T>): Shape<T | undefined> {
  return (value): value is T | undefined => value === undefined || check(value);
}

function array<T>(check: Shape<T>): Shape<T[]> {
  return (value): value is T[] => Array.isArray(value) && value.every(check);
}

const text: Shape<string> = (value) => typeof value === "string";
const flag: Shape<boolean> = (value) => typeof value === "boolean";
const number: Shape<number> = (value) => typeof value === "number";
const count: Shape<number> = (value): value is number => Number.isInteger(value) && (value as number) >= 0;

const errorCodes = Object.fromEntries(ERROR_CODES.map((code) => [code, true])) as Record<ErrorCode, true>;

/** The shape of a refusal and of a failure. */
export const errorInfo: Shape<ErrorInfo> = object<ErrorInfo>({
  code: oneOf<ErrorCode>(errorCodes),
  message: text,
  errno: optional(text),
});

/** The shape of the sidecar's hello, once its version is known to be ours. */
export const sidecarHello: Shape<SidecarHello> = object<SidecarHello>({
  protocol: count,
  version: text,
  v8Version: text,
  pid: count,
  maxFrame: count,
});

const fileKind = oneOf<FileKind>({ file: true, directory: true, symlink: true, device: true });

const fileStat = object<FileStat>({
  kind: fileKind,
  size: count,
  mode: count,
  inode: count,
  links: count,
  atimeMs: number,
  mtimeMs: number,
  ctimeMs: number,
});

const moduleCache = object<ModuleCacheStats>({
  entries: count,
  bytes: count,
  hits: count,
  misses: count,
  evictions: count,
});

const pool = object<PoolStats>({
  parked: count,
  seeds: count,
  refills: count,
  parks: count,
  claimHits: count,
  claimMisses: count,
  evictions: count,
});

const stats = object<Stats>({
  pid: count,
  version: text,
  v8Version: text,
  uptimeMs: count,
  sandboxes: count,
  guests: count,
  guestsStarted: count,
  guestsEnded: count,
  residentBytes: count,
  moduleCache,
  pool,
});

/** The shape of a reply. */
export const reply: Shape<Reply> = tagged<Reply>({
  done: object({}),
  failed: object({ error: errorInfo }),
  readdir: object({ entries: array(object({ name: text, kind: fileKind })) }),
  stat: object({ stat: fileStat }),
  readlink: object({ target: text }),
  stats: object({ stats }),
});

const usage = object<Usage>({
  wallUs: count,
  startUs: count,
  cpuUs: count,
  heapBytes: count,
  externalPeakBytes: count,
  stdoutBytes: count,
  stderrBytes: count,
});

const phases = object<Phases>({
  receivedMs: number,
  warmWorker: flag,
  spans: array(
    object<PhaseSpan>({
      phase: oneOf<Phase>({
        queue: true,
        module_get: true,
        snapshot_get: true,
        isolate_new: true,
        context: true,
        claim: true,
        inject: true,
        compile: true,
        user_code: true,
        drain: true,
        exit: true,
      }),
      startUs: number,
      durationUs: number,
    }),
  ),
});

const guestExit = object<GuestExit>({
  outcome: oneOf<Outcome>({
    exited: true,
    signaled: true,
    timed_out: true,
    out_of_memory: true,
    limit_exceeded: true,
    cancelled: true,
    crashed: true,
  }),
  exitCode: optional(count),
  signal: optional(oneOf<Signal>(SIGNALS)),
  error: optional(object<GuestError>({ message: text, limit: optional(text) })),
  usage,
  phases: optional(phases),
});

/** The shape of a notice. */
export const notice: Shape<Notice> = tagged<Notice>({
  exit: object({ exit: guestExit }),
  stdinCredit: object({ bytes: count }),
  stdinClosed: object({}),
  limitNear: object({ limit: text, used: count, max: count }),
  retiring: object({
    reason: oneOf<RetireReason>({ unyielding: true, engineOutOfMemory: true, engineFatal: true }),
    message: text,
    drainMs: count,
  }),
});

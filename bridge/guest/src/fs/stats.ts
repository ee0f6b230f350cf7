import { define } from "../define.ts";
import type { FileKind, NativeStat } from "../native.ts";
import { BigInt, Date, MathFloor } from "../primordials.ts";

const FILE = 0;
const DIRECTORY = 1;
const LINK = 2;
const DEVICE = 3;

/** The type bits of a mode, by kind, as Linux has them. */
const TYPE_BITS = [0o100000, 0o040000, 0o120000, 0o020000];
const BLOCK = 4096;

/** The kind, out of reach of what the guest does to the object's properties. */
class OfKind {
  readonly #kind: FileKind;

  constructor(kind: FileKind) {
    this.#kind = kind;
  }

  isFile(): boolean {
    return this.#kind === FILE;
  }

  isDirectory(): boolean {
    return this.#kind === DIRECTORY;
  }

  isSymbolicLink(): boolean {
    return this.#kind === LINK;
  }

  isCharacterDevice(): boolean {
    return this.#kind === DEVICE;
  }

  isBlockDevice(): boolean {
    return false;
  }

  isFIFO(): boolean {
    return false;
  }

  isSocket(): boolean {
    return false;
  }
}

export class Stats extends OfKind {
  readonly dev = 0;
  readonly mode: number;
  readonly nlink: number;
  readonly uid = 0;
  readonly gid = 0;
  readonly rdev = 0;
  readonly blksize = BLOCK;
  readonly ino: number;
  readonly size: number;
  readonly blocks: number;
  readonly atimeMs: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly birthtimeMs: number;
  readonly atime: Date;
  readonly mtime: Date;
  readonly ctime: Date;
  readonly birthtime: Date;

  constructor(stat: NativeStat) {
    super(stat[0]);
    this.mode = stat[2] | TYPE_BITS[stat[0]]!;
    this.nlink = stat[4];
    this.ino = stat[3];
    this.size = stat[1];
    this.blocks = MathFloor((stat[1] + 511) / 512);
    this.atimeMs = stat[5];
    this.mtimeMs = stat[6];
    this.ctimeMs = stat[7];
    // The sandbox's files do not record when they were made; nothing happened to them before their last change.
    this.birthtimeMs = stat[7];
    this.atime = new Date(stat[5]);
    this.mtime = new Date(stat[6]);
    this.ctime = new Date(stat[7]);
    this.birthtime = new Date(stat[7]);
  }
}

const NUMBERS = ["dev", "mode", "nlink", "uid", "gid", "rdev", "blksize", "ino", "size", "blocks"] as const;
const TIMES = ["atime", "mtime", "ctime", "birthtime"] as const;

/** Stats with its numbers as bigints and the times in nanoseconds as well. */
export function toBigIntStats(stats: Stats): Stats {
  for (let i = 0; i < NUMBERS.length; i++) define(stats, NUMBERS[i]!, BigInt(stats[NUMBERS[i]!]), true);
  for (let i = 0; i < TIMES.length; i++) {
    const ms = stats[`${TIMES[i]!}Ms`];
    define(stats, `${TIMES[i]}Ms`, BigInt(MathFloor(ms)), true);
    define(stats, `${TIMES[i]}Ns`, BigInt(MathFloor(ms * 1e6)), true);
  }
  return stats;
}

export class Dirent extends OfKind {
  readonly name: string | Uint8Array;
  readonly parentPath: string;
  readonly path: string;

  constructor(name: string | Uint8Array, parentPath: string, kind: FileKind) {
    super(kind);
    this.name = name;
    this.parentPath = parentPath;
    this.path = parentPath;
  }
}

import { checkBoolean, checkChoice, checkOptionNames, checkPath, checkStringArgument, describe } from "./checks.js";
import { FileSystemError, InvalidArgumentError } from "./errors.js";
import type { GuestHome, Placement } from "./guest.js";
import type { FileKind, FileStat as WireStat } from "./protocol/generated.js";
import { checkMode, defaultMode, type FileData, fileBytes } from "./sandbox-options.js";

export type { FileKind };

/** Options of `fs.writeFile`. */
export interface WriteFileOptions {
  /**
   * The permission bits of the file. Unless set, 0o755 where it lies in a directory named `bin`, is a WebAssembly
   * program or starts with `#!`, else 0o644.
   */
  mode?: number;
  /** Whether missing directories are made. False unless set. */
  parents?: boolean;
}

/** A name in a directory, and what it leads to. */
export class DirectoryEntry {
  readonly name: string;
  readonly kind: FileKind;

  /** @internal */
  constructor(name: string, kind: FileKind) {
    this.name = name;
    this.kind = kind;
  }

  isFile(): boolean {
    return this.kind === "file";
  }

  isDirectory(): boolean {
    return this.kind === "directory";
  }

  isSymbolicLink(): boolean {
    return this.kind === "symlink";
  }
}

/** What is known of a file. */
export class FileStat {
  readonly kind: FileKind;
  /** Bytes. */
  readonly size: number;
  /** The permission bits, such as 0o644. */
  readonly mode: number;
  readonly inode: number;
  /** Names that lead to the file. */
  readonly links: number;
  /** Milliseconds since 1970 of the last access. */
  readonly atimeMs: number;
  /** Milliseconds since 1970 of the last change of content. */
  readonly mtimeMs: number;
  /** Milliseconds since 1970 of the last change of content or attributes. */
  readonly ctimeMs: number;

  /** @internal */
  constructor(stat: WireStat) {
    this.kind = stat.kind;
    this.size = stat.size;
    this.mode = stat.mode;
    this.inode = stat.inode;
    this.links = stat.links;
    this.atimeMs = stat.atimeMs;
    this.mtimeMs = stat.mtimeMs;
    this.ctimeMs = stat.ctimeMs;
  }

  isFile(): boolean {
    return this.kind === "file";
  }

  isDirectory(): boolean {
    return this.kind === "directory";
  }

  isSymbolicLink(): boolean {
    return this.kind === "symlink";
  }
}

/**
 * The files of a sandbox. Paths are absolute, or relative to the sandbox's cwd. What fails, fails with a
 * `FileSystemError` whose `errno` has the POSIX name of the reason.
 */
export class SandboxFs {
  readonly #home: GuestHome;

  /** @internal */
  constructor(home: GuestHome) {
    this.#home = home;
  }

  /** Writes a whole file, replacing what was there. The bytes must not be changed before the promise resolves. */
  async writeFile(path: string, data: FileData, options: WriteFileOptions = {}): Promise<void> {
    checkPath(path);
    checkOptionNames(options, WRITE_FILE_OPTIONS, "writeFile");
    const parents = checkBoolean(options.parents, "parents", false);
    const content = fileBytes(data);
    if (content === undefined) {
      const kinds = "a string, bytes or a WasmProgram";
      throw new InvalidArgumentError(`The data must be ${kinds}, not ${describe(data)}.`, "data");
    }
    const bytes = content instanceof Uint8Array ? content : content.bytes;
    const mode = options.mode === undefined ? defaultMode(path, bytes) : checkMode(options.mode, "mode");
    const { session, sandbox } = await this.#home.place();
    await writeFile({ session, sandbox }, path, content, parents, mode);
  }

  /** Reads a whole file: its bytes, or its text with the encoding `"utf8"`. */
  async readFile(path: string, options?: { encoding?: undefined }): Promise<Buffer>;
  async readFile(path: string, options: "utf8" | "utf-8" | { encoding: "utf8" | "utf-8" }): Promise<string>;
  async readFile(path: string, options?: string | { encoding?: string | undefined }): Promise<Buffer | string> {
    checkPath(path);
    if (typeof options === "object") checkOptionNames(options, READ_FILE_OPTIONS, "readFile");
    const encoding = typeof options === "object" ? options.encoding : options;
    if (encoding !== undefined) checkChoice(encoding, "encoding", ["utf8", "utf-8"]);
    const { session, sandbox } = await this.#home.place();
    const bytes = await session.readFile(sandbox, path);
    return encoding === undefined ? bytes : bytes.toString("utf8");
  }

  /** Makes a directory; `recursive` makes its missing parents too, and doesn't mind where it is there. */
  async mkdir(path: string, options: { recursive?: boolean } = {}): Promise<void> {
    checkPath(path);
    checkOptionNames(options, MKDIR_OPTIONS, "mkdir");
    const recursive = checkBoolean(options.recursive, "recursive", false);
    const { session, sandbox } = await this.#home.place();
    await session.fs(sandbox, { op: "mkdir", path, recursive }, path, "done");
  }

  /** The names in a directory, sorted by their bytes; with `withFileTypes` also what they lead to. */
  async readdir(path: string, options?: { withFileTypes?: false }): Promise<string[]>;
  async readdir(path: string, options: { withFileTypes: true }): Promise<DirectoryEntry[]>;
  async readdir(path: string, options: { withFileTypes?: boolean } = {}): Promise<string[] | DirectoryEntry[]> {
    checkPath(path);
    checkOptionNames(options, READDIR_OPTIONS, "readdir");
    const withFileTypes = checkBoolean(options.withFileTypes, "withFileTypes", false);
    const { session, sandbox } = await this.#home.place();
    const { entries } = await session.fs(sandbox, { op: "readdir", path }, path, "readdir");
    return withFileTypes
      ? entries.map(({ name, kind }) => new DirectoryEntry(name, kind))
      : entries.map(({ name }) => name);
  }

  /** What is known of a file; of the target where the path is a symbolic link. */
  stat(path: string): Promise<FileStat> {
    return this.#stat(path, true);
  }

  /** What is known of a file, or of a symbolic link itself. */
  lstat(path: string): Promise<FileStat> {
    return this.#stat(path, false);
  }

  /** Whether the path leads to something. */
  async exists(path: string): Promise<boolean> {
    try {
      await this.#stat(path, true);
      return true;
    } catch (error) {
      if (error instanceof FileSystemError && ABSENT.has(error.errno)) return false;
      throw error;
    }
  }

  /** Removes a file or link; a directory with all that is in it where `recursive`. `force` minds nothing that is missing. */
  async rm(path: string, options: { recursive?: boolean; force?: boolean } = {}): Promise<void> {
    checkPath(path);
    checkOptionNames(options, RM_OPTIONS, "rm");
    const recursive = checkBoolean(options.recursive, "recursive", false);
    const force = checkBoolean(options.force, "force", false);
    const { session, sandbox } = await this.#home.place();
    await session.fs(sandbox, { op: "rm", path, recursive, force }, path, "done");
  }

  /** Renames a file or directory, replacing what has the new name as rename(2) does. */
  async rename(from: string, to: string): Promise<void> {
    checkPath(from, "old path");
    checkPath(to, "new path");
    const { session, sandbox } = await this.#home.place();
    await session.fs(sandbox, { op: "rename", from, to }, from, "done");
  }

  /** Makes a symbolic link at `path` that says `target`. */
  async symlink(target: string, path: string): Promise<void> {
    checkStringArgument(target, "target");
    checkPath(path);
    const { session, sandbox } = await this.#home.place();
    await session.fs(sandbox, { op: "symlink", target, path }, path, "done");
  }

  /** What a symbolic link says. */
  async readlink(path: string): Promise<string> {
    checkPath(path);
    const { session, sandbox } = await this.#home.place();
    return (await session.fs(sandbox, { op: "readlink", path }, path, "readlink")).target;
  }

  async #stat(path: string, follow: boolean): Promise<FileStat> {
    checkPath(path);
    const { session, sandbox } = await this.#home.place();
    return new FileStat((await session.fs(sandbox, { op: "stat", path, follow }, path, "stat")).stat);
  }
}

/** Writes a file from bytes, or from a blob that the sidecar is given where it has it not. */
export async function writeFile(
  { session, sandbox }: Placement,
  path: string,
  content: NonNullable<ReturnType<typeof fileBytes>>,
  parents: boolean,
  mode: number,
): Promise<void> {
  if (content instanceof Uint8Array) {
    await session.writeFile(sandbox, path, content, parents, mode);
    return;
  }
  const request = { op: "writeFile", path, content: { kind: "blob", digest: content.digest }, parents, mode } as const;
  await session.blobs.with(content, () => session.fs(sandbox, request, path, "done"));
}

const WRITE_FILE_OPTIONS = new Set(["mode", "parents"]);
const READ_FILE_OPTIONS = new Set(["encoding"]);
const MKDIR_OPTIONS = new Set(["recursive"]);
const READDIR_OPTIONS = new Set(["withFileTypes"]);
const RM_OPTIONS = new Set(["recursive", "force"]);

/** The reasons why a path leads to nothing. */
const ABSENT = new Set(["ENOENT", "ENOTDIR"]);

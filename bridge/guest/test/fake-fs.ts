/** `NativeFs` over a temporary directory of the machine, which the guest sees as its root. */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type { FileKind, NativeFs, NativeStat } from "../src/native.ts";

const kindOf = (entry: fs.Stats | fs.Dirent): FileKind =>
  entry.isFile() ? 0 : entry.isDirectory() ? 1 : entry.isSymbolicLink() ? 2 : 3;

export class FakeFs implements NativeFs {
  readonly root = fs.mkdtempSync(path.join(tmpdir(), "hotcell-guest-"));
  #cwd = "/";

  constructor(files: Record<string, string> = {}) {
    for (const [file, text] of Object.entries(files)) {
      const real = path.join(this.root, file);
      fs.mkdirSync(path.dirname(real), { recursive: true });
      fs.writeFileSync(real, text);
    }
    process.on("exit", () => fs.rmSync(this.root, { recursive: true, force: true }));
  }

  #real(file: string): string {
    return path.join(this.root, path.posix.resolve(this.#cwd, file));
  }

  /** Runs a call of Node's and makes its error say the guest's path. */
  #call<T>(run: () => T, guestPath: string): T {
    try {
      return run();
    } catch (error) {
      const failure = error as NodeJS.ErrnoException;
      failure.message = failure.message.replaceAll(this.root, "").replace(/'[^']*'/, `'${guestPath}'`);
      failure.path = guestPath;
      throw failure;
    }
  }

  readFile(file: string): Uint8Array {
    return this.#call(() => new Uint8Array(fs.readFileSync(this.#real(file))), file);
  }
  writeFile(file: string, data: string | Uint8Array, flag: "w" | "a" | "wx" | "ax", mode: number): void {
    this.#call(() => fs.writeFileSync(this.#real(file), data, { flag, mode }), file);
  }
  stat(file: string, follow: boolean): NativeStat {
    const stats = this.#call(() => (follow ? fs.statSync : fs.lstatSync)(this.#real(file)) as fs.Stats, file);
    const { size, mode, ino, nlink, atimeMs, mtimeMs, ctimeMs } = stats;
    return [kindOf(stats), size, mode & 0o7777, ino, nlink, atimeMs, mtimeMs, ctimeMs];
  }
  readdir(file: string): [string[], FileKind[]] {
    const entries = this.#call(() => fs.readdirSync(this.#real(file), { withFileTypes: true }), file);
    return [entries.map(({ name }) => name), entries.map(kindOf)];
  }
  mkdir(file: string, recursive: boolean, mode: number): string | undefined {
    const made = this.#call(() => fs.mkdirSync(this.#real(file), { recursive, mode }), file);
    return made?.slice(this.root.length);
  }
  rmdir(file: string): void {
    this.#call(() => fs.rmdirSync(this.#real(file)), file);
  }
  unlink(file: string): void {
    this.#call(() => fs.unlinkSync(this.#real(file)), file);
  }
  rm(file: string, recursive: boolean, force: boolean): void {
    this.#call(() => fs.rmSync(this.#real(file), { recursive, force }), file);
  }
  rename(from: string, to: string): void {
    this.#call(() => fs.renameSync(this.#real(from), this.#real(to)), from);
  }
  symlink(target: string, file: string): void {
    this.#call(() => fs.symlinkSync(target.startsWith("/") ? this.root + target : target, this.#real(file)), file);
  }
  link(existing: string, file: string): void {
    this.#call(() => fs.linkSync(this.#real(existing), this.#real(file)), existing);
  }
  readlink(file: string): string {
    return this.#call(() => fs.readlinkSync(this.#real(file)), file).replace(this.root, "");
  }
  realpath(file: string): string {
    return this.#call(() => fs.realpathSync(this.#real(file)), file).slice(this.root.length) || "/";
  }
  chmod(file: string, mode: number): void {
    this.#call(() => fs.chmodSync(this.#real(file), mode), file);
  }
  truncate(file: string, length: number): void {
    this.#call(() => fs.truncateSync(this.#real(file), length), file);
  }
  utimes(file: string, atimeMs: number, mtimeMs: number): void {
    this.#call(() => fs.utimesSync(this.#real(file), atimeMs / 1000, mtimeMs / 1000), file);
  }
  chdir(file: string): void {
    if (this.stat(file, true)[0] !== 1) {
      throw Object.assign(new Error(`ENOTDIR: not a directory, chdir '${file}'`), { code: "ENOTDIR" });
    }
    this.#cwd = path.posix.resolve(this.#cwd, file);
  }
  cwd(): string {
    return this.#cwd;
  }
}

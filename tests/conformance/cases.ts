import { Program, READ_WRITE, ROOT } from "./program.js";
import { CLOCK, EVENT, FD_FLAG, FILE_TYPE, FOLLOW, O_FLAG, rights, TIMES_FLAG, WHENCE } from "./standard.js";

/** A guest, and what it is started with. */
export interface Case {
  readonly name: string;
  readonly program: Program;
  readonly files?: Record<string, string>;
  readonly args?: string[];
  readonly env?: Record<string, string>;
  readonly stdin?: string;
  /** What it writes to stdout; nothing unless said otherwise. */
  readonly stdout?: string;
}

export const CASES: Case[] = [];

function define(name: string, write: (program: Program) => Omit<Case, "name" | "program"> | undefined): void {
  const program = new Program();
  CASES.push({ name, program, ...write(program) });
}

/** A pointer to where no memory is. */
const NOWHERE = 0x7fff_0000;
/** A descriptor that is not open. */
const CLOSED = 99;
const ALL_RIGHTS = (1n << 30n) - 1n;

// Fields of the standard's records.
const FDSTAT = { type: 0, flags: 2, base: 8, inheriting: 16, size: 24 };
const FILESTAT = { inode: 8, type: 16, links: 24, size: 32, atim: 40, mtim: 48, ctim: 56, bytes: 64 };
const EVENT_RECORD = { userdata: 0, error: 8, type: 10, nbytes: 16, flags: 24, bytes: 32 };

define("arguments and environment", (p) => {
  const [count, bytes] = [p.room(4), p.room(4)];
  p.call("args_sizes_get", count, bytes);
  p.expect(count, 3);
  p.expect(bytes, "program".length + "one".length + "zwei é".length + 1 + 3);
  const [pointers, strings] = [p.room(12), p.room(64)];
  p.call("args_get", pointers, strings);
  p.expect(pointers, strings);
  p.expect(pointers + 4, strings + 8);
  p.expectBytes(strings, "program\0one\0zwei é\0");
  p.call("environ_sizes_get", count, bytes);
  p.expect(count, 3);
  const variables = "A=1\0PATH=/bin\0PWD=/\0";
  p.expect(bytes, variables.length);
  p.call("environ_get", pointers, strings);
  p.expectBytes(strings, variables);
  p.expect(pointers + 8, strings + "A=1\0PATH=/bin\0".length);
  p.fails("fault", "args_sizes_get", NOWHERE, bytes);
  p.fails("fault", "args_get", NOWHERE, strings);
  p.fails("fault", "args_get", pointers, NOWHERE);
  p.fails("fault", "environ_sizes_get", count, NOWHERE);
  p.fails("fault", "environ_get", pointers, NOWHERE);
  return { args: ["one", "zwei é"], env: { A: "1", PATH: "/bin" } };
});

define("clocks", (p) => {
  const [first, second] = [p.room(8), p.room(8)];
  for (const clock of Object.values(CLOCK)) {
    p.call("clock_res_get", clock, first);
    p.expectSome64(first);
    p.call("clock_time_get", clock, 0n, first);
    p.call("clock_time_get", clock, 0n, second);
    p.expectOrder64(first, second);
  }
  p.fails("inval", "clock_res_get", 4, first);
  p.fails("inval", "clock_time_get", 4, 0n, first);
  p.fails("fault", "clock_time_get", CLOCK.realtime, 0n, NOWHERE);
  return undefined;
});

define("random bytes", (p) => {
  const bytes = p.room(32);
  p.call("random_get", bytes, 32);
  p.expectSome64(bytes);
  p.expectSome64(bytes + 24);
  p.call("random_get", bytes, 0);
  p.fails("fault", "random_get", NOWHERE, 32);
  return undefined;
});

define("yielding", (p) => {
  p.call("sched_yield");
  p.call("sched_yield");
  return undefined;
});

define("signals that do nothing, and those that there are not", (p) => {
  const [none, chld, stop, unknown] = [0, 16, 18, 31];
  p.fails("inval", "proc_raise", none);
  p.fails("inval", "proc_raise", unknown);
  p.call("proc_raise", chld);
  p.fails("notsup", "proc_raise", stop);
  return undefined;
});

define("sockets are not supported", (p) => {
  const [list, count] = p.buffer(p.room(8), 8);
  const [first, second] = [p.room(8), p.room(8)];
  p.fails("notsup", "sock_accept", 0, 0, first);
  p.fails("notsup", "sock_recv", 0, list, count, 0, first, second);
  p.fails("notsup", "sock_send", 1, list, count, 0, first);
  p.fails("notsup", "sock_shutdown", 0, 1);
  return undefined;
});

define("preopened directories", (p) => {
  const prestat = p.room(8);
  p.call("fd_prestat_get", ROOT, prestat);
  p.expect8(prestat, 0);
  p.expect(prestat + 4, 1);
  const name = p.room(8);
  p.call("fd_prestat_dir_name", ROOT, name, 1);
  p.expectBytes(name, "/");
  p.fails("nametoolong", "fd_prestat_dir_name", ROOT, name, 0);
  p.fails("badf", "fd_prestat_get", ROOT + 1, prestat);
  p.fails("badf", "fd_prestat_get", CLOSED, prestat);
  p.fails("badf", "fd_prestat_dir_name", CLOSED, name, 1);
  p.fails("fault", "fd_prestat_dir_name", ROOT, NOWHERE, 1);
  return undefined;
});

define("reading, writing and seeking", (p) => {
  const fd = p.open("new", { flags: O_FLAG.creat });
  const [count, offset] = [p.room(8), p.room(8)];
  p.call("fd_write", p.load(fd), p.buffer(...p.text("hello world")), count);
  p.expect(count, 11);
  p.call("fd_tell", p.load(fd), offset);
  p.expect64(offset, 11n);
  const target = p.room(32);
  p.call("fd_seek", p.load(fd), 6n, WHENCE.set, offset);
  p.expect64(offset, 6n);
  p.call("fd_read", p.load(fd), p.buffer(target, 32), count);
  p.expect(count, 5);
  p.expectBytes(target, "world");
  p.call("fd_read", p.load(fd), p.buffer(target, 32), count);
  p.expect(count, 0);
  p.call("fd_seek", p.load(fd), -3n, WHENCE.end, offset);
  p.expect64(offset, 8n);
  p.call("fd_seek", p.load(fd), -2n, WHENCE.cur, offset);
  p.expect64(offset, 6n);
  p.call("fd_pread", p.load(fd), p.buffer(target, 5), 0n, count);
  p.expectBytes(target, "hello");
  p.call("fd_pwrite", p.load(fd), p.buffer(...p.text("J")), 0n, count);
  p.call("fd_pread", p.load(fd), p.buffer(target, 5), 0n, count);
  p.expectBytes(target, "Jello");
  p.call("fd_tell", p.load(fd), offset);
  p.expect64(offset, 6n);
  p.fails("inval", "fd_seek", p.load(fd), -1n, WHENCE.set, offset);
  p.fails("inval", "fd_seek", p.load(fd), 0n, 3, offset);
  p.fails("overflow", "fd_seek", p.load(fd), 0x7fff_ffff_ffff_ffffn, WHENCE.cur, offset);
  p.fails("inval", "fd_pread", p.load(fd), p.buffer(target, 5), -1n, count);
  p.fails("fault", "fd_read", p.load(fd), NOWHERE, 1, count);
  p.fails("fault", "fd_read", p.load(fd), p.buffer(NOWHERE, 1), count);
  p.fails("fault", "fd_write", p.load(fd), p.buffer(NOWHERE, 1), count);
  p.fails("isdir", "fd_read", ROOT, p.buffer(target, 1), count);
  p.fails("isdir", "fd_write", ROOT, p.buffer(target, 1), count);
  p.fails("badf", "fd_read", CLOSED, p.buffer(target, 1), count);
  p.fails("badf", "fd_write", CLOSED, p.buffer(target, 1), count);
  p.fails("badf", "fd_pread", CLOSED, p.buffer(target, 1), 0n, count);
  p.fails("badf", "fd_pwrite", CLOSED, p.buffer(target, 1), 0n, count);
  p.fails("badf", "fd_seek", CLOSED, 0n, WHENCE.set, offset);
  p.fails("badf", "fd_tell", CLOSED, offset);
  return undefined;
});

define("several buffers in one call", (p) => {
  const fd = p.open("new", { flags: O_FLAG.creat });
  const parts = Buffer.alloc(24);
  [p.put("one"), 3, p.put(""), 0, p.put("two"), 3].forEach((number, index) => {
    parts.writeUInt32LE(number, index * 4);
  });
  const [list, count, target] = [p.put(parts), p.room(4), p.room(8)];
  p.call("fd_write", p.load(fd), list, 3, count);
  p.expect(count, 6);
  p.call("fd_pread", p.load(fd), p.buffer(target, 8), 0n, count);
  p.expectBytes(target, "onetwo");
  p.call("fd_write", p.load(fd), list, 0, count);
  p.expect(count, 0);
  p.fails("inval", "fd_write", p.load(fd), list, 1025, count);
  return undefined;
});

define("standard streams", (p) => {
  const [count, offset, stat] = [p.room(4), p.room(8), p.room(24)];
  const target = p.room(16);
  p.call("fd_read", 0, p.buffer(target, 16), count);
  p.expect(count, 5);
  p.expectBytes(target, "input");
  p.call("fd_read", 0, p.buffer(target, 16), count);
  p.expect(count, 0);
  p.call("fd_write", 1, p.buffer(...p.text("output\n")), count);
  for (const fd of [0, 1, 2]) {
    p.fails("spipe", "fd_seek", fd, 0n, WHENCE.cur, offset);
    p.fails("spipe", "fd_tell", fd, offset);
    p.fails("badf", "fd_prestat_get", fd, offset);
    p.call("fd_fdstat_get", fd, stat);
  }
  p.fails("notcapable", "fd_write", 0, p.buffer(target, 1), count);
  p.fails("notcapable", "fd_read", 1, p.buffer(target, 1), count);
  p.fails("spipe", "fd_pread", 0, p.buffer(target, 1), 0n, count);
  p.fails("spipe", "fd_pwrite", 1, p.buffer(target, 1), 0n, count);
  return { stdin: "input", stdout: "output\n" };
});

define("opening files", (p) => {
  p.openFails("noent", "missing");
  p.open("file");
  p.open("made", { flags: O_FLAG.creat });
  p.openFails("exist", "file", { flags: O_FLAG.creat | O_FLAG.excl });
  p.openFails("notdir", "file", { flags: O_FLAG.directory });
  p.openFails("isdir", "dir", { base: rights("fd_write") });
  p.openFails("notdir", "file/below");
  p.openFails("noent", "dir/missing/below", { flags: O_FLAG.creat });
  p.openFails("noent", "");
  p.openFails("notcapable", "../file", {
    at: p.load(
      p.open("dir", {
        flags: O_FLAG.directory,
        base: (ALL_RIGHTS & ~READ_WRITE) | rights("fd_readdir", "path_open"),
        inheriting: READ_WRITE,
      }),
    ),
  });
  p.openFails("loop", "link", { lookup: 0 });
  p.open("link", { lookup: FOLLOW });
  p.openFails("loop", "circle");
  p.openFails("badf", "file", { at: CLOSED });
  p.openFails("notdir", "below", { at: p.load(p.open("file")) });
  p.fails("ilseq", "path_open", ROOT, 0, p.text(Uint8Array.of(0xff)), 0, READ_WRITE, 0n, 0, p.room(4));
  p.fails("inval", "path_open", ROOT, 0, p.text("file"), 16, READ_WRITE, 0n, 0, p.room(4));
  p.fails("inval", "path_open", ROOT, 0, p.text("file"), 0, READ_WRITE, 0n, 32, p.room(4));
  p.fails("fault", "path_open", ROOT, 0, NOWHERE, 4, 0, READ_WRITE, 0n, 0, p.room(4));
  const truncated = p.open("file", { flags: O_FLAG.trunc });
  const stat = p.room(64);
  p.call("fd_filestat_get", p.load(truncated), stat);
  p.expect64(stat + FILESTAT.size, 0n);
  const appended = p.open("longer", { fdFlags: FD_FLAG.append });
  const [count, offset] = [p.room(4), p.room(8)];
  p.call("fd_write", p.load(appended), p.buffer(...p.text("er")), count);
  p.call("fd_tell", p.load(appended), offset);
  p.expect64(offset, 8n);
  return { files: { "/file": "content", "/longer": "longer", "/dir/a": "", ...LINKS } };
});

/** Made by the runner as symbolic links: a name that ends in @ and its target. */
const LINKS = { "/link@": "file", "/circle@": "circle" };

define("descriptors' flags and rights", (p) => {
  const fd = p.open("file", { base: READ_WRITE | rights("fd_fdstat_set_flags", "fd_filestat_get") });
  const stat = p.room(24);
  p.call("fd_fdstat_get", p.load(fd), stat);
  p.expect8(stat + FDSTAT.type, FILE_TYPE.file);
  p.expect16(stat + FDSTAT.flags, 0);
  p.expect64(stat + FDSTAT.base, READ_WRITE | rights("fd_fdstat_set_flags", "fd_filestat_get"));
  p.call("fd_fdstat_set_flags", p.load(fd), FD_FLAG.append);
  p.call("fd_fdstat_get", p.load(fd), stat);
  p.expect16(stat + FDSTAT.flags, FD_FLAG.append);
  p.fails("inval", "fd_fdstat_set_flags", p.load(fd), 32);
  p.call("fd_fdstat_set_rights", p.load(fd), rights("fd_read"), 0n);
  p.fails("notcapable", "fd_fdstat_set_rights", p.load(fd), READ_WRITE, 0n);
  const [count, offset, target] = [p.room(4), p.room(8), p.room(8)];
  p.call("fd_read", p.load(fd), p.buffer(target, 1), count);
  p.fails("notcapable", "fd_write", p.load(fd), p.buffer(target, 1), count);
  p.fails("notcapable", "fd_seek", p.load(fd), 1n, WHENCE.set, offset);
  p.fails("notcapable", "fd_tell", p.load(fd), offset);
  p.fails("notcapable", "fd_pread", p.load(fd), p.buffer(target, 1), 0n, count);
  p.fails("notcapable", "fd_pwrite", p.load(fd), p.buffer(target, 1), 0n, count);
  p.fails("notcapable", "fd_fdstat_set_flags", p.load(fd), 0);
  p.fails("notcapable", "fd_filestat_get", p.load(fd), p.room(64));
  p.fails("notcapable", "fd_filestat_set_size", p.load(fd), 0n);
  p.fails("notcapable", "fd_filestat_set_times", p.load(fd), 0n, 0n, 0);
  p.fails("notcapable", "fd_allocate", p.load(fd), 0n, 1n);
  p.fails("notcapable", "fd_advise", p.load(fd), 0n, 1n, 0);
  p.fails("notcapable", "fd_sync", p.load(fd));
  p.fails("notcapable", "fd_datasync", p.load(fd));
  p.call("fd_fdstat_get", ROOT, stat);
  p.expect8(stat + FDSTAT.type, FILE_TYPE.directory);
  p.fails("badf", "fd_fdstat_get", CLOSED, stat);
  p.fails("badf", "fd_fdstat_set_flags", CLOSED, 0);
  p.fails("badf", "fd_fdstat_set_rights", CLOSED, 0n, 0n);
  p.fails("fault", "fd_fdstat_get", ROOT, NOWHERE);
  return { files: { "/file": "content" } };
});

define("a directory's rights are what is opened below has at most", (p) => {
  const directory = p.open("dir", {
    flags: O_FLAG.directory,
    base: rights("path_open", "fd_readdir"),
    inheriting: rights("fd_read"),
  });
  p.open("a", { at: p.load(directory), base: rights("fd_read") });
  p.openFails("notcapable", "a", { at: p.load(directory), base: rights("fd_write") });
  p.openFails("notcapable", "b", { at: p.load(directory), base: rights("fd_read"), flags: O_FLAG.creat });
  p.openFails("notcapable", "a", { at: p.load(directory), base: rights("fd_read"), flags: O_FLAG.trunc });
  const path = p.text("a");
  const [stat, target] = [p.room(64), p.room(8)];
  p.fails("notcapable", "path_create_directory", p.load(directory), path);
  p.fails("notcapable", "path_filestat_get", p.load(directory), 0, path, stat);
  p.fails("notcapable", "path_filestat_set_times", p.load(directory), 0, path, 0n, 0n, 0);
  p.fails("notcapable", "path_link", p.load(directory), 0, path, ROOT, p.text("linked"));
  p.fails("notcapable", "path_link", ROOT, 0, p.text("dir/a"), p.load(directory), p.text("linked"));
  p.fails("notcapable", "path_readlink", p.load(directory), path, target, 8, p.room(4));
  p.fails("notcapable", "path_remove_directory", p.load(directory), path);
  p.fails("notcapable", "path_rename", p.load(directory), path, ROOT, p.text("renamed"));
  p.fails("notcapable", "path_rename", ROOT, p.text("dir/a"), p.load(directory), p.text("renamed"));
  p.fails("notcapable", "path_symlink", p.text("a"), p.load(directory), p.text("linked"));
  p.fails("notcapable", "path_unlink_file", p.load(directory), path);
  return { files: { "/dir/a": "content" } };
});

define("closing and renumbering", (p) => {
  const [first, second] = [p.open("file"), p.open("other")];
  const [count, target] = [p.room(4), p.room(8)];
  p.call("fd_renumber", p.load(first), p.load(second));
  p.call("fd_read", p.load(second), p.buffer(target, 7), count);
  p.expectBytes(target, "content");
  p.fails("badf", "fd_read", p.load(first), p.buffer(target, 1), count);
  p.fails("badf", "fd_renumber", p.load(first), p.load(second));
  p.fails("badf", "fd_renumber", p.load(second), CLOSED);
  p.call("fd_close", p.load(second));
  p.fails("badf", "fd_close", p.load(second));
  p.fails("badf", "fd_close", CLOSED);
  return { files: { "/file": "content", "/other": "different" } };
});

define("what files are, and their times and sizes", (p) => {
  const base =
    READ_WRITE |
    rights(
      "fd_filestat_get",
      "fd_filestat_set_size",
      "fd_filestat_set_times",
      "fd_allocate",
      "fd_advise",
      "fd_sync",
      "fd_datasync",
    );
  const fd = p.open("file", { base });
  const stat = p.room(64);
  p.call("fd_filestat_get", p.load(fd), stat);
  p.expect8(stat + FILESTAT.type, FILE_TYPE.file);
  p.expect64(stat + FILESTAT.size, 7n);
  p.expect64(stat + FILESTAT.links, 1n);
  p.expectSome64(stat + FILESTAT.inode);
  p.call("fd_filestat_set_size", p.load(fd), 100n);
  p.call("fd_filestat_get", p.load(fd), stat);
  p.expect64(stat + FILESTAT.size, 100n);
  p.call("fd_allocate", p.load(fd), 100n, 50n);
  p.call("fd_allocate", p.load(fd), 0n, 10n);
  p.call("fd_filestat_set_times", p.load(fd), 1_000_000_000n, 2_000_000_000n, TIMES_FLAG.atim | TIMES_FLAG.mtim);
  p.call("fd_filestat_get", p.load(fd), stat);
  p.expect64(stat + FILESTAT.size, 150n);
  p.expect64(stat + FILESTAT.atim, 1_000_000_000n);
  p.expect64(stat + FILESTAT.mtim, 2_000_000_000n);
  p.fails("inval", "fd_filestat_set_times", p.load(fd), 0n, 0n, TIMES_FLAG.atim | TIMES_FLAG.atimNow);
  p.fails("inval", "fd_allocate", p.load(fd), 0n, 0n);
  p.call("fd_advise", p.load(fd), 0n, 10n, 5);
  p.fails("inval", "fd_advise", p.load(fd), 0n, 10n, 6);
  p.call("fd_sync", p.load(fd));
  p.call("fd_datasync", p.load(fd));
  const path = p.text("file");
  p.call("path_filestat_get", ROOT, 0, path, stat);
  p.expect64(stat + FILESTAT.size, 150n);
  p.call("path_filestat_set_times", ROOT, 0, path, 5n, 6n, TIMES_FLAG.mtim);
  p.call("path_filestat_get", ROOT, 0, path, stat);
  p.expect64(stat + FILESTAT.atim, 1_000_000_000n);
  p.expect64(stat + FILESTAT.mtim, 6n);
  p.call("path_filestat_get", ROOT, 0, p.text("link"), stat);
  p.expect8(stat + FILESTAT.type, FILE_TYPE.symlink);
  p.call("path_filestat_get", ROOT, FOLLOW, p.text("link"), stat);
  p.expect8(stat + FILESTAT.type, FILE_TYPE.file);
  p.call("path_filestat_get", ROOT, 0, p.text("."), stat);
  p.expect8(stat + FILESTAT.type, FILE_TYPE.directory);
  p.fails("noent", "path_filestat_get", ROOT, 0, p.text("missing"), stat);
  p.fails("noent", "path_filestat_set_times", ROOT, 0, p.text("missing"), 0n, 0n, 0);
  p.fails("badf", "path_filestat_get", CLOSED, 0, path, stat);
  p.fails("badf", "path_filestat_set_times", CLOSED, 0, path, 0n, 0n, 0);
  p.fails("fault", "path_filestat_get", ROOT, 0, path, NOWHERE);
  for (const name of ["fd_sync", "fd_datasync"]) p.fails("badf", name, CLOSED);
  p.fails("badf", "fd_filestat_get", CLOSED, stat);
  p.fails("badf", "fd_filestat_set_size", CLOSED, 0n);
  p.fails("badf", "fd_filestat_set_times", CLOSED, 0n, 0n, 0);
  p.fails("badf", "fd_allocate", CLOSED, 0n, 1n);
  p.fails("badf", "fd_advise", CLOSED, 0n, 1n, 0);
  return { files: { "/file": "content", ...LINKS } };
});

define("directories", (p) => {
  p.call("path_create_directory", ROOT, p.text("made"));
  p.fails("exist", "path_create_directory", ROOT, p.text("made"));
  p.fails("noent", "path_create_directory", ROOT, p.text("missing/made"));
  p.fails("notdir", "path_create_directory", ROOT, p.text("file/made"));
  p.fails("badf", "path_create_directory", CLOSED, p.text("made"));
  p.open("made/inside", { flags: O_FLAG.creat });
  p.fails("notempty", "path_remove_directory", ROOT, p.text("made"));
  p.fails("notdir", "path_remove_directory", ROOT, p.text("file"));
  p.fails("isdir", "path_unlink_file", ROOT, p.text("made"));
  p.call("path_unlink_file", ROOT, p.text("made/inside"));
  p.fails("noent", "path_unlink_file", ROOT, p.text("made/inside"));
  p.call("path_remove_directory", ROOT, p.text("made"));
  p.fails("noent", "path_remove_directory", ROOT, p.text("made"));
  p.fails("badf", "path_remove_directory", CLOSED, p.text("made"));
  p.fails("badf", "path_unlink_file", CLOSED, p.text("made"));
  return { files: { "/file": "" } };
});

define("listing a directory", (p) => {
  const directory = p.open("dir", { flags: O_FLAG.directory, base: rights("fd_readdir") });
  const [list, used] = [p.room(256), p.room(4)];
  p.call("fd_readdir", p.load(directory), list, 256, 0n, used);
  // Four records of 24 bytes, with the names ., .., a and bb.
  p.expect(used, 4 * 24 + 1 + 2 + 1 + 2);
  p.expect(list + 16, 1);
  p.expect8(list + 20, FILE_TYPE.directory);
  p.expectBytes(list + 24, ".");
  // From where the first record says that the second is.
  p.call("fd_readdir", p.load(directory), list + 32, 26, p.load64(list), used);
  p.expect(used, 26);
  p.expectBytes(list + 32 + 24, "..");
  p.call("fd_readdir", p.load(directory), list, 10, 0n, used);
  p.expect(used, 10);
  p.fails("badf", "fd_readdir", CLOSED, list, 256, 0n, used);
  p.fails("notdir", "fd_readdir", p.load(p.open("dir/a", { base: rights("fd_read") })), list, 256, 0n, used);
  p.fails("fault", "fd_readdir", p.load(directory), NOWHERE, 256, 0n, used);
  return { files: { "/dir/a": "", "/dir/bb": "" } };
});

define("links and renaming", (p) => {
  const [target, used, stat] = [p.room(32), p.room(4), p.room(64)];
  p.call("path_symlink", p.text("dir/a"), ROOT, p.text("symbolic"));
  p.fails("exist", "path_symlink", p.text("dir/a"), ROOT, p.text("symbolic"));
  p.call("path_readlink", ROOT, p.text("symbolic"), target, 32, used);
  p.expect(used, 5);
  p.expectBytes(target, "dir/a");
  p.call("path_readlink", ROOT, p.text("symbolic"), target, 3, used);
  p.expect(used, 3);
  p.fails("inval", "path_readlink", ROOT, p.text("dir/a"), target, 32, used);
  p.fails("noent", "path_readlink", ROOT, p.text("missing"), target, 32, used);
  p.fails("badf", "path_readlink", CLOSED, p.text("symbolic"), target, 32, used);
  p.fails("badf", "path_symlink", p.text("a"), CLOSED, p.text("b"));
  p.call("path_link", ROOT, 0, p.text("dir/a"), ROOT, p.text("hard"));
  p.call("path_filestat_get", ROOT, 0, p.text("hard"), stat);
  p.expect64(stat + FILESTAT.links, 2n);
  p.fails("exist", "path_link", ROOT, 0, p.text("dir/a"), ROOT, p.text("hard"));
  p.fails("noent", "path_link", ROOT, 0, p.text("missing"), ROOT, p.text("other"));
  p.fails("perm", "path_link", ROOT, 0, p.text("dir"), ROOT, p.text("other"));
  p.fails("badf", "path_link", CLOSED, 0, p.text("a"), ROOT, p.text("other"));
  p.call("path_rename", ROOT, p.text("hard"), ROOT, p.text("dir/moved"));
  p.fails("noent", "path_filestat_get", ROOT, 0, p.text("hard"), stat);
  p.call("path_rename", ROOT, p.text("dir/moved"), ROOT, p.text("dir/b"));
  p.fails("noent", "path_rename", ROOT, p.text("missing"), ROOT, p.text("other"));
  p.fails("isdir", "path_rename", ROOT, p.text("dir/b"), ROOT, p.text("dir"));
  p.fails("notdir", "path_rename", ROOT, p.text("dir"), ROOT, p.text("file"));
  p.fails("inval", "path_rename", ROOT, p.text("dir"), ROOT, p.text("dir/below"));
  p.fails("badf", "path_rename", CLOSED, p.text("a"), ROOT, p.text("b"));
  p.fails("badf", "path_rename", ROOT, p.text("file"), CLOSED, p.text("b"));
  return { files: { "/dir/a": "content", "/dir/b": "", "/file": "" } };
});

/** A subscription for a clock, or for a descriptor. */
function subscription(
  userdata: bigint,
  of: { clock: number; timeout: bigint; flags?: number } | { fd: number; type: number },
) {
  const record = Buffer.alloc(48);
  record.writeBigUInt64LE(userdata, 0);
  if ("fd" in of) {
    record.writeUInt8(of.type, 8);
    record.writeUInt32LE(of.fd, 16);
  } else {
    record.writeUInt8(EVENT.clock, 8);
    record.writeUInt32LE(of.clock, 16);
    record.writeBigUInt64LE(of.timeout, 24);
    record.writeUInt16LE(of.flags ?? 0, 40);
  }
  return record;
}

define("waiting", (p) => {
  const [events, count, before, after] = [p.room(EVENT_RECORD.bytes * 4), p.room(4), p.room(8), p.room(8)];
  const list = (...records: Buffer[]) => p.put(Buffer.concat(records));
  p.call("clock_time_get", CLOCK.monotonic, 0n, before);
  p.call("poll_oneoff", list(subscription(7n, { clock: CLOCK.monotonic, timeout: 2_000_000n })), events, 1, count);
  p.call("clock_time_get", CLOCK.monotonic, 0n, after);
  p.expectOrder64(before, after);
  p.expect(count, 1);
  p.expect64(events + EVENT_RECORD.userdata, 7n);
  p.expect16(events + EVENT_RECORD.error, 0);
  p.expect8(events + EVENT_RECORD.type, EVENT.clock);
  // A moment that has passed, with one that does not come.
  const past = { clock: CLOCK.realtime, timeout: 1n, flags: 1 };
  const never = { clock: CLOCK.monotonic, timeout: 1n << 62n };
  p.call("poll_oneoff", list(subscription(1n, never), subscription(2n, past)), events, 2, count);
  p.expect(count, 1);
  p.expect64(events + EVENT_RECORD.userdata, 2n);
  // Input that is there, output that has room, and a descriptor that is closed.
  const streams = [
    subscription(3n, { fd: 0, type: EVENT.read }),
    subscription(4n, { fd: 1, type: EVENT.write }),
    subscription(5n, { fd: CLOSED, type: EVENT.read }),
  ];
  p.call("poll_oneoff", list(streams[1]!, streams[2]!), events, 2, count);
  p.expect(count, 2);
  p.expect16(events + EVENT_RECORD.error, 0);
  p.expect8(events + EVENT_RECORD.type, EVENT.write);
  p.expect64(events + EVENT_RECORD.bytes + EVENT_RECORD.userdata, 5n);
  p.expect16(events + EVENT_RECORD.bytes + EVENT_RECORD.error, 8);
  p.call("poll_oneoff", list(streams[0]!), events, 1, count);
  p.expect64(events + EVENT_RECORD.nbytes, 5n);
  p.fails("inval", "poll_oneoff", list(streams[0]!), events, 0, count);
  p.fails("fault", "poll_oneoff", NOWHERE, events, 1, count);
  p.fails("fault", "poll_oneoff", list(streams[0]!), NOWHERE, 1, count);
  return { stdin: "input" };
});

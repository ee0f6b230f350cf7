/** Numbers of the standard: wasi_snapshot_preview1.witx, in its order. */

const ERRNO_NAMES =
  "success 2big acces addrinuse addrnotavail afnosupport again already badf badmsg busy canceled child connaborted connrefused \
connreset deadlk destaddrreq dom dquot exist fault fbig hostunreach idrm ilseq inprogress intr inval io isconn isdir loop mfile \
mlink msgsize multihop nametoolong netdown netreset netunreach nfile nobufs nodev noent noexec nolck nolink nomem nomsg \
noprotoopt nospc nosys notconn notdir notempty notrecoverable notsock notsup notty nxio overflow ownerdead perm pipe proto \
protonosupport prototype range rofs spipe srch stale timedout txtbsy xdev notcapable".split(" ");

export type Errno = string;

/** The number of an error. */
export function errno(name: Errno): number {
  const number = ERRNO_NAMES.indexOf(name);
  if (number === -1) throw new Error(`The standard has no error ${name}.`);
  return number;
}

/** The name of an error's number. */
export function errnoName(number: number): Errno {
  return ERRNO_NAMES[number] ?? `number ${number}`;
}

const RIGHT_NAMES =
  "fd_datasync fd_read fd_seek fd_fdstat_set_flags fd_sync fd_tell fd_write fd_advise fd_allocate path_create_directory \
path_create_file path_link_source path_link_target path_open fd_readdir path_readlink path_rename_source path_rename_target \
path_filestat_get path_filestat_set_size path_filestat_set_times fd_filestat_get fd_filestat_set_size fd_filestat_set_times \
path_symlink path_remove_directory path_unlink_file poll_fd_readwrite sock_shutdown sock_accept".split(" ");

/** The bits of these rights. */
export function rights(...names: string[]): bigint {
  return names.reduce((bits, name) => {
    const bit = RIGHT_NAMES.indexOf(name);
    if (bit === -1) throw new Error(`The standard has no right ${name}.`);
    return bits | (1n << BigInt(bit));
  }, 0n);
}

export const FILE_TYPE = { blockDevice: 1, characterDevice: 2, directory: 3, file: 4, symlink: 7 };
export const FD_FLAG = { append: 1, dsync: 2, nonblock: 4, rsync: 8, sync: 16 };
export const O_FLAG = { creat: 1, directory: 2, excl: 4, trunc: 8 };
export const TIMES_FLAG = { atim: 1, atimNow: 2, mtim: 4, mtimNow: 8 };
export const WHENCE = { set: 0, cur: 1, end: 2 };
export const CLOCK = { realtime: 0, monotonic: 1, processCpu: 2, threadCpu: 3 };
export const EVENT = { clock: 0, read: 1, write: 2 };
export const FOLLOW = 1;

/** The parameters of each function; all but the last two give an error number. */
export const FUNCTIONS: Record<string, readonly ("i32" | "i64")[]> = Object.fromEntries(
  Object.entries({
    args_get: "ii",
    args_sizes_get: "ii",
    environ_get: "ii",
    environ_sizes_get: "ii",
    clock_res_get: "ii",
    clock_time_get: "iIi",
    fd_advise: "iIIi",
    fd_allocate: "iII",
    fd_close: "i",
    fd_datasync: "i",
    fd_fdstat_get: "ii",
    fd_fdstat_set_flags: "ii",
    fd_fdstat_set_rights: "iII",
    fd_filestat_get: "ii",
    fd_filestat_set_size: "iI",
    fd_filestat_set_times: "iIIi",
    fd_pread: "iiiIi",
    fd_prestat_get: "ii",
    fd_prestat_dir_name: "iii",
    fd_pwrite: "iiiIi",
    fd_read: "iiii",
    fd_readdir: "iiiIi",
    fd_renumber: "ii",
    fd_seek: "iIii",
    fd_sync: "i",
    fd_tell: "ii",
    fd_write: "iiii",
    path_create_directory: "iii",
    path_filestat_get: "iiiii",
    path_filestat_set_times: "iiiiIIi",
    path_link: "iiiiiii",
    path_open: "iiiiiIIii",
    path_readlink: "iiiiii",
    path_remove_directory: "iii",
    path_rename: "iiiiii",
    path_symlink: "iiiii",
    path_unlink_file: "iii",
    poll_oneoff: "iiii",
    proc_raise: "i",
    sched_yield: "",
    random_get: "ii",
    sock_accept: "iii",
    sock_recv: "iiiiii",
    sock_send: "iiiii",
    sock_shutdown: "ii",
  }).map(([name, types]) => [name, [...types].map((type) => (type === "i" ? "i32" : "i64"))]),
);

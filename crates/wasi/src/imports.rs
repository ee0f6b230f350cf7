//! The list of everything that a program can import, for engines to bind from.

/// Calls the macro `$callback` once, with the whole list of imports. An entry is
///
/// ```text
/// sync host_fs "chmod" chmod_absolute(path_ptr: i32, path_len: i32, mode: i32) -> i32;
/// ```
///
/// - `sync` or `async`: whether the function is a plain one, or an `async` one that may wait. An engine that blocks drives the
///   future where it stands; nothing is boxed.
/// - the import's module, and its name as a string;
/// - the function `hotcell_wasi::calls::<module>::<function>`. It takes `&mut WasiCtx`, `&mut GuestMemory<'_>` and the
///   parameters that are listed (`i32` or `i64`), and returns `Result<_, Trap>` of the type after the arrow: `i32`, `i64`,
///   or `()` where the import has no result.
///
/// A few names are there more than once, with different numbers of parameters: packages of different age import the same name
/// with different types. The number of parameters tells them apart, and an import called from WebAssembly always passes as
/// many as its type has. The result's type is the same for all of one name.
///
/// ```
/// macro_rules! count {
///     ($( $kind:ident $module:ident $name:literal $function:ident ( $($parameter:ident : $ty:ident),* ) -> $result:tt; )*) => {
///         [$( $name ),*].len()
///     };
/// }
/// assert_eq!(hotcell_wasi::for_each_import!(count), hotcell_wasi::IMPORTS.len());
/// ```
#[macro_export]
macro_rules! for_each_import {
    ($callback:ident) => {
        $callback! {
            sync wasi_snapshot_preview1 "args_get" args_get(argv: i32, argv_buf: i32) -> i32;
            sync wasi_snapshot_preview1 "args_sizes_get" args_sizes_get(ret0: i32, ret1: i32) -> i32;
            sync wasi_snapshot_preview1 "environ_get" environ_get(environ: i32, environ_buf: i32) -> i32;
            sync wasi_snapshot_preview1 "environ_sizes_get" environ_sizes_get(ret0: i32, ret1: i32) -> i32;
            sync wasi_snapshot_preview1 "clock_res_get" clock_res_get(id: i32, ret: i32) -> i32;
            sync wasi_snapshot_preview1 "clock_time_get" clock_time_get(id: i32, precision: i64, ret: i32) -> i32;
            sync wasi_snapshot_preview1 "fd_advise" fd_advise(fd: i32, offset: i64, len: i64, advice: i32) -> i32;
            sync wasi_snapshot_preview1 "fd_allocate" fd_allocate(fd: i32, offset: i64, len: i64) -> i32;
            sync wasi_snapshot_preview1 "fd_close" fd_close(fd: i32) -> i32;
            sync wasi_snapshot_preview1 "fd_datasync" fd_datasync(fd: i32) -> i32;
            sync wasi_snapshot_preview1 "fd_fdstat_get" fd_fdstat_get(fd: i32, ret: i32) -> i32;
            sync wasi_snapshot_preview1 "fd_fdstat_set_flags" fd_fdstat_set_flags(fd: i32, flags: i32) -> i32;
            sync wasi_snapshot_preview1 "fd_fdstat_set_rights" fd_fdstat_set_rights(fd: i32, fs_rights_base: i64, fs_rights_inheriting: i64) -> i32;
            sync wasi_snapshot_preview1 "fd_filestat_get" fd_filestat_get(fd: i32, ret: i32) -> i32;
            sync wasi_snapshot_preview1 "fd_filestat_set_size" fd_filestat_set_size(fd: i32, size: i64) -> i32;
            sync wasi_snapshot_preview1 "fd_filestat_set_times" fd_filestat_set_times(fd: i32, atim: i64, mtim: i64, fst_flags: i32) -> i32;
            sync wasi_snapshot_preview1 "fd_pread" fd_pread(fd: i32, iovs_ptr: i32, iovs_len: i32, offset: i64, ret: i32) -> i32;
            sync wasi_snapshot_preview1 "fd_prestat_get" fd_prestat_get(fd: i32, ret: i32) -> i32;
            sync wasi_snapshot_preview1 "fd_prestat_dir_name" fd_prestat_dir_name(fd: i32, path: i32, path_len: i32) -> i32;
            sync wasi_snapshot_preview1 "fd_pwrite" fd_pwrite(fd: i32, iovs_ptr: i32, iovs_len: i32, offset: i64, ret: i32) -> i32;
            async wasi_snapshot_preview1 "fd_read" fd_read(fd: i32, iovs_ptr: i32, iovs_len: i32, ret: i32) -> i32;
            sync wasi_snapshot_preview1 "fd_readdir" fd_readdir(fd: i32, buf: i32, buf_len: i32, cookie: i64, ret: i32) -> i32;
            sync wasi_snapshot_preview1 "fd_renumber" fd_renumber(fd: i32, to: i32) -> i32;
            sync wasi_snapshot_preview1 "fd_seek" fd_seek(fd: i32, offset: i64, whence: i32, ret: i32) -> i32;
            sync wasi_snapshot_preview1 "fd_sync" fd_sync(fd: i32) -> i32;
            sync wasi_snapshot_preview1 "fd_tell" fd_tell(fd: i32, ret: i32) -> i32;
            async wasi_snapshot_preview1 "fd_write" fd_write(fd: i32, iovs_ptr: i32, iovs_len: i32, ret: i32) -> i32;
            sync wasi_snapshot_preview1 "path_create_directory" path_create_directory(fd: i32, path_ptr: i32, path_len: i32) -> i32;
            sync wasi_snapshot_preview1 "path_filestat_get" path_filestat_get(fd: i32, flags: i32, path_ptr: i32, path_len: i32, ret: i32) -> i32;
            sync wasi_snapshot_preview1 "path_filestat_set_times" path_filestat_set_times(fd: i32, flags: i32, path_ptr: i32, path_len: i32, atim: i64, mtim: i64, fst_flags: i32) -> i32;
            sync wasi_snapshot_preview1 "path_link" path_link(old_fd: i32, old_flags: i32, old_path_ptr: i32, old_path_len: i32, new_fd: i32, new_path_ptr: i32, new_path_len: i32) -> i32;
            sync wasi_snapshot_preview1 "path_open" path_open(fd: i32, dirflags: i32, path_ptr: i32, path_len: i32, oflags: i32, fs_rights_base: i64, fs_rights_inheriting: i64, fdflags: i32, ret: i32) -> i32;
            sync wasi_snapshot_preview1 "path_readlink" path_readlink(fd: i32, path_ptr: i32, path_len: i32, buf: i32, buf_len: i32, ret: i32) -> i32;
            sync wasi_snapshot_preview1 "path_remove_directory" path_remove_directory(fd: i32, path_ptr: i32, path_len: i32) -> i32;
            sync wasi_snapshot_preview1 "path_rename" path_rename(fd: i32, old_path_ptr: i32, old_path_len: i32, new_fd: i32, new_path_ptr: i32, new_path_len: i32) -> i32;
            sync wasi_snapshot_preview1 "path_symlink" path_symlink(old_path_ptr: i32, old_path_len: i32, fd: i32, new_path_ptr: i32, new_path_len: i32) -> i32;
            sync wasi_snapshot_preview1 "path_unlink_file" path_unlink_file(fd: i32, path_ptr: i32, path_len: i32) -> i32;
            async wasi_snapshot_preview1 "poll_oneoff" poll_oneoff(subscriptions: i32, events: i32, nsubscriptions: i32, ret: i32) -> i32;
            sync wasi_snapshot_preview1 "proc_exit" proc_exit(rval: i32) -> ();
            sync wasi_snapshot_preview1 "proc_raise" proc_raise(sig: i32) -> i32;
            async wasi_snapshot_preview1 "sched_yield" sched_yield() -> i32;
            sync wasi_snapshot_preview1 "random_get" random_get(buf: i32, buf_len: i32) -> i32;
            sync wasi_snapshot_preview1 "sock_accept" sock_accept(fd: i32, flags: i32, ret: i32) -> i32;
            sync wasi_snapshot_preview1 "sock_recv" sock_recv(fd: i32, ri_data_ptr: i32, ri_data_len: i32, ri_flags: i32, ret0: i32, ret1: i32) -> i32;
            sync wasi_snapshot_preview1 "sock_send" sock_send(fd: i32, si_data_ptr: i32, si_data_len: i32, si_flags: i32, ret: i32) -> i32;
            sync wasi_snapshot_preview1 "sock_shutdown" sock_shutdown(fd: i32, how: i32) -> i32;
            sync host_fs "chmod" chmod(dir_fd: i32, path_ptr: i32, path_len: i32, mode: i32) -> i32;
            sync host_fs "chmod" chmod_absolute(path_ptr: i32, path_len: i32, mode: i32) -> i32;
            sync host_fs "fchmod" fchmod(fd: i32, mode: i32) -> i32;
            sync host_fs "fd_blocks" fd_blocks(fd: i32) -> i64;
            sync host_fs "fd_chown" fd_chown(fd: i32, uid: i32, gid: i32) -> i32;
            sync host_fs "fd_collapse_range" fd_collapse_range(fd: i32, offset: i64, len: i64) -> i32;
            sync host_fs "fd_fiemap" fd_fiemap(fd: i32, index: i32, ret_start: i32, ret_end: i32, ret_flags: i32) -> i32;
            sync host_fs "fd_insert_range" fd_insert_range(fd: i32, offset: i64, len: i64) -> i32;
            sync host_fs "fd_link" fd_link(fd: i32, dir_fd: i32, path_ptr: i32, path_len: i32) -> i32;
            sync host_fs "fd_mode" fd_mode(fd: i32) -> i32;
            sync host_fs "fd_owner" fd_owner(fd: i32, ret_uid: i32, ret_gid: i32) -> i32;
            sync host_fs "fd_punch_hole" fd_punch_hole(fd: i32, offset: i64, len: i64) -> i32;
            sync host_fs "fd_setxattr" fd_setxattr(fd: i32, name_ptr: i32, name_len: i32, value_ptr: i32, value_len: i32, flags: i32) -> i32;
            sync host_fs "fd_size" fd_size(fd: i32) -> i64;
            sync host_fs "fd_zero_range" fd_zero_range(fd: i32, offset: i64, len: i64, keep_size: i32) -> i32;
            sync host_fs "ftruncate" ftruncate(fd: i32, size: i64) -> i32;
            sync host_fs "open_tmpfile" open_tmpfile(dir_fd: i32, path_ptr: i32, path_len: i32, flags: i32, mode: i32, ret_fd: i32) -> i32;
            sync host_fs "path_access" path_access(dir_fd: i32, path_ptr: i32, path_len: i32, mode: i32, effective: i32) -> i32;
            sync host_fs "path_blocks" path_blocks(dir_fd: i32, path_ptr: i32, path_len: i32, follow: i32) -> i64;
            sync host_fs "path_chown" path_chown(dir_fd: i32, path_ptr: i32, path_len: i32, uid: i32, gid: i32, follow: i32) -> i32;
            sync host_fs "path_getxattr" path_getxattr(dir_fd: i32, path_ptr: i32, path_len: i32, name_ptr: i32, name_len: i32, value_ptr: i32, value_len: i32, follow: i32, ret_len: i32) -> i32;
            sync host_fs "path_listxattr" path_listxattr(dir_fd: i32, path_ptr: i32, path_len: i32, list_ptr: i32, list_len: i32, follow: i32, ret_len: i32) -> i32;
            sync host_fs "path_mknod" path_mknod(dir_fd: i32, path_ptr: i32, path_len: i32, mode: i32, rdev: i64) -> i32;
            sync host_fs "path_mode" path_mode(dir_fd: i32, path_ptr: i32, path_len: i32, follow: i32) -> i32;
            sync host_fs "path_mode" path_mode_absolute(path_ptr: i32, path_len: i32, follow: i32) -> i32;
            sync host_fs "path_owner" path_owner(dir_fd: i32, path_ptr: i32, path_len: i32, follow: i32, ret_uid: i32, ret_gid: i32) -> i32;
            sync host_fs "path_rdev" path_rdev(dir_fd: i32, path_ptr: i32, path_len: i32, follow: i32) -> i64;
            sync host_fs "path_removexattr" path_removexattr(dir_fd: i32, path_ptr: i32, path_len: i32, name_ptr: i32, name_len: i32, follow: i32) -> i32;
            sync host_fs "path_setxattr" path_setxattr(dir_fd: i32, path_ptr: i32, path_len: i32, name_ptr: i32, name_len: i32, value_ptr: i32, value_len: i32, flags: i32, follow: i32) -> i32;
            sync host_fs "path_size" path_size(dir_fd: i32, path_ptr: i32, path_len: i32, follow: i32) -> i64;
            sync host_fs "path_statfs" path_statfs(dir_fd: i32, path_ptr: i32, path_len: i32, ret_total_bytes: i32, ret_used_bytes: i32, ret_available_bytes: i32, ret_total_inodes: i32, ret_free_inodes: i32) -> i32;
            sync host_fs "remount" remount(path_ptr: i32, path_len: i32, options_ptr: i32, options_len: i32) -> i32;
            sync host_fs "set_open_direct" set_open_direct(direct: i32) -> i32;
            sync host_fs "set_open_mode" set_open_mode(mode: i32) -> i32;
            sync host_net "net_accept" net_accept(fd: i32, ret_fd: i32, addr_ptr: i32, ret_addr_len: i32) -> i32;
            sync host_net "net_bind" net_bind(fd: i32, addr_ptr: i32, addr_len: i32) -> i32;
            sync host_net "net_close" net_close(fd: i32) -> i32;
            sync host_net "net_connect" net_connect(fd: i32, addr_ptr: i32, addr_len: i32) -> i32;
            sync host_net "net_dns_query_rr_v1" net_dns_query_rr_v1(name_ptr: i32, name_len: i32, rr_type: i32, rr_class: i32, buf_ptr: i32, buf_len: i32, ret_len: i32, ret_flags: i32) -> i32;
            sync host_net "net_getaddrinfo" net_getaddrinfo(host_ptr: i32, host_len: i32, service_ptr: i32, service_len: i32, family: i32, buf_ptr: i32, ret_len: i32) -> i32;
            sync host_net "net_getpeername" net_getpeername(fd: i32, addr_ptr: i32, ret_addr_len: i32) -> i32;
            sync host_net "net_getsockname" net_getsockname(fd: i32, addr_ptr: i32, ret_addr_len: i32) -> i32;
            sync host_net "net_getsockopt" net_getsockopt(fd: i32, level: i32, option: i32, value_ptr: i32, ret_value_len: i32) -> i32;
            sync host_net "net_listen" net_listen(fd: i32, backlog: i32) -> i32;
            sync host_net "net_poll" net_poll(fds_ptr: i32, nfds: i32, timeout_ms: i32, ret_ready: i32) -> i32;
            sync host_net "net_recv" net_recv(fd: i32, buf_ptr: i32, buf_len: i32, flags: i32, ret_len: i32) -> i32;
            sync host_net "net_recvfrom" net_recvfrom(fd: i32, buf_ptr: i32, buf_len: i32, flags: i32, ret_len: i32, addr_ptr: i32, ret_addr_len: i32) -> i32;
            sync host_net "net_send" net_send(fd: i32, buf_ptr: i32, buf_len: i32, flags: i32, ret_len: i32) -> i32;
            sync host_net "net_sendto" net_sendto(fd: i32, buf_ptr: i32, buf_len: i32, flags: i32, addr_ptr: i32, addr_len: i32, ret_len: i32) -> i32;
            sync host_net "net_setsockopt" net_setsockopt(fd: i32, level: i32, option: i32, value_ptr: i32, value_len: i32) -> i32;
            sync host_net "net_socket" net_socket(domain: i32, kind: i32, protocol: i32, ret_fd: i32) -> i32;
            sync host_net "net_tls_connect" net_tls_connect(fd: i32, host_ptr: i32, host_len: i32) -> i32;
            sync host_net "net_validate_accept" net_validate_accept(fd: i32) -> i32;
            sync host_net "net_validate_socket" net_validate_socket(fd: i32) -> i32;
            sync host_process "fd_dup" fd_dup(fd: i32, ret_fd: i32) -> i32;
            sync host_process "fd_dup2" fd_dup2(fd: i32, to: i32) -> i32;
            sync host_process "fd_dup_min" fd_dup_min(fd: i32, min: i32, ret_fd: i32) -> i32;
            sync host_process "fd_flock" fd_flock(fd: i32, operation: i32) -> i32;
            sync host_process "fd_getfd" fd_getfd(fd: i32, ret_flags: i32) -> i32;
            sync host_process "fd_pipe" fd_pipe(ret_read_fd: i32, ret_write_fd: i32) -> i32;
            sync host_process "fd_record_lock" fd_record_lock(fd: i32, command: i32, kind: i32, start: i64, len: i64, ret_kind: i32, ret_pid: i32, ret_start: i32, ret_len: i32) -> i32;
            sync host_process "fd_recvmsg_rights" fd_recvmsg_rights(fd: i32, data_ptr: i32, data_len: i32, rights_ptr: i32, rights_len: i32, flags: i32, ret_len: i32, ret_rights_len: i32, ret_flags: i32) -> i32;
            sync host_process "fd_sendmsg_rights" fd_sendmsg_rights(fd: i32, data_ptr: i32, data_len: i32, rights_ptr: i32, rights_len: i32, flags: i32, ret_len: i32) -> i32;
            sync host_process "fd_setfd" fd_setfd(fd: i32, flags: i32) -> i32;
            sync host_process "fd_socketpair" fd_socketpair(kind: i32, nonblock: i32, cloexec: i32, ret_fd0: i32, ret_fd1: i32) -> i32;
            sync host_process "proc_closefrom" proc_closefrom(min: i32) -> i32;
            sync host_process "proc_exec" proc_exec(path_ptr: i32, path_len: i32, argv_ptr: i32, argv_len: i32, envp_ptr: i32, envp_len: i32, cloexec_ptr: i32, cloexec_len: i32) -> i32;
            sync host_process "proc_getpgid" proc_getpgid(pid: i32, ret_pgid: i32) -> i32;
            sync host_process "proc_getpid" proc_getpid(ret_pid: i32) -> i32;
            sync host_process "proc_getppid" proc_getppid(ret_pid: i32) -> i32;
            sync host_process "proc_getrlimit" proc_getrlimit(resource: i32, ret_soft: i32, ret_hard: i32) -> i32;
            sync host_process "proc_itimer_real" proc_itimer_real(op: i32, value_us: i64, interval_us: i64, ret_value: i32, ret_interval: i32) -> i32;
            sync host_process "proc_kill" proc_kill(pid: i32, signal: i32) -> i32;
            sync host_process "proc_ppoll_v1" proc_ppoll_v1(fds_ptr: i32, nfds: i32, timeout_sec: i64, timeout_nsec: i64, has_timeout: i32, mask_lo: i32, mask_hi: i32, ret_ready: i32) -> i32;
            sync host_process "proc_sigaction" proc_sigaction(signal: i32, action: i32, mask_lo: i32, mask_hi: i32, flags: i32) -> i32;
            sync host_process "proc_signal_mask_v2" proc_signal_mask_v2(how: i32, set_lo: i32, set_hi: i32, ret_old_lo: i32, ret_old_hi: i32) -> i32;
            sync host_process "proc_spawn" proc_spawn(argv_ptr: i32, argv_len: i32, envp_ptr: i32, envp_len: i32, stdin_fd: i32, stdout_fd: i32, stderr_fd: i32, cwd_ptr: i32, cwd_len: i32, ret_pid: i32) -> i32;
            sync host_process "proc_spawn_v3" proc_spawn_v3(path_ptr: i32, path_len: i32, argv_ptr: i32, argv_len: i32, envp_ptr: i32, envp_len: i32, actions_ptr: i32, actions_len: i32, cwd_ptr: i32, cwd_len: i32, flags: i32, sigdefault_lo: i32, sigdefault_hi: i32, sigmask_lo: i32, sigmask_hi: i32, pgroup: i32, ret_pid: i32) -> i32;
            sync host_process "proc_spawn_v4" proc_spawn_v4(path_ptr: i32, path_len: i32, argv_ptr: i32, argv_len: i32, envp_ptr: i32, envp_len: i32, actions_ptr: i32, actions_len: i32, cwd_ptr: i32, cwd_len: i32, search_path_ptr: i32, search_path_len: i32, flags: i32, sigdefault_lo: i32, sigdefault_hi: i32, sigmask_lo: i32, sigmask_hi: i32, pgroup: i32, sched_policy: i32, sched_priority: i32, ret_pid: i32) -> i32;
            sync host_process "proc_umask" proc_umask(mask: i32, ret_old: i32) -> i32;
            sync host_process "proc_waitpid" proc_waitpid(pid: i32, options: i32, ret_status: i32) -> i32;
            sync host_process "proc_waitpid" proc_waitpid_with_pid(pid: i32, options: i32, ret_status: i32, ret_pid: i32) -> i32;
            sync host_process "proc_waitpid_v2" proc_waitpid_v2(pid: i32, options: i32, ret_exit_code: i32, ret_signal: i32, ret_pid: i32, ret_core_dumped: i32) -> i32;
            sync host_process "proc_waitpid_v3" proc_waitpid_v3(pid: i32, options: i32, ret_status: i32, ret_pid: i32) -> i32;
            async host_process "sleep_ms" sleep_ms(milliseconds: i32) -> i32;
            sync host_process "umask" umask(mask: i32, set: i32, ret_old: i32) -> i32;
            sync host_tty "get_size" get_size(fd: i32, ret_columns: i32, ret_rows: i32) -> i32;
            sync host_tty "isatty" isatty(fd: i32) -> i32;
            async host_tty "read" read(buf_ptr: i32, buf_len: i32, timeout_ms: i32) -> i32;
            sync host_tty "set_raw_mode" set_raw_mode(enabled: i32) -> i32;
            sync host_user "getegid" getegid(ret_gid: i32) -> i32;
            sync host_user "geteuid" geteuid(ret_uid: i32) -> i32;
            sync host_user "getgid" getgid(ret_gid: i32) -> i32;
            sync host_user "getgrent" getgrent(index: i32, buf_ptr: i32, buf_len: i32, ret_len: i32) -> i32;
            sync host_user "getgrgid" getgrgid(gid: i32, buf_ptr: i32, buf_len: i32, ret_len: i32) -> i32;
            sync host_user "getgrnam" getgrnam(name_ptr: i32, name_len: i32, buf_ptr: i32, buf_len: i32, ret_len: i32) -> i32;
            sync host_user "getgroups" getgroups(size: i32, groups_ptr: i32, ret_count: i32) -> i32;
            sync host_user "getpwent" getpwent(index: i32, buf_ptr: i32, buf_len: i32, ret_len: i32) -> i32;
            sync host_user "getpwnam" getpwnam(name_ptr: i32, name_len: i32, buf_ptr: i32, buf_len: i32, ret_len: i32) -> i32;
            sync host_user "getpwuid" getpwuid(uid: i32, buf_ptr: i32, buf_len: i32, ret_len: i32) -> i32;
            sync host_user "getuid" getuid(ret_uid: i32) -> i32;
            sync host_user "isatty" isatty(fd: i32, ret_bool: i32) -> i32;
            sync host_user "setegid" setegid(gid: i32) -> i32;
            sync host_user "seteuid" seteuid(uid: i32) -> i32;
            sync host_user "setgid" setgid(gid: i32) -> i32;
            sync host_user "setgroups" setgroups(count: i32, groups_ptr: i32) -> i32;
            sync host_user "setresgid" setresgid(gid: i32, egid: i32, sgid: i32) -> i32;
            sync host_user "setresuid" setresuid(uid: i32, euid: i32, suid: i32) -> i32;
            sync host_user "setuid" setuid(uid: i32) -> i32;
        }
    };
}

/// A number type of WebAssembly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    I32,
    I64,
}

/// An entry of [`IMPORTS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Import {
    pub module: &'static str,
    pub name: &'static str,
    pub parameters: &'static [ValueType],
    pub result: Option<ValueType>,
    /// Whether a call may wait.
    pub waits: bool,
}

macro_rules! value_type {
    (i32) => {
        ValueType::I32
    };
    (i64) => {
        ValueType::I64
    };
}

macro_rules! result_type {
    (()) => {
        None
    };
    ($ty:ident) => {
        Some(value_type!($ty))
    };
}

macro_rules! waits {
    (sync) => {
        false
    };
    (async) => {
        true
    };
}

macro_rules! import_list {
    ($(
        $kind:ident $module:ident $name:literal $function:ident($($parameter:ident: $ty:ident),*) -> $result:tt;
    )*) => {
        /// Everything that a program can import, in the order of [`for_each_import!`](crate::for_each_import).
        pub const IMPORTS: &[Import] = &[
            $( Import {
                module: stringify!($module),
                name: $name,
                parameters: &[$( value_type!($ty) ),*],
                result: result_type!($result),
                waits: waits!($kind),
            } ),*
        ];
    };
}

for_each_import!(import_list);

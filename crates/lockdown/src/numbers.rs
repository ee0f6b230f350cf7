//! The numbers of system calls, by name.

/// The number of a call on this architecture; `None` where it has no such call.
pub(crate) fn number(call: &str) -> Option<i64> {
    Some(match call {
        "accept4" => libc::SYS_accept4,
        "brk" => libc::SYS_brk,
        "clock_gettime" => libc::SYS_clock_gettime,
        "clock_nanosleep" => libc::SYS_clock_nanosleep,
        "clone" => libc::SYS_clone,
        "clone3" => libc::SYS_clone3,
        "close" => libc::SYS_close,
        "dup" => libc::SYS_dup,
        "epoll_create1" => libc::SYS_epoll_create1,
        "epoll_ctl" => libc::SYS_epoll_ctl,
        "epoll_pwait" => libc::SYS_epoll_pwait,
        "epoll_pwait2" => libc::SYS_epoll_pwait2,
        "eventfd2" => libc::SYS_eventfd2,
        "exit" => libc::SYS_exit,
        "exit_group" => libc::SYS_exit_group,
        "fallocate" => libc::SYS_fallocate,
        "fchmod" => libc::SYS_fchmod,
        "fchmodat" => libc::SYS_fchmodat,
        "fcntl" => libc::SYS_fcntl,
        "fdatasync" => libc::SYS_fdatasync,
        "flock" => libc::SYS_flock,
        "fstat" => libc::SYS_fstat,
        "fstatfs" => libc::SYS_fstatfs,
        "fsync" => libc::SYS_fsync,
        "ftruncate" => libc::SYS_ftruncate,
        "futex" => libc::SYS_futex,
        "getdents64" => libc::SYS_getdents64,
        "geteuid" => libc::SYS_geteuid,
        "getpid" => libc::SYS_getpid,
        "getrandom" => libc::SYS_getrandom,
        "getrusage" => libc::SYS_getrusage,
        "getsockopt" => libc::SYS_getsockopt,
        "gettid" => libc::SYS_gettid,
        "ioctl" => libc::SYS_ioctl,
        "linkat" => libc::SYS_linkat,
        "lseek" => libc::SYS_lseek,
        "madvise" => libc::SYS_madvise,
        "membarrier" => libc::SYS_membarrier,
        "memfd_create" => libc::SYS_memfd_create,
        "mkdirat" => libc::SYS_mkdirat,
        "mmap" => libc::SYS_mmap,
        "mprotect" => libc::SYS_mprotect,
        "mremap" => libc::SYS_mremap,
        "munmap" => libc::SYS_munmap,
        "newfstatat" => libc::SYS_newfstatat,
        "openat" => libc::SYS_openat,
        "openat2" => libc::SYS_openat2,
        "pkey_alloc" => libc::SYS_pkey_alloc,
        "pkey_free" => libc::SYS_pkey_free,
        "pkey_mprotect" => libc::SYS_pkey_mprotect,
        "ppoll" => libc::SYS_ppoll,
        "prctl" => libc::SYS_prctl,
        "pread64" => libc::SYS_pread64,
        "preadv" => libc::SYS_preadv,
        "prlimit64" => libc::SYS_prlimit64,
        "pwrite64" => libc::SYS_pwrite64,
        "pwritev" => libc::SYS_pwritev,
        "read" => libc::SYS_read,
        "readlinkat" => libc::SYS_readlinkat,
        "recvfrom" => libc::SYS_recvfrom,
        "recvmsg" => libc::SYS_recvmsg,
        "renameat" => libc::SYS_renameat,
        "renameat2" => libc::SYS_renameat2,
        "restart_syscall" => libc::SYS_restart_syscall,
        "rseq" => libc::SYS_rseq,
        "rt_sigaction" => libc::SYS_rt_sigaction,
        "rt_sigprocmask" => libc::SYS_rt_sigprocmask,
        "rt_sigreturn" => libc::SYS_rt_sigreturn,
        "sched_getaffinity" => libc::SYS_sched_getaffinity,
        "sched_getparam" => libc::SYS_sched_getparam,
        "sched_getscheduler" => libc::SYS_sched_getscheduler,
        "getpriority" => libc::SYS_getpriority,
        "setpriority" => libc::SYS_setpriority,
        "sched_yield" => libc::SYS_sched_yield,
        "sendmsg" => libc::SYS_sendmsg,
        "sendto" => libc::SYS_sendto,
        "set_robust_list" => libc::SYS_set_robust_list,
        "set_tid_address" => libc::SYS_set_tid_address,
        "shutdown" => libc::SYS_shutdown,
        "sigaltstack" => libc::SYS_sigaltstack,
        "socketpair" => libc::SYS_socketpair,
        "statx" => libc::SYS_statx,
        "symlinkat" => libc::SYS_symlinkat,
        "sysinfo" => libc::SYS_sysinfo,
        "tgkill" => libc::SYS_tgkill,
        "umask" => libc::SYS_umask,
        "uname" => libc::SYS_uname,
        "unlinkat" => libc::SYS_unlinkat,
        "utimensat" => libc::SYS_utimensat,
        "write" => libc::SYS_write,
        "writev" => libc::SYS_writev,
        #[cfg(target_arch = "x86_64")]
        "epoll_wait" => libc::SYS_epoll_wait,
        #[cfg(target_arch = "x86_64")]
        "poll" => libc::SYS_poll,
        #[cfg(target_arch = "x86_64")]
        "rename" => libc::SYS_rename,
        #[cfg(target_arch = "x86_64")]
        "unlink" => libc::SYS_unlink,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn every_rule_names_a_call_that_has_a_number() {
        for rule in crate::rules() {
            assert!(number(rule.call).is_some(), "{}", rule.call);
        }
    }
}

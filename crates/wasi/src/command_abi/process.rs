//! `host_process`: the guest's own numbers, descriptors and mask. It is alone: it has no children and can start none.

use std::time::Duration;

use wiggle::GuestMemory;

use super::{each_stub, store, unsupported};
use crate::{
    Trap, WasiCtx,
    abi::types::Errno,
    error::{Result, errno_value},
    preview1::poll::sleep,
};

const FD_CLOEXEC: u32 = 1;
const RLIMIT_NOFILE: i32 = 7;
/// The highest of the resources that have a limit on Linux and in musl (`RLIMIT_AS`).
const RLIMIT_LAST: i32 = 9;
const RLIM_INFINITY: u64 = u64::MAX;

/// The guest's number, to `ret_pid`.
pub fn proc_getpid(ctx: &mut WasiCtx, memory: &mut GuestMemory<'_>, ret_pid: i32) -> Result<i32, Trap> {
    errno_value(store(memory, ret_pid, ctx.pid))
}

/// The number of whoever started the guest, to `ret_pid`.
pub fn proc_getppid(ctx: &mut WasiCtx, memory: &mut GuestMemory<'_>, ret_pid: i32) -> Result<i32, Trap> {
    errno_value(store(memory, ret_pid, ctx.parent_pid))
}

/// The guest's process group, which is its own, to `ret_pgid`; `ESRCH` for other processes.
pub fn proc_getpgid(ctx: &mut WasiCtx, memory: &mut GuestMemory<'_>, pid: i32, ret_pgid: i32) -> Result<i32, Trap> {
    if pid != 0 && pid as u32 != ctx.pid {
        return Ok(Errno::Srch as i32);
    }
    errno_value(store(memory, ret_pgid, ctx.pid))
}

/// Limits as 64-bit numbers: that of descriptors is real, there are no others.
pub fn proc_getrlimit(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    resource: i32,
    ret_soft: i32,
    ret_hard: i32,
) -> Result<i32, Trap> {
    errno_value((|| {
        let limit = match resource {
            RLIMIT_NOFILE => u64::from(ctx.fds.limit()),
            0..=RLIMIT_LAST => RLIM_INFINITY,
            _ => return Err(Errno::Inval.into()),
        };
        store(memory, ret_soft, limit)?;
        store(memory, ret_hard, limit)
    })())
}

/// Sets the permission bits that new files are made without; what they were to `ret_old`.
pub fn proc_umask(ctx: &mut WasiCtx, memory: &mut GuestMemory<'_>, mask: i32, ret_old: i32) -> Result<i32, Trap> {
    umask(ctx, memory, mask, 1, ret_old)
}

/// As [`proc_umask`]; only asks where `set` is 0.
pub fn umask(ctx: &mut WasiCtx, memory: &mut GuestMemory<'_>, mask: i32, set: i32, ret_old: i32) -> Result<i32, Trap> {
    errno_value((|| {
        store(memory, ret_old, ctx.umask)?;
        if set != 0 {
            ctx.umask = mask as u32 & 0o777;
        }
        Ok(())
    })())
}

/// Waits.
pub async fn sleep_ms(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, milliseconds: i32) -> Result<i32, Trap> {
    sleep(ctx, Duration::from_millis(u64::from(milliseconds as u32))).await?;
    Ok(Errno::Success as i32)
}

/// A further descriptor for the same open file, to `ret_fd`. `EBADF`, `EMFILE`.
pub fn fd_dup(ctx: &mut WasiCtx, memory: &mut GuestMemory<'_>, fd: i32, ret_fd: i32) -> Result<i32, Trap> {
    fd_dup_min(ctx, memory, fd, 0, ret_fd)
}

/// As [`fd_dup`], with a number that is at least `min`. `EINVAL` for one that no descriptor can have.
pub fn fd_dup_min(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: i32,
    min: i32,
    ret_fd: i32,
) -> Result<i32, Trap> {
    errno_value((|| {
        let new = ctx.fds.duplicate(fd as u32, min as u32)?;
        store(memory, ret_fd, new).inspect_err(|_| {
            // Just made, so it is there to be closed.
            let _ = ctx.fds.close(new);
        })
    })())
}

/// Makes `to`, which is closed first where it is open, lead to the same open file. `EBADF`.
pub fn fd_dup2(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, fd: i32, to: i32) -> Result<i32, Trap> {
    errno_value(ctx.fds.duplicate_to(fd as u32, to as u32).map_err(Into::into))
}

/// The descriptor's own flags, of which there is `FD_CLOEXEC` (1), to `ret_flags`. `EBADF`.
pub fn fd_getfd(ctx: &mut WasiCtx, memory: &mut GuestMemory<'_>, fd: i32, ret_flags: i32) -> Result<i32, Trap> {
    errno_value((|| {
        let flags = if ctx.fds.descriptor(fd as u32)?.close_on_exec { FD_CLOEXEC } else { 0 };
        store(memory, ret_flags, flags)
    })())
}

/// Sets the descriptor's own flags. `EBADF`; `EINVAL` for any but `FD_CLOEXEC` (1).
pub fn fd_setfd(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, fd: i32, flags: i32) -> Result<i32, Trap> {
    errno_value((|| {
        let descriptor = ctx.fds.descriptor_mut(fd as u32)?;
        if flags as u32 & !FD_CLOEXEC != 0 {
            return Err(Errno::Inval.into());
        }
        descriptor.close_on_exec = flags as u32 & FD_CLOEXEC != 0;
        Ok(())
    })())
}

/// Closes every descriptor from that number on.
pub fn proc_closefrom(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, min: i32) -> Result<i32, Trap> {
    ctx.fds.close_from(min as u32);
    Ok(Errno::Success as i32)
}

/// Sends a signal, in Linux's numbers, to the guest itself (its own number, or 0): it acts as it does by default. 0 only asks
/// whether the process exists. `ESRCH` for other processes, `ENOTSUP` for a signal that stops.
pub fn proc_kill(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, pid: i32, signal: i32) -> Result<i32, Trap> {
    let errno = if !(0..=64).contains(&signal) {
        Errno::Inval
    } else if pid != 0 && pid.unsigned_abs() != ctx.pid {
        Errno::Srch
    } else {
        match default_action(signal) {
            Action::End(name) => return Err(Trap::Raised(name)),
            Action::Ignore => Errno::Success,
            Action::Stop => Errno::Notsup,
        }
    };
    Ok(errno as i32)
}

enum Action {
    End(&'static str),
    Ignore,
    Stop,
}

/// What a signal does by default (signal(7) of Linux).
fn default_action(signal: i32) -> Action {
    Action::End(match signal {
        0 | 17 | 18 | 23 | 28 => return Action::Ignore,
        19..=22 => return Action::Stop,
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        10 => "SIGUSR1",
        11 => "SIGSEGV",
        12 => "SIGUSR2",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        16 => "SIGSTKFLT",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        26 => "SIGVTALRM",
        27 => "SIGPROF",
        29 => "SIGPOLL",
        30 => "SIGPWR",
        31 => "SIGSYS",
        _ => "SIGRT",
    })
}

macro_rules! stub {
    // There is never a child to wait for.
    (host_process proc_waitpid $parameters:tt) => {
        unsupported! { Child proc_waitpid $parameters }
    };
    (host_process proc_waitpid_with_pid $parameters:tt) => {
        unsupported! { Child proc_waitpid_with_pid $parameters }
    };
    (host_process proc_waitpid_v2 $parameters:tt) => {
        unsupported! { Child proc_waitpid_v2 $parameters }
    };
    (host_process proc_waitpid_v3 $parameters:tt) => {
        unsupported! { Child proc_waitpid_v3 $parameters }
    };
    (host_process fd_flock $parameters:tt) => {
        unsupported! { Nosys fd_flock $parameters }
    };
    (host_process fd_pipe $parameters:tt) => {
        unsupported! { Nosys fd_pipe $parameters }
    };
    (host_process fd_record_lock $parameters:tt) => {
        unsupported! { Nosys fd_record_lock $parameters }
    };
    (host_process fd_recvmsg_rights $parameters:tt) => {
        unsupported! { Nosys fd_recvmsg_rights $parameters }
    };
    (host_process fd_sendmsg_rights $parameters:tt) => {
        unsupported! { Nosys fd_sendmsg_rights $parameters }
    };
    (host_process fd_socketpair $parameters:tt) => {
        unsupported! { Nosys fd_socketpair $parameters }
    };
    (host_process proc_exec $parameters:tt) => {
        unsupported! { Nosys proc_exec $parameters }
    };
    (host_process proc_itimer_real $parameters:tt) => {
        unsupported! { Nosys proc_itimer_real $parameters }
    };
    (host_process proc_ppoll_v1 $parameters:tt) => {
        unsupported! { Nosys proc_ppoll_v1 $parameters }
    };
    (host_process proc_sigaction $parameters:tt) => {
        unsupported! { Nosys proc_sigaction $parameters }
    };
    (host_process proc_signal_mask_v2 $parameters:tt) => {
        unsupported! { Nosys proc_signal_mask_v2 $parameters }
    };
    (host_process proc_spawn $parameters:tt) => {
        unsupported! { Nosys proc_spawn $parameters }
    };
    (host_process proc_spawn_v3 $parameters:tt) => {
        unsupported! { Nosys proc_spawn_v3 $parameters }
    };
    (host_process proc_spawn_v4 $parameters:tt) => {
        unsupported! { Nosys proc_spawn_v4 $parameters }
    };
    ($($other:tt)*) => {};
}

crate::for_each_import!(each_stub);

//! What a process is allowed as a whole.

use crate::error::{LockdownError, Part};
use std::io;

/// Gives up for good: to gain privileges by running a program, to leave memory in a core dump, and to be looked into or traced by
/// other processes of the same user. Raises the bound on descriptors as far as the process may, since guests that have a
/// directory mounted take some.
///
/// # Errors
/// Where the kernel refuses.
pub fn drop_privileges() -> Result<(), LockdownError> {
    set_process_option(libc::PR_SET_NO_NEW_PRIVS, 1)?;
    set_process_option(libc::PR_SET_DUMPABLE, 0)?;
    set_limit(libc::RLIMIT_CORE, |_| 0)?;
    set_limit(libc::RLIMIT_MSGQUEUE, |_| 0)?;
    set_limit(libc::RLIMIT_NOFILE, |most| most)
}

/// Closes all descriptors from that number on. To be called before the process has opened any of its own.
///
/// # Errors
/// Where the kernel has no `close_range` (Linux 5.9).
pub fn close_descriptors_from(first: u32) -> Result<(), LockdownError> {
    // SAFETY: by number alone; whoever calls this says that nothing owns these descriptors.
    let status = unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) };
    if status == 0 { Ok(()) } else { Err(refused(Part::Descriptors)) }
}

fn set_process_option(option: libc::c_int, value: libc::c_ulong) -> Result<(), LockdownError> {
    // SAFETY: these options take a number.
    let status = unsafe { libc::prctl(option, value, 0, 0, 0) };
    if status == 0 { Ok(()) } else { Err(refused(Part::Privileges)) }
}

/// Sets both bounds of a resource to what is made of the hard one.
fn set_limit(
    resource: libc::__rlimit_resource_t,
    bound: impl Fn(libc::rlim_t) -> libc::rlim_t,
) -> Result<(), LockdownError> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: writes into a struct that outlives the call.
    if unsafe { libc::getrlimit(resource, &mut limit) } != 0 {
        return Err(refused(Part::ResourceLimits));
    }
    let bound = bound(limit.rlim_max);
    let limit = libc::rlimit { rlim_cur: bound, rlim_max: bound };
    // SAFETY: reads a struct that outlives the call.
    if unsafe { libc::setrlimit(resource, &limit) } != 0 {
        return Err(refused(Part::ResourceLimits));
    }
    Ok(())
}

pub(crate) fn refused(part: Part) -> LockdownError {
    LockdownError::Refused { part, source: io::Error::last_os_error() }
}

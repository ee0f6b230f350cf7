//! What the helper process gives up before it runs anything of a sandbox's.

use rustix::process::{Resource, Rlimit, setrlimit};
use std::io;
use std::time::Duration;

/// The most time that the helper spends on CPUs, all threads together. What a sandbox's userland may take is less: this ends
/// what does not heed being terminated.
pub(super) const CPU_SECONDS: u64 = 10;

/// When the helper is ended, whatever it does: it needs a tenth of a second, but perhaps while all CPUs are busy with guests.
pub(super) const DEADLINE: Duration = Duration::from_secs(60);

/// Bytes that the helper may write to, in all. Not of address space, of which V8 reserves far more than it uses.
const DATA: u64 = 1 << 30;

/// Sets the limits, which hold for the rest of the process's life, and closes every descriptor beyond stderr.
pub(super) fn set() -> io::Result<()> {
    // SAFETY: the process has just begun, and owns no descriptor that it knows of beyond these.
    if unsafe { libc::close_range(3, libc::c_uint::MAX, 0) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // The signal of the first limit tells what happened; that of the second can't be caught.
    setrlimit(Resource::Cpu, Rlimit { current: Some(CPU_SECONDS), maximum: Some(CPU_SECONDS + 1) })?;
    for (resource, limit) in [(Resource::Data, DATA), (Resource::Core, 0)] {
        setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) })?;
    }
    // For when the parent, which ends the helper at its deadline, is no more.
    // SAFETY: takes a number; the signal's default is to end the process.
    unsafe { libc::alarm(DEADLINE.as_secs() as libc::c_uint + 1) };
    Ok(())
}

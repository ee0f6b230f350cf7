//! What the standard library has no safe call for.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;

/// Takes over a descriptor that the process was started with, which must be a connected Unix stream socket. To be called once
/// for a descriptor, by whoever owns it.
///
/// # Errors
/// Why it is none.
pub fn adopt_socket(descriptor: RawFd) -> Result<UnixStream, String> {
    let domain = socket_option(descriptor, libc::SO_DOMAIN).map_err(|error| error.to_string())?;
    let kind = socket_option(descriptor, libc::SO_TYPE).map_err(|error| error.to_string())?;
    if (domain, kind) != (libc::AF_UNIX, libc::SOCK_STREAM) {
        return Err("it is another kind of socket".into());
    }
    // SAFETY: the descriptor is open, as the calls above show, and the caller owns it.
    let socket = UnixStream::from(unsafe { OwnedFd::from_raw_fd(descriptor) });
    match socket.peer_addr() {
        Ok(_) => Ok(socket),
        Err(error) => Err(error.to_string()),
    }
}

fn socket_option(descriptor: RawFd, option: libc::c_int) -> io::Result<libc::c_int> {
    let mut value: libc::c_int = 0;
    let mut length = size_of_val(&value) as libc::socklen_t;
    let buffer = (&raw mut value).cast();
    // SAFETY: the buffer is as long as `length` says and outlives the call; a wrong descriptor is an error, not a fault.
    let status = unsafe { libc::getsockopt(descriptor, libc::SOL_SOCKET, option, buffer, &mut length) };
    if status == 0 { Ok(value) } else { Err(io::Error::last_os_error()) }
}

/// Binds a socket that only this user may connect to, from its first moment on. Not to be called while other threads make
/// files.
pub fn bind_private(path: &Path) -> io::Result<UnixListener> {
    // SAFETY: takes a number, returns a number.
    let before = unsafe { libc::umask(0o177) };
    let listener = UnixListener::bind(path);
    // SAFETY: as above.
    unsafe { libc::umask(before) };
    let listener = listener?;
    // Where the file system ignores the mask.
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).map(|(): ()| listener)
}

/// Gives the calling thread a table of descriptors of its own, in which there is that one and no other.
///
/// # Errors
/// Where the system has no such thing; the thread may then have lost descriptors of its own table only.
#[cfg(target_os = "linux")]
pub fn keep_only(descriptor: RawFd) -> io::Result<()> {
    let kept = descriptor as libc::c_uint;
    let below = if kept == 0 { None } else { Some((0, kept - 1)) };
    let above = Some((kept + 1, libc::c_uint::MAX));
    for (first, last) in [below, above].into_iter().flatten() {
        // SAFETY: takes numbers. The table is the thread's own from the first call on, and nothing on it uses what is closed.
        let status = unsafe { libc::syscall(libc::SYS_close_range, first, last, libc::CLOSE_RANGE_UNSHARE) };
        if status != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
pub fn keep_only(_descriptor: RawFd) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The user that this process acts as.
pub fn effective_user() -> u32 {
    // SAFETY: takes nothing, returns a number.
    unsafe { libc::geteuid() }
}

/// Waits until a descriptor can be written to or the time is over.
pub fn wait_writable(descriptor: BorrowedFd<'_>, timeout: Duration) {
    let mut entry = libc::pollfd { fd: descriptor.as_raw_fd(), events: libc::POLLOUT, revents: 0 };
    let milliseconds = libc::c_int::try_from(timeout.as_millis()).unwrap_or(libc::c_int::MAX);
    // SAFETY: one entry, which outlives the call.
    unsafe { libc::poll(&mut entry, 1, milliseconds) };
}

/// Ends the process at once: no destructor runs, since other threads may be anywhere in the engine.
pub fn exit_now(code: i32) -> ! {
    // SAFETY: ends the process.
    unsafe { libc::_exit(code) }
}

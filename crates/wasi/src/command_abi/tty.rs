//! `host_tty`: the guest's terminal, which it is told it has where [`WasiCtxBuilder::terminal`](crate::WasiCtxBuilder::terminal)
//! says so. Its size and modes are not known.

use std::{
    future::poll_fn,
    task::Poll,
    time::{Duration, Instant},
};

use wiggle::GuestMemory;

use super::{bytes_at, user::is_terminal};
use crate::{
    Trap, WasiCtx,
    abi::types::Errno,
    error::{Error, Result},
    preview1::io::poll_read,
};

/// Linux's numbers for `ENOTTY` and `EBADF`: `get_size` alone answers with those.
const LINUX_ENOTTY: i32 = 25;
const LINUX_EBADF: i32 = 9;

/// 1 where the descriptor leads to a terminal, else 0.
pub fn isatty(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, fd: i32) -> Result<i32, Trap> {
    Ok(i32::from(is_terminal(ctx, fd).unwrap_or(false)))
}

/// `ENOTTY` or `EBADF` in Linux's numbers, since no size is known.
pub fn get_size(
    ctx: &mut WasiCtx,
    _: &mut GuestMemory<'_>,
    fd: i32,
    _ret_columns: i32,
    _ret_rows: i32,
) -> Result<i32, Trap> {
    Ok(if ctx.fds.description(fd as u32).is_ok() { LINUX_ENOTTY } else { LINUX_EBADF })
}

/// `ENOTTY`.
pub fn set_raw_mode(_: &mut WasiCtx, _: &mut GuestMemory<'_>, _enabled: i32) -> Result<i32, Trap> {
    Ok(Errno::Notty as i32)
}

/// Reads from stdin for at most that many milliseconds, for ever where they are -1. The number of bytes: 0 at the end, when
/// the time is over, and on every error.
pub async fn read(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    buf_ptr: i32,
    buf_len: i32,
    timeout_ms: i32,
) -> Result<i32, Trap> {
    let buffer = bytes_at(buf_ptr, buf_len);
    if buffer.len() == 0 || memory.as_slice(buffer).is_err() {
        return Ok(0);
    }
    let deadline = match timeout_ms {
        -1 => None,
        milliseconds => Instant::now().checked_add(Duration::from_millis(u64::from(milliseconds as u32))),
    };
    let count = poll_fn(|cx| {
        if let Poll::Ready(read) = poll_read(&mut *ctx.stdin, cx, memory, buffer) {
            return Poll::Ready(read);
        }
        let Some(deadline) = deadline else {
            return Poll::Pending;
        };
        ctx.timers.poll_wait_until(cx, deadline).map(|over| Ok(over.map(|()| 0)?))
    });
    match count.await {
        Ok(count) => Ok(count as i32),
        Err(Error::Errno(_)) => Ok(0),
        Err(Error::Trap(trap)) => Err(trap),
    }
}

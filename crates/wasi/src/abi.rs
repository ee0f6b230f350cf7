//! What `wiggle` generates from the standard's definition: the types, the trait that [`WasiCtx`](crate::WasiCtx)
//! implements, and a function per import that decodes its arguments.

use crate::error::Error;

wiggle::from_witx!({
    witx: ["witx/wasi_snapshot_preview1.witx"],
    errors: { errno => Error },
    async: { wasi_snapshot_preview1::{fd_read, fd_write, poll_oneoff, sched_yield} },
    wasmtime: false,
});

impl wiggle::GuestErrorType for types::Errno {
    fn success() -> types::Errno {
        types::Errno::Success
    }
}

impl types::UserErrorConversion for crate::WasiCtx {
    fn errno_from_error(&mut self, error: Error) -> wiggle::error::Result<types::Errno> {
        match error {
            Error::Errno(errno) => Ok(errno),
            Error::Trap(trap) => Err(wiggle::error::Error::from(trap)),
        }
    }
}

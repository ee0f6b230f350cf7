//! The functions that engines bind, as [`for_each_import!`](crate::for_each_import) lists them: a module per import module,
//! a function per import.
//!
//! Each takes the guest's context and memory, and the numbers that the guest passed. It returns what the import returns, or
//! the [`Trap`] that ends the guest; after a trap the context is not used again. A bad pointer, flag or string from the guest
//! is an error number for the guest (`EFAULT`, `EINVAL`, `EILSEQ`).
//!
//! The memory must begin at an address that is a multiple of 8. A program that exports no memory is given an empty one.
//!
//! The `async` ones wait for streams and timers, and only there. Dropping such a future is safe: what was read or written
//! stays so, but the guest has not learned of it, so it can only be ended then.

pub use crate::command_abi::{
    fs as host_fs, net as host_net, process as host_process, tty as host_tty, user as host_user,
};

/// `wasi_snapshot_preview1`.
pub mod wasi_snapshot_preview1 {
    use wiggle::GuestMemory;

    use crate::{Trap, WasiCtx, abi, abi::types::Errno, error::errno_of_guest_error};

    /// The end that an error stands for, or else its number.
    fn trap_or_errno(error: wiggle::error::Error) -> Result<i32, Trap> {
        if let Some(trap) = error.downcast_ref::<Trap>() {
            return Err(*trap);
        }
        match error.downcast_ref::<wiggle::GuestError>() {
            Some(error) => Ok(errno_of_guest_error(error) as i32),
            // Nothing else is raised on the way here; if it were, it would be no fault of the guest's.
            None => Ok(Errno::Io as i32),
        }
    }

    trait Outcome {
        fn from_errno(errno: i32) -> Self;
    }

    impl Outcome for i32 {
        fn from_errno(errno: i32) -> i32 {
            errno
        }
    }

    impl Outcome for () {
        fn from_errno(_: i32) {}
    }

    fn outcome<T: Outcome>(result: wiggle::error::Result<T>) -> Result<T, Trap> {
        result.or_else(|error| trap_or_errno(error).map(T::from_errno))
    }

    macro_rules! functions {
        ($(
            $kind:ident $module:ident $name:literal $function:ident($($parameter:ident: $ty:ident),*) -> $result:tt;
        )*) => {
            $( function! { $kind $module $function($($parameter: $ty),*) -> $result } )*
        };
    }

    macro_rules! function {
        (sync wasi_snapshot_preview1 $function:ident($($parameter:ident: $ty:ident),*) -> $result:tt) => {
            #[doc = concat!("`", stringify!($function), "` of the standard.")]
            pub fn $function(
                ctx: &mut WasiCtx,
                memory: &mut GuestMemory<'_>,
                $($parameter: $ty),*
            ) -> Result<$result, Trap> {
                outcome(abi::wasi_snapshot_preview1::$function(ctx, memory, $($parameter),*))
            }
        };
        (async wasi_snapshot_preview1 $function:ident($($parameter:ident: $ty:ident),*) -> $result:tt) => {
            #[doc = concat!("`", stringify!($function), "` of the standard.")]
            pub async fn $function(
                ctx: &mut WasiCtx,
                memory: &mut GuestMemory<'_>,
                $($parameter: $ty),*
            ) -> Result<$result, Trap> {
                outcome(abi::wasi_snapshot_preview1::$function(ctx, memory, $($parameter),*).await)
            }
        };
        ($($other:tt)*) => {};
    }

    crate::for_each_import!(functions);
}

//! The command ABI: what published WASI command packages import besides WASI. The meaning of each function is that of the
//! POSIX function it stands for; most return an error number of `wasi_snapshot_preview1`, 0 for success.

pub mod fs;
pub mod net;
pub mod process;
pub mod tty;
pub mod user;

use wiggle::{GuestMemory, GuestPtr};

use crate::error::Result;

/// Writes a number where the guest wants it.
fn store<T: wiggle::GuestType>(memory: &mut GuestMemory<'_>, pointer: i32, value: T) -> Result<()> {
    Ok(memory.write(GuestPtr::<T>::new(pointer as u32), value)?)
}

fn bytes_at(pointer: i32, len: i32) -> GuestPtr<[u8]> {
    GuestPtr::<u8>::new(pointer as u32).as_array(len as u32)
}

fn str_at(pointer: i32, len: i32) -> GuestPtr<str> {
    GuestPtr::<str>::new((pointer as u32, len as u32))
}

/// Defines a function of the table that answers with an error number, whatever it is asked.
macro_rules! unsupported {
    ($errno:ident $function:ident($($parameter:ident: $ty:ident),*)) => {
        #[doc = concat!("Not supported: always `", stringify!($errno), "`.")]
        pub fn $function(
            _: &mut crate::WasiCtx,
            _: &mut wiggle::GuestMemory<'_>,
            $(_: $ty),*
        ) -> Result<i32, crate::Trap> {
            Ok(crate::abi::types::Errno::$errno as i32)
        }
    };
}
use unsupported;

/// Calls the macro `stub!` of whoever calls it with each entry of the table.
macro_rules! each_stub {
    ($( $kind:ident $module:ident $name:literal $function:ident $parameters:tt -> $result:tt; )*) => {
        $( stub! { $module $function $parameters } )*
    };
}
use each_stub;

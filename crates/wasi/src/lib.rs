//! WASI preview1 and the command ABI over [`hotcell_vfs`], for any WebAssembly engine.
//!
//! # For an engine
//! 1. Build a [`WasiCtx`] per guest with [`WasiCtxBuilder`], from its streams ([`stdio`]), [`Clocks`] and [`Timers`].
//! 2. Bind the functions of [`calls`] under the names that [`for_each_import!`] lists; [`IMPORTS`] is the same list as data.
//!    Each call is given the context and the guest's memory as [`GuestMemory`]. The `sync` ones are plain functions. An
//!    `async` one is a future that borrows both, to be polled where it stands: an engine with a thread per guest pins it on
//!    the stack and parks the thread until its waker is called; an asynchronous engine awaits it.
//! 3. A call that returns a [`Trap`] unwinds the guest: [`Trap::Exit`] is how a program ends by itself.
//!
//! Nothing here polls in a loop, spins or starts a thread. To end a guest that waits, the embedder's streams and timers report
//! [`stdio::StreamError::Killed`] and wake it.
//!
//! # What a program sees
//! - `wasi_snapshot_preview1`, all of it, with rights as the standard defines them; sockets are `ENOTSUP`.
//! - `host_fs`, `host_user`, `host_process`, `host_tty` and `host_net`, the command ABI that published command packages
//!   import besides WASI; what needs other processes or the network is `ENOSYS`.
//! - Descriptors 0, 1 and 2 for the streams; from 3 on the preopened directories, by default the root under the name `/`.
//! - The working directory in the environment variable `PWD`.

mod abi;
pub mod calls;
mod clocks;
mod command_abi;
mod ctx;
mod cwd;
mod error;
mod fd_table;
mod imports;
mod preview1;
mod rights;
pub mod stdio;
mod string_list;
mod thread_cpu_time;

pub use clocks::{Clocks, SystemClocks, Timers};
pub use ctx::{DEFAULT_MAX_DESCRIPTORS, MAX_ARGS_AND_ENV_BYTES, User, WasiCtx, WasiCtxBuilder};
pub use error::{BuildError, Trap};
pub use imports::{IMPORTS, Import, ValueType};
pub use wiggle::GuestMemory;

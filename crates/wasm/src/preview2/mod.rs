//! WASI 0.2 for components: clocks, random, stdio and the command line from `wasmtime-wasi`, files from our own file system.

mod bindings;
mod clocks;
mod context;
mod filesystem;
mod linker;
mod stdio;

pub(crate) use context::{ComponentState, WasiOptions};
pub(crate) use linker::linker;

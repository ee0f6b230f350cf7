//! WASI programs on wasmtime.
//!
//! The only crate that names wasmtime. A [`WasmEngine`] is the compiler and the pool that instances come from;
//! [`CompiledModules`] holds what it made of programs, once per digest; a [`WasiRunner`] runs guests.
//!
//! # Threads
//! Guests share a few threads. One that waits (for its input, for credit, for a moment) holds none. One that runs lets others
//! run after each slice of some milliseconds, by the engine's epoch, which also tells it that it is to end.

mod artifacts;
mod command;
pub mod component;
mod engine;
mod error;
mod failure;
mod imports;
mod life;
mod limiter;
mod modules;
mod preview2;
mod runner;
mod state;
mod store;
mod ticker;
mod timers;

pub use engine::{EngineOptions, PoolFull, WasmEngine};
pub use error::WasmError;
pub use modules::{CompiledModule, CompiledModuleStats, CompiledModules};
pub use runner::WasiRunner;

use std::sync::Arc;

/// Why the engine can't do what it was asked for.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WasmError {
    /// wasmtime refused its configuration, or the system the address space for the pool.
    #[error(
        "The WebAssembly engine can't start: {0}. Lower HOTCELL_WASM_INSTANCES, or raise the limit on address space."
    )]
    Start(String),
    /// The bytes are no module that wasmtime compiles.
    #[error("this is not a WebAssembly module that can be compiled: {0}")]
    Compile(String),
    /// Whoever compiled the module for everybody that waits failed; the log says where.
    #[error("The compiler failed on this module; the sidecar's log says where.")]
    CompilerPanicked,
    /// The pool has no instance left, and guests are not to wait for one.
    #[error("All {instances} WebAssembly instances are in use: run fewer at once, or raise HOTCELL_WASM_INSTANCES.")]
    PoolFull { instances: u32 },
    /// What could not be kept on disk, all of it.
    #[error("Of what was compiled, some could not be kept on disk: {}.", .0.join("; "))]
    NotKept(Vec<String>),
    /// The operating system gave no thread.
    #[error("No thread could be started: {0}.")]
    Thread(Arc<std::io::Error>),
}

use crate::limiter::MemoryLimiter;
use hotcell_guest::Guest;
use hotcell_wasi::WasiCtx;
use std::sync::Arc;
use wasmtime::Memory;

/// What a guest's host functions work on: the data of its store.
pub(crate) struct GuestState {
    pub guest: Arc<Guest>,
    pub wasi: WasiCtx,
    /// The program's memory; `None` while it is being instantiated.
    pub memory: Option<Memory>,
    pub limiter: MemoryLimiter,
}

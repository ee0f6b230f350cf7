//! JavaScript guests, and WASI programs in V8.
//!
//! The only crate that names V8. Each guest gets a virgin isolate on a thread of its own ([`JsEngine::run`]); the thread makes
//! isolate and context, runs the userland (or finds it in a snapshot), the program, and the event loop, sends the guest's
//! exit, and takes everything down. Nothing is used for a second guest.

mod collector;
mod engine;
mod error;
mod event_loop;
mod external_memory;
mod fatal;
mod format;
mod hooks;
mod isolate;
mod isolate_workers;
mod keeper;
mod last_words;
mod late_properties;
mod loader;
mod mailbox;
mod native;
mod page_budget;
mod platform;
mod pool;
mod pool_counters;
mod program;
mod rehearsal;
mod sandbox_userland;
mod shelf;
mod snapshot;
mod state;
mod sync;
mod synthetic_modules;
mod userland;
mod wasi;
mod worker;

pub use engine::{IsolateThreads, JsEngine, JsOptions, SnapshotMode};
pub use error::JsError;
pub use snapshot::{BakeServer, Baker, SnapshotStats, bake_to, run_bake_helper, run_bake_server};

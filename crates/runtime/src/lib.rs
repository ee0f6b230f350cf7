//! Sandboxes, guests and program look-up: the in-process end of the protocol.
//!
//! A carrier makes one [`Runtime`] per process and one [`Connection`] per host, hands it the host's commands
//! ([`Connection::handle`]) and takes its events from the [`EventSink`] that it gave. Nothing here reads or writes a socket,
//! and nothing waits: a command is done when `handle` returns, or goes on in a guest's thread.
//!
//! # Threads
//! What only the host's commands touch (sandboxes, uploads) belongs to the [`Connection`], which is used from one thread at a
//! time and has no lock. What guests' threads touch too is the table of live guests, with a lock per connection that is held
//! for one look-up, insertion or removal and never while an event is sent.

mod admission;
mod connection;
mod engine;
mod error;
mod files;
mod link;
mod memory;
mod program;
mod runtime;
mod sandbox;
mod spawn;
mod upload;
mod userland;

pub use admission::AdmissionLimits;
pub use connection::{Connection, MAX_GUESTS, MAX_SANDBOXES};
pub use engine::Engine;
pub use error::Violation;
pub use hotcell_guest::EventSink;
pub use memory::open_memory_figures;
pub use program::DEFAULT_PATH;
pub use runtime::{Runtime, RuntimeOptions};
pub use upload::{MAX_OPEN_UPLOADS, MAX_UPLOAD_BYTES};

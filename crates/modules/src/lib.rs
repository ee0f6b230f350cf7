//! Programs by digest.
//!
//! - [`ModuleCache`] holds the bytes of programs, once per SHA-256 however many sandboxes run them, within
//!   [`CacheBounds`]. A program in a sandbox's file is hashed once and known by its [`FileFingerprint`] afterwards.
//! - [`IncomingModule`] takes a program that arrives in parts, and hashes it as it comes.
//! - [`DerivedCache`] holds what an engine made of a program (a compiled module, say), and sees to it that this is made
//!   once, however many ask for it at the same time.
//! - [`ArtifactStore`] keeps such things on disk, from one process to the next.
//!
//! Everything here may be used from any thread. Nothing is hashed, logged, freed or made while a lock is held.

mod bounded;
mod cache;
mod derived;
mod digest;
mod error;
mod fingerprint;
mod incoming;
mod store;

pub use bounded::CacheBounds;
pub use cache::ModuleCache;
pub use derived::{Claim, DerivedCache, DerivedStats, Flight, MakeTicket};
pub use digest::digest_of;
pub use error::ModuleError;
pub use fingerprint::FileFingerprint;
pub use hotcell_protocol::BlobDigest;
pub use incoming::IncomingModule;
pub use store::{ArtifactKind, ArtifactStore};

//! Snapshots of the userland: made in a helper process, kept in memory and on disk, and shared by the isolates that start
//! from them.
//!
//! A snapshot is code that V8 does not check. What is loaded comes from an [`hotcell_modules::ArtifactStore`], which vouches for
//! it, under a key that tells everything that it depends on ([`key`]).

mod bake;
mod baker;
mod cache;
mod frame;
mod helper;
mod helper_limits;
mod key;
mod server;

pub use baker::Baker;
pub use cache::SnapshotStats;
pub(crate) use cache::Snapshots;
pub(crate) use frame::MAX_SOURCE_BYTES;
pub use helper::{bake_to, run_bake_helper};
pub use server::{BakeServer, run_bake_server};

use hotcell_modules::BlobDigest;

/// A snapshot that isolates can start from.
pub(crate) struct Snapshot {
    /// Of what it was made from.
    pub key: BlobDigest,
    bytes: Box<[u8]>,
}

/// V8 reads its version from a header of this length without looking whether there is one (`Snapshot::VersionIsValid`).
const MIN_BYTES: usize = 256;

impl Snapshot {
    /// Takes bytes that V8 made and nobody changed since.
    ///
    /// # Errors
    /// Why V8 can't start from them.
    fn new(key: BlobDigest, bytes: Box<[u8]>) -> Result<Self, &'static str> {
        if bytes.len() < MIN_BYTES || i32::try_from(bytes.len()).is_err() {
            return Err("it has a length that no snapshot has");
        }
        let snapshot = Self { key, bytes };
        // SAFETY: the data is dropped before the snapshot.
        let data = unsafe { snapshot.startup_data() };
        if !data.is_valid() {
            return Err("it is another version's");
        }
        // V8 seeds its hashes anew for each process, and can't read the tables of one that keeps its old seed.
        if !data.can_be_rehashed() {
            return Err("its hash tables can't be given a new seed");
        }
        drop(data);
        Ok(snapshot)
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The snapshot as V8 takes it: these bytes, not a copy of them.
    ///
    /// # Safety
    /// It must not outlive the snapshot.
    pub(crate) unsafe fn startup_data(&self) -> v8::StartupData {
        // SAFETY: the bytes stay where they are until the snapshot is dropped, and the caller gives up the data before that.
        let bytes: &'static [u8] = unsafe { std::slice::from_raw_parts(self.bytes.as_ptr(), self.bytes.len()) };
        v8::StartupData::from(bytes)
    }
}

//! The snapshots of the process: in memory, on disk, or made.

use super::{Baker, Snapshot, key};
use crate::error::JsError;
use crossbeam_channel::{Receiver, Sender, bounded};
use hotcell_modules::{ArtifactKind, ArtifactStore, BlobDigest, CacheBounds, DerivedCache};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Snapshots that are kept though no sandbox needs them at the moment.
const BOUNDS: CacheBounds = CacheBounds { entries: NonZeroUsize::new(16).unwrap(), bytes: 64 << 20 };

/// Snapshots that are made at once, each of which may keep a CPU busy and take hundreds of megabytes.
const MAX_AT_ONCE: usize = 2;

/// Where the process's snapshots came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SnapshotStats {
    /// Snapshots that were read from the store.
    pub loaded: u64,
    /// Snapshots that were made.
    pub baked: u64,
    /// Snapshots that could not be made.
    pub failed: u64,
}

pub(crate) struct Snapshots {
    made: DerivedCache<Snapshot, JsError>,
    store: Option<Arc<ArtifactStore>>,
    baker: Baker,
    turns: (Sender<()>, Receiver<()>),
    loaded: AtomicU64,
    baked: AtomicU64,
    failed: AtomicU64,
}

impl Snapshots {
    pub(crate) fn new(store: Option<Arc<ArtifactStore>>, baker: Baker) -> Self {
        Self {
            made: DerivedCache::new(BOUNDS),
            store,
            baker,
            turns: bounded(MAX_AT_ONCE),
            loaded: AtomicU64::new(0),
            baked: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        }
    }

    pub(crate) fn stats(&self) -> SnapshotStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        SnapshotStats { loaded: read(&self.loaded), baked: read(&self.baked), failed: read(&self.failed) }
    }

    /// The snapshot with that sandbox's userland, or with none. Waits while it is loaded or made, once for all who ask.
    pub(crate) fn get(&self, sandbox_userland: Option<&str>) -> Result<Arc<Snapshot>, JsError> {
        let key = key::key(sandbox_userland);
        self.made.get_or_make(key, || {
            let started = Instant::now();
            let (snapshot, from) = match self.load(key) {
                Some(snapshot) => (snapshot, "disk"),
                None => (self.bake(key, sandbox_userland)?, "source"),
            };
            let bytes = snapshot.bytes().len() as u64;
            tracing::debug!(%key, bytes, from, elapsed = ?started.elapsed(), "snapshot ready");
            Ok((snapshot, bytes))
        })
    }

    /// The snapshot without a sandbox's userland, where an earlier process left it on disk. Needs no V8.
    pub(crate) fn load_plain(&self) -> Option<Arc<Snapshot>> {
        let started = Instant::now();
        let snapshot = self.load(key::key(None))?;
        tracing::debug!(key = %snapshot.key, from = "disk", elapsed = ?started.elapsed(), "snapshot ready");
        Some(Arc::new(snapshot))
    }

    fn load(&self, key: BlobDigest) -> Option<Snapshot> {
        let store = self.store.as_ref()?;
        let bytes = store.load(ArtifactKind::Snapshot, &key)?;
        match Snapshot::new(key, bytes.into_boxed_slice()) {
            Ok(snapshot) => {
                self.loaded.fetch_add(1, Ordering::Relaxed);
                Some(snapshot)
            }
            Err(problem) => {
                tracing::warn!(%key, problem, "V8 does not take a snapshot from the cache directory, which is made anew");
                store.discard(ArtifactKind::Snapshot, &key);
                None
            }
        }
    }

    fn bake(&self, key: BlobDigest, sandbox_userland: Option<&str>) -> Result<Snapshot, JsError> {
        let baked = {
            let _turn = self.take_turn();
            self.baker.bake(sandbox_userland)
        };
        let snapshot = baked.and_then(|bytes| {
            Snapshot::new(key, bytes).map_err(|problem| JsError::Snapshot(format!("it is of no use, since {problem}")))
        });
        let counter = if snapshot.is_ok() { &self.baked } else { &self.failed };
        counter.fetch_add(1, Ordering::Relaxed);
        let snapshot = snapshot?;
        if let Some(store) = &self.store {
            store.save(ArtifactKind::Snapshot, &key, snapshot.bytes());
        }
        Ok(snapshot)
    }

    /// Waits until fewer than the most are being made.
    fn take_turn(&self) -> Turn<'_> {
        // Both ends live as long as `self`, so that neither call fails.
        let _ = self.turns.0.send(());
        Turn(&self.turns.1)
    }
}

struct Turn<'a>(&'a Receiver<()>);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let _ = self.0.recv();
    }
}

//! The parked workers of the process, by what they are made from.

use crate::shelf::Shelf;
use crate::worker::{WorkerKey, WorkerKind};
use hotcell_guest::GuestSpec;
use parking_lot::RwLock;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Kinds of workers that are kept parked at once, so that many kinds can't eat the machine. The kind that was wanted least
/// recently gives way.
const MAX_PARKED_KINDS: usize = 4;

/// What the pool has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolStats {
    /// Guests that found a parked worker, or one that was being made beforehand.
    pub hits: u64,
    /// Guests for which a worker had to be made.
    pub misses: u64,
    /// Workers that became ready, parked or for a guest that waited.
    pub made: u64,
    /// Workers that were made to be parked after others were claimed.
    pub refills: u64,
    /// Parked workers that were given up unused.
    pub evictions: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
    made: AtomicU64,
    refills: AtomicU64,
    evictions: AtomicU64,
}

impl Counters {
    pub(crate) fn claimed(&self, hit: bool) {
        tracing::debug!(hit, "claim");
        if hit { &self.hits } else { &self.misses }.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn parked(&self) {
        tracing::debug!("park");
        self.made.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn refilled(&self) {
        tracing::debug!("refill");
        self.refills.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn evicted(&self) {
        tracing::debug!("evict");
        self.evictions.fetch_add(1, Ordering::Relaxed);
    }
}

pub(crate) struct Pool {
    shelves: RwLock<HashMap<WorkerKind, Kind>>,
    /// Workers kept parked of each kind.
    capacity: usize,
    most_being_made: usize,
    clock: AtomicU64,
    counters: Arc<Counters>,
}

struct Kind {
    shelf: Arc<Shelf>,
    last_wanted: AtomicU64,
}

impl Pool {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            shelves: RwLock::default(),
            capacity,
            // More at once than there are cores would only make each of them later.
            most_being_made: std::thread::available_parallelism().map_or(1, usize::from),
            clock: AtomicU64::new(0),
            counters: Arc::default(),
        }
    }

    pub(crate) fn stats(&self) -> PoolStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let Counters { hits, misses, made, refills, evictions } = &*self.counters;
        PoolStats {
            hits: read(hits),
            misses: read(misses),
            made: read(made),
            refills: read(refills),
            evictions: read(evictions),
        }
    }

    /// Runs a guest on a worker of that kind.
    pub(crate) fn run(&self, key: WorkerKey, spec: GuestSpec) {
        self.shelf(key).run(spec);
    }

    /// Parks workers of that kind ahead of the first guest.
    pub(crate) fn seed(&self, key: WorkerKey) {
        tracing::debug!(heap_mb = key.heap_mb, "seed");
        self.shelf(key).refill();
    }

    /// As [`Self::seed`], and waits until they are parked.
    pub(crate) fn seed_and_wait(&self, key: WorkerKey) {
        tracing::debug!(heap_mb = key.heap_mb, "seed");
        self.shelf(key).fill();
    }

    /// The shelf of that kind, made where there is none. A read lock, shared by all claims, and one hash of the kind.
    fn shelf(&self, key: WorkerKey) -> Arc<Shelf> {
        let now = self.clock.fetch_add(1, Ordering::Relaxed);
        let worker_kind = key.kind();
        if let Some(kind) = self.shelves.read().get(&worker_kind) {
            kind.last_wanted.store(now, Ordering::Relaxed);
            return Arc::clone(&kind.shelf);
        }
        let mut shelves = self.shelves.write();
        if let Some(kind) = shelves.get(&worker_kind) {
            return Arc::clone(&kind.shelf);
        }
        // Without a snapshot there is nothing to restore ahead of time.
        let capacity = if key.snapshot.is_some() { self.capacity } else { 0 };
        let shelf = Shelf::new(key, capacity, self.most_being_made, &self.counters);
        let kind = Kind { shelf: Arc::clone(&shelf), last_wanted: AtomicU64::new(now) };
        shelves.insert(worker_kind, kind);
        if shelves.len() > MAX_PARKED_KINDS
            && let Some(oldest) =
                shelves.iter().min_by_key(|(_, kind)| kind.last_wanted.load(Ordering::Relaxed)).map(|(kind, _)| *kind)
            && let Some(kind) = shelves.remove(&oldest)
        {
            kind.shelf.evict();
        }
        shelf
    }

    /// Gives up every parked worker.
    pub(crate) fn close(&self) {
        for (_, kind) in self.shelves.write().drain() {
            kind.shelf.evict();
        }
    }
}

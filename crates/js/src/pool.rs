//! The parked workers of the process, by what they are made from.

use crate::error::JsError;
use crate::isolate_workers::IsolateWorkers;
use crate::keeper::{self, Bell, Stock};
use crate::pool_counters::PoolCounters;
use crate::shelf::Shelf;
use crate::worker::{WorkerKey, WorkerKind};
use hotcell_guest::GuestSpec;
use hotcell_protocol::PoolStats;
use parking_lot::{Mutex, RwLock};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread;

/// Kinds that there are shelves for of which no workers are parked: their guests only wait there while others' are made.
const MOST_UNPARKED_KINDS: usize = 8;

pub(crate) struct Pool {
    shelves: Arc<Shelves>,
    bell: Bell,
}

struct Shelves {
    by_kind: RwLock<HashMap<WorkerKind, Entry>>,
    /// Workers that are kept parked of each kind.
    capacity: usize,
    /// Kinds that workers are parked of.
    most_parked_kinds: usize,
    most_being_made: usize,
    /// Counts what is wanted, to tell what was wanted least recently.
    clock: AtomicU64,
    counters: Arc<PoolCounters>,
    /// Held by whoever makes workers to be parked: one at a time.
    refilling: Mutex<()>,
}

struct Entry {
    shelf: Arc<Shelf<IsolateWorkers>>,
    last_wanted: AtomicU64,
    parks: bool,
}

impl Pool {
    /// A pool that keeps `per_kind` workers of a kind parked, and at most `total` in all.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub(crate) fn new(per_kind: usize, total: usize) -> Result<Self, JsError> {
        let capacity = per_kind.min(total);
        let (bell, rings) = Bell::new();
        let shelves = Arc::new(Shelves {
            by_kind: RwLock::default(),
            capacity,
            most_parked_kinds: total.checked_div(capacity).unwrap_or_default(),
            // More at once than there are cores would only make each of them later.
            most_being_made: thread::available_parallelism().map_or(1, usize::from),
            clock: AtomicU64::new(0),
            counters: Arc::default(),
            refilling: Mutex::default(),
        });
        if capacity > 0 {
            keeper::start(ParkedWorkers(Arc::downgrade(&shelves)), rings)?;
        }
        Ok(Self { shelves, bell })
    }

    pub(crate) fn stats(&self) -> PoolStats {
        let parked = self.shelves.by_kind.read().values().map(|entry| entry.shelf.free()).sum();
        self.shelves.counters.stats(parked)
    }

    /// Runs a guest on a worker of that kind.
    pub(crate) fn run(&self, key: WorkerKey, spec: GuestSpec) {
        if self.shelf(key).claim(spec) {
            self.bell.ring();
        }
    }

    /// Parks workers of that kind ahead of the first guest.
    pub(crate) fn seed(&self, key: WorkerKey) {
        self.shelf(key);
        self.bell.ring();
    }

    /// As [`Self::seed`], and waits until they are parked, or one can't be made.
    pub(crate) fn seed_and_wait(&self, key: WorkerKey) {
        let shelf = self.shelf(key);
        let _refilling = self.shelves.refilling.lock();
        while shelf.refill() {}
    }

    /// The shelf of that kind, made where there is none. A read lock, shared by all claims, and one hash of the kind.
    fn shelf(&self, key: WorkerKey) -> Arc<Shelf<IsolateWorkers>> {
        let shelves = &*self.shelves;
        let now = shelves.clock.fetch_add(1, Ordering::Relaxed);
        let kind = key.kind();
        let wanted = |entry: &Entry| {
            entry.last_wanted.store(now, Ordering::Relaxed);
            Arc::clone(&entry.shelf)
        };
        if let Some(entry) = shelves.by_kind.read().get(&kind) {
            return wanted(entry);
        }
        let mut by_kind = shelves.by_kind.write();
        if let Some(entry) = by_kind.get(&kind) {
            return wanted(entry);
        }
        // Without a snapshot there is nothing to restore ahead of time.
        let capacity = if key.snapshot.is_some() { shelves.capacity } else { 0 };
        let parks = capacity > 0;
        // Those without parked workers take no places from those that have some.
        let peers = by_kind.iter().filter(|(_, entry)| entry.parks == parks);
        let last_wanted = |entry: &Entry| entry.last_wanted.load(Ordering::Relaxed);
        let least_recent = peers.clone().min_by_key(|(_, entry)| last_wanted(entry)).map(|(kind, _)| *kind);
        if peers.count() >= if parks { shelves.most_parked_kinds } else { MOST_UNPARKED_KINDS }
            && let Some(entry) = least_recent.and_then(|kind| by_kind.remove(&kind))
        {
            entry.shelf.evict();
        }
        let workers = IsolateWorkers::new(key, Arc::clone(&shelves.counters), self.bell.clone());
        let shelf = Shelf::new(workers, capacity, shelves.most_being_made);
        by_kind.insert(kind, Entry { shelf: Arc::clone(&shelf), last_wanted: now.into(), parks });
        shelf
    }
}

impl Drop for Pool {
    /// Gives up every parked worker.
    fn drop(&mut self) {
        for (_, entry) in self.shelves.by_kind.write().drain() {
            entry.shelf.evict();
        }
    }
}

impl Shelves {
    /// The shelf with room that was wanted most recently.
    fn with_room(&self) -> Option<Arc<Shelf<IsolateWorkers>>> {
        let by_kind = self.by_kind.read();
        let with_room = by_kind.values().filter(|entry| entry.shelf.has_room());
        let entry = with_room.max_by_key(|entry| entry.last_wanted.load(Ordering::Relaxed));
        entry.map(|entry| Arc::clone(&entry.shelf))
    }
}

/// What the keeper keeps full, for as long as it is there.
struct ParkedWorkers(Weak<Shelves>);

impl Stock for ParkedWorkers {
    fn has_room(&self) -> bool {
        self.0.upgrade().is_some_and(|shelves| shelves.with_room().is_some())
    }

    fn refill(&self) -> bool {
        self.0.upgrade().is_some_and(|shelves| {
            let _refilling = shelves.refilling.lock();
            shelves.with_room().is_some_and(|shelf| shelf.refill())
        })
    }
}

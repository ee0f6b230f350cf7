use crate::shelf::Transition;
use crate::worker::WorkerKind;
use hotcell_protocol::PoolStats;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts and logs what becomes of a pool's workers.
#[derive(Debug, Default)]
pub(crate) struct PoolCounters {
    seeds: AtomicU64,
    refills: AtomicU64,
    parks: AtomicU64,
    claim_hits: AtomicU64,
    claim_misses: AtomicU64,
    evictions: AtomicU64,
}

impl PoolCounters {
    pub(crate) fn note(&self, transition: Transition, kind: &WorkerKind) {
        let (counter, event) = match transition {
            Transition::Seed => (&self.seeds, "seed"),
            Transition::Refill => (&self.refills, "refill"),
            Transition::Park => (&self.parks, "park"),
            Transition::ClaimHit => (&self.claim_hits, "claim hit"),
            Transition::ClaimMiss => (&self.claim_misses, "claim miss"),
            Transition::Evict => (&self.evictions, "evict"),
        };
        counter.fetch_add(1, Ordering::Relaxed);
        tracing::debug!(%kind, "{event}");
    }

    /// `parked`: how many are parked now.
    pub(crate) fn stats(&self, parked: usize) -> PoolStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        PoolStats {
            parked: parked as u32,
            seeds: read(&self.seeds),
            refills: read(&self.refills),
            parks: read(&self.parks),
            claim_hits: read(&self.claim_hits),
            claim_misses: read(&self.claim_misses),
            evictions: read(&self.evictions),
        }
    }
}

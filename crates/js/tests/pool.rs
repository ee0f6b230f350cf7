//! The pool of parked workers, seen from its engine.

use crate::harness::{listen, options, run, spawn_in_heap, start, trials, wait_for_parked, wait_until};
use crossbeam_channel::unbounded;
use hotcell_guest::{Ending, EventSink};
use hotcell_js::{JsEngine, JsOptions, SnapshotMode};
use hotcell_protocol::{Event, Limits, Notice, PoolStats};
use hotcell_vfs::{Vfs, VfsOptions};
use std::sync::Arc;
use std::time::Duration;

trials![
    pool_is_seeded_claimed_and_refilled,
    pool_parks_no_more_than_its_total,
    kind_that_was_claimed_least_recently_is_evicted,
    pool_parks_nothing_where_it_may_not,
    exit_comes_before_anything_is_made_or_taken_down,
    pool_is_refilled_while_guests_live_on,
    warm_worker_is_what_the_claim_found,
];

fn engine(warm_isolates: usize, warm_isolates_total: usize) -> Arc<JsEngine> {
    start(JsOptions { warm_isolates, warm_isolates_total, ..options(SnapshotMode::Block) })
}

fn files() -> Arc<Vfs> {
    Vfs::new(VfsOptions::default())
}

/// Runs a guest of that kind; whether it found a parked worker.
fn hits(engine: &JsEngine, heap_mb: u32) -> bool {
    let before = engine.pool_stats();
    let (sink, running) = listen();
    spawn_in_heap(engine, heap_mb, "", files(), sink);
    running.wait().output();
    let after = engine.pool_stats();
    assert_eq!(claims(&after), claims(&before) + 1);
    after.claim_hits > before.claim_hits
}

fn claims(stats: &PoolStats) -> u64 {
    stats.claim_hits + stats.claim_misses
}

fn pool_is_seeded_claimed_and_refilled() {
    let engine = engine(2, 8);
    let seeded = PoolStats { parked: 2, seeds: 2, parks: 2, ..PoolStats::default() };
    assert_eq!(engine.pool_stats(), seeded);
    for guests in 1..=5 {
        run(&engine, "").output();
        let stats = wait_for_parked(&engine, 2);
        assert_eq!(stats, PoolStats { refills: guests, parks: 2 + guests, claim_hits: guests, ..seeded });
    }
}

fn pool_parks_no_more_than_its_total() {
    let engine = engine(2, 5);
    let kinds = [60, 61, 62, 63];
    for heap_mb in kinds.iter().chain(&kinds) {
        hits(&engine, *heap_mb);
        assert!(engine.pool_stats().parked <= 5);
    }
    // Two kinds fit.
    let stats = wait_for_parked(&engine, 4);
    assert!(stats.evictions >= 2, "{stats:?}");
}

fn kind_that_was_claimed_least_recently_is_evicted() {
    let engine = engine(1, 2);
    const OLD: u32 = Limits::DEFAULT.heap_mb;
    assert!(!hits(&engine, 60));
    wait_for_parked(&engine, 2);
    assert!(hits(&engine, OLD));
    wait_for_parked(&engine, 2);
    // Now 60 is older than OLD, which was there first.
    assert!(!hits(&engine, 61));
    let stats = wait_for_parked(&engine, 2);
    assert_eq!((stats.evictions, stats.seeds), (1, 1), "{stats:?}");
    assert!(hits(&engine, OLD) && hits(&engine, 61));
    wait_for_parked(&engine, 2);
    assert!(!hits(&engine, 60));
}

fn pool_parks_nothing_where_it_may_not() {
    for engine in [engine(0, 8), engine(2, 0), start(options(SnapshotMode::Off))] {
        assert!(!hits(&engine, 60) && !hits(&engine, 60));
        let stats = engine.pool_stats();
        assert_eq!(stats, PoolStats { claim_misses: 2, ..PoolStats::default() });
    }
}

/// Looks at the pool at the moment in which the exit is sent.
struct AtExit<F>(F);

impl<F: Fn() + Send + Sync> EventSink for AtExit<F> {
    fn send(&self, event: Event) {
        if matches!(event, Event::Notice { notice: Notice::Exit { .. }, .. }) {
            (self.0)();
        }
    }
}

fn exit_comes_before_anything_is_made_or_taken_down() {
    let engine = engine(2, 8);
    let vfs = files();
    // The isolate's state holds the files until the isolate is gone.
    let held = Arc::downgrade(&vfs);
    let (sender, at_exit) = unbounded();
    let look = {
        let (engine, held) = (Arc::downgrade(&engine), held.clone());
        move || sender.send((engine.upgrade().unwrap().pool_stats(), held.strong_count())).unwrap()
    };
    spawn_in_heap(&engine, Limits::DEFAULT.heap_mb, "", vfs, Arc::new(AtExit(look)));
    let (stats, holders) = at_exit.recv_timeout(Duration::from_secs(60)).unwrap();
    assert_eq!((stats.refills, stats.parked, stats.claim_hits), (0, 1, 1));
    assert!(holders > 0, "the isolate was gone before the exit was sent");
    assert_eq!(wait_for_parked(&engine, 2).refills, 1);
    wait_until("the isolate goes", || (held.strong_count() == 0).then_some(()));
}

fn pool_is_refilled_while_guests_live_on() {
    let engine = engine(1, 1);
    let mut living = Vec::new();
    // More than there are cores.
    for guests in 1..=std::thread::available_parallelism().unwrap().get() as u64 + 2 {
        let (sink, running) = listen();
        let forever = "setInterval(() => {}, 1e6)";
        let guest = spawn_in_heap(&engine, Limits::DEFAULT.heap_mb, forever, files(), sink);
        living.push((guest, running));
        assert_eq!(wait_for_parked(&engine, 1).claim_hits, guests);
    }
    for (guest, running) in living {
        guest.end(Ending::Cancelled);
        running.wait();
    }
}

fn warm_worker_is_what_the_claim_found() {
    let engine = engine(1, 2);
    let warm = |heap_mb| {
        let (sink, running) = listen();
        spawn_in_heap(&engine, heap_mb, "", files(), sink);
        running.wait().exit.phases.unwrap().warm_worker
    };
    assert!(warm(Limits::DEFAULT.heap_mb));
    assert!(!warm(60));
}

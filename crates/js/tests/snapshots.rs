//! Snapshots on disk, and the pool's shelves.

use crate::harness::{options, run, run_with, script, spawn, start, trials, wait_for_parked, with_store};
use hotcell_js::{Baker, JsEngine, JsError, JsOptions, SnapshotMode, SnapshotStats};
use hotcell_modules::{ArtifactKind, ArtifactStore, BlobDigest};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

trials![
    second_start_loads_from_disk_and_bakes_nothing,
    damaged_snapshot_on_disk_is_made_anew,
    snapshot_of_another_version_is_made_anew,
    engines_without_a_store_bake_each,
    baking_here_gives_the_same_guests,
    block_parks_workers_before_the_first_guest,
    kinds_of_workers_have_shelves_of_their_own,
    pool_parks_workers_of_a_few_kinds_only,
];

const USERLAND: &str = "var library = { name: 'library' };";

fn snapshots_in(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.file_name().unwrap().to_str().unwrap().starts_with("snapshot-"));
    files.sort();
    files
}

fn baked(count: u64) -> SnapshotStats {
    SnapshotStats { baked: count, ..SnapshotStats::default() }
}

fn loaded(count: u64) -> SnapshotStats {
    SnapshotStats { loaded: count, ..SnapshotStats::default() }
}

fn second_start_loads_from_disk_and_bakes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let mut took = Vec::new();
    for expected in [baked(2), loaded(2), loaded(2)] {
        let started = Instant::now();
        let engine = start(with_store(directory.path()));
        let plain = started.elapsed();
        let started = Instant::now();
        let userland = engine.prepare_userland(USERLAND.into()).unwrap();
        took.push((plain, started.elapsed()));
        assert_eq!(run_with(&engine, &userland, "console.log(library.name)").output(), "library\n");
        assert_eq!(run(&engine, "console.log(typeof library)").output(), "undefined\n");
        assert_eq!(engine.snapshot_stats(), expected);
    }
    let files = snapshots_in(directory.path());
    assert_eq!(files.len(), 2);
    let bytes: Vec<u64> = files.iter().map(|file| fs::metadata(file).unwrap().len()).collect();
    println!("snapshots of {bytes:?} bytes: (start, prepare) baked {:?}, loaded {:?}", took[0], took[2]);
}

/// Threat S1.
fn damaged_snapshot_on_disk_is_made_anew() {
    let directory = tempfile::tempdir().unwrap();
    start(with_store(directory.path()));
    let [file] = &snapshots_in(directory.path())[..] else { panic!("there is one snapshot") };
    let good = fs::read(file).unwrap();
    let half = good.len() / 2;
    let mut flipped = good.clone();
    flipped[half] ^= 1;
    for bad in [flipped, good[..half].to_vec(), Vec::new()] {
        fs::write(file, bad).unwrap();
        let engine = start(with_store(directory.path()));
        assert_eq!(engine.snapshot_stats(), baked(1));
        assert_eq!(run(&engine, "console.log('well')").output(), "well\n");
        assert_eq!(start(with_store(directory.path())).snapshot_stats(), loaded(1));
    }
}

/// One that the store vouches for, as an earlier build with a bug would have left it.
fn snapshot_of_another_version_is_made_anew() {
    let directory = tempfile::tempdir().unwrap();
    start(with_store(directory.path()));
    let [file] = &snapshots_in(directory.path())[..] else { panic!("there is one snapshot") };
    let key = file.file_name().unwrap().to_str().unwrap().strip_prefix("snapshot-").unwrap();
    let key: BlobDigest = key.parse().unwrap();
    let store = ArtifactStore::open(directory.path(), ArtifactStore::DEFAULT_MAX_BYTES).unwrap();
    let good = store.load(ArtifactKind::Snapshot, &key).unwrap();
    let version = JsEngine::v8_version().as_bytes();
    let at = good.windows(version.len()).position(|window| window == version).expect("V8 writes its version");
    let mut other_version = good.clone();
    other_version[at] ^= 1;
    for bad in [other_version, good[..100].to_vec(), Vec::new()] {
        store.save(ArtifactKind::Snapshot, &key, &bad);
        let engine = start(with_store(directory.path()));
        assert_eq!(engine.snapshot_stats(), baked(1));
        assert_eq!(run(&engine, "console.log('well')").output(), "well\n");
        assert_eq!(store.load(ArtifactKind::Snapshot, &key).map(|anew| anew.len() > half_of(&good)), Some(true));
    }
}

fn half_of(bytes: &[u8]) -> usize {
    bytes.len() / 2
}

fn engines_without_a_store_bake_each() {
    for _ in 0..2 {
        assert_eq!(start(options(SnapshotMode::Block)).snapshot_stats(), baked(1));
    }
    let off = start(options(SnapshotMode::Off));
    assert_eq!(run(&off, "console.log('well')").output(), "well\n");
    assert_eq!(off.snapshot_stats(), SnapshotStats::default());
}

/// In one process with others that start from snapshots that a helper made.
fn baking_here_gives_the_same_guests() {
    let there = start(options(SnapshotMode::Block));
    let here = start(JsOptions { baker: Baker::Here, ..options(SnapshotMode::Block) });
    let program = "console.log(Object.getOwnPropertyNames(globalThis).sort(), new Error('e').stack)";
    assert_eq!(run(&there, program).output(), run(&here, program).output());
    assert_eq!(here.snapshot_stats(), baked(1));
    let refused = here.prepare_userland(USERLAND.into());
    assert!(matches!(refused, Err(JsError::NoHelper)), "{refused:?}");
}

fn block_parks_workers_before_the_first_guest() {
    for warm_isolates in [0, 1, 3] {
        let engine = start(JsOptions { warm_isolates, ..options(SnapshotMode::Block) });
        assert_eq!(engine.pool_stats().parks, warm_isolates as u64);
        let guests: Vec<_> = (0..warm_isolates).map(|_| spawn(&engine, script("1"), None)).collect();
        assert_eq!(engine.pool_stats().claim_hits, warm_isolates as u64);
        guests.into_iter().for_each(|guest| assert_eq!(guest.wait().output(), ""));
        let userland = engine.prepare_userland(USERLAND.into()).unwrap();
        let before = engine.pool_stats().claim_hits;
        let guests: Vec<_> = (0..warm_isolates).map(|_| spawn(&engine, script("1"), Some(userland.clone()))).collect();
        assert_eq!(engine.pool_stats().claim_hits - before, warm_isolates as u64);
        guests.into_iter().for_each(|guest| assert_eq!(guest.wait().output(), ""));
    }
}

fn kinds_of_workers_have_shelves_of_their_own() {
    let engine = start(options(SnapshotMode::Block));
    let userland = engine.prepare_userland(USERLAND.into()).unwrap();
    for _ in 0..20 {
        run(&engine, "1").output();
        run_with(&engine, &userland, "library.name").output();
        wait_for_parked(&engine, 4);
    }
    let stats = engine.pool_stats();
    assert_eq!((stats.claim_hits, stats.claim_misses, stats.evictions), (40, 0, 0), "{stats:?}");
}

fn pool_parks_workers_of_a_few_kinds_only() {
    let engine = start(options(SnapshotMode::Block));
    let userlands: Vec<_> =
        (0..6).map(|number| engine.prepare_userland(format!("var n = {number}").into()).unwrap()).collect();
    for userland in userlands.iter().chain(&userlands) {
        run_with(&engine, userland, "n").output();
    }
    // As many kinds as find places keep two each; the others had theirs made for nothing but their two guests.
    let stats = wait_for_parked(&engine, 8);
    assert!(stats.evictions > 0, "{stats:?}");
}

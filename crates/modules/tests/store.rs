use crate::cache::module;
use crate::log::logged;
use hotcell_modules::{ArtifactKind, ArtifactStore, BlobDigest};
use std::fs::{self, File, FileTimes};
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

pub const SNAPSHOT: ArtifactKind = ArtifactKind::Snapshot;
pub const ROOMY: u64 = 1 << 20;
/// What an artifact's file has besides the artifact.
pub const HEADER: u64 = 56;

pub fn key(number: u8) -> BlobDigest {
    BlobDigest([number; 32])
}

/// A directory for a store, which is not there yet.
pub fn fresh() -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("cache");
    (parent, directory)
}

pub fn open(directory: &Path) -> ArtifactStore {
    ArtifactStore::open(directory, ROOMY).unwrap()
}

pub fn artifact_path(directory: &Path, number: u8) -> PathBuf {
    directory.join(format!("snapshot-{}", key(number)))
}

/// The names of a directory's files, without the secret's.
pub fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name != "secret");
    names.sort();
    names
}

fn set_age(path: &Path, age: Duration) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_times(FileTimes::new().set_modified(SystemTime::now() - age)).unwrap();
}

#[test]
fn load_gives_what_another_store_saved_in_that_directory() {
    let (_parent, directory) = fresh();
    let saved = module(1, 100_000);
    open(&directory).save(SNAPSHOT, &key(1), &saved);
    assert_eq!(open(&directory).load(SNAPSHOT, &key(1)), Some(saved));
}

#[test]
fn load_tells_apart_kinds_and_keys() {
    let (_parent, directory) = fresh();
    let store = open(&directory);
    store.save(SNAPSHOT, &key(1), b"one");
    store.save(SNAPSHOT, &key(2), b"");
    store.save(ArtifactKind::CompiledModule, &key(1), b"three");
    assert_eq!(store.load(SNAPSHOT, &key(1)).as_deref(), Some(&b"one"[..]));
    assert_eq!(store.load(SNAPSHOT, &key(2)).as_deref(), Some(&b""[..]));
    assert_eq!(store.load(ArtifactKind::CompiledModule, &key(1)).as_deref(), Some(&b"three"[..]));
    assert_eq!(store.load(SNAPSHOT, &key(3)), None);
}

#[test]
fn save_replaces_what_was_there() {
    let (_parent, directory) = fresh();
    let store = open(&directory);
    store.save(SNAPSHOT, &key(1), b"the first");
    store.save(SNAPSHOT, &key(1), b"the second, longer");
    assert_eq!(store.load(SNAPSHOT, &key(1)).as_deref(), Some(&b"the second, longer"[..]));
    assert_eq!(names(&directory).len(), 1);
}

#[test]
fn discard_removes_the_artifact() {
    let (_parent, directory) = fresh();
    let store = open(&directory);
    store.save(SNAPSHOT, &key(1), b"one");
    store.discard(SNAPSHOT, &key(1));
    store.discard(SNAPSHOT, &key(1));
    assert_eq!(store.load(SNAPSHOT, &key(1)), None);
    assert_eq!(names(&directory), Vec::<String>::new());
}

#[test]
fn save_evicts_what_was_used_least_recently() {
    let (_parent, directory) = fresh();
    let store = ArtifactStore::open(&directory, 3 * (HEADER + 100)).unwrap();
    for number in 1..=3 {
        store.save(SNAPSHOT, &key(number), &[number; 100]);
        set_age(&artifact_path(&directory, number), Duration::from_secs(100 - u64::from(number)));
    }
    assert!(store.load(SNAPSHOT, &key(1)).is_some(), "which makes it the one that was used last");
    store.save(SNAPSHOT, &key(4), &[4; 100]);
    let present: Vec<u8> = (1..=4).filter(|number| artifact_path(&directory, *number).exists()).collect();
    assert_eq!(present, [1, 3, 4]);
}

#[test]
fn save_keeps_nothing_that_is_larger_than_the_bound() {
    let (_parent, directory) = fresh();
    let store = ArtifactStore::open(&directory, HEADER + 100).unwrap();
    store.save(SNAPSHOT, &key(1), &[1; 100]);
    store.save(SNAPSHOT, &key(2), &[2; 101]);
    assert_eq!(store.load(SNAPSHOT, &key(2)), None);
    assert!(store.load(SNAPSHOT, &key(1)).is_some());
}

#[test]
fn open_brings_the_directory_within_a_lowered_bound() {
    let (_parent, directory) = fresh();
    let store = open(&directory);
    for number in 1..=3 {
        store.save(SNAPSHOT, &key(number), &[number; 100]);
        set_age(&artifact_path(&directory, number), Duration::from_secs(100 - u64::from(number)));
    }
    ArtifactStore::open(&directory, HEADER + 100).unwrap();
    assert_eq!(names(&directory), [format!("snapshot-{}", key(3))]);
}

#[test]
fn open_removes_what_dead_writers_left_and_nothing_else() {
    let (_parent, directory) = fresh();
    open(&directory);
    let files = ["temporary-00000000000000aa", "temporary-00000000000000bb", "temporary-of-somebody", "snapshot-notes"];
    for name in files {
        fs::write(directory.join(name), "half of something").unwrap();
        set_age(&directory.join(name), Duration::from_secs(3 * 60 * 60));
    }
    set_age(&directory.join(files[1]), Duration::from_secs(60));
    ArtifactStore::open(&directory, 0).unwrap();
    assert_eq!(names(&directory), ["snapshot-notes", files[1], files[2]]);
}

#[test]
fn stores_that_open_one_directory_at_once_share_its_secret() {
    const STORES: u8 = 16;
    let (_parent, directory) = fresh();
    let barrier = Barrier::new(STORES.into());
    let lines = logged_on_threads(STORES, |number| {
        barrier.wait();
        let store = open(&directory);
        store.save(SNAPSHOT, &key(number), &[number; 1000]);
        barrier.wait();
        for other in 0..STORES {
            assert_eq!(store.load(SNAPSHOT, &key(other)), Some(vec![other; 1000]));
        }
    });
    assert_eq!(lines, Vec::<String>::new());
    assert_eq!(names(&directory).len(), usize::from(STORES), "no temporary file stays");
}

#[test]
fn load_gives_one_of_several_that_are_written_at_once() {
    const WRITERS: u8 = 4;
    const BYTES: usize = 200_000;
    let (_parent, directory) = fresh();
    open(&directory).save(SNAPSHOT, &key(1), &[0; BYTES]);
    let lines = logged_on_threads(2 * WRITERS, |number| {
        let store = open(&directory);
        for _ in 0..20 {
            if number < WRITERS {
                store.save(SNAPSHOT, &key(1), &[number; BYTES]);
            } else {
                let loaded = store.load(SNAPSHOT, &key(1)).expect("there is one all the time");
                assert_eq!(loaded, [loaded[0]; BYTES]);
            }
        }
    });
    assert_eq!(lines, Vec::<String>::new());
}

/// The warnings of that many threads, each of which runs `action` with its number.
fn logged_on_threads(threads: u8, action: impl Fn(u8) + Sync) -> Vec<String> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|number| {
                let action = &action;
                scope.spawn(move || logged(tracing::Level::WARN, || action(number)))
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

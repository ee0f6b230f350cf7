//! Whatever lies in the cache directory where an artifact is looked for: nothing is handed out that was not saved.
#![no_main]

use hotcell_modules::{ArtifactKind, ArtifactStore, BlobDigest, digest_of};
use libfuzzer_sys::fuzz_target;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tempfile::TempDir;

struct Cache {
    _directory: TempDir,
    store: ArtifactStore,
    file: PathBuf,
    genuine: Vec<u8>,
}

const SAVED: &[u8] = b"what was saved";

static CACHE: LazyLock<Cache> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap();
    let store = ArtifactStore::open(&directory.path().join("cache"), 1 << 20).unwrap();
    let before = files(directory.path());
    store.save(ArtifactKind::Snapshot, &key(), SAVED);
    let file = files(directory.path()).into_iter().find(|file| !before.contains(file)).unwrap();
    let genuine = fs::read(&file).unwrap();
    Cache { _directory: directory, store, file, genuine }
});

fn key() -> BlobDigest {
    digest_of(b"key")
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Changes to the genuine file, or another in its place.
#[derive(arbitrary::Arbitrary, Debug)]
enum Change<'a> {
    Other(&'a [u8]),
    Cut(u16),
    Longer(&'a [u8]),
    Flipped(Vec<(u16, u8)>),
}

fuzz_target!(|change: Change<'_>| {
    let cache = &*CACHE;
    let mut bytes = cache.genuine.clone();
    match &change {
        Change::Other(other) => bytes = other.to_vec(),
        Change::Cut(length) => bytes.truncate(usize::from(*length)),
        Change::Longer(more) => bytes.extend_from_slice(more),
        Change::Flipped(flips) => {
            for (at, bits) in flips {
                let at = usize::from(*at) % bytes.len();
                bytes[at] ^= bits;
            }
        }
    }
    fs::write(&cache.file, &bytes).unwrap();
    let loaded = cache.store.load(ArtifactKind::Snapshot, &key());
    assert_eq!(loaded.as_deref(), (bytes == cache.genuine).then_some(SAVED));
});

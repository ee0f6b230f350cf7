use hotcell_modules::{BlobDigest, CacheBounds, FileFingerprint, ModuleCache, ModuleError, digest_of};
use proptest::prelude::*;
use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::{Arc, Barrier};

pub fn bounds(entries: usize, bytes: u64) -> CacheBounds {
    CacheBounds { entries: NonZeroUsize::new(entries).unwrap(), bytes }
}

pub fn module(name: u8, length: usize) -> Vec<u8> {
    vec![name; length]
}

fn file(inode: u64, version: u64) -> FileFingerprint {
    FileFingerprint { file_system: 7, inode, version }
}

#[test]
fn put_finds_the_module_by_its_digest() {
    let cache = ModuleCache::new(CacheBounds::default());
    let (digest, bytes) = cache.put(b"abc".to_vec()).unwrap();
    assert_eq!(digest.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(*bytes, b"abc");
    assert!(Arc::ptr_eq(&cache.get(&digest).unwrap(), &bytes));
}

#[test]
fn put_shares_bytes_that_are_there_already() {
    let cache = ModuleCache::new(CacheBounds::default());
    let (digest, first) = cache.put(module(1, 100)).unwrap();
    let second = Arc::new(module(1, 100));
    let (_, shared) = cache.put(second.clone()).unwrap();
    assert!(Arc::ptr_eq(&first, &shared));
    assert!(Arc::ptr_eq(&first, &cache.put_with_digest(digest, module(1, 100)).unwrap()));
    assert_eq!(Arc::strong_count(&second), 1);
    assert_eq!((cache.stats().entries, cache.stats().bytes), (1, 100));
}

#[test]
fn put_with_digest_refuses_other_bytes() {
    let cache = ModuleCache::new(CacheBounds::default());
    let promised = digest_of(b"promised");
    let error = cache.put_with_digest(promised, b"sent".to_vec()).unwrap_err();
    assert_eq!(error, ModuleError::DigestMismatch { promised, actual: digest_of(b"sent") });
    assert_eq!(cache.get(&promised), None);
    assert_eq!(cache.stats().entries, 0);
}

#[test]
fn put_refuses_what_is_larger_than_the_cache() {
    let cache = ModuleCache::new(bounds(4, 10));
    cache.put(module(1, 10)).unwrap();
    let error = cache.put(module(2, 11)).unwrap_err();
    assert_eq!(error, ModuleError::TooLarge { length: 11, bound: 10 });
    assert_eq!(
        error.to_string(),
        "A program of 11 bytes does not fit into the module cache, which holds 10 in all. Raise \
         HOTCELL_MODULE_CACHE_BYTES, or make the program smaller."
    );
    assert_eq!(cache.receive(digest_of(b""), 11).unwrap_err(), error);
    assert!(cache.get(&digest_of(&module(1, 10))).is_some(), "what was there stays");
}

#[test]
fn eviction_takes_what_was_used_least_recently() {
    let cache = ModuleCache::new(bounds(2, 1000));
    let (first, _) = cache.put(module(1, 1)).unwrap();
    let (second, _) = cache.put(module(2, 1)).unwrap();
    cache.get(&first).unwrap();
    let (third, _) = cache.put(module(3, 1)).unwrap();
    assert!(cache.get(&first).is_some());
    assert_eq!(cache.get(&second), None);
    assert!(cache.get(&third).is_some());
    assert_eq!(cache.stats().evictions, 1);
}

#[test]
fn eviction_makes_room_for_as_many_bytes_as_come() {
    let cache = ModuleCache::new(bounds(100, 10));
    let small: Vec<BlobDigest> = (0..5).map(|name| cache.put(module(name, 2)).unwrap().0).collect();
    cache.put(module(9, 7)).unwrap();
    let held: Vec<bool> = small.iter().map(|digest| cache.get(digest).is_some()).collect();
    assert_eq!(held, [false, false, false, false, true]);
    assert_eq!(cache.stats().bytes, 9);
}

#[test]
fn evicted_modules_are_found_while_somebody_holds_them() {
    let cache = ModuleCache::new(bounds(1, 1000));
    let (digest, held) = cache.put(module(1, 5)).unwrap();
    cache.put(module(2, 5)).unwrap();
    let found = cache.get(&digest).expect("a holder keeps it findable");
    assert!(Arc::ptr_eq(&found, &held));
    assert_eq!((cache.stats().entries, cache.stats().evictions), (1, 2), "it was taken back in, for the other");

    cache.put(module(3, 5)).unwrap();
    drop((found, held));
    assert_eq!(cache.get(&digest), None);
}

#[test]
fn put_shares_bytes_that_were_evicted_but_are_held() {
    let cache = ModuleCache::new(bounds(1, 1000));
    let (_, held) = cache.put(module(1, 5)).unwrap();
    cache.put(module(2, 5)).unwrap();
    let (_, again) = cache.put(module(1, 5)).unwrap();
    assert!(Arc::ptr_eq(&held, &again));
}

#[test]
fn get_file_knows_a_file_by_its_fingerprint_until_it_changes() {
    let cache = ModuleCache::new(CacheBounds::default());
    assert_eq!(cache.get_file(&file(1, 1)), None);
    let (digest, bytes) = cache.put_file(file(1, 1), module(1, 5)).unwrap();
    let (found_digest, found) = cache.get_file(&file(1, 1)).unwrap();
    assert_eq!(found_digest, digest);
    assert!(Arc::ptr_eq(&found, &bytes));
    assert_eq!(cache.get_file(&file(1, 2)), None);
    assert_eq!(cache.get_file(&file(2, 1)), None);
}

#[test]
fn get_file_misses_where_its_module_was_evicted() {
    let cache = ModuleCache::new(bounds(1, 1000));
    cache.put_file(file(1, 1), module(1, 5)).unwrap();
    cache.put(module(2, 5)).unwrap();
    assert_eq!(cache.get_file(&file(1, 1)), None);
    cache.put_file(file(1, 1), module(1, 5)).unwrap();
    assert!(cache.get_file(&file(1, 1)).is_some());
}

#[test]
fn stats_count_hits_and_misses() {
    let cache = ModuleCache::new(CacheBounds::default());
    let (digest, _) = cache.put(module(1, 3)).unwrap();
    cache.get(&digest).unwrap();
    cache.get(&digest_of(b"other"));
    cache.get_file(&file(1, 1));
    let stats = cache.stats();
    assert_eq!((stats.entries, stats.bytes, stats.hits, stats.misses, stats.evictions), (1, 3, 1, 2, 0));
}

#[test]
fn threads_that_put_the_same_module_share_one_copy() {
    let cache = ModuleCache::new(bounds(2, 1 << 20));
    let start = Barrier::new(4);
    let copies: Vec<Arc<Vec<u8>>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    cache.put(module(1, 100_000)).unwrap().1
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(copies.iter().all(|copy| Arc::ptr_eq(copy, &copies[0])));
    assert_eq!(cache.stats().entries, 1);
}

#[derive(Clone, Debug)]
enum Operation {
    Put { name: u8, hold: bool },
    Get { name: u8 },
    Release,
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        (0..12u8, any::<bool>()).prop_map(|(name, hold)| Operation::Put { name, hold }),
        (0..12u8).prop_map(|name| Operation::Get { name }),
        Just(Operation::Release),
    ]
}

proptest! {
    /// Against a list in order of use, of which as much is kept as fits.
    #[test]
    fn any_use_keeps_the_bounds_and_finds_what_the_model_finds(
        operations in prop::collection::vec(operation(), 1..80),
        entries in 1..6usize,
        bytes in 12..40u64,
    ) {
        let cache = ModuleCache::new(bounds(entries, bytes));
        let length = |name: u8| usize::from(name) + 1;
        let mut model: VecDeque<u8> = VecDeque::new();
        let mut held: Vec<(u8, Arc<Vec<u8>>)> = Vec::new();
        for operation in operations {
            let used = match operation {
                Operation::Put { name, hold } => {
                    let (_, module) = cache.put(module(name, length(name))).unwrap();
                    if hold { held.push((name, module)); }
                    Some(name)
                }
                Operation::Get { name } => {
                    let expected = model.contains(&name) || held.iter().any(|(other, _)| *other == name);
                    let found = cache.get(&digest_of(&module(name, length(name))));
                    prop_assert_eq!(found.is_some(), expected);
                    if let Some(found) = &found { prop_assert_eq!(&**found, &module(name, length(name))); }
                    expected.then_some(name)
                }
                Operation::Release => { held.clear(); None }
            };
            if let Some(name) = used {
                let present = model.contains(&name);
                model.retain(|other| *other != name);
                if !present {
                    let total = |model: &VecDeque<u8>| model.iter().map(|name| length(*name) as u64).sum::<u64>();
                    while model.len() >= entries || total(&model) + length(name) as u64 > bytes { model.pop_front(); }
                }
                model.push_back(name);
            }
            let stats = cache.stats();
            prop_assert_eq!(stats.entries as usize, model.len());
            prop_assert_eq!(stats.bytes, model.iter().map(|name| length(*name) as u64).sum::<u64>());
            prop_assert!(stats.bytes <= bytes);
        }
    }
}

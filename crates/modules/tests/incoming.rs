use crate::cache::module;
use hotcell_modules::{CacheBounds, ModuleCache, ModuleError, digest_of};
use proptest::prelude::*;

#[test]
fn finish_refuses_a_module_that_ends_early() {
    let cache = ModuleCache::new(CacheBounds::default());
    let mut incoming = cache.receive(digest_of(b"abcd"), 4).unwrap();
    incoming.push(b"abc").unwrap();
    assert_eq!(incoming.finish(&cache).unwrap_err(), ModuleError::TooShort { promised: 4, actual: 3 });
    assert_eq!(cache.stats().entries, 0);
}

#[test]
fn push_refuses_more_than_was_announced() {
    let cache = ModuleCache::new(CacheBounds::default());
    let mut incoming = cache.receive(digest_of(b"abcd"), 4).unwrap();
    incoming.push(b"abc").unwrap();
    assert_eq!(incoming.push(b"de").unwrap_err(), ModuleError::TooLong { promised: 4, actual: 5 });
}

#[test]
fn finish_refuses_other_bytes_than_were_promised() {
    let cache = ModuleCache::new(CacheBounds::default());
    let promised = digest_of(b"abcd");
    let mut incoming = cache.receive(promised, 4).unwrap();
    incoming.push(b"abcx").unwrap();
    let actual = digest_of(b"abcx");
    assert_eq!(incoming.finish(&cache).unwrap_err(), ModuleError::DigestMismatch { promised, actual });
    assert!(cache.get(&promised).is_none() && cache.get(&actual).is_none());
}

proptest! {
    #[test]
    fn finish_takes_a_module_however_it_was_split(
        bytes in prop::collection::vec(any::<u8>(), 0..500),
        sizes in prop::collection::vec(1..100usize, 1..10),
    ) {
        let cache = ModuleCache::new(CacheBounds::default());
        let digest = digest_of(&bytes);
        let mut incoming = cache.receive(digest, bytes.len() as u64).unwrap();
        let mut rest = &bytes[..];
        for size in sizes.iter().cycle() {
            if rest.is_empty() { break; }
            let (part, after) = rest.split_at(rest.len().min(*size));
            incoming.push(part).unwrap();
            rest = after;
        }
        prop_assert_eq!(&*incoming.finish(&cache).unwrap(), &bytes);
        prop_assert_eq!(&*cache.get(&digest).unwrap(), &bytes);
    }
}

#[test]
fn finish_shares_bytes_that_are_there_already() {
    let cache = ModuleCache::new(CacheBounds::default());
    let (digest, first) = cache.put(module(1, 10)).unwrap();
    let mut incoming = cache.receive(digest, 10).unwrap();
    incoming.push(&module(1, 10)).unwrap();
    assert!(std::sync::Arc::ptr_eq(&first, &incoming.finish(&cache).unwrap()));
}

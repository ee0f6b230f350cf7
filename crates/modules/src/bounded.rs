use hotcell_protocol::BlobDigest;
use lru::LruCache;
use std::num::NonZeroUsize;

/// How much a cache may hold: whichever bound is reached first evicts what was used least recently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheBounds {
    /// The most entries.
    pub entries: NonZeroUsize,
    /// The most bytes in all entries together.
    pub bytes: u64,
}

impl CacheBounds {
    /// `HOTCELL_MODULE_CACHE_ENTRIES` unless set.
    pub const DEFAULT_MODULE_ENTRIES: NonZeroUsize = NonZeroUsize::new(64).unwrap();
    /// `HOTCELL_MODULE_CACHE_BYTES` unless set: 64 programs of 4 MiB, where the published ones have 0.2 to 3.
    pub const DEFAULT_MODULE_BYTES: u64 = 256 << 20;
}

impl Default for CacheBounds {
    fn default() -> Self {
        Self { entries: Self::DEFAULT_MODULE_ENTRIES, bytes: Self::DEFAULT_MODULE_BYTES }
    }
}

/// What was put out to stay within the bounds.
#[derive(Debug)]
pub(crate) struct Evicted<V> {
    pub digest: BlobDigest,
    pub value: V,
    pub bytes: u64,
}

/// Values by digest, within bounds.
#[derive(Debug)]
pub(crate) struct BoundedLru<V> {
    bounds: CacheBounds,
    bytes: u64,
    entries: LruCache<BlobDigest, (V, u64)>,
}

impl<V> BoundedLru<V> {
    pub fn new(bounds: CacheBounds) -> Self {
        Self { bounds, bytes: 0, entries: LruCache::unbounded() }
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The value, which is now the one that was used most recently.
    pub fn get(&mut self, digest: &BlobDigest) -> Option<&V> {
        self.entries.get(digest).map(|(value, _)| value)
    }

    /// Takes a value in, and hands back what had to go for it: the value itself where it is larger than the bound.
    pub fn insert(&mut self, digest: BlobDigest, value: V, bytes: u64) -> Vec<Evicted<V>> {
        if bytes > self.bounds.bytes {
            return vec![Evicted { digest, value, bytes }];
        }
        let mut evicted = Vec::new();
        if let Some((value, bytes)) = self.entries.pop(&digest) {
            self.bytes -= bytes;
            evicted.push(Evicted { digest, value, bytes });
        }
        while self.entries.len() >= self.bounds.entries.get() || self.bytes + bytes > self.bounds.bytes {
            let Some((digest, (value, bytes))) = self.entries.pop_lru() else { break };
            self.bytes -= bytes;
            evicted.push(Evicted { digest, value, bytes });
        }
        self.bytes += bytes;
        self.entries.put(digest, (value, bytes));
        evicted
    }
}

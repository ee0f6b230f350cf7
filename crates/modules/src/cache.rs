use crate::bounded::{BoundedLru, Evicted};
use crate::fingerprint::FingerprintIndex;
use crate::{BlobDigest, CacheBounds, FileFingerprint, IncomingModule, ModuleError, digest_of};
use hotcell_protocol::ModuleCacheStats;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::{Arc, Weak};

/// The bytes of programs, once per digest, within bounds. One serves the whole process.
///
/// Bytes that were evicted while somebody still held them (a sandbox's file, a running guest) are found again for as
/// long as that lasts: they take no memory of the cache's own, and are taken back into it when they are asked for.
#[derive(Debug)]
pub struct ModuleCache {
    bounds: CacheBounds,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    held: BoundedLru<Arc<Vec<u8>>>,
    evicted: EvictedModules,
    files: FingerprintIndex,
    hits: u64,
    misses: u64,
    evictions: u64,
}

type EvictedModule = Evicted<Arc<Vec<u8>>>;

impl ModuleCache {
    /// An empty cache. It takes memory as it fills.
    pub fn new(bounds: CacheBounds) -> Self {
        Self {
            bounds,
            state: Mutex::new(State {
                held: BoundedLru::new(bounds),
                evicted: EvictedModules::default(),
                files: FingerprintIndex::new(),
                hits: 0,
                misses: 0,
                evictions: 0,
            }),
        }
    }

    /// Takes a program in and hashes it. Where the same bytes are there already, theirs are given back and these freed.
    ///
    /// # Errors
    /// [`ModuleError::TooLarge`], before anything is hashed.
    pub fn put(&self, bytes: impl Into<Arc<Vec<u8>>>) -> Result<(BlobDigest, Arc<Vec<u8>>), ModuleError> {
        let bytes = bytes.into();
        self.check_length(bytes.len() as u64)?;
        let digest = digest_of(&bytes);
        Ok((digest, self.insert(digest, bytes)?))
    }

    /// Takes a program in whose digest somebody else has named.
    ///
    /// # Errors
    /// [`ModuleError::TooLarge`], and [`ModuleError::DigestMismatch`] where the bytes have another digest.
    pub fn put_with_digest(
        &self,
        promised: BlobDigest,
        bytes: impl Into<Arc<Vec<u8>>>,
    ) -> Result<Arc<Vec<u8>>, ModuleError> {
        let bytes = bytes.into();
        self.check_length(bytes.len() as u64)?;
        let actual = digest_of(&bytes);
        if actual != promised {
            return Err(ModuleError::DigestMismatch { promised, actual });
        }
        self.insert(actual, bytes)
    }

    /// Begins to take a program in that comes in parts, `length` bytes in all.
    ///
    /// # Errors
    /// [`ModuleError::TooLarge`], before the first byte is sent.
    pub fn receive(&self, promised: BlobDigest, length: u64) -> Result<IncomingModule, ModuleError> {
        self.check_length(length)?;
        Ok(IncomingModule::new(promised, length))
    }

    /// The program with that digest.
    pub fn get(&self, digest: &BlobDigest) -> Option<Arc<Vec<u8>>> {
        let mut state = self.state.lock();
        let (found, evicted) = state.look_up(digest);
        drop(state);
        report_evicted(evicted);
        found
    }

    /// The program in a file that was put here before with that fingerprint, and its digest. The file need not be read.
    pub fn get_file(&self, file: &FileFingerprint) -> Option<(BlobDigest, Arc<Vec<u8>>)> {
        let mut state = self.state.lock();
        let Some(digest) = state.files.digest(file) else {
            state.misses += 1;
            return None;
        };
        let (found, evicted) = state.look_up(&digest);
        drop(state);
        report_evicted(evicted);
        Some((digest, found?))
    }

    /// Takes in the program that a file holds, to be found with [`ModuleCache::get_file`] afterwards.
    ///
    /// `file` must have been taken before the bytes were read: had the file changed in between, the fingerprint would
    /// otherwise name bytes that it does not belong to.
    ///
    /// # Errors
    /// As [`ModuleCache::put`].
    pub fn put_file(
        &self,
        file: FileFingerprint,
        bytes: impl Into<Arc<Vec<u8>>>,
    ) -> Result<(BlobDigest, Arc<Vec<u8>>), ModuleError> {
        let (digest, bytes) = self.put(bytes)?;
        self.state.lock().files.remember(file, digest);
        Ok((digest, bytes))
    }

    /// The counters. A lookup that found its program is a hit, also where it had been evicted but was still held.
    pub fn stats(&self) -> ModuleCacheStats {
        let state = self.state.lock();
        ModuleCacheStats {
            entries: u32::try_from(state.held.len()).unwrap_or(u32::MAX),
            bytes: state.held.bytes(),
            hits: state.hits,
            misses: state.misses,
            evictions: state.evictions,
        }
    }

    fn check_length(&self, length: u64) -> Result<(), ModuleError> {
        let bound = self.bounds.bytes;
        if length > bound { Err(ModuleError::TooLarge { length, bound }) } else { Ok(()) }
    }

    /// Takes in bytes whose digest has been checked; gives back those that were there before, if there were any.
    pub(crate) fn insert(&self, digest: BlobDigest, bytes: Arc<Vec<u8>>) -> Result<Arc<Vec<u8>>, ModuleError> {
        let length = bytes.len() as u64;
        self.check_length(length)?;
        let mut state = self.state.lock();
        if let Some(present) = state.held.get(&digest) {
            return Ok(present.clone());
        }
        let shared = state.evicted.take(&digest).unwrap_or_else(|| bytes.clone());
        let evicted = state.admit(digest, shared.clone());
        let (entries, total) = (state.held.len(), state.held.bytes());
        drop(state);
        tracing::debug!(%digest, bytes = length, entries, total, "module cached");
        report_evicted(evicted);
        Ok(shared)
    }
}

impl State {
    /// Looks among those held, then among those evicted; whom the find put out is for the caller to report.
    fn look_up(&mut self, digest: &BlobDigest) -> (Option<Arc<Vec<u8>>>, Vec<EvictedModule>) {
        if let Some(bytes) = self.held.get(digest).cloned() {
            self.hits += 1;
            return (Some(bytes), Vec::new());
        }
        match self.evicted.take(digest) {
            Some(bytes) => {
                self.hits += 1;
                let evicted = self.admit(*digest, bytes.clone());
                (Some(bytes), evicted)
            }
            None => {
                self.misses += 1;
                (None, Vec::new())
            }
        }
    }

    fn admit(&mut self, digest: BlobDigest, bytes: Arc<Vec<u8>>) -> Vec<EvictedModule> {
        let length = bytes.len() as u64;
        let evicted = self.held.insert(digest, bytes, length);
        self.evictions += evicted.len() as u64;
        for module in &evicted {
            self.evicted.remember(module.digest, &module.value);
        }
        evicted
    }
}

/// Says who had to go, and frees the bytes that nobody else holds: both after the lock is released.
fn report_evicted(modules: Vec<EvictedModule>) {
    for module in modules {
        tracing::warn!(
            digest = %module.digest,
            bytes = module.bytes,
            "module evicted: raise HOTCELL_MODULE_CACHE_ENTRIES or HOTCELL_MODULE_CACHE_BYTES if this goes on"
        );
    }
}

/// Modules that the cache no longer holds, but others perhaps do.
#[derive(Debug, Default)]
struct EvictedModules {
    modules: HashMap<BlobDigest, Weak<Vec<u8>>>,
    /// Grown past this, those that nobody holds any more are cleared out.
    clear_at: usize,
}

impl EvictedModules {
    const MIN_CLEAR_AT: usize = 64;

    fn remember(&mut self, digest: BlobDigest, bytes: &Arc<Vec<u8>>) {
        self.modules.insert(digest, Arc::downgrade(bytes));
        if self.modules.len() > self.clear_at.max(Self::MIN_CLEAR_AT) {
            self.modules.retain(|_, bytes| bytes.strong_count() > 0);
            self.clear_at = self.modules.len() * 2;
        }
    }

    fn take(&mut self, digest: &BlobDigest) -> Option<Arc<Vec<u8>>> {
        self.modules.remove(digest)?.upgrade()
    }
}

use hotcell_protocol::BlobDigest;
use lru::LruCache;
use std::num::NonZeroUsize;

/// What tells whether a file still has the content that it had: a file with the same fingerprint has the same bytes.
///
/// Whoever makes these guarantees it: `version` is different after every change of the content, and neither `file_system`
/// nor `inode` is given to another while the process lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileFingerprint {
    pub file_system: u64,
    pub inode: u64,
    pub version: u64,
}

/// Digests of the files that were run most recently.
#[derive(Debug)]
pub(crate) struct FingerprintIndex {
    digests: LruCache<FileFingerprint, BlobDigest>,
}

impl FingerprintIndex {
    /// One sandbox's PATH can hold hundreds of commands, and each entry is some hundred bytes.
    const CAPACITY: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

    pub fn new() -> Self {
        // Not `LruCache::new`, which takes the room for all of them at once.
        Self { digests: LruCache::unbounded() }
    }

    pub fn digest(&mut self, file: &FileFingerprint) -> Option<BlobDigest> {
        self.digests.get(file).copied()
    }

    pub fn remember(&mut self, file: FileFingerprint, digest: BlobDigest) {
        self.digests.put(file, digest);
        if self.digests.len() > Self::CAPACITY.get() {
            self.digests.pop_lru();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(inode: u64) -> FileFingerprint {
        FileFingerprint { file_system: 1, inode, version: 1 }
    }

    #[test]
    fn remember_forgets_the_file_that_was_asked_for_least_recently() {
        let mut index = FingerprintIndex::new();
        let capacity = FingerprintIndex::CAPACITY.get() as u64;
        for inode in 0..capacity {
            index.remember(file(inode), BlobDigest([inode as u8; 32]));
        }
        assert!(index.digest(&file(0)).is_some());
        index.remember(file(capacity), BlobDigest([9; 32]));
        assert!(index.digest(&file(0)).is_some());
        assert_eq!(index.digest(&file(1)), None);
        assert_eq!(index.digests.len(), FingerprintIndex::CAPACITY.get());
    }
}

use crate::{BlobDigest, ModuleCache, ModuleError};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// A program that arrives in parts, as an upload does. Each part is hashed as it comes, so that the end of a large upload
/// costs no more than any other part of it. Memory grows with what has come, never with what was announced.
#[derive(Debug)]
pub struct IncomingModule {
    promised: BlobDigest,
    length: u64,
    bytes: Vec<u8>,
    hasher: Sha256,
}

impl IncomingModule {
    pub(crate) fn new(promised: BlobDigest, length: u64) -> Self {
        Self { promised, length, bytes: Vec::new(), hasher: Sha256::new() }
    }

    /// Takes the next part.
    ///
    /// # Errors
    /// [`ModuleError::TooLong`] where more comes than was announced; nothing of that part is kept.
    pub fn push(&mut self, part: &[u8]) -> Result<(), ModuleError> {
        let actual = self.bytes.len() as u64 + part.len() as u64;
        if actual > self.length {
            return Err(ModuleError::TooLong { promised: self.length, actual });
        }
        self.hasher.update(part);
        self.bytes.extend_from_slice(part);
        Ok(())
    }

    /// Puts the whole program into the cache.
    ///
    /// # Errors
    /// [`ModuleError::TooShort`], [`ModuleError::DigestMismatch`]: the cache is as before.
    pub fn finish(self, cache: &ModuleCache) -> Result<Arc<Vec<u8>>, ModuleError> {
        let Self { promised, length, mut bytes, hasher } = self;
        if bytes.len() as u64 != length {
            return Err(ModuleError::TooShort { promised: length, actual: bytes.len() as u64 });
        }
        let actual = BlobDigest(hasher.finalize().into());
        if actual != promised {
            return Err(ModuleError::DigestMismatch { promised, actual });
        }
        bytes.shrink_to_fit();
        cache.insert(actual, Arc::new(bytes))
    }
}

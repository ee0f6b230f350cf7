//! Artifacts on disk: what engines make of programs, kept from one process to the next.
//!
//! Artifacts are code that is run without being looked at again, so that nothing is handed out that was not written by a
//! holder of the directory's secret, for the same kind and the same key.

mod artifact;
mod directory;
mod secret;
mod sweep;

pub use artifact::ArtifactKind;

use crate::{BlobDigest, ModuleError};
use artifact::Identity;
use directory::Directory;
use secret::Secret;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Artifacts by kind and key in a directory of the user's own, within a bound of bytes. May be shared by threads, and the
/// directory by processes.
///
/// Losing artifacts costs time and never an answer: what is damaged, foreign, or in the way is thrown away with a warning,
/// and where the directory can't be written, one warning says so and nothing more is kept.
#[derive(Debug)]
pub struct ArtifactStore {
    directory: Directory,
    secret: Secret,
    max_bytes: u64,
    /// The warning that nothing can be written was given.
    has_warned: AtomicBool,
}

impl ArtifactStore {
    /// Bytes that the store keeps unless told otherwise: some hundred snapshots and compiled programs, which take 1 to 10 MB.
    pub const DEFAULT_MAX_BYTES: u64 = 512 << 20;

    /// Opens the store in `directory`, which is made where it is not there, as are the directories above it. `max_bytes` bounds
    /// the artifacts together; the least recently used go first.
    ///
    /// # Errors
    /// [`ModuleError::Store`] where the directory can't be made or opened, is a symbolic link, belongs to another user, can be
    /// written by others, or where there is no way to a secret in it.
    pub fn open(directory: &Path, max_bytes: u64) -> Result<Self, ModuleError> {
        let directory = Directory::open(directory)?;
        let secret = Secret::of(&directory).map_err(|error| directory.refuse(error))?;
        let store = Self { directory, secret, max_bytes, has_warned: AtomicBool::new(false) };
        store.sweep(None);
        Ok(store)
    }

    /// Where the artifacts lie.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The artifact of that kind that was saved under that key, and counts as just used. The bytes are the ones that were
    /// verified. `None` where there is none, or one that does not verify, which is then removed with a warning.
    pub fn load(&self, kind: ArtifactKind, key: &BlobDigest) -> Option<Vec<u8>> {
        let name = artifact::file_name(kind, key);
        let mut file = match self.directory.open_file(&name) {
            Ok(file) => file?,
            Err(error) => {
                tracing::warn!(path = %self.path().display(), name, %error, "an artifact can't be opened and is made anew");
                return None;
            }
        };
        match artifact::read(&mut file, Identity { kind, key }, &self.secret, self.max_bytes) {
            Ok(bytes) => {
                directory::touch(&file);
                tracing::debug!(name, bytes = bytes.len(), "artifact loaded");
                Some(bytes)
            }
            Err(error) => {
                tracing::warn!(path = %self.path().display(), name, %error, "an artifact is thrown away and made anew");
                self.remove(&name);
                None
            }
        }
    }

    /// Keeps an artifact, in place of the one that was saved under that key before. Whoever loads it meanwhile gets either,
    /// whole. One that is larger than the store's bound is not kept. Where nothing can be written, one warning says so.
    pub fn save(&self, kind: ArtifactKind, key: &BlobDigest, bytes: &[u8]) {
        if let Err(error) = self.try_save(kind, key, bytes) {
            self.warn_once(&error);
        }
    }

    /// As [`ArtifactStore::save`], for those who pass on what went wrong.
    ///
    /// # Errors
    /// What writing the file gave; there is no part of it then.
    pub fn try_save(&self, kind: ArtifactKind, key: &BlobDigest, bytes: &[u8]) -> io::Result<()> {
        let name = artifact::file_name(kind, key);
        if artifact::file_bytes(bytes.len()) > self.max_bytes {
            tracing::debug!(
                name,
                bytes = bytes.len(),
                max_bytes = self.max_bytes,
                "an artifact is too large to be kept"
            );
            return Ok(());
        }
        self.directory
            .replace_file(&name, |file| artifact::write(file, Identity { kind, key }, &self.secret, bytes))?;
        tracing::debug!(name, bytes = bytes.len(), "artifact saved");
        self.sweep(Some(&name));
        Ok(())
    }

    /// Removes an artifact that was loaded, but did not serve: one that the engine does not accept, say.
    pub fn discard(&self, kind: ArtifactKind, key: &BlobDigest) {
        self.remove(&artifact::file_name(kind, key));
    }

    fn remove(&self, name: &str) {
        if let Err(error) = self.directory.remove_file(name) {
            self.warn_once(&error);
        }
    }

    fn warn_once(&self, error: &io::Error) {
        let path = self.path().display();
        if !self.has_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(%path, %error, "the cache directory can't be written: artifacts live as long as this process");
        } else {
            tracing::debug!(%path, %error, "the cache directory can't be written");
        }
    }
}

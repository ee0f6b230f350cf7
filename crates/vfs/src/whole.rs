use crate::errno::Errno;
use crate::resolve::Base;
use crate::stat::{Fingerprint, Snapshot};
use crate::vfs::Vfs;
use std::sync::Arc;

impl Vfs {
    /// Gives a file that content, as one step to everyone who reads it. A file that is there keeps its inode and
    /// permissions; one that is missing is made with `permissions`, and with `parents` the directories above it too
    /// (mode 0o755).
    ///
    /// # Errors
    /// `EISDIR`, `ENOSPC`. Where it fails, nothing changed.
    pub fn write_file(
        &self,
        _base: Base<'_>,
        _path: &str,
        _bytes: Vec<u8>,
        _permissions: u32,
        _parents: bool,
    ) -> Result<(), Errno> {
        todo!()
    }

    /// As [`Vfs::write_file`], with bytes that stay the host's: they are not copied, and not charged to the quota, until a
    /// guest changes the file.
    pub fn write_shared(
        &self,
        _base: Base<'_>,
        _path: &str,
        _bytes: Arc<Vec<u8>>,
        _permissions: u32,
        _parents: bool,
    ) -> Result<(), Errno> {
        todo!()
    }

    /// A file's content as it is now, without copying, with its stat and its fingerprint.
    ///
    /// # Errors
    /// `EISDIR`, `EINVAL` for a device without an end (`/dev/null` is empty).
    pub fn snapshot(&self, _base: Base<'_>, _path: &str) -> Result<Snapshot, Errno> {
        todo!()
    }

    /// Identifies a file's content as it is now.
    ///
    /// # Errors
    /// `EISDIR`, `EINVAL` for what is no file.
    pub fn fingerprint(&self, _base: Base<'_>, _path: &str) -> Result<Fingerprint, Errno> {
        todo!()
    }
}

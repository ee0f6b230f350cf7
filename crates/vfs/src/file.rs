use crate::errno::Errno;
use crate::stat::{DirEntry, Fingerprint, SetTime, Snapshot, Stat};
use crate::vfs::Vfs;
use std::io::{IoSlice, IoSliceMut};
use std::sync::Arc;

/// An open file, directory or device. Keeps it alive after its last name is gone; until this is dropped it stays charged.
/// Has no position: who needs one (`lseek`) keeps it beside the handle.
#[derive(Debug)]
pub struct OpenFile {
    vfs: Arc<Vfs>,
}

/// What a write did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Bytes that were written: fewer than asked for where the quota has room for no more.
    pub bytes: usize,
    /// The offset just after them.
    pub end: u64,
}

impl OpenFile {
    /// The file system that it belongs to.
    pub fn vfs(&self) -> &Arc<Vfs> {
        &self.vfs
    }

    /// Reads from `offset` until the buffer is full or the file ends; 0 at the end.
    ///
    /// # Errors
    /// `EBADF` where it was not opened for reading, `EISDIR`.
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize, Errno> {
        self.read_vectored_at(&mut [IoSliceMut::new(buffer)], offset)
    }

    /// As [`OpenFile::read_at`], into several buffers, in one step.
    pub fn read_vectored_at(&self, _buffers: &mut [IoSliceMut<'_>], _offset: u64) -> Result<usize, Errno> {
        todo!()
    }

    /// Writes at `offset`, or at the end where it was opened to append. A gap before `offset` reads as zeros.
    ///
    /// # Errors
    /// `EBADF` where it was not opened for writing, `EFBIG`, `ENOSPC` where not one byte fits; then nothing changed.
    pub fn write_at(&self, data: &[u8], offset: u64) -> Result<Written, Errno> {
        self.write_vectored_at(&[IoSlice::new(data)], offset)
    }

    /// As [`OpenFile::write_at`], from several buffers, in one step.
    pub fn write_vectored_at(&self, _data: &[IoSlice<'_>], _offset: u64) -> Result<Written, Errno> {
        todo!()
    }

    /// Whether every write goes to the end.
    pub fn is_append(&self) -> bool {
        todo!()
    }

    /// Changes whether every write goes to the end.
    pub fn set_append(&self, _append: bool) {
        todo!()
    }

    /// The bytes that the file has now.
    pub fn size(&self) -> u64 {
        todo!()
    }

    /// Cuts the file off, or extends it with zeros.
    ///
    /// # Errors
    /// `EINVAL` where it is no file or was not opened for writing, `EFBIG`, `ENOSPC`.
    pub fn set_size(&self, _size: u64) -> Result<(), Errno> {
        todo!()
    }

    /// Makes the file at least `offset + length` bytes long, as `posix_fallocate` does.
    ///
    /// # Errors
    /// `EINVAL` for length 0 or what is no file, `EBADF` where it was not opened for writing, `EFBIG`, `ENOSPC`.
    pub fn allocate(&self, _offset: u64, _length: u64) -> Result<(), Errno> {
        todo!()
    }

    pub fn stat(&self) -> Stat {
        todo!()
    }

    /// Sets the permission bits (`permissions & 0o7777`).
    pub fn set_permissions(&self, _permissions: u32) {
        todo!()
    }

    /// Sets the times of the last access and of the last change.
    pub fn set_times(&self, _atime: SetTime, _mtime: SetTime) {
        todo!()
    }

    /// Does nothing: there is nowhere to write to.
    pub fn sync(&self) {}

    /// Up to `limit` entries of a directory, `.` and `..` first, after the one whose cookie is given; 0 starts. Entries that
    /// are there during the whole listing come exactly once, whatever happens to others. Empty at the end, and where the
    /// directory was removed.
    ///
    /// # Errors
    /// `ENOTDIR`.
    pub fn read_dir(&self, _cookie: u64, _limit: usize) -> Result<Vec<DirEntry>, Errno> {
        todo!()
    }

    /// The absolute path of a directory.
    ///
    /// # Errors
    /// `ENOTDIR` for anything else, `ENOENT` where it was removed, `ENAMETOOLONG` beyond [`crate::MAX_PATH_BYTES`].
    pub fn path(&self) -> Result<String, Errno> {
        todo!()
    }

    /// The content as it is now, without copying.
    ///
    /// # Errors
    /// `EBADF` where it was not opened for reading, `EISDIR`, `EINVAL` for a device without an end.
    pub fn snapshot(&self) -> Result<Snapshot, Errno> {
        todo!()
    }

    /// Identifies the content as it is now.
    ///
    /// # Errors
    /// `EISDIR`, `EINVAL` for what is no file.
    pub fn fingerprint(&self) -> Result<Fingerprint, Errno> {
        todo!()
    }
}

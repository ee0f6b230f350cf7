use crate::errno::Errno;
use crate::inode::Inode;
use crate::open::OpenOptions;
use crate::quota::Charge;
use crate::stat::{DirEntry, Fingerprint, SetTime, Snapshot, Stat};
use crate::vfs::{Vfs, bounded};
use std::fmt;
use std::io::{IoSlice, IoSliceMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// An open file, directory or device. Keeps it alive after its last name is gone; until this is dropped it stays charged.
/// Has no position: who needs one (`lseek`) keeps it beside the handle.
pub struct OpenFile {
    vfs: Arc<Vfs>,
    inode: Arc<Inode>,
    read: bool,
    write: bool,
    append: AtomicBool,
    _charge: Charge,
}

impl fmt::Debug for OpenFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenFile").field("vfs", &self.vfs.id).field("stat", &self.stat()).finish_non_exhaustive()
    }
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
    pub(crate) fn new(vfs: Arc<Vfs>, inode: Arc<Inode>, options: &OpenOptions, charge: Charge) -> Self {
        Self {
            vfs,
            inode,
            read: options.read,
            write: options.write || options.append,
            append: AtomicBool::new(options.append),
            _charge: charge,
        }
    }

    pub(crate) fn inode(&self) -> &Arc<Inode> {
        &self.inode
    }

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
    pub fn read_vectored_at(&self, buffers: &mut [IoSliceMut<'_>], offset: u64) -> Result<usize, Errno> {
        self.check_readable()?;
        let count = self.inode.read(buffers, offset)?;
        self.inode.set_accessed(self.vfs.clock);
        Ok(count)
    }

    /// Writes at `offset`, or at the end where it was opened to append. A gap before `offset` reads as zeros.
    ///
    /// # Errors
    /// `EBADF` where it was not opened for writing, `EFBIG`, `ENOSPC` where not one byte fits; then nothing changed.
    pub fn write_at(&self, data: &[u8], offset: u64) -> Result<Written, Errno> {
        self.write_vectored_at(&[IoSlice::new(data)], offset)
    }

    /// As [`OpenFile::write_at`], from several buffers, in one step.
    pub fn write_vectored_at(&self, data: &[IoSlice<'_>], offset: u64) -> Result<Written, Errno> {
        self.check_writable(Errno::EBADF)?;
        self.inode.write(data, (!self.is_append()).then_some(offset), self.vfs.clock)
    }

    /// Whether every write goes to the end.
    pub fn is_append(&self) -> bool {
        self.append.load(Relaxed)
    }

    /// Changes whether every write goes to the end.
    pub fn set_append(&self, append: bool) {
        self.append.store(append, Relaxed);
    }

    /// `st_size` as it is now.
    pub fn size(&self) -> u64 {
        self.inode.size()
    }

    /// Cuts the file off, or extends it with zeros.
    ///
    /// # Errors
    /// `EINVAL` where it is no file or was not opened for writing, `EFBIG`, `ENOSPC`.
    pub fn set_size(&self, size: u64) -> Result<(), Errno> {
        self.check_writable(Errno::EINVAL)?;
        self.inode.set_size(size, self.vfs.clock)
    }

    /// Makes the file at least `offset + length` bytes long, as `posix_fallocate` does.
    ///
    /// # Errors
    /// `EINVAL` for length 0 or what is no file, `EBADF` where it was not opened for writing, `EFBIG`, `ENOSPC`.
    pub fn allocate(&self, offset: u64, length: u64) -> Result<(), Errno> {
        self.check_writable(Errno::EBADF)?;
        if length == 0 {
            return Err(Errno::EINVAL);
        }
        let size = offset.checked_add(length).ok_or(Errno::EFBIG)?;
        self.inode.extend(size, self.vfs.clock)
    }

    /// What `fstat(2)` tells.
    pub fn stat(&self) -> Stat {
        self.inode.stat()
    }

    /// Sets the permission bits (`permissions & 0o7777`).
    pub fn set_permissions(&self, permissions: u32) {
        self.inode.set_permissions(permissions, self.vfs.clock.now_ns());
    }

    /// Sets the times of the last access and of the last change.
    pub fn set_times(&self, atime: SetTime, mtime: SetTime) {
        self.inode.set_times(atime, mtime, self.vfs.clock.now_ns());
    }

    /// Does nothing: there is nowhere to write to.
    pub fn sync(&self) {}

    /// Up to `limit` entries of a directory, `.` and `..` first, after the one whose cookie is given; 0 starts. Entries that
    /// are there during the whole listing come exactly once, whatever happens to others. Empty at the end, and where the
    /// directory was removed.
    ///
    /// # Errors
    /// `ENOTDIR`.
    pub fn read_dir(&self, cookie: u64, limit: usize) -> Result<Vec<DirEntry>, Errno> {
        if !self.inode.is_directory() {
            return Err(Errno::ENOTDIR);
        }
        let tree = self.vfs.tree.read();
        let Ok(directory) = tree.directory(self.inode.id) else { return Ok(Vec::new()) };
        let parent = tree.parent(self.inode.id).map_or(&directory.inode, |parent| &parent.inode);
        let dots = directory.dots_after(cookie, parent).map(|(at, name, inode)| DirEntry::new(name.into(), inode, at));
        let others = directory.after(cookie).map(|(at, name, inode)| DirEntry::new(Arc::clone(name), inode, at));
        let entries = dots.chain(others).take(limit).collect();
        drop(tree);
        self.inode.set_accessed(self.vfs.clock);
        Ok(entries)
    }

    /// The absolute path of a directory.
    ///
    /// # Errors
    /// `ENOTDIR` for anything else, `ENOENT` where it was removed, `ENAMETOOLONG` beyond [`crate::MAX_PATH_BYTES`].
    pub fn path(&self) -> Result<String, Errno> {
        if !self.inode.is_directory() {
            return Err(Errno::ENOTDIR);
        }
        bounded(self.vfs.tree.read().path(self.inode.id, "")?)
    }

    /// The content as it is now, without copying.
    ///
    /// # Errors
    /// `EBADF` where it was not opened for reading, `EISDIR`, `EINVAL` for a device without an end.
    pub fn snapshot(&self) -> Result<Snapshot, Errno> {
        self.check_readable()?;
        self.vfs.snapshot_of(&self.inode)
    }

    /// Identifies the content as it is now.
    ///
    /// # Errors
    /// `EISDIR`, `EINVAL` for a device without an end.
    pub fn fingerprint(&self) -> Result<Fingerprint, Errno> {
        self.vfs.fingerprint_of(&self.inode)
    }

    /// `EBADF` where it was not opened for reading, but `EISDIR` for a directory, as on Linux.
    fn check_readable(&self) -> Result<(), Errno> {
        if self.read || self.inode.is_directory() { Ok(()) } else { Err(Errno::EBADF) }
    }

    fn check_writable(&self, otherwise: Errno) -> Result<(), Errno> {
        if self.write { Ok(()) } else { Err(otherwise) }
    }
}

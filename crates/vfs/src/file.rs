use crate::errno::Errno;
use crate::host::{HandleCharge, HostDirectory, HostFile, Listing};
use crate::inode::Inode;
use crate::open::OpenOptions;
use crate::quota::Charge;
use crate::stat::{DirEntry, FileKind, Fingerprint, SetTime, Snapshot, Stat};
use crate::vfs::{Vfs, bounded};
use parking_lot::Mutex;
use std::fmt;
use std::io::{IoSlice, IoSliceMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// An open file, directory or device. Keeps it alive after its last name is gone; until this is dropped it stays charged.
/// Has no position: who needs one (`lseek`) keeps it beside the handle.
pub struct OpenFile {
    vfs: Arc<Vfs>,
    handle: Handle,
    read: bool,
    write: bool,
    append: AtomicBool,
    _charge: Charge,
}

/// What is open.
pub(crate) enum Handle {
    Tree {
        inode: Arc<Inode>,
        /// Where its bytes lay when it was opened, if on the host.
        lower: Option<HostFile>,
    },
    HostFile(HostFile),
    HostDirectory {
        directory: HostDirectory,
        opened: Stat,
        /// Made when the listing starts.
        listing: Mutex<Option<Listing>>,
        _charge: HandleCharge,
    },
}

impl Handle {
    /// What lies in the tree alone.
    pub fn tree(inode: Arc<Inode>) -> Self {
        Self::Tree { inode, lower: None }
    }

    /// What lies in the tree, with the host's file that its bytes may lie in.
    pub fn opened(inode: Arc<Inode>) -> Result<Self, Errno> {
        Ok(Self::Tree { lower: inode.open_lower()?, inode })
    }

    pub fn host_directory(directory: HostDirectory, charge: HandleCharge) -> Result<Self, Errno> {
        let opened = directory.stat()?;
        Ok(Self::HostDirectory { directory, opened, listing: Mutex::default(), _charge: charge })
    }
}

/// The cookies of `.` and `..` in a directory of the host's; those of entries follow.
const DOTS: u64 = 2;

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
    pub(crate) fn new(vfs: Arc<Vfs>, handle: Handle, options: &OpenOptions, charge: Charge) -> Self {
        Self {
            vfs,
            handle,
            read: options.read,
            write: options.write || options.append,
            append: AtomicBool::new(options.append),
            _charge: charge,
        }
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    pub(crate) fn is_directory(&self) -> bool {
        match &self.handle {
            Handle::Tree { inode, .. } => inode.is_directory(),
            Handle::HostFile(_) => false,
            Handle::HostDirectory { .. } => true,
        }
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
        match &self.handle {
            Handle::Tree { inode, lower } => {
                let count = inode.read(buffers, offset, lower.as_ref())?;
                inode.set_accessed(self.vfs.clock);
                Ok(count)
            }
            Handle::HostFile(file) => file.read(buffers, offset),
            Handle::HostDirectory { .. } => Err(Errno::EISDIR),
        }
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
        match &self.handle {
            Handle::Tree { inode, .. } => inode.write(data, (!self.is_append()).then_some(offset), self.vfs.clock),
            Handle::HostFile(file) => file.write(data, offset),
            Handle::HostDirectory { .. } => Err(Errno::EISDIR),
        }
    }

    /// Whether every write goes to the end.
    pub fn is_append(&self) -> bool {
        self.append.load(Relaxed)
    }

    /// Changes whether every write goes to the end.
    pub fn set_append(&self, append: bool) {
        self.append.store(append, Relaxed);
        if let Handle::HostFile(file) = &self.handle {
            file.set_append(append);
        }
    }

    /// `st_size` as it is now.
    pub fn size(&self) -> u64 {
        match &self.handle {
            Handle::Tree { inode, .. } => inode.size(),
            Handle::HostFile(_) | Handle::HostDirectory { .. } => self.stat().size,
        }
    }

    /// Cuts the file off, or extends it with zeros.
    ///
    /// # Errors
    /// `EINVAL` where it is no file or was not opened for writing, `EFBIG`, `ENOSPC`.
    pub fn set_size(&self, size: u64) -> Result<(), Errno> {
        self.check_writable(Errno::EINVAL)?;
        match &self.handle {
            Handle::Tree { inode, .. } => inode.set_size(size, self.vfs.clock),
            Handle::HostFile(file) => file.set_size(size),
            Handle::HostDirectory { .. } => Err(Errno::EINVAL),
        }
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
        match &self.handle {
            Handle::Tree { inode, .. } => inode.extend(size, self.vfs.clock),
            Handle::HostFile(file) => file.extend(size),
            Handle::HostDirectory { .. } => Err(Errno::EISDIR),
        }
    }

    /// What `fstat(2)` tells.
    pub fn stat(&self) -> Stat {
        match &self.handle {
            Handle::Tree { inode, .. } => inode.stat(),
            Handle::HostFile(file) => file.stat(),
            Handle::HostDirectory { directory, opened, .. } => directory.stat_or(opened),
        }
    }

    /// Sets the permission bits (`permissions & 0o7777`; `& 0o777` on the host).
    ///
    /// # Errors
    /// The host's alone.
    pub fn set_permissions(&self, permissions: u32) -> Result<(), Errno> {
        match &self.handle {
            Handle::Tree { inode, .. } => inode.set_permissions(permissions, self.vfs.clock.now_ns()),
            Handle::HostFile(file) => file.set_permissions(permissions)?,
            Handle::HostDirectory { directory, .. } => directory.set_permissions(permissions)?,
        }
        Ok(())
    }

    /// Sets the times of the last access and of the last change.
    ///
    /// # Errors
    /// The host's alone.
    pub fn set_times(&self, atime: SetTime, mtime: SetTime) -> Result<(), Errno> {
        match &self.handle {
            Handle::Tree { inode, .. } => inode.set_times(atime, mtime, self.vfs.clock.now_ns()),
            Handle::HostFile(file) => file.set_times(atime, mtime)?,
            Handle::HostDirectory { directory, .. } => directory.set_times(atime, mtime)?,
        }
        Ok(())
    }

    /// Has the host write a file of its own to its disk; for all else there is nowhere to write to.
    ///
    /// # Errors
    /// The host's alone.
    pub fn sync(&self) -> Result<(), Errno> {
        if let Handle::HostFile(file) = &self.handle { file.sync() } else { Ok(()) }
    }

    /// Up to `limit` entries of a directory, `.` and `..` first, after the one whose cookie is given; 0 starts. Entries that
    /// are there during the whole listing come exactly once, whatever happens to others. Empty at the end, and where the
    /// directory was removed.
    ///
    /// # Errors
    /// `ENOTDIR`.
    pub fn read_dir(&self, cookie: u64, limit: usize) -> Result<Vec<DirEntry>, Errno> {
        let inode = match &self.handle {
            Handle::Tree { inode, .. } if inode.is_directory() => inode,
            Handle::HostDirectory { directory, listing, .. } => {
                return self.read_host_dir(directory, &mut listing.lock(), cookie, limit);
            }
            Handle::Tree { .. } | Handle::HostFile(_) => return Err(Errno::ENOTDIR),
        };
        match self.vfs.take_over_entries(inode.id) {
            Ok(()) | Err(Errno::ENOENT) => {}
            Err(error) => return Err(error),
        }
        let tree = self.vfs.tree.read();
        let Ok(directory) = tree.directory(inode.id) else { return Ok(Vec::new()) };
        let parent = tree.parent(inode.id).map_or(&directory.inode, |parent| &parent.inode);
        let dots = directory.dots_after(cookie, parent).map(|(at, name, inode)| DirEntry::new(name.into(), inode, at));
        let others = directory.after(cookie).map(|(at, name, inode)| DirEntry::new(Arc::clone(name), inode, at));
        let entries = dots.chain(others).take(limit).collect();
        drop(tree);
        inode.set_accessed(self.vfs.clock);
        Ok(entries)
    }

    fn read_host_dir(
        &self,
        directory: &HostDirectory,
        listing: &mut Option<Listing>,
        cookie: u64,
        limit: usize,
    ) -> Result<Vec<DirEntry>, Errno> {
        if cookie == 0 {
            *listing = None;
        }
        let listing = match listing {
            Some(listing) => listing,
            None => listing.insert(Listing::new(directory, &self.vfs.inodes)?),
        };
        let inode = self.stat().inode;
        let above = if directory.is_root() {
            let tree = self.vfs.tree.read();
            tree.parent(directory.mount.point)?.inode.id
        } else {
            directory.parent().and_then(|parent| parent.stat()).map_or(inode, |stat| stat.inode)
        };
        let dots = [(".", inode, 1), ("..", above, 2)]
            .into_iter()
            .filter(|(_, _, next)| *next > cookie)
            .map(|(name, inode, next)| DirEntry { name: name.into(), inode, kind: FileKind::Directory, next });
        Ok(dots.chain(listing.after(cookie.saturating_sub(DOTS), DOTS)).take(limit).collect())
    }

    /// The absolute path of a directory; of one of the host's, the one that it was opened at.
    ///
    /// # Errors
    /// `ENOTDIR` for anything else, `ENOENT` where it was removed, `ENAMETOOLONG` beyond [`crate::MAX_PATH_BYTES`].
    pub fn path(&self) -> Result<String, Errno> {
        let (inode, beneath) = match &self.handle {
            Handle::Tree { inode, .. } if inode.is_directory() => (inode.id, ""),
            Handle::HostDirectory { directory, .. } => (directory.mount.point, directory.path()),
            Handle::Tree { .. } | Handle::HostFile(_) => return Err(Errno::ENOTDIR),
        };
        bounded(self.vfs.tree.read().path(inode, beneath)?)
    }

    /// The content as it is now, without copying; of a file of the host's, a copy.
    ///
    /// # Errors
    /// `EBADF` where it was not opened for reading, `EISDIR`, `EINVAL` for a device without an end.
    pub fn snapshot(&self) -> Result<Snapshot, Errno> {
        self.check_readable()?;
        match &self.handle {
            Handle::Tree { inode, .. } => self.vfs.snapshot_of(inode),
            Handle::HostFile(file) => self.vfs.host_snapshot(file),
            Handle::HostDirectory { .. } => Err(Errno::EISDIR),
        }
    }

    /// Identifies the content as it is now.
    ///
    /// # Errors
    /// `EISDIR`, `EINVAL` for a device without an end.
    pub fn fingerprint(&self) -> Result<Fingerprint, Errno> {
        match &self.handle {
            Handle::Tree { inode, .. } => self.vfs.fingerprint_of(inode),
            Handle::HostFile(file) => Ok(self.vfs.host_fingerprint(&file.stat())),
            Handle::HostDirectory { .. } => Err(Errno::EISDIR),
        }
    }

    /// `EBADF` where it was not opened for reading, but `EISDIR` for a directory, as on Linux.
    fn check_readable(&self) -> Result<(), Errno> {
        if self.read || self.is_directory() { Ok(()) } else { Err(Errno::EBADF) }
    }

    fn check_writable(&self, otherwise: Errno) -> Result<(), Errno> {
        if self.write { Ok(()) } else { Err(otherwise) }
    }
}

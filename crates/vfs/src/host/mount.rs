use super::directory::{HostDirectory, metadata_of};
use super::errno::errno;
use super::handles;
use crate::errno::Errno;
use crate::quota::Quota;
use crate::stat::{DIRECTORY_BYTES, FileKind, Stat};
use cap_std::fs::{Dir, Metadata, MetadataExt};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

/// Inode numbers of the host's files lie from here on, up to the largest integer that a JavaScript number holds exactly
/// beside all smaller ones. The file system counts its own from 1.
const FIRST_INODE: u64 = 1 << 52;

/// A directory of the host's at its place in a file system.
pub(crate) struct Mount {
    root: Dir,
    /// The inode number of the directory that it covers.
    pub point: u64,
    pub writable: bool,
    /// The host's file system: directories that lie on another are not entered.
    device: u64,
    /// Makes inode numbers, so that those of the host's are not told.
    numbers: RandomState,
    granularity_ns: i64,
    /// Bytes that a file may have that is read as a whole, and directories within each other.
    pub max_bytes: u64,
    pub max_depth: u32,
    pub handles: Arc<Quota>,
}

/// What a mount takes over from its file system.
pub(crate) struct MountLimits {
    pub granularity_ns: u64,
    pub max_bytes: u64,
    pub max_depth: u32,
    pub numbers: RandomState,
    pub handles: Arc<Quota>,
}

impl MountLimits {
    pub fn new(granularity_ns: u64, max_bytes: u64, max_depth: u32) -> Self {
        Self { granularity_ns, max_bytes, max_depth, numbers: RandomState::new(), handles: handles::quota() }
    }
}

impl fmt::Debug for Mount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mount").field("point", &self.point).field("writable", &self.writable).finish_non_exhaustive()
    }
}

impl Mount {
    pub fn new(root: Dir, point: u64, writable: bool, limits: &MountLimits) -> Result<Arc<Self>, Errno> {
        let device = metadata_of(&root)?.dev();
        Ok(Arc::new(Self {
            root,
            point,
            writable,
            device,
            numbers: limits.numbers.clone(),
            granularity_ns: i64::try_from(limits.granularity_ns).unwrap_or(i64::MAX).max(1),
            max_bytes: limits.max_bytes,
            max_depth: limits.max_depth,
            handles: Arc::clone(&limits.handles),
        }))
    }

    pub fn root(self: &Arc<Self>) -> Result<HostDirectory, Errno> {
        let directory = self.root.try_clone().map_err(|error| errno(&error))?;
        Ok(HostDirectory::new(Arc::clone(self), String::new(), directory))
    }

    /// The directory at that path of the mount, which has no `.`, no `..` and no symbolic link.
    pub fn directory(self: &Arc<Self>, path: &str) -> Result<HostDirectory, Errno> {
        path.split('/').filter(|name| !name.is_empty()).try_fold(self.root()?, |here, name| here.enter(name))
    }

    pub fn check_writable(&self) -> Result<(), Errno> {
        if self.writable { Ok(()) } else { Err(Errno::EROFS) }
    }

    pub fn is_same_device(&self, device: u64) -> bool {
        self.device == device
    }

    pub fn inode_number(&self, on_host: u64) -> u64 {
        FIRST_INODE | (self.numbers.hash_one((self.device, on_host)) >> 12)
    }

    pub fn stat(&self, metadata: &Metadata) -> Stat {
        let kind = kind_of(metadata.file_type());
        let time = |seconds: i64, nanoseconds: i64| {
            let exact = seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds);
            exact.saturating_sub(exact.rem_euclid(self.granularity_ns))
        };
        Stat {
            inode: self.inode_number(metadata.ino()),
            kind,
            permissions: metadata.mode() & crate::inode::PERMISSION_BITS,
            links: metadata.nlink(),
            size: match kind {
                FileKind::File | FileKind::Symlink => metadata.len(),
                FileKind::Directory => DIRECTORY_BYTES,
                FileKind::CharacterDevice => 0,
            },
            device_number: 0,
            atime_ns: time(metadata.atime(), metadata.atime_nsec()),
            mtime_ns: time(metadata.mtime(), metadata.mtime_nsec()),
            ctime_ns: time(metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// What is no file, directory or symbolic link (a FIFO, a socket, a device) is shown as a device, which can't be opened.
pub(crate) fn kind_of(file_type: cap_std::fs::FileType) -> FileKind {
    if file_type.is_file() {
        FileKind::File
    } else if file_type.is_dir() {
        FileKind::Directory
    } else if file_type.is_symlink() {
        FileKind::Symlink
    } else {
        FileKind::CharacterDevice
    }
}

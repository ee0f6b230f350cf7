//! The file system of one sandbox: in memory, inode-based, with POSIX semantics and quotas, shared between threads.
//!
//! A sandbox has one user, so mode bits are kept and reported but deny nothing; who starts programs asks
//! [`Stat::is_executable`]. There is no umask: the mode that a caller gives is the mode that a file gets.
//!
//! Every operation that takes a path takes a [`Base`] with it, which says where the path starts and what it may reach.
//! A path is at most 4095 bytes, a name at most 255, and 40 symbolic links are followed ([`MAX_PATH_BYTES`],
//! [`MAX_NAME_BYTES`], [`MAX_SYMLINKS`]); Linux has the same numbers. The errors that paths cause are:
//! `ENOENT` (also for the empty path), `ENOTDIR`, `ELOOP`, `ENAMETOOLONG`, `EINVAL` for a NUL byte, `EPERM` where the path
//! leads out of [`Base::Beneath`], and `EXDEV` where the base belongs to another file system.
//!
//! # Directories of the host's
//! A file system may have directories of the host's mounted ([`Vfs::with_mounts`], [`Mount`]), to read, to read and write, or
//! as an overlay, which guests may change while the host's stay as they are. In these the errors can be the host's too:
//! `EROFS`, `EACCES`, and `EIO` for what has no name here. Symbolic links of the host's lead where they would lead a guest, so
//! an absolute one to the file system's root. A directory that is on another file system of the host's than its mount is not
//! entered (`EXDEV`); devices, FIFOs and sockets are not opened (`EACCES`); names that are not UTF-8 are not shown.
//! Operations are as atomic as the host's are: those that take several steps there can be seen half done.
//!
//! # Threads
//! One lock guards the tree of names and is held only while names are looked up or changed. Each file has a lock for its
//! content, held while bytes are copied; it is never waited for under the tree's lock, so a long read or write holds up only
//! those who use the same file. `stat` waits for neither content lock nor writer. The host is asked without the tree's lock.

mod clock;
mod content;
mod cursor;
mod directories;
mod directory;
mod errno;
mod file;
mod host;
mod inode;
mod locate;
mod mounts;
mod names;
mod open;
mod options;
mod overlay;
mod quota;
mod remove;
mod rename;
mod resolve;
mod stat;
mod tree;
mod vfs;
mod whole;

pub use errno::Errno;
pub use file::{OpenFile, Written};
pub use host::{HostRoot, HostRootError, MountRoots};
pub use mounts::{Mount, MountError, MountMode};
pub use open::OpenOptions;
pub use options::VfsOptions;
pub use resolve::{Base, FollowSymlinks, MAX_NAME_BYTES, MAX_PATH_BYTES, MAX_SYMLINKS};
pub use stat::{
    BLOCK_BYTES, DIRECTORY_BYTES, DirEntry, FileKind, Fingerprint, GID, SetTime, Snapshot, Stat, UID, Usage,
};
pub use vfs::Vfs;

/// A version of a file's content that no other has: bytes that lie on the host can change at any time, unseen.
pub(crate) fn host_version() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    /// Beyond all versions that are counted from 0.
    static NEXT: AtomicU64 = AtomicU64::new(1 << 63);
    NEXT.fetch_add(1, Relaxed)
}

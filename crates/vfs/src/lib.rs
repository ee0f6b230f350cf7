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
//! # Threads
//! One lock guards the tree of names and is held only while names are looked up or changed. Each file has a lock for its
//! content, held while bytes are copied; it is never waited for under the tree's lock, so a long read or write holds up only
//! those who use the same file. `stat` waits for neither content lock nor writer.

mod clock;
mod content;
mod directories;
mod directory;
mod errno;
mod file;
mod inode;
mod names;
mod open;
mod options;
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
pub use open::OpenOptions;
pub use options::VfsOptions;
pub use resolve::{Base, FollowSymlinks, MAX_NAME_BYTES, MAX_PATH_BYTES, MAX_SYMLINKS};
pub use stat::{
    BLOCK_BYTES, DIRECTORY_BYTES, DirEntry, FileKind, Fingerprint, GID, SetTime, Snapshot, Stat, UID, Usage,
};
pub use vfs::Vfs;

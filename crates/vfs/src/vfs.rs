use crate::errno::Errno;
use crate::options::VfsOptions;
use crate::resolve::{Base, FollowSymlinks};
use crate::stat::{DirEntry, SetTime, Stat, Usage};
use std::sync::Arc;

/// An in-memory file system. Create it with [`Vfs::new`], share it as `Arc<Vfs>`.
#[derive(Debug)]
pub struct Vfs {
    #[expect(dead_code)]
    options: VfsOptions,
}

impl Vfs {
    /// A file system with `/`, `/tmp` (mode 0o1777) and `/dev` with the devices `null`, `zero` and `full`.
    pub fn new(_options: VfsOptions) -> Arc<Self> {
        todo!()
    }

    /// How much is used of each quota.
    pub fn usage(&self) -> Usage {
        todo!()
    }

    /// What `stat(2)` and, without following, `lstat(2)` tell.
    pub fn stat(&self, _base: Base<'_>, _path: &str, _follow: FollowSymlinks) -> Result<Stat, Errno> {
        todo!()
    }

    /// Sets the permission bits (`permissions & 0o7777`).
    pub fn set_permissions(
        &self,
        _base: Base<'_>,
        _path: &str,
        _permissions: u32,
        _follow: FollowSymlinks,
    ) -> Result<(), Errno> {
        todo!()
    }

    /// Sets the times of the last access and of the last change.
    pub fn set_times(
        &self,
        _base: Base<'_>,
        _path: &str,
        _atime: SetTime,
        _mtime: SetTime,
        _follow: FollowSymlinks,
    ) -> Result<(), Errno> {
        todo!()
    }

    /// Cuts a file off, or extends it with zeros.
    ///
    /// # Errors
    /// `EISDIR`, `EINVAL` for what is no file, `EFBIG`, `ENOSPC`.
    pub fn truncate(&self, _base: Base<'_>, _path: &str, _length: u64) -> Result<(), Errno> {
        todo!()
    }

    /// The entries of a directory without `.` and `..`, in the order in which they were made.
    pub fn read_dir(&self, _base: Base<'_>, _path: &str) -> Result<Vec<DirEntry>, Errno> {
        todo!()
    }

    /// The canonical absolute path of what the path leads to: no `.`, no `..`, no symbolic link.
    pub fn real_path(&self, _base: Base<'_>, _path: &str) -> Result<String, Errno> {
        todo!()
    }
}

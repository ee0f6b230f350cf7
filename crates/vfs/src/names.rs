use crate::errno::Errno;
use crate::resolve::{Base, FollowSymlinks};
use crate::vfs::Vfs;

impl Vfs {
    /// Makes a directory.
    ///
    /// # Errors
    /// `EEXIST`, `ENOSPC`, `ENAMETOOLONG` where it would lie deeper than [`crate::VfsOptions::max_depth`].
    pub fn create_dir(&self, _base: Base<'_>, _path: &str, _permissions: u32) -> Result<(), Errno> {
        todo!()
    }

    /// Makes a directory and those that are missing above it, in one step. The canonical absolute path of the topmost one
    /// that was made, `None` where all were there.
    ///
    /// # Errors
    /// As [`Vfs::create_dir`], but `EEXIST` only where the path leads to something else than a directory. Where it fails, it made none.
    pub fn create_dir_all(&self, _base: Base<'_>, _path: &str, _permissions: u32) -> Result<Option<String>, Errno> {
        todo!()
    }

    /// Removes an empty directory.
    ///
    /// # Errors
    /// `ENOTDIR`, `ENOTEMPTY`, `EBUSY` for the root, `EINVAL` where the path ends in `.`.
    pub fn remove_dir(&self, _base: Base<'_>, _path: &str) -> Result<(), Errno> {
        todo!()
    }

    /// Removes a name that leads to something else than a directory. Whoever has it open keeps it.
    ///
    /// # Errors
    /// `EISDIR`.
    pub fn unlink(&self, _base: Base<'_>, _path: &str) -> Result<(), Errno> {
        todo!()
    }

    /// Removes a name and, where it leads to a directory, everything in it. Symbolic links are not followed. The name vanishes
    /// in one step; what lies beneath is taken apart directory by directory, so that others do not wait for all of it.
    ///
    /// # Errors
    /// `ENOENT`, `EBUSY` for the root, `EINVAL` where the path ends in `.` or `..`.
    pub fn remove_all(&self, _base: Base<'_>, _path: &str) -> Result<(), Errno> {
        todo!()
    }

    /// Renames in one step as `rename(2)` does, replacing a file or an empty directory.
    ///
    /// # Errors
    /// `EISDIR`, `ENOTDIR`, `ENOTEMPTY`, `EINVAL` into the directory's own subtree, `EBUSY` for the root, `.` and `..`,
    /// `ENAMETOOLONG` where a directory would come to lie deeper than [`crate::VfsOptions::max_depth`].
    pub fn rename(&self, _from_base: Base<'_>, _from: &str, _to_base: Base<'_>, _to: &str) -> Result<(), Errno> {
        todo!()
    }

    /// Gives a file a further name. A symbolic link at the end of `existing` is followed as `follow` says (`link(2)` does not).
    ///
    /// # Errors
    /// `EPERM` for directories, `EEXIST`, `ENOSPC`.
    pub fn link(
        &self,
        _existing_base: Base<'_>,
        _existing: &str,
        _follow: FollowSymlinks,
        _new_base: Base<'_>,
        _new: &str,
    ) -> Result<(), Errno> {
        todo!()
    }

    /// Makes a symbolic link. The target is kept as it is, and looked at when the link is followed.
    ///
    /// # Errors
    /// `EEXIST`, `ENOSPC`; for the target `ENOENT` (empty), `EINVAL` (NUL), `ENAMETOOLONG`.
    pub fn symlink(&self, _target: &str, _base: Base<'_>, _path: &str) -> Result<(), Errno> {
        todo!()
    }

    /// The target of a symbolic link.
    ///
    /// # Errors
    /// `EINVAL` for what is none.
    pub fn read_link(&self, _base: Base<'_>, _path: &str) -> Result<String, Errno> {
        todo!()
    }
}

use crate::errno::Errno;
use crate::file::OpenFile;
use crate::resolve::{Base, FollowSymlinks};
use crate::vfs::Vfs;
use std::sync::Arc;

/// How a file is to be opened. Without `read` and `write` the handle serves for `stat` and as a base only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenOptions {
    pub read: bool,
    pub write: bool,
    /// Every write goes to the end of the file; implies `write`. [`OpenFile::set_append`] changes it.
    pub append: bool,
    /// Makes the file where it is missing.
    pub create: bool,
    /// With `create`: `EEXIST` where there is something already, a symbolic link included.
    pub exclusive: bool,
    pub truncate: bool,
    /// `ENOTDIR` for anything but a directory.
    pub directory: bool,
    /// Whether a symbolic link at the end is followed; `ELOOP` where it isn't.
    pub follow: FollowSymlinks,
    /// The permission bits of a file that is made (`permissions & 0o7777`).
    pub permissions: u32,
}

impl OpenOptions {
    /// The permission bits of files unless the caller says otherwise.
    pub const DEFAULT_PERMISSIONS: u32 = 0o644;
    /// For reading; directories too.
    pub const READ: Self = Self {
        read: true,
        write: false,
        append: false,
        create: false,
        exclusive: false,
        truncate: false,
        directory: false,
        follow: FollowSymlinks::Yes,
        permissions: Self::DEFAULT_PERMISSIONS,
    };
    /// A directory, as a base or to list it.
    pub const DIRECTORY: Self = Self { directory: true, ..Self::READ };
    /// For writing, made where missing, emptied where there.
    pub const REPLACE: Self = Self { read: false, write: true, create: true, truncate: true, ..Self::READ };
    /// For writing at the end, made where missing.
    pub const APPEND: Self = Self { read: false, write: true, append: true, create: true, ..Self::READ };
}

impl Vfs {
    /// Opens a file, directory or device.
    ///
    /// # Errors
    /// `EISDIR` for a directory that is to be written or made; `EINVAL` for `exclusive` without `create`, and for `create`
    /// with `directory`; `ENFILE`, `ENOSPC`.
    pub fn open(self: &Arc<Self>, _base: Base<'_>, _path: &str, _options: &OpenOptions) -> Result<OpenFile, Errno> {
        todo!()
    }
}

use crate::content::NewContent;
use crate::errno::Errno;
use crate::file::{Handle, OpenFile};
use crate::host::{HostFound, Opened};
use crate::inode::Inode;
use crate::locate::Located;
use crate::quota::Charge;
use crate::resolve::{Base, FollowSymlinks, Found, Last};
use crate::stat::FileKind;
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
    /// With `create`: `EEXIST` where there is something already, a symbolic link included. Without it, nothing.
    pub exclusive: bool,
    /// Empties a file that is there, also where it is not opened for writing.
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
    /// `EISDIR` for a directory that is to be written or made; `EINVAL` for `create` with `directory`; `ENFILE`, `ENOSPC`.
    /// On the host also `EROFS` and `EACCES`.
    pub fn open(self: &Arc<Self>, base: Base<'_>, path: &str, options: &OpenOptions) -> Result<OpenFile, Errno> {
        if options.create && options.directory {
            return Err(Errno::EINVAL);
        }
        let charge = Charge::new(&self.open_files, 1, Errno::ENFILE)?;
        let last = match (options.create, options.follow) {
            (false, follow) => follow.into(),
            (true, FollowSymlinks::Yes) if !options.exclusive => Last::Create,
            (true, _) => Last::Name,
        };
        let opened_on_host = |found: HostFound<'_>, charge| {
            let handle = match found.open(options)? {
                Opened::File(file) => Handle::HostFile(file),
                Opened::Directory(directory, charge) => Handle::host_directory(directory, charge)?,
            };
            Ok(OpenFile::new(Arc::clone(self), handle, options, charge))
        };
        let mut found = match self.locate(base, path, last)? {
            Located::Tree(_, found) => found,
            Located::Host(found) => return opened_on_host(found, charge),
        };
        if options.create && is_missing(&found) {
            // Someone else may have made it, or removed the directory, meanwhile.
            let (mut tree, again) = match self.locate_mut(base, path, last)? {
                Located::Tree(tree, found) => (tree, found),
                Located::Host(found) => return opened_on_host(found, charge),
            };
            found = again;
            if let Found::Entry { parent, name, inode: None, trailing_slash: false } = found {
                let empty = NewContent::owned(Vec::new());
                let inode = self.make_file(&mut tree, parent, name.into(), empty, options.permissions)?;
                drop(tree);
                return Ok(OpenFile::new(Arc::clone(self), Handle::tree(inode), options, charge));
            }
        }
        let inode = openable(found, options)?;
        if options.truncate && inode.kind() == FileKind::File {
            inode.set_size(0, self.clock)?;
        }
        Ok(OpenFile::new(Arc::clone(self), Handle::opened(inode)?, options, charge))
    }
}

fn is_missing(found: &Found<'_>) -> bool {
    matches!(found, Found::Entry { inode: None, trailing_slash: false, .. })
}

/// What was found, where it may be opened so. The order of the checks is Linux's.
fn openable(found: Found<'_>, options: &OpenOptions) -> Result<Arc<Inode>, Errno> {
    if options.create && matches!(found, Found::Entry { trailing_slash: true, .. }) {
        return Err(Errno::EISDIR);
    }
    let inode = found.existing()?;
    let changes = options.write || options.append || options.truncate;
    match inode.kind() {
        _ if options.create && options.exclusive => Err(Errno::EEXIST),
        FileKind::Directory if options.create || changes => Err(Errno::EISDIR),
        FileKind::Directory => Ok(inode),
        _ if options.directory => Err(Errno::ENOTDIR),
        FileKind::Symlink => Err(Errno::ELOOP),
        FileKind::File | FileKind::CharacterDevice => Ok(inode),
    }
}

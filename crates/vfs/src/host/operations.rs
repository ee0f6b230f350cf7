use super::directory::HostDirectory;
use super::errno::errno;
use super::object::{HOST_PERMISSION_BITS, HostObject};
use super::walk::HostFound;
use crate::cursor::check_path;
use crate::errno::Errno;
use crate::resolve::Ending;
use cap_std::fs::{DirBuilder, DirBuilderExt, Metadata};
use std::path::Path;
use std::sync::Arc;

/// An entry to be made, moved or removed.
struct Entry {
    directory: HostDirectory,
    name: String,
    metadata: Option<Box<Metadata>>,
    trailing_slash: bool,
}

impl HostFound<'_> {
    /// What the path names; the error where it names nothing.
    fn named(self, unnamed: impl Fn(Ending) -> Errno) -> Result<Entry, Errno> {
        match self {
            Self::Entry { directory, name, metadata, trailing_slash } => {
                directory.mount.check_writable()?;
                Ok(Entry { directory, name: name.into_owned(), metadata, trailing_slash })
            }
            Self::Directory { ending, .. } => Err(unnamed(ending)),
        }
    }

    /// A name that is to be given to something that is no directory. `EEXIST`; `ENOENT` where a slash follows.
    fn unused(self) -> Result<Entry, Errno> {
        let entry = self.named(|_| Errno::EEXIST)?;
        match (&entry.metadata, entry.trailing_slash) {
            (Some(_), _) => Err(Errno::EEXIST),
            (None, true) => Err(Errno::ENOENT),
            (None, false) => Ok(entry),
        }
    }

    pub fn create_dir(self, permissions: u32) -> Result<(), Errno> {
        if let Self::Entry { metadata: Some(_), .. } = self {
            return Err(Errno::EEXIST);
        }
        let entry = self.named(|_| Errno::EEXIST)?;
        if entry.directory.depth() >= entry.directory.mount.max_depth {
            return Err(Errno::ENAMETOOLONG);
        }
        let mut builder = DirBuilder::new();
        builder.mode(permissions & HOST_PERMISSION_BITS);
        entry.directory.dir.create_dir_with(&entry.name, &builder).map_err(|error| errno(&error))
    }

    pub fn remove_dir(self) -> Result<(), Errno> {
        let entry = self.named(|ending| match ending {
            Ending::Root => Errno::EBUSY,
            Ending::Dot => Errno::EINVAL,
            Ending::DotDot => Errno::ENOTEMPTY,
        })?;
        entry.directory.dir.remove_dir(&entry.name).map_err(|error| errno(&error))
    }

    pub fn unlink(self) -> Result<(), Errno> {
        let entry = self.named(|_| Errno::EISDIR)?;
        match entry.metadata {
            None => Err(Errno::ENOENT),
            Some(metadata) if metadata.is_dir() => Err(Errno::EISDIR),
            Some(_) if entry.trailing_slash => Err(Errno::ENOTDIR),
            Some(_) => entry.directory.dir.remove_file(&entry.name).map_err(|error| errno(&error)),
        }
    }

    pub fn remove_all(self) -> Result<(), Errno> {
        let entry = self.named(|ending| if ending == Ending::Root { Errno::EBUSY } else { Errno::EINVAL })?;
        match entry.metadata {
            None => Err(Errno::ENOENT),
            Some(metadata) if metadata.is_dir() => super::remove_all::remove_all(&entry.directory, &entry.name),
            Some(_) if entry.trailing_slash => Err(Errno::ENOTDIR),
            Some(_) => entry.directory.dir.remove_file(&entry.name).map_err(|error| errno(&error)),
        }
    }

    /// `EPERM` for a target that is absolute or leads out of the mount from where the link lies: whoever follows it on the
    /// host would be led there.
    pub fn symlink(self, target: &str) -> Result<(), Errno> {
        check_path(target)?;
        let entry = self.unused()?;
        let mut depth = i64::from(entry.directory.depth());
        for part in target.split('/') {
            match part {
                "" | "." => {}
                ".." => depth -= 1,
                _ => depth += 1,
            }
            if depth < 0 {
                return Err(Errno::EPERM);
            }
        }
        if Path::new(target).is_absolute() {
            return Err(Errno::EPERM);
        }
        entry.directory.dir.symlink(target, &entry.name).map_err(|error| errno(&error))
    }

    /// The path from the mount's root, with the inode number of the mount's place.
    pub fn real_path(self) -> Result<(u64, String), Errno> {
        Ok(match self.existing()? {
            HostObject::Directory(directory) => (directory.mount.point, directory.path().to_owned()),
            HostObject::Entry { directory, name, .. } => (directory.mount.point, directory.path_of(&name)),
        })
    }
}

/// Moves an entry within a mount.
pub(crate) fn rename(from: HostFound<'_>, to: HostFound<'_>) -> Result<(), Errno> {
    let (from, to) = (from.named(|_| Errno::EBUSY)?, to.named(|_| Errno::EBUSY)?);
    let moved = from.metadata.ok_or(Errno::ENOENT)?;
    if !Arc::ptr_eq(&from.directory.mount, &to.directory.mount) {
        return Err(Errno::EXDEV);
    }
    if !moved.is_dir() && (from.trailing_slash || to.trailing_slash) {
        return Err(Errno::ENOTDIR);
    }
    let renamed = from.directory.dir.rename(&from.name, &to.directory.dir, &to.name);
    renamed.map_err(|error| errno(&error))
}

/// Gives a file of a mount a further name there.
pub(crate) fn link(existing: HostFound<'_>, new: HostFound<'_>) -> Result<(), Errno> {
    let existing = existing.existing()?;
    let new = new.unused()?;
    let HostObject::Entry { directory, name, metadata } = existing else { return Err(Errno::EPERM) };
    if metadata.is_dir() {
        return Err(Errno::EPERM);
    }
    if !Arc::ptr_eq(&directory.mount, &new.directory.mount) {
        return Err(Errno::EXDEV);
    }
    directory.dir.hard_link(&name, &new.directory.dir, &new.name).map_err(|error| errno(&error))
}

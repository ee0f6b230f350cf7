use super::errno::errno;
use super::listing::{HostEntry, list};
use super::mount::Mount;
use crate::errno::Errno;
use crate::stat::Stat;
use cap_fs_ext::DirExt;
use cap_std::fs::{Dir, Metadata, MetadataExt};
use std::sync::Arc;

/// An open directory of the host's, with the path that it was found at.
#[derive(Debug)]
pub(crate) struct HostDirectory {
    pub mount: Arc<Mount>,
    /// From the mount's root, which itself has the empty path.
    path: String,
    pub dir: Dir,
}

impl HostDirectory {
    pub fn new(mount: Arc<Mount>, path: String, dir: Dir) -> Self {
        Self { mount, path, dir }
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn is_root(&self) -> bool {
        self.path.is_empty()
    }

    /// The path of an entry.
    pub fn path_of(&self, name: &str) -> String {
        if self.is_root() { name.to_owned() } else { format!("{}/{name}", self.path) }
    }

    /// Directories above it within the mount.
    pub fn depth(&self) -> u32 {
        if self.is_root() { 0 } else { 1 + self.path.matches('/').count() as u32 }
    }

    pub fn duplicate(&self) -> Result<Self, Errno> {
        let dir = self.dir.try_clone().map_err(|error| errno(&error))?;
        Ok(Self::new(Arc::clone(&self.mount), self.path.clone(), dir))
    }

    /// The directory of that name. `ENOTDIR` and `ELOOP` for anything else, `EXDEV` where another file system of the host's
    /// is mounted there: it may be one whose files are not files (`/proc`).
    pub fn enter(&self, name: &str) -> Result<Self, Errno> {
        let dir = self.dir.open_dir_nofollow(name).map_err(|error| errno(&error))?;
        if !self.mount.is_same_device(metadata_of(&dir)?.dev()) {
            return Err(Errno::EXDEV);
        }
        Ok(Self::new(Arc::clone(&self.mount), self.path_of(name), dir))
    }

    /// The directory that it was found in. To be called for what is not the root.
    pub fn parent(&self) -> Result<Self, Errno> {
        self.mount.directory(self.path.rsplit_once('/').map_or("", |(above, _)| above))
    }

    /// What an entry is, a symbolic link not followed; `None` where there is none of that name.
    pub fn look(&self, name: &str) -> Result<Option<Box<Metadata>>, Errno> {
        match self.dir.symlink_metadata(name).map_err(|error| errno(&error)) {
            Ok(metadata) => Ok(Some(Box::new(metadata))),
            Err(Errno::ENOENT) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The target of a symbolic link. `EINVAL` where it is not UTF-8.
    pub fn read_link(&self, name: &str) -> Result<String, Errno> {
        let target = self.dir.read_link_contents(name).map_err(|error| match errno(&error) {
            // It is no link any more.
            Errno::EINVAL => Errno::ENOENT,
            errno => errno,
        })?;
        target.into_os_string().into_string().map_err(|_| Errno::EINVAL)
    }

    pub fn stat(&self) -> Result<Stat, Errno> {
        Ok(self.mount.stat(&metadata_of(&self.dir)?))
    }

    /// Its entries with names that guests can use, at most `limit`; `ENOSPC` where there are more.
    pub fn list(&self, limit: u64) -> Result<Vec<HostEntry>, Errno> {
        list(self, limit)
    }
}

pub(crate) fn metadata_of(dir: &Dir) -> Result<Metadata, Errno> {
    dir.dir_metadata().map_err(|error| errno(&error))
}

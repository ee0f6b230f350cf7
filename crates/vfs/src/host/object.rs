use super::directory::{HostDirectory, metadata_of};
use super::errno::errno;
use super::file::{HostFile, open_regular, time_spec};
use crate::errno::Errno;
use crate::stat::{FileKind, SetTime, Stat};
use cap_fs_ext::DirExt;
use cap_std::fs::{Metadata, OpenOptions};
use rustix::fs::{Mode, Timestamps, fchmod, futimens};

/// The permission bits that a guest may set on the host: the set-user-id, set-group-id and sticky bits mean something there.
pub(super) const HOST_PERMISSION_BITS: u32 = 0o777;

/// Something on the host that a path leads to.
#[derive(Debug)]
pub(crate) enum HostObject {
    Entry { directory: HostDirectory, name: String, metadata: Box<Metadata> },
    Directory(HostDirectory),
}

impl HostObject {
    pub fn stat(&self) -> Result<Stat, Errno> {
        match self {
            Self::Entry { directory, metadata, .. } => Ok(directory.mount.stat(metadata)),
            Self::Directory(directory) => directory.stat(),
        }
    }

    fn directory(&self) -> &HostDirectory {
        match self {
            Self::Entry { directory, .. } | Self::Directory(directory) => directory,
        }
    }

    /// As a directory. `ENOTDIR`.
    pub fn enter(self) -> Result<HostDirectory, Errno> {
        match self {
            Self::Directory(directory) => Ok(directory),
            Self::Entry { directory, name, metadata } if metadata.is_dir() => directory.enter(&name),
            Self::Entry { .. } => Err(Errno::ENOTDIR),
        }
    }

    /// As a file that is open. `EISDIR`, `EINVAL` for a symbolic link, `EACCES` for what is no file.
    pub fn open(&self, write: bool) -> Result<HostFile, Errno> {
        let Self::Entry { directory, name, metadata } = self else { return Err(Errno::EISDIR) };
        match directory.mount.stat(metadata).kind {
            FileKind::Directory => return Err(Errno::EISDIR),
            FileKind::Symlink => return Err(Errno::EINVAL),
            FileKind::File | FileKind::CharacterDevice => {}
        }
        open_regular(directory, name, OpenOptions::new().read(!write).write(write), None)
    }

    pub fn set_size(&self, size: u64) -> Result<(), Errno> {
        self.directory().mount.check_writable()?;
        self.open(true)?.set_size(size)
    }

    pub fn read_link(&self) -> Result<String, Errno> {
        match self {
            Self::Entry { directory, name, metadata } if metadata.is_symlink() => directory.read_link(name),
            _ => Err(Errno::EINVAL),
        }
    }

    /// `EACCES` where the sidecar may not read it: its permissions are changed through a descriptor.
    pub fn set_permissions(&self, permissions: u32) -> Result<(), Errno> {
        self.directory().mount.check_writable()?;
        match self {
            Self::Directory(directory) => directory.set_permissions(permissions),
            Self::Entry { directory, name, metadata } if metadata.is_dir() => {
                directory.enter(name)?.set_permissions(permissions)
            }
            // A symbolic link's have no meaning.
            Self::Entry { metadata, .. } if metadata.is_symlink() => Ok(()),
            Self::Entry { .. } => self.open(false)?.set_permissions(permissions),
        }
    }

    pub fn set_times(&self, atime: SetTime, mtime: SetTime) -> Result<(), Errno> {
        self.directory().mount.check_writable()?;
        match self {
            Self::Directory(directory) => directory.set_times(atime, mtime),
            Self::Entry { directory, name, .. } => directory
                .dir
                .set_symlink_times(name, system_time_spec(atime)?, system_time_spec(mtime)?)
                .map_err(|error| errno(&error)),
        }
    }
}

fn system_time_spec(time: SetTime) -> Result<Option<cap_fs_ext::SystemTimeSpec>, Errno> {
    use cap_fs_ext::SystemTimeSpec;
    use cap_std::time::SystemTime;
    use std::time::{Duration, UNIX_EPOCH};
    Ok(match time {
        SetTime::Keep => None,
        SetTime::Now => Some(SystemTimeSpec::SymbolicNow),
        SetTime::To(ns) => {
            let distance = Duration::from_nanos(ns.unsigned_abs());
            let moment = if ns < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
            Some(SystemTimeSpec::Absolute(SystemTime::from_std(moment.ok_or(Errno::EINVAL)?)))
        }
    })
}

impl HostDirectory {
    pub fn set_permissions(&self, permissions: u32) -> Result<(), Errno> {
        self.mount.check_writable()?;
        let mode = Mode::from_raw_mode(permissions & HOST_PERMISSION_BITS);
        fchmod(self.readable()?, mode).map_err(|error| errno(&error.into()))
    }

    pub fn set_times(&self, atime: SetTime, mtime: SetTime) -> Result<(), Errno> {
        self.mount.check_writable()?;
        let times = Timestamps { last_access: time_spec(atime), last_modification: time_spec(mtime) };
        futimens(self.readable()?, &times).map_err(|error| errno(&error.into()))
    }

    /// A descriptor of it that allows more than to start paths there.
    fn readable(&self) -> Result<cap_std::fs::File, Errno> {
        self.dir.open(".").map_err(|error| errno(&error))
    }

    /// What it is when it is looked at, where the host can't say so any more.
    pub fn stat_or(&self, former: &Stat) -> Stat {
        metadata_of(&self.dir).map_or(*former, |metadata| self.mount.stat(&metadata))
    }
}

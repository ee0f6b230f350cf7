use crate::errno::Errno;
use crate::host::{self, HostRoot, MountLimits};
use crate::inode::{Body, Inode};
use crate::options::VfsOptions;
use crate::overlay::Lower;
use crate::quota::Charge;
use crate::resolve::{Base, FollowSymlinks};
use crate::vfs::{DIRECTORY_PERMISSIONS, Vfs};
use std::sync::Arc;

/// What guests may do with a directory of the host's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountMode {
    ReadOnly,
    /// What guests write lies on the host, and counts against no quota.
    ReadWrite,
    /// Guests see their own changes, the host never does. What is changed counts against the quota of bytes, and each name that
    /// was looked at against that of inodes. What the host changes meanwhile is seen, or not.
    Overlay,
}

/// A directory of the host's and the place that it is to have.
#[derive(Debug)]
pub struct Mount {
    /// Where guests find it: an absolute path without `.`, `..` and symbolic links. It is made where it is not there.
    pub guest: String,
    pub root: HostRoot,
    pub mode: MountMode,
}

/// Why a directory can't be mounted there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MountError {
    #[error(
        "A directory can't be mounted at {guest:?}: give an absolute path other than `/`, without `.`, `..` and empty parts."
    )]
    NoPlace { guest: String },
    #[error("Directories can't be mounted at both {outer:?} and {inner:?}: one lies within the other.")]
    Nested { outer: String, inner: String },
    #[error("A directory can't be mounted at {guest:?}: there is something already.")]
    Occupied { guest: String },
    #[error("A directory can't be mounted at {guest:?} ({}: {errno}).", errno.name())]
    Failed { guest: String, errno: Errno },
}

impl Vfs {
    /// A file system as [`Vfs::new`] makes it, with directories of the host's in it.
    ///
    /// # Errors
    /// Where a place can't be used, or the host does not let its directory be read.
    pub fn with_mounts(options: VfsOptions, mounts: Vec<Mount>) -> Result<Arc<Self>, MountError> {
        check_places(&mounts)?;
        let mut vfs = Self::without_mounts(options);
        let limits = MountLimits::new(options.time_granularity_ns, options.max_bytes, options.max_depth);
        for mount in mounts {
            let guest = mount.guest.clone();
            let mount_point = vfs.mount(mount, &limits).map_err(|errno| match errno {
                Errno::EEXIST | Errno::ENOTDIR => MountError::Occupied { guest },
                errno => MountError::Failed { guest, errno },
            })?;
            vfs.mount_points.push(mount_point);
        }
        Ok(Arc::new(vfs))
    }

    /// The inode number of the place.
    fn mount(&self, mount: Mount, limits: &MountLimits) -> Result<u64, Errno> {
        let (above, name) = mount.guest.rsplit_once('/').ok_or(Errno::EINVAL)?;
        if !above.is_empty() {
            self.create_dir_all(Base::Root, above, DIRECTORY_PERMISSIONS)?;
        }
        match self.read_dir(Base::Root, &mount.guest) {
            Ok(entries) if !entries.is_empty() => return Err(Errno::EEXIST),
            Ok(_) => self.remove_dir(Base::Root, &mount.guest)?,
            Err(Errno::ENOENT) => {}
            Err(error) => return Err(error),
        }
        let parent = self.stat(Base::Root, if above.is_empty() { "/" } else { above }, FollowSymlinks::Yes)?.inode;
        let id = self.next_inode();
        let on_host = host::Mount::new(mount.root.0, id, mount.mode == MountMode::ReadWrite, limits)?;
        let stat = on_host.root()?.stat()?;
        let (body, lower) = match mount.mode {
            MountMode::Overlay => (Body::Directory, Some(Lower { mount: on_host, path: String::new() })),
            MountMode::ReadOnly | MountMode::ReadWrite => (Body::Mount(on_host), None),
        };
        let inode = Inode::new(id, body, stat.permissions, stat.mtime_ns, Charge::new(&self.inodes, 1, Errno::ENOSPC)?);
        let mut tree = self.tree.write();
        tree.insert(parent, name.into(), &inode, self.clock.now_ns())?;
        tree.directory_mut(id)?.set_lower(lower);
        Ok(id)
    }
}

fn check_places(mounts: &[Mount]) -> Result<(), MountError> {
    for (index, mount) in mounts.iter().enumerate() {
        let guest = &mount.guest;
        let mut parts = guest.strip_prefix('/').into_iter().flat_map(|parts| parts.split('/')).peekable();
        if parts.peek().is_none() || parts.any(|part| matches!(part, "" | "." | "..")) {
            return Err(MountError::NoPlace { guest: guest.clone() });
        }
        for other in &mounts[..index] {
            for (outer, inner) in [(guest, &other.guest), (&other.guest, guest)] {
                if inner.strip_prefix(outer.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
                    return Err(MountError::Nested { outer: outer.clone(), inner: inner.clone() });
                }
            }
        }
    }
    Ok(())
}

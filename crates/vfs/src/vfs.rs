use crate::clock::Clock;
use crate::errno::Errno;
use crate::host::Listing;
use crate::inode::{Body, Device, Inode};
use crate::locate::{Located, Object};
use crate::options::VfsOptions;
use crate::quota::{Charge, Quota};
use crate::resolve::{Base, FollowSymlinks, Found, Last, MAX_PATH_BYTES};
use crate::stat::{DirEntry, SetTime, Stat, Usage};
use crate::tree::{ROOT, Tree};
use parking_lot::RwLock;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The permission bits of directories that are made along with something else.
pub(crate) const DIRECTORY_PERMISSIONS: u32 = 0o755;

/// File systems that this process has had.
static FILE_SYSTEMS: AtomicU64 = AtomicU64::new(0);

/// An in-memory file system. [`Vfs::new`] makes one; share it as `Arc<Vfs>`.
pub struct Vfs {
    /// Differs from that of every other file system of the process.
    pub(crate) id: u64,
    pub(crate) tree: RwLock<Tree>,
    pub(crate) root: Arc<Inode>,
    /// The inode numbers of the places where directories of the host's are mounted.
    pub(crate) mount_points: Vec<u64>,
    last_inode: AtomicU64,
    pub(crate) clock: Clock,
    pub(crate) max_depth: u32,
    pub(crate) bytes: Arc<Quota>,
    pub(crate) inodes: Arc<Quota>,
    pub(crate) open_files: Arc<Quota>,
}

impl fmt::Debug for Vfs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vfs").field("id", &self.id).field("usage", &self.usage()).finish_non_exhaustive()
    }
}

impl Vfs {
    /// A file system with `/`, `/tmp` (mode 0o1777) and `/dev` with the devices `null`, `zero` and `full`.
    pub fn new(options: VfsOptions) -> Arc<Self> {
        Arc::new(Self::without_mounts(options))
    }

    pub(crate) fn without_mounts(options: VfsOptions) -> Self {
        let clock = Clock::new(options.time_granularity_ns);
        let now_ns = clock.now_ns();
        let inodes = Quota::new(options.max_inodes);
        let mut last_inode = 0;
        let mut uncharged = |body, permissions| {
            last_inode += 1;
            Inode::new(last_inode, body, permissions, now_ns, Charge::none(&inodes))
        };
        let root = uncharged(Body::Directory, DIRECTORY_PERMISSIONS);
        let tmp = uncharged(Body::Directory, 0o1777);
        let dev = uncharged(Body::Directory, DIRECTORY_PERMISSIONS);
        let devices = [("null", Device::Null), ("zero", Device::Zero), ("full", Device::Full)]
            .map(|(name, device)| (name, uncharged(Body::Device(device), 0o666)));
        let mut tree = Tree::new(Arc::clone(&root));
        tree.insert_all(root.id, [("tmp", tmp), ("dev", Arc::clone(&dev))], now_ns);
        tree.insert_all(dev.id, devices, now_ns);
        debug_assert_eq!(root.id, ROOT);
        Self {
            id: FILE_SYSTEMS.fetch_add(1, Relaxed),
            tree: RwLock::new(tree),
            root,
            mount_points: Vec::new(),
            last_inode: AtomicU64::new(last_inode),
            clock,
            max_depth: options.max_depth,
            bytes: Quota::new(options.max_bytes),
            inodes,
            open_files: Quota::new(options.max_open_files),
        }
    }

    /// How much is used of each quota.
    pub fn usage(&self) -> Usage {
        Usage {
            bytes: self.bytes.used(),
            max_bytes: self.bytes.max(),
            inodes: self.inodes.used(),
            max_inodes: self.inodes.max(),
            open_files: self.open_files.used(),
            max_open_files: self.open_files.max(),
        }
    }

    /// What `stat(2)` and, without following, `lstat(2)` tell.
    pub fn stat(&self, base: Base<'_>, path: &str, follow: FollowSymlinks) -> Result<Stat, Errno> {
        match self.lookup(base, path, follow)? {
            Object::Tree(inode) => Ok(inode.stat()),
            Object::Host(object) => object.stat(),
        }
    }

    /// Sets the permission bits (`permissions & 0o7777`; `& 0o777` on the host).
    pub fn set_permissions(
        &self,
        base: Base<'_>,
        path: &str,
        permissions: u32,
        follow: FollowSymlinks,
    ) -> Result<(), Errno> {
        match self.lookup(base, path, follow)? {
            Object::Tree(inode) => inode.set_permissions(permissions, self.clock.now_ns()),
            Object::Host(object) => object.set_permissions(permissions)?,
        }
        Ok(())
    }

    /// Sets the times of the last access and of the last change.
    pub fn set_times(
        &self,
        base: Base<'_>,
        path: &str,
        atime: SetTime,
        mtime: SetTime,
        follow: FollowSymlinks,
    ) -> Result<(), Errno> {
        match self.lookup(base, path, follow)? {
            Object::Tree(inode) => inode.set_times(atime, mtime, self.clock.now_ns()),
            Object::Host(object) => object.set_times(atime, mtime)?,
        }
        Ok(())
    }

    /// Cuts a file off, or extends it with zeros.
    ///
    /// # Errors
    /// `EISDIR`, `EINVAL` for what is no file, `EFBIG`, `ENOSPC`.
    pub fn truncate(&self, base: Base<'_>, path: &str, length: u64) -> Result<(), Errno> {
        match self.lookup(base, path, FollowSymlinks::Yes)? {
            Object::Tree(inode) => inode.set_size(length, self.clock),
            Object::Host(object) => object.set_size(length),
        }
    }

    /// The entries of a directory without `.` and `..`, in the order in which they were made; those of the host's in its own.
    ///
    /// # Errors
    /// `ENOTDIR`.
    pub fn read_dir(&self, base: Base<'_>, path: &str) -> Result<Vec<DirEntry>, Errno> {
        let inode = match self.lookup(base, path, FollowSymlinks::Yes)? {
            Object::Tree(inode) => inode,
            Object::Host(object) => {
                let listing = Listing::new(&object.enter()?, &self.inodes)?;
                return Ok(listing.after(0, 0).collect());
            }
        };
        if !inode.is_directory() {
            return Err(Errno::ENOTDIR);
        }
        self.take_over_entries(inode.id)?;
        let tree = self.tree.read();
        let directory = tree.directory(inode.id)?;
        let mut entries = Vec::with_capacity(directory.len());
        entries.extend(directory.after(0).map(|(cookie, name, inode)| DirEntry::new(Arc::clone(name), inode, cookie)));
        drop(tree);
        inode.set_accessed(self.clock);
        Ok(entries)
    }

    /// The canonical absolute path of what the path leads to: no `.`, no `..`, no symbolic link.
    ///
    /// # Errors
    /// `ENAMETOOLONG` also where the canonical path is longer than [`MAX_PATH_BYTES`].
    pub fn real_path(&self, base: Base<'_>, path: &str) -> Result<String, Errno> {
        let (tree, found) = match self.locate(base, path, Last::Follow)? {
            Located::Tree(tree, found) => (tree, found),
            Located::Host(found) => {
                let (mount_point, beneath) = found.real_path()?;
                return bounded(self.tree.read().path(mount_point, &beneath)?);
            }
        };
        let place = match &found {
            Found::Entry { parent, name, .. } => Some((*parent, name.to_string())),
            Found::Directory { .. } => None,
        };
        let inode = found.existing()?;
        let (directory, name) = place.unwrap_or((inode.id, String::new()));
        bounded(tree.path(directory, &name)?)
    }

    /// A new inode, charged. `ENOSPC`.
    pub(crate) fn new_inode(&self, body: Body, permissions: u32, now_ns: i64) -> Result<Arc<Inode>, Errno> {
        let charge = Charge::new(&self.inodes, 1, Errno::ENOSPC)?;
        Ok(Inode::new(self.next_inode(), body, permissions, now_ns, charge))
    }

    pub(crate) fn next_inode(&self) -> u64 {
        self.last_inode.fetch_add(1, Relaxed) + 1
    }
}

/// `ENAMETOOLONG` for a path that could not be used again.
pub(crate) fn bounded(path: String) -> Result<String, Errno> {
    if path.len() > MAX_PATH_BYTES { Err(Errno::ENAMETOOLONG) } else { Ok(path) }
}

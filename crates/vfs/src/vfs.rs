use crate::clock::Clock;
use crate::errno::Errno;
use crate::inode::{Body, Device, Inode};
use crate::options::VfsOptions;
use crate::quota::{Charge, Quota};
use crate::resolve::{Base, FollowSymlinks, Found, Last, MAX_PATH_BYTES, Start, resolve};
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
    root: Arc<Inode>,
    last_inode: AtomicU64,
    pub(crate) clock: Clock,
    pub(crate) max_depth: u32,
    pub(crate) bytes: Arc<Quota>,
    inodes: Arc<Quota>,
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
        Arc::new(Self {
            id: FILE_SYSTEMS.fetch_add(1, Relaxed),
            tree: RwLock::new(tree),
            root,
            last_inode: AtomicU64::new(last_inode),
            clock,
            max_depth: options.max_depth,
            bytes: Quota::new(options.max_bytes),
            inodes,
            open_files: Quota::new(options.max_open_files),
        })
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
        Ok(self.lookup(base, path, follow)?.stat())
    }

    /// Sets the permission bits (`permissions & 0o7777`).
    pub fn set_permissions(
        &self,
        base: Base<'_>,
        path: &str,
        permissions: u32,
        follow: FollowSymlinks,
    ) -> Result<(), Errno> {
        self.lookup(base, path, follow)?.set_permissions(permissions, self.clock.now_ns());
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
        self.lookup(base, path, follow)?.set_times(atime, mtime, self.clock.now_ns());
        Ok(())
    }

    /// Cuts a file off, or extends it with zeros.
    ///
    /// # Errors
    /// `EISDIR`, `EINVAL` for what is no file, `EFBIG`, `ENOSPC`.
    pub fn truncate(&self, base: Base<'_>, path: &str, length: u64) -> Result<(), Errno> {
        self.lookup(base, path, FollowSymlinks::Yes)?.set_size(length, self.clock)
    }

    /// The entries of a directory without `.` and `..`, in the order in which they were made.
    ///
    /// # Errors
    /// `ENOTDIR`.
    pub fn read_dir(&self, base: Base<'_>, path: &str) -> Result<Vec<DirEntry>, Errno> {
        let inode = self.lookup(base, path, FollowSymlinks::Yes)?;
        if !inode.is_directory() {
            return Err(Errno::ENOTDIR);
        }
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
        let start = self.start(base)?;
        let tree = self.tree.read();
        let found = resolve(&tree, start, path, Last::Follow)?;
        let place = match &found {
            Found::Entry { parent, name, .. } => Some((*parent, name.to_string())),
            Found::Directory { .. } => None,
        };
        let inode = found.existing()?;
        let (directory, name) = place.unwrap_or((inode.id, String::new()));
        bounded(tree.path(directory, &name)?)
    }

    /// Where a path of that base starts. `EXDEV`, `ENOTDIR`.
    pub(crate) fn start<'a>(&'a self, base: Base<'a>) -> Result<Start<'a>, Errno> {
        let (Base::Directory(file) | Base::Beneath(file)) = base else {
            return Ok(Start { directory: &self.root, confined_to: None });
        };
        let directory = file.inode();
        if file.vfs().id != self.id {
            Err(Errno::EXDEV)
        } else if !directory.is_directory() {
            Err(Errno::ENOTDIR)
        } else {
            Ok(Start { directory, confined_to: matches!(base, Base::Beneath(_)).then_some(directory.id) })
        }
    }

    /// The inode that a path leads to.
    pub(crate) fn lookup(&self, base: Base<'_>, path: &str, follow: FollowSymlinks) -> Result<Arc<Inode>, Errno> {
        let start = self.start(base)?;
        resolve(&self.tree.read(), start, path, follow.into())?.existing()
    }

    /// A new inode, charged. `ENOSPC`.
    pub(crate) fn new_inode(&self, body: Body, permissions: u32, now_ns: i64) -> Result<Arc<Inode>, Errno> {
        let charge = Charge::new(&self.inodes, 1, Errno::ENOSPC)?;
        let id = self.last_inode.fetch_add(1, Relaxed) + 1;
        Ok(Inode::new(id, body, permissions, now_ns, charge))
    }
}

/// `ENAMETOOLONG` for a path that could not be used again.
pub(crate) fn bounded(path: String) -> Result<String, Errno> {
    if path.len() > MAX_PATH_BYTES { Err(Errno::ENAMETOOLONG) } else { Ok(path) }
}

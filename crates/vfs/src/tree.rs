use crate::directory::Directory;
use crate::errno::Errno;
use crate::inode::Inode;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// The root's inode number.
pub(crate) const ROOT: u64 = 1;

/// All directories by inode number. An inode whose directory is not here was removed, and nothing can be made in it.
///
/// The table is flat, so freeing it, or any part of it, never recurses however deep the tree is.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    directories: HashMap<u64, Directory, BuildHasherDefault<InodeHasher>>,
}

/// Inode numbers are given out one by one and not by guests, so a multiplication spreads them well enough.
#[derive(Debug, Default)]
struct InodeHasher(u64);

impl Hasher for InodeHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64((*byte).into()));
    }

    fn write_u64(&mut self, number: u64) {
        // 2^64 divided by the golden ratio, as in Fibonacci hashing; the rotation brings the best bits to the table's index.
        self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(32);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Tree {
    /// A tree of a root alone.
    pub fn new(root: Arc<Inode>) -> Self {
        let mut tree = Self::default();
        tree.directories.insert(ROOT, Directory::new(root, ROOT, "".into()));
        tree
    }

    /// Names what a new file system starts with.
    pub fn insert_all<'a>(&mut self, parent: u64, named: impl IntoIterator<Item = (&'a str, Arc<Inode>)>, now_ns: i64) {
        for (name, inode) in named {
            let inserted = self.insert(parent, name.into(), &inode, now_ns);
            debug_assert!(matches!(inserted, Ok(None)));
        }
    }

    /// `ENOENT` where it was removed.
    pub fn directory(&self, inode: u64) -> Result<&Directory, Errno> {
        self.directories.get(&inode).ok_or(Errno::ENOENT)
    }

    pub fn directory_mut(&mut self, inode: u64) -> Result<&mut Directory, Errno> {
        self.directories.get_mut(&inode).ok_or(Errno::ENOENT)
    }

    /// The directory that this one is in.
    pub fn parent(&self, inode: u64) -> Result<&Directory, Errno> {
        self.directory(self.directory(inode)?.parent)
    }

    /// Names an inode in a directory. What had the name before has lost it, and comes back to be dropped without the lock:
    /// a directory there must be empty, and is removed. `ENOENT`, and no change, where `parent` was removed.
    pub fn insert(
        &mut self,
        parent: u64,
        name: Arc<str>,
        inode: &Arc<Inode>,
        now_ns: i64,
    ) -> Result<Option<Arc<Inode>>, Errno> {
        let directory = self.directory_mut(parent)?;
        let former = directory.insert(Arc::clone(&name), Arc::clone(inode));
        directory.inode.set_modified(now_ns);
        if inode.is_directory() {
            directory.inode.add_subdirectory();
        }
        if former.as_ref().is_some_and(|former| former.is_directory()) {
            directory.inode.remove_subdirectory();
        }
        if let Some(former) = &former {
            self.lose_name(former, now_ns);
        }
        if inode.is_directory() {
            let placed = self
                .directories
                .entry(inode.id)
                .or_insert_with(|| Directory::new(Arc::clone(inode), parent, Arc::clone(&name)));
            (placed.parent, placed.name) = (parent, name);
        }
        Ok(former)
    }

    /// Takes a name out of a directory and keeps what it led to as it is, to be inserted elsewhere.
    pub fn detach(&mut self, parent: u64, name: &str, now_ns: i64) -> Result<Arc<Inode>, Errno> {
        let directory = self.directory_mut(parent)?;
        let inode = directory.remove(name).ok_or(Errno::ENOENT)?;
        directory.inode.set_modified(now_ns);
        if inode.is_directory() {
            directory.inode.remove_subdirectory();
        }
        Ok(inode)
    }

    /// Removes a name. What it led to comes back, to be dropped without the lock; a directory must be empty.
    pub fn remove(&mut self, parent: u64, name: &str, now_ns: i64) -> Result<Arc<Inode>, Errno> {
        let inode = self.detach(parent, name, now_ns)?;
        self.lose_name(&inode, now_ns);
        Ok(inode)
    }

    /// Takes a directory that has lost its name out of the table. The files in it lose their names; the directories in it are
    /// left to be dismantled in turn, and until then can be reached through handles alone. `None` where that was done already.
    pub fn dismantle(&mut self, inode: u64, now_ns: i64) -> Option<Directory> {
        let directory = self.directories.remove(&inode)?;
        directory.inode.remove_name();
        directory.inode.set_changed(now_ns);
        for child in directory.inodes().filter(|child| !child.is_directory()) {
            child.remove_name();
            child.set_changed(now_ns);
        }
        Some(directory)
    }

    fn lose_name(&mut self, inode: &Inode, now_ns: i64) {
        inode.remove_name();
        inode.set_changed(now_ns);
        if inode.is_directory() {
            self.directories.remove(&inode.id);
        }
    }

    /// How many directories lie above; 0 for the root. `ENOENT` where it, or one above it, was removed.
    pub fn depth(&self, mut inode: u64) -> Result<u32, Errno> {
        let mut depth = 0;
        while inode != ROOT {
            inode = self.directory(inode)?.parent;
            depth += 1;
        }
        Ok(depth)
    }

    /// Whether `inode` is `ancestor` or lies beneath it.
    pub fn is_within(&self, mut inode: u64, ancestor: u64) -> Result<bool, Errno> {
        while inode != ancestor {
            if inode == ROOT {
                return Ok(false);
            }
            inode = self.directory(inode)?.parent;
        }
        Ok(true)
    }

    /// Whether directories lie more than `levels` deep beneath this one.
    pub fn is_higher_than(&self, inode: u64, levels: u32) -> Result<bool, Errno> {
        let mut pending = vec![(inode, 0)];
        while let Some((inode, level)) = pending.pop() {
            if level > levels {
                return Ok(true);
            }
            let directory = self.directory(inode)?;
            if directory.inode.has_subdirectories() {
                pending
                    .extend(directory.inodes().filter(|child| child.is_directory()).map(|child| (child.id, level + 1)));
            }
        }
        Ok(false)
    }

    /// The absolute path of `name` in a directory, or of the directory itself where the name is empty; of any length.
    pub fn path(&self, directory: u64, name: &str) -> Result<String, Errno> {
        let mut names = Vec::new();
        if !name.is_empty() {
            names.push(name);
        }
        let mut inode = directory;
        while inode != ROOT {
            let directory = self.directory(inode)?;
            names.push(&directory.name);
            inode = directory.parent;
        }
        if names.is_empty() {
            return Ok("/".to_owned());
        }
        let mut path = String::with_capacity(names.iter().map(|name| name.len() + 1).sum());
        for name in names.iter().rev() {
            path.push('/');
            path.push_str(name);
        }
        Ok(path)
    }
}

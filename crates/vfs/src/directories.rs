use crate::errno::Errno;
use crate::inode::{Body, Inode};
use crate::resolve::{Base, Ending, Found, Last, Start, check_path, resolve};
use crate::tree::Tree;
use crate::vfs::Vfs;
use std::sync::Arc;

/// Directories that were made, in that order, by the directory that each is in and its name there.
pub(crate) type Made = Vec<(u64, Arc<str>)>;

impl Vfs {
    /// Makes a directory.
    ///
    /// # Errors
    /// `EEXIST`, `ENOSPC`, `ENAMETOOLONG` where it would lie deeper than [`crate::VfsOptions::max_depth`].
    pub fn create_dir(&self, base: Base<'_>, path: &str, permissions: u32) -> Result<(), Errno> {
        let start = self.start(base)?;
        let mut tree = self.tree.write();
        match resolve(&tree, start, path, Last::Name)? {
            Found::Entry { parent, name, inode: None, .. } => {
                self.make_directory(&mut tree, parent, name.into(), permissions)?;
                Ok(())
            }
            Found::Entry { .. } | Found::Directory { .. } => Err(Errno::EEXIST),
        }
    }

    /// Makes a directory and those that are missing above it, in one step. The canonical absolute path of the topmost one
    /// that was made, `None` where all were there.
    ///
    /// # Errors
    /// As [`Vfs::create_dir`]; `EEXIST` only where the path leads to something else than a directory, `ENOTDIR` where
    /// something above does. Where it fails, it made none.
    pub fn create_dir_all(&self, base: Base<'_>, path: &str, permissions: u32) -> Result<Option<String>, Errno> {
        let start = self.start(base)?;
        let mut tree = self.tree.write();
        let made = self.make_directories(&mut tree, start, path, permissions)?;
        made.first().map(|(parent, name)| tree.path(*parent, name)).transpose()
    }

    /// Removes an empty directory.
    ///
    /// # Errors
    /// `ENOTDIR`, `ENOTEMPTY`, `EBUSY` for the root, `EINVAL` where the path ends in `.`.
    pub fn remove_dir(&self, base: Base<'_>, path: &str) -> Result<(), Errno> {
        let start = self.start(base)?;
        let mut tree = self.tree.write();
        let (parent, name, inode) = match resolve(&tree, start, path, Last::Name)? {
            Found::Entry { parent, name, inode, .. } => (parent, name, inode.ok_or(Errno::ENOENT)?),
            Found::Directory { ending: Ending::Root, .. } => return Err(Errno::EBUSY),
            Found::Directory { ending: Ending::Dot, .. } => return Err(Errno::EINVAL),
            Found::Directory { ending: Ending::DotDot, .. } => return Err(Errno::ENOTEMPTY),
        };
        if !inode.is_directory() {
            return Err(Errno::ENOTDIR);
        }
        if !tree.directory(inode.id)?.is_empty() {
            return Err(Errno::ENOTEMPTY);
        }
        tree.remove(parent, &name, self.clock.now_ns())?;
        Ok(())
    }

    /// Removes a name and, where it leads to a directory, everything in it. Symbolic links are not followed. The name vanishes
    /// in one step; what lies beneath is taken apart directory by directory, so that others do not wait for all of it.
    ///
    /// # Errors
    /// `ENOENT`, `EBUSY` for the root, `EINVAL` where the path ends in `.` or `..`.
    pub fn remove_all(&self, base: Base<'_>, path: &str) -> Result<(), Errno> {
        let start = self.start(base)?;
        let now_ns = self.clock.now_ns();
        let mut tree = self.tree.write();
        let (parent, name, inode, trailing_slash) = match resolve(&tree, start, path, Last::Name)? {
            Found::Entry { parent, name, inode, trailing_slash } => {
                (parent, name, inode.ok_or(Errno::ENOENT)?, trailing_slash)
            }
            Found::Directory { ending: Ending::Root, .. } => return Err(Errno::EBUSY),
            Found::Directory { .. } => return Err(Errno::EINVAL),
        };
        if !inode.is_directory() {
            if trailing_slash {
                return Err(Errno::ENOTDIR);
            }
            tree.remove(parent, &name, now_ns)?;
            drop(tree);
            return Ok(());
        }
        tree.detach(parent, &name, now_ns)?;
        let mut dismantled = tree.dismantle(inode.id, now_ns);
        drop(tree);
        let mut pending = Vec::new();
        loop {
            if let Some(directory) = dismantled {
                pending.extend(directory.inodes().filter(|child| child.is_directory()).map(|child| child.id));
            }
            let Some(next) = pending.pop() else { return Ok(()) };
            dismantled = self.tree.write().dismantle(next, now_ns);
        }
    }

    /// Makes the directories of a path that are missing. Where it fails, it made none.
    pub(crate) fn make_directories(
        &self,
        tree: &mut Tree,
        start: Start<'_>,
        path: &str,
        permissions: u32,
    ) -> Result<Made, Errno> {
        let mut made = Made::new();
        match self.make_each_directory(tree, start, path, permissions, &mut made) {
            Ok(()) => Ok(made),
            Err(error) => {
                self.unmake_directories(tree, made);
                Err(error)
            }
        }
    }

    /// Undoes [`Vfs::make_directories`], under the same lock.
    pub(crate) fn unmake_directories(&self, tree: &mut Tree, made: Made) {
        for (parent, name) in made.iter().rev() {
            // It was made under this lock, so it is there and empty.
            let _ = tree.remove(*parent, name, self.clock.now_ns());
        }
    }

    fn make_each_directory(
        &self,
        tree: &mut Tree,
        start: Start<'_>,
        path: &str,
        permissions: u32,
        made: &mut Made,
    ) -> Result<(), Errno> {
        check_path(path)?;
        let mut here = Arc::clone(start.directory);
        if path.starts_with('/') {
            here = resolve(tree, start, "/", Last::Name)?.existing()?;
        }
        let mut names = path.split('/').filter(|name| !name.is_empty()).peekable();
        while let Some(name) = names.next() {
            let step = Start { directory: &here, ..start };
            here = match resolve(tree, step, name, Last::Name)? {
                Found::Entry { parent, name, inode: None, .. } => {
                    let name: Arc<str> = name.into();
                    let inode = self.make_directory(tree, parent, Arc::clone(&name), permissions)?;
                    made.push((parent, name));
                    inode
                }
                _ => resolve(tree, step, name, Last::Follow)?.existing()?,
            };
            if !here.is_directory() {
                return Err(if names.peek().is_some() { Errno::ENOTDIR } else { Errno::EEXIST });
            }
        }
        Ok(())
    }

    fn make_directory(
        &self,
        tree: &mut Tree,
        parent: u64,
        name: Arc<str>,
        permissions: u32,
    ) -> Result<Arc<Inode>, Errno> {
        if tree.depth(parent)? >= self.max_depth {
            return Err(Errno::ENAMETOOLONG);
        }
        let now_ns = self.clock.now_ns();
        let inode = self.new_inode(Body::Directory, permissions, now_ns)?;
        tree.insert(parent, name, &inode, now_ns)?;
        Ok(inode)
    }
}

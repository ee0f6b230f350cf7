use crate::cursor::Cursor;
use crate::errno::Errno;
use crate::inode::{Body, Inode};
use crate::locate::{Course, Located};
use crate::resolve::{Base, Ending, FollowSymlinks, Found, Last, Resolved, TreeCourse, resolve};
use crate::stat::FileKind;
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
        match self.locate_mut(base, path, Last::Name)? {
            Located::Host(found) => found.create_dir(permissions),
            Located::Tree(mut tree, Found::Entry { parent, name, inode: None, .. }) => {
                self.make_directory(&mut tree, parent, name.into(), permissions)?;
                Ok(())
            }
            Located::Tree(_, Found::Entry { .. } | Found::Directory { .. }) => Err(Errno::EEXIST),
        }
    }

    /// Makes a directory and those that are missing above it, in one step. The canonical absolute path of the topmost one
    /// that was made, `None` where all were there.
    ///
    /// # Errors
    /// As [`Vfs::create_dir`]; `EEXIST` only where the path leads to something else than a directory, `ENOTDIR` where
    /// something above does. Where it fails, it made none.
    pub fn create_dir_all(&self, base: Base<'_>, path: &str, permissions: u32) -> Result<Option<String>, Errno> {
        let mut tree = self.tree.write();
        if let Some(made) = self.make_directories(&mut tree, base, path, permissions)? {
            return made.first().map(|(parent, name)| tree.path(*parent, name)).transpose();
        }
        drop(tree);
        let made = self.make_directories_singly(base, path, permissions)?;
        made.first().map(|topmost| self.real_path(base, topmost)).transpose()
    }

    /// Removes an empty directory.
    ///
    /// # Errors
    /// `ENOTDIR`, `ENOTEMPTY`, `EBUSY` for the root, `EINVAL` where the path ends in `.`.
    pub fn remove_dir(&self, base: Base<'_>, path: &str) -> Result<(), Errno> {
        loop {
            let (mut tree, found) = match self.locate_mut(base, path, Last::Name)? {
                Located::Tree(tree, found) => (tree, found),
                Located::Host(found) => return found.remove_dir(),
            };
            let (parent, name, inode) = match found {
                Found::Entry { parent, name, inode, .. } => (parent, name, inode.ok_or(Errno::ENOENT)?),
                Found::Directory { ending: Ending::Root, .. } => return Err(Errno::EBUSY),
                Found::Directory { ending: Ending::Dot, .. } => return Err(Errno::EINVAL),
                Found::Directory { ending: Ending::DotDot, .. } => return Err(Errno::ENOTEMPTY),
            };
            if !inode.is_directory() {
                return Err(Errno::ENOTDIR);
            }
            self.check_no_mount(&tree, &inode)?;
            let directory = tree.directory(inode.id)?;
            if !directory.is_empty() {
                return Err(Errno::ENOTEMPTY);
            }
            if directory.lower().is_none() {
                tree.remove(parent, &name, self.clock.now_ns())?;
                return Ok(());
            }
            drop(tree);
            self.take_over_entries(inode.id)?;
        }
    }

    /// Removes a name and, where it leads to a directory, everything in it. Symbolic links are not followed. The name vanishes
    /// in one step; what lies beneath is taken apart directory by directory, so that others do not wait for all of it.
    ///
    /// # Errors
    /// `ENOENT`, `EBUSY` for the root, `EINVAL` where the path ends in `.` or `..`.
    pub fn remove_all(&self, base: Base<'_>, path: &str) -> Result<(), Errno> {
        let now_ns = self.clock.now_ns();
        let (mut tree, found) = match self.locate_mut(base, path, Last::Name)? {
            Located::Tree(tree, found) => (tree, found),
            Located::Host(found) => return found.remove_all(),
        };
        let (parent, name, inode, trailing_slash) = match found {
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
        self.check_no_mount(&tree, &inode)?;
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

    /// Makes the directories of a path that are missing. Where it fails, it made none. `None`, and no change, where the path
    /// leads to the host on the way.
    pub(crate) fn make_directories(
        &self,
        tree: &mut Tree,
        base: Base<'_>,
        path: &str,
        permissions: u32,
    ) -> Result<Option<Made>, Errno> {
        let mut made = Made::new();
        match self.make_each_directory(tree, base, path, permissions, &mut made) {
            Ok(true) => Ok(Some(made)),
            Ok(false) => {
                self.unmake_directories(tree, made);
                Ok(None)
            }
            Err(error) => {
                self.unmake_directories(tree, made);
                Err(error)
            }
        }
    }

    /// Undoes [`Vfs::make_directories`], as far as nobody has put anything there.
    pub(crate) fn unmake_directories(&self, tree: &mut Tree, made: Made) {
        for (parent, name) in made.iter().rev() {
            let Some(inode) = tree.directory(*parent).ok().and_then(|directory| directory.get(name)) else { continue };
            if inode.is_directory() && tree.directory(inode.id).is_ok_and(|made| made.is_empty()) {
                // It is there, as the line above shows.
                let _ = tree.remove(*parent, name, self.clock.now_ns());
            }
        }
    }

    /// Whether the path could be followed to its end within the tree.
    fn make_each_directory(
        &self,
        tree: &mut Tree,
        base: Base<'_>,
        path: &str,
        permissions: u32,
        made: &mut Made,
    ) -> Result<bool, Errno> {
        let Course::Tree(TreeCourse { directory: mut here, confinement, .. }) = self.course(base, path)? else {
            return Ok(false);
        };
        let mut names = path.split('/').filter(|name| !name.is_empty()).peekable();
        while let Some(name) = names.next() {
            let step = |last| {
                let course = TreeCourse {
                    directory: Arc::clone(&here),
                    confinement: confinement.clone(),
                    cursor: Cursor::new(name)?,
                };
                resolve(tree, course, last)
            };
            here = match step(Last::Name)? {
                Resolved::Mount { .. } | Resolved::Lower { .. } => return Ok(false),
                Resolved::Found(Found::Entry { parent, name, inode: None, .. }) => {
                    let name: Arc<str> = name.into();
                    let inode = self.make_directory(tree, parent, Arc::clone(&name), permissions)?;
                    made.push((parent, name));
                    inode
                }
                Resolved::Found(_) => match step(Last::Follow)? {
                    Resolved::Found(found) => found.existing()?,
                    Resolved::Mount { .. } | Resolved::Lower { .. } => return Ok(false),
                },
            };
            if !here.is_directory() {
                return Err(if names.peek().is_some() { Errno::ENOTDIR } else { Errno::EEXIST });
            }
        }
        Ok(true)
    }

    /// Makes the directories of a path that are missing, one after the other, as it must be done where the path leads to the
    /// host. Their paths, from that base. Where it fails, it made none that anyone has put anything into.
    pub(crate) fn make_directories_singly(
        &self,
        base: Base<'_>,
        path: &str,
        permissions: u32,
    ) -> Result<Vec<String>, Errno> {
        let mut made = Vec::new();
        let ends = path.char_indices().filter(|(at, character)| *character == '/' && *at > 0).map(|(at, _)| at);
        for end in ends.chain([path.len()]) {
            let above = &path[..end];
            if above.ends_with('/') {
                continue;
            }
            let result = match self.create_dir(base, above, permissions) {
                Err(Errno::EEXIST) => match self.stat(base, above, FollowSymlinks::Yes) {
                    Ok(stat) if stat.kind == FileKind::Directory => Ok(()),
                    Ok(_) if end < path.len() => Err(Errno::ENOTDIR),
                    Ok(_) => Err(Errno::EEXIST),
                    Err(error) => Err(error),
                },
                // Nothing can be made there, but perhaps it need not be.
                Err(Errno::EROFS | Errno::EACCES) if self.is_directory(base, above) => Ok(()),
                Err(error) => Err(error),
                Ok(()) => {
                    made.push(above.to_owned());
                    Ok(())
                }
            };
            if let Err(error) = result {
                self.unmake_directories_singly(base, &made);
                return Err(error);
            }
        }
        Ok(made)
    }

    fn is_directory(&self, base: Base<'_>, path: &str) -> bool {
        self.stat(base, path, FollowSymlinks::Yes).is_ok_and(|stat| stat.kind == FileKind::Directory)
    }

    /// Undoes [`Vfs::make_directories_singly`].
    pub(crate) fn unmake_directories_singly(&self, base: Base<'_>, made: &[String]) {
        for path in made.iter().rev() {
            // Where someone has put something into it meanwhile, it stays.
            let _ = self.remove_dir(base, path);
        }
    }

    /// `EBUSY` where a directory of the host's is mounted there or beneath.
    pub(crate) fn check_no_mount(&self, tree: &Tree, directory: &Inode) -> Result<(), Errno> {
        for mount_point in &self.mount_points {
            if tree.is_within(*mount_point, directory.id)? {
                return Err(Errno::EBUSY);
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

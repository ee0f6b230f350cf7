use crate::errno::Errno;
use crate::host::{self, HostFound};
use crate::inode::Inode;
use crate::locate::Place;
use crate::resolve::{Base, Found, Last};
use crate::tree::Tree;
use crate::vfs::Vfs;

/// How far a renaming has come.
enum Renaming {
    Done,
    /// The entries of the directory that is to be replaced must be known first.
    Incomplete {
        target: u64,
    },
}

impl Vfs {
    /// Renames in one step as `rename(2)` does, replacing a file or an empty directory. Where both names lead to the same
    /// inode, it does nothing.
    ///
    /// # Errors
    /// `EISDIR`, `ENOTDIR`, `ENOTEMPTY`, `EINVAL` into the directory's own subtree, `EBUSY` for the root, `.` and `..`,
    /// `ENAMETOOLONG` where a directory would come to lie deeper than [`crate::VfsOptions::max_depth`], `EXDEV` into or out of a
    /// mounted directory of the host's, and `EBUSY` for the place of one.
    pub fn rename(&self, from_base: Base<'_>, from: &str, to_base: Base<'_>, to: &str) -> Result<(), Errno> {
        loop {
            match self.try_rename((from_base, from), (to_base, to))? {
                Renaming::Done => return Ok(()),
                Renaming::Incomplete { target } => self.take_over_entries(target)?,
            }
        }
    }

    fn try_rename(&self, from: (Base<'_>, &str), to: (Base<'_>, &str)) -> Result<Renaming, Errno> {
        let (mut tree, from, to) = self.locate_pair(false, (from.0, from.1, Last::Name), (to.0, to.1, Last::Name))?;
        let (from, to) = match (from, to) {
            (Place::Tree(from), Place::Tree(to)) => (from, to),
            (Place::Host(from), Place::Host(to)) => {
                drop(tree);
                return host::rename(from, to).map(|()| Renaming::Done);
            }
            (Place::Tree(Found::Entry { inode: None, .. }), _) => return Err(Errno::ENOENT),
            (Place::Host(HostFound::Entry { metadata: None, .. }), _) => return Err(Errno::ENOENT),
            (Place::Tree(_), Place::Host(_)) | (Place::Host(_), Place::Tree(_)) => return Err(Errno::EXDEV),
        };
        let (
            Found::Entry { parent: from_parent, name: from_name, inode, trailing_slash: from_slash },
            Found::Entry { parent: to_parent, name: to_name, inode: target, trailing_slash: to_slash },
        ) = (from, to)
        else {
            return Err(Errno::EBUSY);
        };
        let inode = inode.ok_or(Errno::ENOENT)?;
        if !inode.is_directory() && (from_slash || to_slash) {
            return Err(Errno::ENOTDIR);
        }
        if self.is_mount_point(&inode) {
            return Err(Errno::EBUSY);
        }
        if inode.is_directory() && tree.is_within(to_parent, inode.id)? {
            return Err(Errno::EINVAL);
        }
        if let Some(target) = &target {
            if target.id == inode.id {
                return Ok(Renaming::Done);
            }
            if self.is_mount_point(target) {
                return Err(Errno::EBUSY);
            }
            if target.is_directory() && tree.directory(target.id)?.lower().is_some() {
                return Ok(Renaming::Incomplete { target: target.id });
            }
            check_replaceable(&tree, from_parent, &inode, target)?;
        }
        if inode.is_directory() {
            self.check_depth(&tree, &inode, from_parent, to_parent)?;
        }
        let now_ns = self.clock.now_ns();
        tree.detach(from_parent, &from_name, now_ns)?;
        let replaced = tree.insert(to_parent, to_name.into(), &inode, now_ns)?;
        inode.set_changed(now_ns);
        drop(tree);
        // Freeing what was replaced can take long: not under the lock.
        drop((target, replaced));
        Ok(Renaming::Done)
    }

    fn is_mount_point(&self, inode: &Inode) -> bool {
        self.mount_points.contains(&inode.id)
    }

    fn check_depth(&self, tree: &Tree, inode: &Inode, from_parent: u64, to_parent: u64) -> Result<(), Errno> {
        let (from, to) = (tree.depth(from_parent)?, tree.depth(to_parent)?);
        if to <= from {
            return Ok(());
        }
        // As in `make_directory`: a directory may lie in one of depth `max_depth - 1`.
        match self.max_depth.checked_sub(to + 1) {
            Some(levels) if !tree.is_higher_than(inode.id, levels)? => Ok(()),
            _ => Err(Errno::ENAMETOOLONG),
        }
    }
}

/// Whether `inode`, which is in `from_parent`, may take the place of `target`. `ENOTEMPTY`, `ENOTDIR`, `EISDIR`.
fn check_replaceable(tree: &Tree, from_parent: u64, inode: &Inode, target: &Inode) -> Result<(), Errno> {
    match (inode.is_directory(), target.is_directory()) {
        (_, true) if tree.is_within(from_parent, target.id)? => Err(Errno::ENOTEMPTY),
        (true, true) if !tree.directory(target.id)?.is_empty() => Err(Errno::ENOTEMPTY),
        (true, false) => Err(Errno::ENOTDIR),
        (false, true) => Err(Errno::EISDIR),
        (true, true) | (false, false) => Ok(()),
    }
}

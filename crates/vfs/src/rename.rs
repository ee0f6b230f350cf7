use crate::errno::Errno;
use crate::inode::Inode;
use crate::resolve::{Base, Found, Last, resolve};
use crate::tree::Tree;
use crate::vfs::Vfs;

impl Vfs {
    /// Renames in one step as `rename(2)` does, replacing a file or an empty directory. Where both names lead to the same
    /// inode, it does nothing.
    ///
    /// # Errors
    /// `EISDIR`, `ENOTDIR`, `ENOTEMPTY`, `EINVAL` into the directory's own subtree, `EBUSY` for the root, `.` and `..`,
    /// `ENAMETOOLONG` where a directory would come to lie deeper than [`crate::VfsOptions::max_depth`].
    pub fn rename(&self, from_base: Base<'_>, from: &str, to_base: Base<'_>, to: &str) -> Result<(), Errno> {
        let (from_start, to_start) = (self.start(from_base)?, self.start(to_base)?);
        let mut tree = self.tree.write();
        let from = resolve(&tree, from_start, from, Last::Name)?;
        let to = resolve(&tree, to_start, to, Last::Name)?;
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
        if inode.is_directory() && tree.is_within(to_parent, inode.id)? {
            return Err(Errno::EINVAL);
        }
        if let Some(target) = &target {
            if target.id == inode.id {
                return Ok(());
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
        Ok(())
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

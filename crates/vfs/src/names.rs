use crate::errno::Errno;
use crate::inode::Body;
use crate::quota::Charge;
use crate::resolve::{Base, FollowSymlinks, Found, Last, Start, check_path, resolve};
use crate::tree::Tree;
use crate::vfs::Vfs;
use std::borrow::Cow;

impl Vfs {
    /// Removes a name that leads to something else than a directory. Whoever has it open keeps it.
    ///
    /// # Errors
    /// `EISDIR`.
    pub fn unlink(&self, base: Base<'_>, path: &str) -> Result<(), Errno> {
        let start = self.start(base)?;
        let mut tree = self.tree.write();
        let Found::Entry { parent, name, inode, trailing_slash } = resolve(&tree, start, path, Last::Name)? else {
            return Err(Errno::EISDIR);
        };
        if inode.ok_or(Errno::ENOENT)?.is_directory() {
            return Err(Errno::EISDIR);
        }
        if trailing_slash {
            return Err(Errno::ENOTDIR);
        }
        let removed = tree.remove(parent, &name, self.clock.now_ns())?;
        drop(tree);
        drop(removed);
        Ok(())
    }

    /// Gives a file a further name. A symbolic link at the end of `existing` is followed as `follow` says (`link(2)` follows none).
    ///
    /// # Errors
    /// `EPERM` for directories, `EEXIST`, `ENOSPC`.
    pub fn link(
        &self,
        existing_base: Base<'_>,
        existing: &str,
        follow: FollowSymlinks,
        new_base: Base<'_>,
        new: &str,
    ) -> Result<(), Errno> {
        let (existing_start, new_start) = (self.start(existing_base)?, self.start(new_base)?);
        let mut tree = self.tree.write();
        let inode = resolve(&tree, existing_start, existing, follow.into())?.existing()?;
        let (parent, name) = unused_name(&tree, new_start, new)?;
        if inode.is_directory() {
            return Err(Errno::EPERM);
        }
        let now_ns = self.clock.now_ns();
        inode.add_name()?;
        inode.set_changed(now_ns);
        tree.insert(parent, name.into(), &inode, now_ns)?;
        Ok(())
    }

    /// Makes a symbolic link. The target is kept as it is, and looked at when the link is followed.
    ///
    /// # Errors
    /// `EEXIST`, `ENOSPC`; for the target `ENOENT` (empty), `EINVAL` (NUL), `ENAMETOOLONG`.
    pub fn symlink(&self, target: &str, base: Base<'_>, path: &str) -> Result<(), Errno> {
        check_path(target)?;
        let start = self.start(base)?;
        let mut tree = self.tree.write();
        let (parent, name) = unused_name(&tree, start, path)?;
        let now_ns = self.clock.now_ns();
        let charge = Charge::new(&self.bytes, target.len() as u64, Errno::ENOSPC)?;
        let inode = self.new_inode(Body::symlink(target, charge), 0o777, now_ns)?;
        tree.insert(parent, name.into(), &inode, now_ns)?;
        Ok(())
    }

    /// The target of a symbolic link.
    ///
    /// # Errors
    /// `EINVAL` for what is none.
    pub fn read_link(&self, base: Base<'_>, path: &str) -> Result<String, Errno> {
        match &self.lookup(base, path, FollowSymlinks::No)?.body {
            Body::Symlink(symlink) => Ok(symlink.target.to_string()),
            _ => Err(Errno::EINVAL),
        }
    }
}

/// The directory and the name that a path gives to something that is no directory. `EEXIST`; `ENOENT` where a slash follows.
fn unused_name<'p>(tree: &Tree, start: Start<'_>, path: &'p str) -> Result<(u64, Cow<'p, str>), Errno> {
    match resolve(tree, start, path, Last::Name)? {
        Found::Entry { inode: None, trailing_slash: true, .. } => Err(Errno::ENOENT),
        Found::Entry { parent, name, inode: None, .. } => Ok((parent, name)),
        Found::Entry { .. } | Found::Directory { .. } => Err(Errno::EEXIST),
    }
}

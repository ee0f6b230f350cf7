use crate::cursor::check_path;
use crate::errno::Errno;
use crate::host;
use crate::inode::Body;
use crate::locate::{Located, Object, Place};
use crate::quota::Charge;
use crate::resolve::{Base, FollowSymlinks, Found, Last};
use crate::vfs::Vfs;
use std::borrow::Cow;

impl Vfs {
    /// Removes a name that leads to something else than a directory. Whoever has it open keeps it.
    ///
    /// # Errors
    /// `EISDIR`.
    pub fn unlink(&self, base: Base<'_>, path: &str) -> Result<(), Errno> {
        let (mut tree, found) = match self.locate_mut(base, path, Last::Name)? {
            Located::Tree(tree, found) => (tree, found),
            Located::Host(found) => return found.unlink(),
        };
        let Found::Entry { parent, name, inode, trailing_slash } = found else {
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
    /// `EPERM` for directories, `EEXIST`, `ENOSPC`, `EXDEV` into or out of a mounted directory of the host's.
    pub fn link(
        &self,
        existing_base: Base<'_>,
        existing: &str,
        follow: FollowSymlinks,
        new_base: Base<'_>,
        new: &str,
    ) -> Result<(), Errno> {
        let places = self.locate_pair(true, (existing_base, existing, follow.into()), (new_base, new, Last::Name))?;
        let (mut tree, existing, new) = match places {
            (tree, Place::Tree(existing), Place::Tree(new)) => (tree, existing, new),
            (_, Place::Host(existing), Place::Host(new)) => return host::link(existing, new),
            (_, Place::Tree(_), Place::Host(_)) | (_, Place::Host(_), Place::Tree(_)) => return Err(Errno::EXDEV),
        };
        let inode = existing.existing()?;
        let (parent, name) = unused_name(new)?;
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
    /// `EEXIST`, `ENOSPC`; on the host `EPERM` for a target that would lead out of the mounted directory; for the target `ENOENT` (empty), `EINVAL` (NUL), `ENAMETOOLONG`.
    pub fn symlink(&self, target: &str, base: Base<'_>, path: &str) -> Result<(), Errno> {
        check_path(target)?;
        let (mut tree, found) = match self.locate_mut(base, path, Last::Name)? {
            Located::Tree(tree, found) => (tree, found),
            Located::Host(found) => return found.symlink(target),
        };
        let (parent, name) = unused_name(found)?;
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
        match self.lookup(base, path, FollowSymlinks::No)? {
            Object::Host(object) => object.read_link(),
            Object::Tree(inode) => match &inode.body {
                Body::Symlink(symlink) => Ok(symlink.target.to_string()),
                _ => Err(Errno::EINVAL),
            },
        }
    }
}

/// The directory and the name that a path gives to something that is no directory. `EEXIST`; `ENOENT` where a slash follows.
fn unused_name(found: Found<'_>) -> Result<(u64, Cow<'_, str>), Errno> {
    match found {
        Found::Entry { inode: None, trailing_slash: true, .. } => Err(Errno::ENOENT),
        Found::Entry { parent, name, inode: None, .. } => Ok((parent, name)),
        Found::Entry { .. } | Found::Directory { .. } => Err(Errno::EEXIST),
    }
}

use crate::content::{Content, NewContent};
use crate::directories::Made;
use crate::errno::Errno;
use crate::inode::{Body, Inode};
use crate::resolve::{Base, FollowSymlinks, Found, Last, resolve};
use crate::stat::{Fingerprint, Snapshot};
use crate::tree::Tree;
use crate::vfs::{DIRECTORY_PERMISSIONS, Vfs};
use std::sync::Arc;

impl Vfs {
    /// Gives a file that content, as one step to everyone who reads it. A file that is there keeps its inode and
    /// permissions; one that is missing is made with `permissions`, and with `parents` the directories above it too
    /// (mode 0o755).
    ///
    /// # Errors
    /// `EISDIR`, `ENOSPC`. Where it fails, the file is as it was.
    pub fn write_file(
        &self,
        base: Base<'_>,
        path: &str,
        bytes: Vec<u8>,
        permissions: u32,
        parents: bool,
    ) -> Result<(), Errno> {
        self.write_content(base, path, NewContent::owned(bytes), permissions, parents)
    }

    /// As [`Vfs::write_file`], with bytes that stay the host's: they are not copied, and not charged to the quota, until a
    /// guest changes the file.
    pub fn write_shared(
        &self,
        base: Base<'_>,
        path: &str,
        bytes: Arc<Vec<u8>>,
        permissions: u32,
        parents: bool,
    ) -> Result<(), Errno> {
        self.write_content(base, path, NewContent::shared(bytes), permissions, parents)
    }

    /// A file's content as it is now, without copying, with its stat and its fingerprint.
    ///
    /// # Errors
    /// `EISDIR`, `EINVAL` for a device without an end (`/dev/null` is empty).
    pub fn snapshot(&self, base: Base<'_>, path: &str) -> Result<Snapshot, Errno> {
        self.snapshot_of(&*self.lookup(base, path, FollowSymlinks::Yes)?)
    }

    /// Identifies a file's content as it is now.
    ///
    /// # Errors
    /// `EISDIR`, `EINVAL` for a device without an end.
    pub fn fingerprint(&self, base: Base<'_>, path: &str) -> Result<Fingerprint, Errno> {
        self.fingerprint_of(&*self.lookup(base, path, FollowSymlinks::Yes)?)
    }

    pub(crate) fn snapshot_of(&self, inode: &Inode) -> Result<Snapshot, Errno> {
        let (bytes, version, stat) = inode.snapshot()?;
        inode.set_accessed(self.clock);
        Ok(Snapshot { bytes, fingerprint: Fingerprint { file_system: self.id, inode: inode.id, version }, stat })
    }

    pub(crate) fn fingerprint_of(&self, inode: &Inode) -> Result<Fingerprint, Errno> {
        Ok(Fingerprint { file_system: self.id, inode: inode.id, version: inode.content_version()? })
    }

    fn write_content(
        &self,
        base: Base<'_>,
        path: &str,
        content: NewContent,
        permissions: u32,
        parents: bool,
    ) -> Result<(), Errno> {
        let start = self.start(base)?;
        let mut tree = self.tree.write();
        let mut made = Made::new();
        let mut found = resolve(&tree, start, path, Last::Create);
        if let (Err(Errno::ENOENT), true, Some(above)) = (&found, parents, path_above(path)) {
            made = self.make_directories(&mut tree, start, above, DIRECTORY_PERMISSIONS)?;
            found = resolve(&tree, start, path, Last::Create);
        }
        let placed = match found {
            Ok(Found::Entry { trailing_slash: true, .. } | Found::Directory { .. }) => Err(Errno::EISDIR),
            Ok(Found::Entry { inode: Some(inode), .. }) if inode.is_directory() => Err(Errno::EISDIR),
            Ok(Found::Entry { inode: Some(inode), .. }) => {
                drop(tree);
                return inode.replace(content, self.clock);
            }
            Ok(Found::Entry { parent, name, inode: None, .. }) => {
                self.make_file(&mut tree, parent, name.into(), content, permissions).map(drop)
            }
            Err(error) => Err(error),
        };
        if placed.is_err() {
            self.unmake_directories(&mut tree, made);
        }
        placed
    }

    /// Makes a file that has its content before anyone sees it. `ENOSPC`, and no change.
    pub(crate) fn make_file(
        &self,
        tree: &mut Tree,
        parent: u64,
        name: Arc<str>,
        content: NewContent,
        permissions: u32,
    ) -> Result<Arc<Inode>, Errno> {
        let now_ns = self.clock.now_ns();
        let body = Body::file(Content::new(content, &self.bytes)?);
        let inode = self.new_inode(body, permissions, now_ns)?;
        tree.insert(parent, name, &inode, now_ns)?;
        Ok(inode)
    }
}

/// The part of a path that leads to the directory of what it names, where it has one.
fn path_above(path: &str) -> Option<&str> {
    let above = path.trim_end_matches('/').rsplit_once('/')?.0;
    (!above.is_empty()).then_some(above)
}

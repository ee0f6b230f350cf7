use crate::content::{Content, NewContent};
use crate::errno::Errno;
use crate::host::HostFile;
use crate::inode::{Body, Inode};
use crate::locate::{Located, Object};
use crate::resolve::{Base, FollowSymlinks, Found, Last};
use crate::stat::{Fingerprint, Snapshot, Stat};
use crate::tree::Tree;
use crate::vfs::{DIRECTORY_PERMISSIONS, Vfs};
use parking_lot::RwLockWriteGuard;
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
        match self.lookup(base, path, FollowSymlinks::Yes)? {
            Object::Tree(inode) => self.snapshot_of(&inode),
            Object::Host(object) => self.host_snapshot(&object.open(false)?),
        }
    }

    /// Identifies a file's content as it is now.
    ///
    /// # Errors
    /// `EISDIR`, `EINVAL` for a device without an end.
    pub fn fingerprint(&self, base: Base<'_>, path: &str) -> Result<Fingerprint, Errno> {
        match self.lookup(base, path, FollowSymlinks::Yes)? {
            Object::Tree(inode) => self.fingerprint_of(&inode),
            Object::Host(object) => Ok(self.host_fingerprint(&object.open(false)?.stat())),
        }
    }

    pub(crate) fn snapshot_of(&self, inode: &Inode) -> Result<Snapshot, Errno> {
        let (bytes, version, stat) = inode.snapshot()?;
        inode.set_accessed(self.clock);
        Ok(Snapshot { bytes, fingerprint: Fingerprint { file_system: self.id, inode: inode.id, version }, stat })
    }

    pub(crate) fn fingerprint_of(&self, inode: &Inode) -> Result<Fingerprint, Errno> {
        Ok(Fingerprint { file_system: self.id, inode: inode.id, version: inode.content_version()? })
    }

    /// What a file of the host's has now, which may be something else at once.
    pub(crate) fn host_snapshot(&self, file: &HostFile) -> Result<Snapshot, Errno> {
        let bytes = Arc::new(file.read_whole()?);
        let stat = Stat { size: bytes.len() as u64, ..file.stat() };
        Ok(Snapshot { bytes, fingerprint: self.host_fingerprint(&stat), stat })
    }

    /// One that no other content has.
    pub(crate) fn host_fingerprint(&self, stat: &Stat) -> Fingerprint {
        Fingerprint { file_system: self.id, inode: stat.inode, version: crate::host_version() }
    }

    fn write_content(
        &self,
        base: Base<'_>,
        path: &str,
        content: NewContent,
        permissions: u32,
        parents: bool,
    ) -> Result<(), Errno> {
        let located = self.locate_mut(base, path, Last::Create);
        let (Err(Errno::ENOENT), true, Some(above)) = (located.as_ref().map(drop), parents, path_above(path)) else {
            return self.place(located?, content, permissions);
        };
        drop(located);
        let mut tree = self.tree.write();
        let Some(made) = self.make_directories(&mut tree, base, above, DIRECTORY_PERMISSIONS)? else {
            drop(tree);
            return self.write_content_on_host(base, (path, above), content, permissions);
        };
        let placed = match self.resolve_in_tree(&tree, base, path, Last::Create) {
            Ok(Some(found)) => self.place(Located::Tree(tree, found), content, permissions),
            // The path goes through the directories that were made and up again, and then to the host.
            Ok(None) => {
                drop(tree);
                self.locate_mut(base, path, Last::Create).and_then(|place| self.place(place, content, permissions))
            }
            Err(error) => {
                drop(tree);
                Err(error)
            }
        };
        if placed.is_err() {
            self.unmake_directories(&mut self.tree.write(), made);
        }
        placed
    }

    fn write_content_on_host(
        &self,
        base: Base<'_>,
        (path, above): (&str, &str),
        content: NewContent,
        permissions: u32,
    ) -> Result<(), Errno> {
        let made = self.make_directories_singly(base, above, DIRECTORY_PERMISSIONS)?;
        let located = self.locate_mut(base, path, Last::Create);
        let placed = located.and_then(|located| self.place(located, content, permissions));
        if placed.is_err() {
            self.unmake_directories_singly(base, &made);
        }
        placed
    }

    fn place(
        &self,
        located: Located<'_, RwLockWriteGuard<'_, Tree>>,
        content: NewContent,
        permissions: u32,
    ) -> Result<(), Errno> {
        let (mut tree, found) = match located {
            Located::Tree(tree, found) => (tree, found),
            Located::Host(found) => return found.write_whole(content.bytes(), permissions),
        };
        match found {
            Found::Entry { trailing_slash: true, .. } | Found::Directory { .. } => Err(Errno::EISDIR),
            Found::Entry { inode: Some(inode), .. } if inode.is_directory() => Err(Errno::EISDIR),
            Found::Entry { inode: Some(inode), .. } => {
                drop(tree);
                inode.replace(content, self.clock)
            }
            Found::Entry { parent, name, inode: None, .. } => {
                self.make_file(&mut tree, parent, name.into(), content, permissions).map(drop)
            }
        }
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

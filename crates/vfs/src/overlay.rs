//! A directory of the host's that guests may change without changing the host: its entries are taken over into the tree where
//! they are first looked for, and a file's bytes when it is first written to. From then on they are the file system's own, and
//! count against its quotas; what is deleted is gone from the tree, and the host's file lies where it lay.

use crate::errno::Errno;
use crate::host::{HostDirectory, HostFile, HostObject, Mount};
use crate::inode::{Body, Inode};
use crate::quota::Charge;
use crate::resolve::MAX_PATH_BYTES;
use crate::stat::{FileKind, SetTime};
use crate::vfs::Vfs;
use std::sync::Arc;

/// A file or directory beneath an overlay, as the host has it.
#[derive(Clone, Debug)]
pub(crate) struct Lower {
    pub mount: Arc<Mount>,
    /// From the mount's root.
    pub path: String,
}

impl Lower {
    fn parent_and_name(&self) -> Result<(HostDirectory, &str), Errno> {
        let (above, name) = self.path.rsplit_once('/').unwrap_or(("", &self.path));
        Ok((self.mount.directory(above)?, name))
    }

    /// Opens the file for reading. `EACCES` where it is none any more.
    pub fn open(&self) -> Result<HostFile, Errno> {
        let (directory, name) = self.parent_and_name()?;
        let metadata = directory.look(name)?.ok_or(Errno::ENOENT)?;
        HostObject::Entry { directory, name: name.to_owned(), metadata }.open(false)
    }

    /// The file's bytes.
    pub fn read_whole(&self) -> Result<Vec<u8>, Errno> {
        self.open()?.read_whole()
    }
}

/// An entry that is to be taken over.
struct Entry {
    name: Arc<str>,
    inode: Arc<Inode>,
    lower: Option<Lower>,
}

impl Vfs {
    /// Takes the entries of a directory over from the host, where that is still to be done. Nothing is locked while the host
    /// is asked.
    ///
    /// # Errors
    /// `ENOSPC` where there are more than the quota of inodes allows; then none was taken over.
    pub(crate) fn take_over_entries(&self, directory: u64) -> Result<(), Errno> {
        let Some((lower, depth)) = ({
            let tree = self.tree.read();
            let here = tree.directory(directory)?;
            here.lower().cloned().map(|lower| tree.depth(directory).map(|depth| (lower, depth))).transpose()?
        }) else {
            return Ok(());
        };
        let on_host = lower.mount.directory(&lower.path)?;
        let mut entries = Vec::new();
        for entry in on_host.list(self.inodes.max().saturating_sub(self.inodes.used()))? {
            entries.extend(self.take_over(&on_host, entry.name, depth)?);
        }
        let mut tree = self.tree.write();
        let here = tree.directory(directory)?;
        if here.lower().is_none() {
            return Ok(());
        }
        let former = here.inode.stat();
        for Entry { name, inode, lower } in entries {
            tree.insert(directory, name, &inode, former.mtime_ns)?;
            if let Some(lower) = lower {
                tree.directory_mut(inode.id)?.set_lower(Some(lower));
            }
        }
        let here = tree.directory_mut(directory)?;
        here.set_lower(None);
        here.inode.set_times(SetTime::To(former.atime_ns), SetTime::To(former.mtime_ns), former.ctime_ns);
        Ok(())
    }

    /// An entry of the host's as the tree is to have it; `None` for what guests can't use, and what has gone meanwhile.
    fn take_over(&self, on_host: &HostDirectory, name: Arc<str>, depth: u32) -> Result<Option<Entry>, Errno> {
        let Some(metadata) = on_host.look(&name)? else { return Ok(None) };
        let stat = on_host.mount.stat(&metadata);
        let lower = Lower { mount: Arc::clone(&on_host.mount), path: on_host.path_of(&name) };
        let (body, lower) = match stat.kind {
            // Its entries could not be reached.
            FileKind::Directory if depth >= self.max_depth || lower.path.len() > MAX_PATH_BYTES => return Ok(None),
            FileKind::Directory => (Body::Directory, Some(lower)),
            FileKind::File => (Body::lower_file(lower, stat.size, &self.bytes), None),
            FileKind::Symlink => {
                let target = match on_host.read_link(&name) {
                    Ok(target) => target,
                    Err(Errno::ENOENT | Errno::EINVAL) => return Ok(None),
                    Err(error) => return Err(error),
                };
                let charge = Charge::new(&self.bytes, target.len() as u64, Errno::ENOSPC)?;
                (Body::symlink(&target, charge), None)
            }
            FileKind::CharacterDevice => return Ok(None),
        };
        let inode = self.new_inode(body, stat.permissions, stat.mtime_ns)?;
        inode.set_times(SetTime::To(stat.atime_ns), SetTime::To(stat.mtime_ns), stat.ctime_ns);
        Ok(Some(Entry { name, inode, lower }))
    }
}

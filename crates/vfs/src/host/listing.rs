use super::directory::HostDirectory;
use super::errno::errno;
use super::mount::kind_of;
use crate::errno::Errno;
use crate::quota::{Charge, Quota};
use crate::resolve::MAX_NAME_BYTES;
use crate::stat::{DirEntry, FileKind};
use std::os::unix::fs::DirEntryExt;
use std::sync::Arc;

/// A name in a directory of the host's.
#[derive(Clone, Debug)]
pub(crate) struct HostEntry {
    pub name: Arc<str>,
    pub inode: u64,
    pub kind: FileKind,
}

/// The entries of an open directory as they were when its listing began, so that it goes on where it was whatever comes and
/// goes meanwhile. Charged as inodes while it is kept.
#[derive(Debug)]
pub(crate) struct Listing {
    entries: Vec<HostEntry>,
    _charge: Charge,
}

impl Listing {
    pub fn new(directory: &HostDirectory, inodes: &Arc<Quota>) -> Result<Self, Errno> {
        let entries = directory.list(inodes.max().saturating_sub(inodes.used()))?;
        let charge = Charge::new(inodes, entries.len() as u64, Errno::ENOSPC)?;
        Ok(Self { entries, _charge: charge })
    }

    /// The entries after the first `skipped` ones, each with a cookie that is `offset` above its place.
    pub fn after(&self, skipped: u64, offset: u64) -> impl Iterator<Item = DirEntry> {
        let first = usize::try_from(skipped).unwrap_or(usize::MAX).min(self.entries.len());
        self.entries[first..].iter().zip(first as u64 + 1..).map(move |(entry, place)| DirEntry {
            name: Arc::clone(&entry.name),
            inode: entry.inode,
            kind: entry.kind,
            next: place + offset,
        })
    }
}

pub(super) fn list(directory: &HostDirectory, limit: u64) -> Result<Vec<HostEntry>, Errno> {
    let mut entries = Vec::new();
    for entry in directory.dir.entries().map_err(|error| errno(&error))? {
        let entry = entry.map_err(|error| errno(&error))?;
        // A name that is not UTF-8 can't be told to a guest, nor said by one.
        let Ok(name) = entry.file_name().into_string() else { continue };
        let file_type = match entry.file_type() {
            Ok(file_type) => file_type,
            // It was removed meanwhile.
            Err(error) if errno(&error) == Errno::ENOENT => continue,
            Err(error) => return Err(errno(&error)),
        };
        if name.len() > MAX_NAME_BYTES {
            continue;
        }
        if entries.len() as u64 >= limit {
            return Err(Errno::ENOSPC);
        }
        let inode = directory.mount.inode_number(entry.ino());
        entries.push(HostEntry { name: name.into(), inode, kind: kind_of(file_type) });
    }
    Ok(entries)
}

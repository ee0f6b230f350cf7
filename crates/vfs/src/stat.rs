use crate::inode::Inode;
use std::sync::Arc;

/// The user that owns every file.
pub const UID: u32 = 1000;
/// The group that owns every file.
pub const GID: u32 = 1000;

/// `st_blksize`, and the size of the blocks that files take up as far as programs can tell: that of most Linux systems.
pub const BLOCK_BYTES: u64 = 4096;
/// `st_size` of every directory, as ext4 has it for all but the largest.
pub const DIRECTORY_BYTES: u64 = BLOCK_BYTES;

/// What an inode is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileKind {
    File,
    Directory,
    Symlink,
    CharacterDevice,
}

impl FileKind {
    /// The `S_IFMT` bits of `st_mode`, such as `0o040000` for a directory.
    pub fn mode_bits(self) -> u32 {
        match self {
            Self::File => 0o100_000,
            Self::Directory => 0o040_000,
            Self::Symlink => 0o120_000,
            Self::CharacterDevice => 0o020_000,
        }
    }
}

/// What `stat(2)` tells of an inode. The owner is always [`UID`] and [`GID`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// Never used again in the file system's life. At least 1.
    pub inode: u64,
    pub kind: FileKind,
    /// The permission bits with set-user-id, set-group-id and sticky: at most 0o7777.
    pub permissions: u32,
    /// Names that lead here; for a directory 2 and one for each directory in it. 0 once it is deleted.
    pub links: u64,
    /// Bytes of a file or of a symbolic link's target; [`DIRECTORY_BYTES`] of a directory.
    pub size: u64,
    /// A device's number as Linux's `makedev` packs it; 0 for everything else.
    pub device_number: u64,
    /// Nanoseconds since 1970, negative before.
    pub atime_ns: i64,
    /// Nanoseconds since 1970, negative before.
    pub mtime_ns: i64,
    /// Nanoseconds since 1970, negative before.
    pub ctime_ns: i64,
}

impl Stat {
    /// `st_mode`: kind and permissions.
    pub fn mode(&self) -> u32 {
        self.kind.mode_bits() | self.permissions
    }

    /// `st_blocks`: units of 512 bytes, in whole blocks of [`BLOCK_BYTES`].
    pub fn blocks(&self) -> u64 {
        match self.kind {
            FileKind::File | FileKind::Directory => self.size.div_ceil(BLOCK_BYTES) * (BLOCK_BYTES / 512),
            FileKind::Symlink | FileKind::CharacterDevice => 0,
        }
    }

    /// Whether this is a file with at least one execute bit.
    pub fn is_executable(&self) -> bool {
        self.kind == FileKind::File && self.permissions & 0o111 != 0
    }
}

/// What a file's time is to become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetTime {
    Keep,
    Now,
    /// Nanoseconds since 1970, negative before.
    To(i64),
}

/// One name in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirEntry {
    pub name: Arc<str>,
    pub inode: u64,
    pub kind: FileKind,
    /// The cookie with which [`crate::OpenFile::read_dir`] goes on after this entry.
    pub next: u64,
}

impl DirEntry {
    pub(crate) fn new(name: Arc<str>, inode: &Inode, cookie: u64) -> Self {
        Self { name, inode: inode.id, kind: inode.kind(), next: cookie }
    }
}

/// How much of a file system is used, and how much there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    pub bytes: u64,
    pub max_bytes: u64,
    pub inodes: u64,
    pub max_inodes: u64,
    pub open_files: u64,
    pub max_open_files: u64,
}

/// Identifies the content of a file at one moment: equal fingerprints mean equal bytes, in this process.
/// For the host's caches; guests must not see it, since it tells how many file systems there were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    pub file_system: u64,
    pub inode: u64,
    /// Goes up with every change of the content.
    pub version: u64,
}

/// A file's content at one moment. Later writes do not change it.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub bytes: Arc<Vec<u8>>,
    pub fingerprint: Fingerprint,
    pub stat: Stat,
}

#[cfg(test)]
mod tests {
    use crate::{Base, FollowSymlinks, Vfs, VfsOptions};

    #[test]
    fn blocks_are_those_that_linux_would_report() {
        let vfs = Vfs::new(VfsOptions::default());
        vfs.symlink("target", Base::Root, "/link").unwrap();
        let blocks = |path| vfs.stat(Base::Root, path, FollowSymlinks::No).unwrap().blocks();
        for (length, expected) in [(0, 0), (1, 8), (4096, 8), (4097, 16)] {
            vfs.write_file(Base::Root, "/f", vec![1; length], 0o644, false).unwrap();
            assert_eq!(blocks("/f"), expected);
        }
        assert_eq!((blocks("/tmp"), blocks("/link"), blocks("/dev/null")), (8, 0, 0));
    }
}

//! Files that components come from.

use hotcell_modules::{BlobDigest, digest_of};
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The largest file that is taken as a component, in bytes.
pub const MAX_COMPONENT_BYTES: u64 = 256 << 20;

/// How often a file that changes while it is read is read again.
const READ_ATTEMPTS: u32 = 3;

/// Tells one state of a file from another. The time of change covers what a program can set otherwise: it is the kernel's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStamp {
    pub device: u64,
    pub inode: u64,
    pub size: u64,
    /// Nanoseconds since 1970.
    pub modified_ns: i128,
    pub changed_ns: i128,
}

impl FileStamp {
    fn new(metadata: &Metadata) -> Self {
        let nanoseconds = |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified_ns: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            changed_ns: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// The stamp of the regular file at that path; `None` where there is none.
    pub fn of(path: &Path) -> Option<Self> {
        let metadata = path.metadata().ok()?;
        metadata.is_file().then(|| Self::new(&metadata))
    }
}

/// What a file held at one moment.
pub struct FileContent {
    pub stamp: FileStamp,
    pub digest: BlobDigest,
    pub bytes: Vec<u8>,
}

/// Reads a file whole. Where it is replaced meanwhile, all of the old bytes or all of the new ones come back.
///
/// # Errors
/// Where it can't be read, is no regular file, is larger than [`MAX_COMPONENT_BYTES`], or does not come to rest.
pub fn read(path: &Path) -> io::Result<FileContent> {
    let invalid = |message: String| io::Error::new(io::ErrorKind::InvalidData, message);
    for _ in 0..READ_ATTEMPTS {
        let mut file = File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(invalid("it is not a regular file".into()));
        }
        let stamp = FileStamp::new(&metadata);
        if stamp.size > MAX_COMPONENT_BYTES {
            return Err(invalid(format!("it has more than {MAX_COMPONENT_BYTES} bytes")));
        }
        let mut bytes = Vec::with_capacity(stamp.size as usize + 1);
        Read::by_ref(&mut file).take(stamp.size + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 == stamp.size && FileStamp::new(&file.metadata()?) == stamp {
            return Ok(FileContent { stamp, digest: digest_of(&bytes), bytes });
        }
    }
    Err(invalid("it was written to while it was read".into()))
}

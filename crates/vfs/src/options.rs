/// The limits of one file system. What is left out of a literal comes from [`VfsOptions::default`].
///
/// Together they bound the memory that guests can make the file system hold, whatever they do:
/// - the contents of files, and the targets of symbolic links, are charged to `max_bytes` by their length; the buffer behind
///   a growing file may be twice as long as the file up to 128 KiB, and a quarter longer beyond;
/// - every file, directory, symbolic link and device is charged one inode, and so is every further hard link; an inode
///   with the longest name takes up to 1.2 KiB besides its content (a directory in a chain of directories; a file half of it);
/// - every open file is charged one of `max_open_files`.
///
/// Contents that the host shares ([`crate::Vfs::write_shared`]) are charged once a guest changes them. A
/// [`crate::Snapshot`] that the host holds keeps the bytes it shows alive after the file has changed; these are the host's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VfsOptions {
    /// Bytes that the contents of all files and the targets of all symbolic links may have in sum.
    pub max_bytes: u64,
    /// Files, directories, symbolic links and further hard links in sum; what a new file system holds is not counted.
    pub max_inodes: u64,
    /// Directories that may lie within each other, the root not counted; a file may lie in the deepest of them.
    pub max_depth: u32,
    /// [`crate::OpenFile`]s that may exist at once, directories included.
    pub max_open_files: u64,
    /// Times that the file system takes from the clock are rounded down to a multiple of this many nanoseconds, so that
    /// guests gain no fine clock. 0 counts as 1.
    pub time_granularity_ns: u64,
}

impl VfsOptions {
    pub const DEFAULT_MAX_BYTES: u64 = 256 << 20;
    pub const DEFAULT_MAX_INODES: u64 = 100_000;
    pub const DEFAULT_MAX_DEPTH: u32 = 256;
    pub const DEFAULT_MAX_OPEN_FILES: u64 = 4096;
    /// A millisecond: Linux's own file times are no finer than its timer tick.
    pub const DEFAULT_TIME_GRANULARITY_NS: u64 = 1_000_000;
}

impl Default for VfsOptions {
    fn default() -> Self {
        Self {
            max_bytes: Self::DEFAULT_MAX_BYTES,
            max_inodes: Self::DEFAULT_MAX_INODES,
            max_depth: Self::DEFAULT_MAX_DEPTH,
            max_open_files: Self::DEFAULT_MAX_OPEN_FILES,
            time_granularity_ns: Self::DEFAULT_TIME_GRANULARITY_NS,
        }
    }
}

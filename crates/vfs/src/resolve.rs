use crate::file::OpenFile;

/// The longest path in bytes: Linux's `PATH_MAX` without the NUL.
pub const MAX_PATH_BYTES: usize = 4095;
/// The longest name of a directory entry in bytes: Linux's `NAME_MAX`.
pub const MAX_NAME_BYTES: usize = 255;
/// Symbolic links that one resolution follows at most; Linux has the same limit.
pub const MAX_SYMLINKS: u32 = 40;

/// Where a path starts, and what it may reach.
#[derive(Clone, Copy, Debug)]
pub enum Base<'a> {
    /// Relative paths start at the root, as absolute ones do.
    Root,
    /// Relative paths start at that directory, absolute ones at the root.
    Directory(&'a OpenFile),
    /// The path starts at that directory and stays beneath it: an absolute path, or a `..` or symbolic link that leads out
    /// of the directory on the way, is `EPERM`.
    Beneath(&'a OpenFile),
}

/// Whether a symbolic link at the very end of a path is followed. A path that ends in a slash always follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FollowSymlinks {
    Yes,
    No,
}

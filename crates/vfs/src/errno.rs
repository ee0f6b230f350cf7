/// Why a file operation failed, by its POSIX name.
///
/// The message is the text that libuv, and thus Node.js, has for the error (`UV_ERRNO_MAP` in libuv's `uv.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[repr(i32)]
pub enum Errno {
    /// Also: the path leads out of the directory that [`crate::Base::Beneath`] confines it to.
    #[error("operation not permitted")]
    EPERM = 1,
    #[error("no such file or directory")]
    ENOENT = 2,
    /// The host could not do it, for a reason that is not the guest's.
    #[error("i/o error")]
    EIO = 5,
    #[error("bad file descriptor")]
    EBADF = 9,
    #[error("not enough memory")]
    ENOMEM = 12,
    /// The host denies it, or it is a device, FIFO or socket of the host's. The file system's own mode bits deny nothing; callers
    /// that answer `access(2)` or `exec` use this too.
    #[error("permission denied")]
    EACCES = 13,
    #[error("resource busy or locked")]
    EBUSY = 16,
    #[error("file already exists")]
    EEXIST = 17,
    #[error("cross-device link not permitted")]
    EXDEV = 18,
    #[error("not a directory")]
    ENOTDIR = 20,
    #[error("illegal operation on a directory")]
    EISDIR = 21,
    #[error("invalid argument")]
    EINVAL = 22,
    /// More files are open than [`crate::VfsOptions::max_open_files`] allows.
    #[error("file table overflow")]
    ENFILE = 23,
    /// Never returned by this crate; for callers that bound the descriptors of one guest.
    #[error("too many open files")]
    EMFILE = 24,
    #[error("file too large")]
    EFBIG = 27,
    /// The quota of bytes or of inodes is used up.
    #[error("no space left on device")]
    ENOSPC = 28,
    /// The host's directory is mounted for reading only.
    #[error("read-only file system")]
    EROFS = 30,
    #[error("too many links")]
    EMLINK = 31,
    /// A name, a path or the tree's depth exceeds its limit.
    #[error("name too long")]
    ENAMETOOLONG = 36,
    #[error("directory not empty")]
    ENOTEMPTY = 39,
    #[error("too many symbolic links encountered")]
    ELOOP = 40,
}

impl Errno {
    /// The POSIX name, such as `"ENOENT"`.
    pub fn name(self) -> &'static str {
        match self {
            Self::EPERM => "EPERM",
            Self::ENOENT => "ENOENT",
            Self::EIO => "EIO",
            Self::EBADF => "EBADF",
            Self::ENOMEM => "ENOMEM",
            Self::EACCES => "EACCES",
            Self::EBUSY => "EBUSY",
            Self::EEXIST => "EEXIST",
            Self::EXDEV => "EXDEV",
            Self::ENOTDIR => "ENOTDIR",
            Self::EISDIR => "EISDIR",
            Self::EINVAL => "EINVAL",
            Self::ENFILE => "ENFILE",
            Self::EMFILE => "EMFILE",
            Self::EFBIG => "EFBIG",
            Self::ENOSPC => "ENOSPC",
            Self::EROFS => "EROFS",
            Self::EMLINK => "EMLINK",
            Self::ENAMETOOLONG => "ENAMETOOLONG",
            Self::ENOTEMPTY => "ENOTEMPTY",
            Self::ELOOP => "ELOOP",
        }
    }

    /// The positive number that Linux has for the error on x86-64 and AArch64.
    pub fn linux_number(self) -> i32 {
        self as i32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errno_has_its_posix_name_linux_number_and_node_message() {
        let error = Errno::ENOENT;
        assert_eq!(
            (error.name(), error.linux_number(), error.to_string().as_str()),
            ("ENOENT", 2, "no such file or directory")
        );
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn linux_number_is_what_the_standard_library_reads_from_linux() {
        let missing = std::fs::metadata("/nonexistent-name").unwrap_err();
        assert_eq!(missing.raw_os_error(), Some(Errno::ENOENT.linux_number()));
        let long = std::fs::metadata("x".repeat(5000)).unwrap_err();
        assert_eq!(long.raw_os_error(), Some(Errno::ENAMETOOLONG.linux_number()));
    }
}

use crate::abi::types::Errno;

/// Why a call does not return to the guest. The engine unwinds the guest's stack and reports how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trap {
    /// The guest called `proc_exit`.
    #[error("The guest exited with code {0}.")]
    Exit(u32),
    /// The guest raised a signal whose action is to end it; the name is POSIX's, such as `SIGABRT`.
    #[error("The guest ended itself with {0}.")]
    Raised(&'static str),
    /// The guest is being ended from outside; whoever does that knows why.
    #[error("The guest is being ended.")]
    Killed,
}

/// What [`WasiCtxBuilder::build`](crate::WasiCtxBuilder::build) refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// An argument contains a NUL byte.
    #[error("Argument {index} of the program contains a NUL byte, which no program can be given: leave it out.")]
    NulInArgument {
        /// Counted from 0, the program's own name.
        index: usize,
    },
    /// The name or value of an environment variable contains a NUL byte.
    #[error("The environment variable {name:?} contains a NUL byte in its name or value: leave it out.")]
    NulInEnvironment { name: String },
    /// The name of an environment variable is empty or contains `=`.
    #[error("The name of an environment variable, {name:?}, is empty or contains `=`: use another name.")]
    InvalidEnvironmentName { name: String },
    /// Arguments and environment together are longer than [`MAX_ARGS_AND_ENV_BYTES`](crate::MAX_ARGS_AND_ENV_BYTES).
    #[error("The program's arguments and environment take more than {limit} bytes: pass less, or pass it in a file.")]
    TooLong { limit: usize },
    /// The working directory or one to preopen is not there, or is no directory.
    #[error("The directory {path:?} can't be opened for the guest: {source}.")]
    Directory { path: String, source: hotcell_vfs::Errno },
    #[error(
        "The guest has more directories preopened than the {limit} descriptors that it may have open: raise the limit."
    )]
    TooManyDirectories { limit: u32 },
}

/// What a call comes to when it does not succeed: an error number for the guest, or the guest's end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Error {
    Errno(Errno),
    Trap(Trap),
}

pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

impl From<Errno> for Error {
    fn from(errno: Errno) -> Error {
        Error::Errno(errno)
    }
}

impl From<Trap> for Error {
    fn from(trap: Trap) -> Error {
        Error::Trap(trap)
    }
}

impl From<hotcell_vfs::Errno> for Error {
    fn from(errno: hotcell_vfs::Errno) -> Error {
        Error::Errno(errno.into())
    }
}

impl From<hotcell_vfs::Errno> for Errno {
    fn from(errno: hotcell_vfs::Errno) -> Errno {
        use hotcell_vfs::Errno as Vfs;
        match errno {
            Vfs::EPERM => Errno::Perm,
            Vfs::ENOENT => Errno::Noent,
            Vfs::EIO => Errno::Io,
            Vfs::EBADF => Errno::Badf,
            Vfs::ENOMEM => Errno::Nomem,
            Vfs::EACCES => Errno::Acces,
            Vfs::EBUSY => Errno::Busy,
            Vfs::EEXIST => Errno::Exist,
            Vfs::EXDEV => Errno::Xdev,
            Vfs::ENOTDIR => Errno::Notdir,
            Vfs::EISDIR => Errno::Isdir,
            Vfs::EINVAL => Errno::Inval,
            Vfs::ENFILE => Errno::Nfile,
            Vfs::EMFILE => Errno::Mfile,
            Vfs::EFBIG => Errno::Fbig,
            Vfs::ENOSPC => Errno::Nospc,
            Vfs::EROFS => Errno::Rofs,
            Vfs::EMLINK => Errno::Mlink,
            Vfs::ENAMETOOLONG => Errno::Nametoolong,
            Vfs::ENOTEMPTY => Errno::Notempty,
            Vfs::ELOOP => Errno::Loop,
        }
    }
}

impl From<crate::stdio::StreamError> for Error {
    fn from(error: crate::stdio::StreamError) -> Error {
        match error {
            crate::stdio::StreamError::Closed => Error::Errno(Errno::Pipe),
            crate::stdio::StreamError::Killed => Error::Trap(Trap::Killed),
        }
    }
}

impl From<wiggle::GuestError> for Error {
    fn from(error: wiggle::GuestError) -> Error {
        Error::Errno(errno_of_guest_error(&error))
    }
}

impl From<std::num::TryFromIntError> for Error {
    fn from(_: std::num::TryFromIntError) -> Error {
        Error::Errno(Errno::Overflow)
    }
}

/// A pointer, string, flag or enumeration that the guest passed and that can't be used.
pub(crate) fn errno_of_guest_error(error: &wiggle::GuestError) -> Errno {
    use wiggle::GuestError::*;
    match error {
        PtrOverflow | PtrOutOfBounds(_) => Errno::Fault,
        PtrNotAligned(..) | InvalidFlagValue(_) | InvalidEnumValue(_) | TryFromIntError(_) | SliceLengthsDiffer => {
            Errno::Inval
        }
        InvalidUtf8(_) => Errno::Ilseq,
        InFunc { err, .. } => errno_of_guest_error(err),
    }
}

/// The value that a function of the command ABI returns: 0, or the error's number.
pub(crate) fn errno_value(result: Result<()>) -> Result<i32, Trap> {
    match result {
        Ok(()) => Ok(Errno::Success as i32),
        Err(Error::Errno(errno)) => Ok(errno as i32),
        Err(Error::Trap(trap)) => Err(trap),
    }
}

use crate::errno::Errno;
use std::io;

/// What the guest is told of a failure of the host's. Only the error's number goes in, so that nothing of the host's paths or
/// texts gets out; what has no name here is `EIO`.
pub(crate) fn errno(error: &io::Error) -> Errno {
    use rustix::io::Errno as Os;
    let Some(os) = Os::from_io_error(error) else {
        // cap-std's own error, where a path would have led outside.
        return if error.kind() == io::ErrorKind::PermissionDenied { Errno::EPERM } else { Errno::EIO };
    };
    match os {
        Os::PERM => Errno::EPERM,
        Os::NOENT => Errno::ENOENT,
        Os::NOMEM => Errno::ENOMEM,
        Os::ACCESS | Os::NXIO | Os::NODEV | Os::TXTBSY => Errno::EACCES,
        Os::BUSY => Errno::EBUSY,
        Os::EXIST => Errno::EEXIST,
        Os::XDEV => Errno::EXDEV,
        Os::NOTDIR => Errno::ENOTDIR,
        Os::ISDIR => Errno::EISDIR,
        Os::INVAL => Errno::EINVAL,
        Os::NFILE | Os::MFILE => Errno::ENFILE,
        Os::FBIG => Errno::EFBIG,
        Os::NOSPC | Os::DQUOT => Errno::ENOSPC,
        Os::ROFS => Errno::EROFS,
        Os::MLINK => Errno::EMLINK,
        Os::NAMETOOLONG => Errno::ENAMETOOLONG,
        Os::NOTEMPTY => Errno::ENOTEMPTY,
        Os::LOOP => Errno::ELOOP,
        _ => Errno::EIO,
    }
}

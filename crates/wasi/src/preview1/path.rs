//! Names: opening, making, removing and asking about what they lead to.

use std::{borrow::Cow, ops::Deref};

use hotcell_vfs::{FileKind, FollowSymlinks, MAX_PATH_BYTES, OpenOptions, SetTime};
use wiggle::{GuestMemory, GuestPtr};

use crate::{
    WasiCtx,
    abi::types::*,
    error::Result,
    fd_table::{Directory, Object, Reach},
    preview1::fd::filestat_of,
    rights,
};

/// A path as the guest passes it.
pub(crate) struct PathArgument<'m> {
    pub(crate) text: Cow<'m, str>,
    /// Whether it lies behind a slash in the guest's memory, other than that of `./`.
    pub(crate) follows_slash: bool,
}

impl Deref for PathArgument<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

/// # Errors
/// `EILSEQ` for what is not UTF-8, as the standard's paths are; `ENAMETOOLONG`, `EFAULT`.
pub(crate) fn argument<'m>(memory: &'m GuestMemory<'_>, path: GuestPtr<str>) -> Result<PathArgument<'m>> {
    if path.len() as usize > MAX_PATH_BYTES {
        return Err(Errno::Nametoolong.into());
    }
    let text = memory.as_cow_str(path)?;
    let byte_before = |distance| {
        let address = path.offset_base().checked_sub(distance)?;
        memory.read(GuestPtr::<u8>::new(address)).ok()
    };
    let follows_slash = byte_before(1) == Some(b'/') && byte_before(2) != Some(b'.');
    Ok(PathArgument { text, follows_slash })
}

fn follow(flags: Lookupflags) -> FollowSymlinks {
    if flags.contains(Lookupflags::SYMLINK_FOLLOW) { FollowSymlinks::Yes } else { FollowSymlinks::No }
}

pub(super) struct Open {
    pub(super) dirflags: Lookupflags,
    pub(super) oflags: Oflags,
    pub(super) rights: Rights,
    pub(super) inheriting: Rights,
    pub(super) fdflags: Fdflags,
}

impl Open {
    /// Rights that the directory must have for the call to be made.
    fn needed(&self) -> Rights {
        let mut needed = Rights::PATH_OPEN;
        needed.set(Rights::PATH_CREATE_FILE, self.oflags.contains(Oflags::CREAT));
        needed.set(Rights::PATH_FILESTAT_SET_SIZE, self.oflags.contains(Oflags::TRUNC));
        needed.set(Rights::FD_DATASYNC, self.fdflags.contains(Fdflags::DSYNC));
        needed.set(Rights::FD_SYNC, self.fdflags.intersects(Fdflags::RSYNC.union(Fdflags::SYNC)));
        needed
    }

    fn options(&self, permissions: u32) -> OpenOptions {
        let directory = self.oflags.contains(Oflags::DIRECTORY);
        OpenOptions {
            read: self.rights.intersects(Rights::FD_READ.union(Rights::FD_READDIR)),
            // Rights to write say nothing where only a directory is wanted: they do not apply to it.
            write: !directory && (self.rights.intersects(rights::WRITING) || self.oflags.contains(Oflags::TRUNC)),
            append: !directory && self.fdflags.contains(Fdflags::APPEND) && self.rights.contains(Rights::FD_WRITE),
            create: self.oflags.contains(Oflags::CREAT),
            exclusive: self.oflags.contains(Oflags::EXCL),
            truncate: self.oflags.contains(Oflags::TRUNC),
            directory,
            follow: follow(self.dirflags),
            permissions,
        }
    }
}

pub(super) fn open(
    ctx: &mut WasiCtx,
    memory: &GuestMemory<'_>,
    fd: u32,
    path: GuestPtr<str>,
    request: Open,
) -> Result<u32> {
    let permissions = ctx.next_open_permissions.take().unwrap_or(0o666) & !ctx.umask;
    let path = argument(memory, path)?;
    ctx.fds.reserve()?;
    let base = ctx.fds.base(fd, request.needed(), &path)?;
    let inheriting = ctx.fds.descriptor(fd)?.inheriting;
    if !inheriting.contains(request.rights.union(request.inheriting)) {
        return Err(Errno::Notcapable.into());
    }

    let file = ctx.vfs.open(base, &path, &request.options(permissions))?;
    let flags = request.fdflags.difference(Fdflags::APPEND);
    let fd = if file.stat().kind == FileKind::Directory {
        let directory = Directory { file, reach: Reach::Beneath, preopen: None };
        let (rights, inheriting) = (
            request.rights.intersection(rights::DIRECTORY),
            request.inheriting.intersection(rights::DIRECTORY_INHERITING),
        );
        ctx.fds.insert(Object::Directory(Box::new(directory)), flags, rights, inheriting)?
    } else {
        let rights = request.rights.intersection(rights::FILE);
        ctx.fds.insert(Object::File(Box::new(file)), flags, rights, request.inheriting.intersection(rights::FILE))?
    };
    Ok(fd)
}

pub(super) fn create_directory(ctx: &WasiCtx, memory: &GuestMemory<'_>, fd: u32, path: GuestPtr<str>) -> Result<()> {
    let path = argument(memory, path)?;
    let base = ctx.fds.base(fd, Rights::PATH_CREATE_DIRECTORY, &path)?;
    Ok(ctx.vfs.create_dir(base, &path, 0o777 & !ctx.umask)?)
}

pub(super) fn filestat(
    ctx: &WasiCtx,
    memory: &GuestMemory<'_>,
    fd: u32,
    flags: Lookupflags,
    path: GuestPtr<str>,
) -> Result<Filestat> {
    let path = argument(memory, path)?;
    let base = ctx.fds.base(fd, Rights::PATH_FILESTAT_GET, &path)?;
    Ok(filestat_of(&ctx.vfs.stat(base, &path, follow(flags))?))
}

pub(super) fn set_times(
    ctx: &WasiCtx,
    memory: &GuestMemory<'_>,
    fd: u32,
    flags: Lookupflags,
    path: GuestPtr<str>,
    (atime, mtime): (SetTime, SetTime),
) -> Result<()> {
    let path = argument(memory, path)?;
    let base = ctx.fds.base(fd, Rights::PATH_FILESTAT_SET_TIMES, &path)?;
    Ok(ctx.vfs.set_times(base, &path, atime, mtime, follow(flags))?)
}

pub(super) fn link(
    ctx: &WasiCtx,
    memory: &GuestMemory<'_>,
    old_fd: u32,
    old_flags: Lookupflags,
    old_path: GuestPtr<str>,
    new_fd: u32,
    new_path: GuestPtr<str>,
) -> Result<()> {
    let (old_path, new_path) = (argument(memory, old_path)?, argument(memory, new_path)?);
    let old = ctx.fds.base(old_fd, Rights::PATH_LINK_SOURCE, &old_path)?;
    let new = ctx.fds.base(new_fd, Rights::PATH_LINK_TARGET, &new_path)?;
    Ok(ctx.vfs.link(old, &old_path, follow(old_flags), new, &new_path)?)
}

/// The target's bytes, as many as the buffer takes.
pub(super) fn read_link(
    ctx: &WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    path: GuestPtr<str>,
    buffer: GuestPtr<[u8]>,
) -> Result<Size> {
    let target = {
        let path = argument(memory, path)?;
        let base = ctx.fds.base(fd, Rights::PATH_READLINK, &path)?;
        ctx.vfs.read_link(base, &path)?
    };
    let len = buffer.len().min(u32::try_from(target.len())?);
    memory.copy_from_slice(&target.as_bytes()[..len as usize], buffer.as_ptr().as_array(len))?;
    Ok(len)
}

pub(super) fn remove_directory(ctx: &WasiCtx, memory: &GuestMemory<'_>, fd: u32, path: GuestPtr<str>) -> Result<()> {
    let path = argument(memory, path)?;
    let base = ctx.fds.base(fd, Rights::PATH_REMOVE_DIRECTORY, &path)?;
    Ok(ctx.vfs.remove_dir(base, &path)?)
}

pub(super) fn rename(
    ctx: &WasiCtx,
    memory: &GuestMemory<'_>,
    old_fd: u32,
    old_path: GuestPtr<str>,
    new_fd: u32,
    new_path: GuestPtr<str>,
) -> Result<()> {
    let (old_path, new_path) = (argument(memory, old_path)?, argument(memory, new_path)?);
    let old = ctx.fds.base(old_fd, Rights::PATH_RENAME_SOURCE, &old_path)?;
    let new = ctx.fds.base(new_fd, Rights::PATH_RENAME_TARGET, &new_path)?;
    Ok(ctx.vfs.rename(old, &old_path, new, &new_path)?)
}

pub(super) fn symlink(
    ctx: &WasiCtx,
    memory: &GuestMemory<'_>,
    target: GuestPtr<str>,
    fd: u32,
    path: GuestPtr<str>,
) -> Result<()> {
    let (target, path) = (argument(memory, target)?, argument(memory, path)?);
    let base = ctx.fds.base(fd, Rights::PATH_SYMLINK, &path)?;
    Ok(ctx.vfs.symlink(&target, base, &path)?)
}

pub(super) fn unlink(ctx: &WasiCtx, memory: &GuestMemory<'_>, fd: u32, path: GuestPtr<str>) -> Result<()> {
    let path = argument(memory, path)?;
    let base = ctx.fds.base(fd, Rights::PATH_UNLINK_FILE, &path)?;
    Ok(ctx.vfs.unlink(base, &path)?)
}

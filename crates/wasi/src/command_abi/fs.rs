//! `host_fs`: modes, owners and sizes, which WASI does not tell, and what changes them.
//!
//! The standard knows no right to change modes: that to change times is asked for.
//!
//! Functions that return a number in place of an error number have one that stands for every failure: 0 for modes and device
//! numbers, -1 for sizes.

use std::borrow::Cow;

use hotcell_vfs::{Base, FileKind, FollowSymlinks, OpenFile, Stat};
use wiggle::GuestMemory;

use super::{each_stub, store, str_at, unsupported};
use crate::{
    Trap, WasiCtx,
    abi::types::{Errno, Rights},
    error::{Result, errno_value},
    fd_table::Object,
    preview1::path::{self, PathArgument},
};

/// `AT_FDCWD` of wasi-libc, and what stands for it elsewhere: the path starts at no descriptor.
const NO_DIRECTORY: [i32; 3] = [-2, -1, -100];

const PERMISSION_BITS: u32 = 0o7777;
/// Linux's mode of a pipe and of a terminal, which is what streams are.
const PIPE_MODE: u32 = 0o010_600;
const TERMINAL_MODE: u32 = 0o020_620;

const EXECUTE: i32 = 1;
const ALL_ACCESS: i32 = 7;

/// Finds where a path starts and lets `act` use it. Without a descriptor the path is absolute, or relative to the working
/// directory, and must lie in one of the preopened directories.
fn at_path<R>(
    ctx: &WasiCtx,
    memory: &GuestMemory<'_>,
    dir_fd: i32,
    (pointer, len): (i32, i32),
    rights: Rights,
    act: impl FnOnce(Base<'_>, &str) -> Result<R, hotcell_vfs::Errno>,
) -> Result<R> {
    let path = path::argument(memory, str_at(pointer, len))?;
    if !NO_DIRECTORY.contains(&dir_fd) && !path.starts_with('/') {
        return Ok(act(ctx.fds.base(dir_fd as u32, rights, &path)?, &path)?);
    }
    if path.is_empty() {
        return Err(Errno::Noent.into());
    }
    let absolute: Cow<'_, str> = if path.starts_with('/') {
        (&*path).into()
    } else {
        format!("{}/{}", ctx.cwd.trim_end_matches('/'), path.text).into()
    };
    let (fd, rest) = ctx.fds.preopen_of(&absolute).ok_or(Errno::Notcapable)?;
    let rest = PathArgument { text: rest.into(), follows_slash: true };
    Ok(act(ctx.fds.base(fd, rights, &rest)?, &rest)?)
}

fn stat_at(ctx: &WasiCtx, memory: &GuestMemory<'_>, dir_fd: i32, path: (i32, i32), follow: i32) -> Result<Stat> {
    let follow = if follow == 0 { FollowSymlinks::No } else { FollowSymlinks::Yes };
    at_path(ctx, memory, dir_fd, path, Rights::PATH_FILESTAT_GET, |base, path| ctx.vfs.stat(base, path, follow))
}

fn stat_fd(ctx: &WasiCtx, fd: i32) -> Result<Option<Stat>> {
    let description = ctx.fds.with_rights(fd as u32, Rights::FD_FILESTAT_GET)?;
    Ok(description.open_file().map(OpenFile::stat))
}

/// A value, or what stands for every failure.
fn value_or<T>(result: Result<T>, failure: T) -> Result<T, Trap> {
    match result {
        Ok(value) => Ok(value),
        Err(crate::error::Error::Errno(_)) => Ok(failure),
        Err(crate::error::Error::Trap(trap)) => Err(trap),
    }
}

/// `st_mode` of Linux; 0 on failure.
pub fn path_mode(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    dir_fd: i32,
    path_ptr: i32,
    path_len: i32,
    follow: i32,
) -> Result<i32, Trap> {
    value_or(stat_at(ctx, memory, dir_fd, (path_ptr, path_len), follow).map(|stat| stat.mode() as i32), 0)
}

/// As [`path_mode`], without a descriptor to start at.
pub fn path_mode_absolute(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    path_ptr: i32,
    path_len: i32,
    follow: i32,
) -> Result<i32, Trap> {
    path_mode(ctx, memory, NO_DIRECTORY[0], path_ptr, path_len, follow)
}

/// Bytes; -1 on failure.
pub fn path_size(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    dir_fd: i32,
    path_ptr: i32,
    path_len: i32,
    follow: i32,
) -> Result<i64, Trap> {
    value_or(stat_at(ctx, memory, dir_fd, (path_ptr, path_len), follow).map(|stat| stat.size as i64), -1)
}

/// Units of 512 bytes; -1 on failure.
pub fn path_blocks(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    dir_fd: i32,
    path_ptr: i32,
    path_len: i32,
    follow: i32,
) -> Result<i64, Trap> {
    value_or(stat_at(ctx, memory, dir_fd, (path_ptr, path_len), follow).map(|stat| stat.blocks() as i64), -1)
}

/// A device's number as Linux's `makedev` packs it; 0 for everything else, and on failure.
pub fn path_rdev(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    dir_fd: i32,
    path_ptr: i32,
    path_len: i32,
    follow: i32,
) -> Result<i64, Trap> {
    value_or(stat_at(ctx, memory, dir_fd, (path_ptr, path_len), follow).map(|stat| stat.device_number as i64), 0)
}

/// User and group that own what the path leads to.
pub fn path_owner(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    dir_fd: i32,
    path_ptr: i32,
    path_len: i32,
    follow: i32,
    ret_uid: i32,
    ret_gid: i32,
) -> Result<i32, Trap> {
    errno_value((|| {
        stat_at(ctx, memory, dir_fd, (path_ptr, path_len), follow)?;
        store_owner(memory, ret_uid, ret_gid)
    })())
}

fn store_owner(memory: &mut GuestMemory<'_>, ret_uid: i32, ret_gid: i32) -> Result<()> {
    store(memory, ret_uid, hotcell_vfs::UID)?;
    store(memory, ret_gid, hotcell_vfs::GID)
}

/// `st_mode` of Linux; 0 on failure.
pub fn fd_mode(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, fd: i32) -> Result<i32, Trap> {
    let stream = if ctx.is_terminal { TERMINAL_MODE } else { PIPE_MODE };
    value_or(stat_fd(ctx, fd).map(|stat| stat.map_or(stream, |stat| stat.mode()) as i32), 0)
}

/// Bytes, 0 for streams; -1 on failure.
pub fn fd_size(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, fd: i32) -> Result<i64, Trap> {
    value_or(stat_fd(ctx, fd).map(|stat| stat.map_or(0, |stat| stat.size as i64)), -1)
}

/// Units of 512 bytes, 0 for streams; -1 on failure.
pub fn fd_blocks(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, fd: i32) -> Result<i64, Trap> {
    value_or(stat_fd(ctx, fd).map(|stat| stat.map_or(0, |stat| stat.blocks() as i64)), -1)
}

/// User and group that own what the descriptor leads to.
pub fn fd_owner(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: i32,
    ret_uid: i32,
    ret_gid: i32,
) -> Result<i32, Trap> {
    errno_value((|| {
        stat_fd(ctx, fd)?;
        store_owner(memory, ret_uid, ret_gid)
    })())
}

/// Sets the permission bits; a symbolic link is followed.
pub fn chmod(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    dir_fd: i32,
    path_ptr: i32,
    path_len: i32,
    mode: i32,
) -> Result<i32, Trap> {
    let permissions = mode as u32 & PERMISSION_BITS;
    errno_value(at_path(ctx, memory, dir_fd, (path_ptr, path_len), Rights::PATH_FILESTAT_SET_TIMES, |base, path| {
        ctx.vfs.set_permissions(base, path, permissions, FollowSymlinks::Yes)
    }))
}

/// As [`chmod`], without a descriptor to start at.
pub fn chmod_absolute(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    path_ptr: i32,
    path_len: i32,
    mode: i32,
) -> Result<i32, Trap> {
    chmod(ctx, memory, NO_DIRECTORY[0], path_ptr, path_len, mode)
}

/// Sets the permission bits; `EINVAL` for streams.
pub fn fchmod(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, fd: i32, mode: i32) -> Result<i32, Trap> {
    errno_value((|| {
        ctx.fds.description(fd as u32)?.open_file().ok_or(Errno::Inval)?;
        let description = ctx.fds.with_rights(fd as u32, Rights::FD_FILESTAT_SET_TIMES)?;
        description.open_file().ok_or(Errno::Inval)?.set_permissions(mode as u32 & PERMISSION_BITS)?;
        Ok(())
    })())
}

/// Cuts a file off, or extends it with zeros. `EINVAL` for what is no file open for writing.
pub fn ftruncate(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, fd: i32, size: i64) -> Result<i32, Trap> {
    errno_value((|| {
        let size = u64::try_from(size).map_err(|_| Errno::Inval)?;
        let Object::File(file) = &ctx.fds.description(fd as u32)?.object else {
            return Err(Errno::Inval.into());
        };
        ctx.fds.with_rights(fd as u32, Rights::FD_FILESTAT_SET_SIZE)?;
        Ok(file.set_size(size)?)
    })())
}

/// Whether what the path leads to is there and can be used so: `mode` is the sum of 4 to read, 2 to write, 1 to execute. Only
/// executing can be denied (`EACCES`): to a file that no one may execute.
pub fn path_access(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    dir_fd: i32,
    path_ptr: i32,
    path_len: i32,
    mode: i32,
    _effective: i32,
) -> Result<i32, Trap> {
    errno_value((|| {
        if mode & !ALL_ACCESS != 0 {
            return Err(Errno::Inval.into());
        }
        let stat = stat_at(ctx, memory, dir_fd, (path_ptr, path_len), 1)?;
        let executable = stat.kind == FileKind::Directory || stat.is_executable();
        if mode & EXECUTE != 0 && !executable {
            return Err(Errno::Acces.into());
        }
        Ok(())
    })())
}

/// Quota and use of the file system, as five 64-bit numbers: bytes in all, used and left, inodes in all and left.
pub fn path_statfs(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    dir_fd: i32,
    path_ptr: i32,
    path_len: i32,
    ret_total_bytes: i32,
    ret_used_bytes: i32,
    ret_available_bytes: i32,
    ret_total_inodes: i32,
    ret_free_inodes: i32,
) -> Result<i32, Trap> {
    errno_value((|| {
        stat_at(ctx, memory, dir_fd, (path_ptr, path_len), 1)?;
        let usage = ctx.vfs.usage();
        store(memory, ret_total_bytes, usage.max_bytes)?;
        store(memory, ret_used_bytes, usage.bytes)?;
        store(memory, ret_available_bytes, usage.max_bytes.saturating_sub(usage.bytes))?;
        store(memory, ret_total_inodes, usage.max_inodes)?;
        store(memory, ret_free_inodes, usage.max_inodes.saturating_sub(usage.inodes))
    })())
}

/// Announces the permission bits of the file that the next `path_open` makes.
pub fn set_open_mode(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, mode: i32) -> Result<i32, Trap> {
    ctx.next_open_permissions = Some(mode as u32 & PERMISSION_BITS);
    Ok(Errno::Success as i32)
}

/// Announces whether the next `path_open` is to go past caches (`O_DIRECT`). There are none: `EINVAL` for yes, as from Linux's
/// file systems in memory.
pub fn set_open_direct(_: &mut WasiCtx, _: &mut GuestMemory<'_>, direct: i32) -> Result<i32, Trap> {
    Ok(if direct == 0 { Errno::Success } else { Errno::Inval } as i32)
}

/// -1 keeps an id; any other than the owner's own is `EPERM`, as for every unprivileged user.
fn keep_owner(uid: i32, gid: i32) -> Result<()> {
    let kept = |id: i32, own: u32| id == -1 || id as u32 == own;
    if kept(uid, hotcell_vfs::UID) && kept(gid, hotcell_vfs::GID) { Ok(()) } else { Err(Errno::Perm.into()) }
}

/// Gives away nothing: `EPERM` for any owner but the present one.
pub fn path_chown(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    dir_fd: i32,
    path_ptr: i32,
    path_len: i32,
    uid: i32,
    gid: i32,
    follow: i32,
) -> Result<i32, Trap> {
    errno_value(stat_at(ctx, memory, dir_fd, (path_ptr, path_len), follow).and_then(|_| keep_owner(uid, gid)))
}

/// As [`path_chown`].
pub fn fd_chown(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, fd: i32, uid: i32, gid: i32) -> Result<i32, Trap> {
    errno_value(stat_fd(ctx, fd).and_then(|_| keep_owner(uid, gid)))
}

macro_rules! stub {
    // As from file systems without extended attributes, and without holes to punch.
    (host_fs fd_setxattr $parameters:tt) => {
        unsupported! { Notsup fd_setxattr $parameters }
    };
    (host_fs path_getxattr $parameters:tt) => {
        unsupported! { Notsup path_getxattr $parameters }
    };
    (host_fs path_listxattr $parameters:tt) => {
        unsupported! { Notsup path_listxattr $parameters }
    };
    (host_fs path_removexattr $parameters:tt) => {
        unsupported! { Notsup path_removexattr $parameters }
    };
    (host_fs path_setxattr $parameters:tt) => {
        unsupported! { Notsup path_setxattr $parameters }
    };
    (host_fs fd_collapse_range $parameters:tt) => {
        unsupported! { Notsup fd_collapse_range $parameters }
    };
    (host_fs fd_insert_range $parameters:tt) => {
        unsupported! { Notsup fd_insert_range $parameters }
    };
    (host_fs fd_punch_hole $parameters:tt) => {
        unsupported! { Notsup fd_punch_hole $parameters }
    };
    (host_fs fd_zero_range $parameters:tt) => {
        unsupported! { Notsup fd_zero_range $parameters }
    };
    (host_fs fd_fiemap $parameters:tt) => {
        unsupported! { Notsup fd_fiemap $parameters }
    };
    (host_fs fd_link $parameters:tt) => {
        unsupported! { Nosys fd_link $parameters }
    };
    (host_fs open_tmpfile $parameters:tt) => {
        unsupported! { Nosys open_tmpfile $parameters }
    };
    (host_fs path_mknod $parameters:tt) => {
        unsupported! { Nosys path_mknod $parameters }
    };
    (host_fs remount $parameters:tt) => {
        unsupported! { Perm remount $parameters }
    };
    ($($other:tt)*) => {};
}

crate::for_each_import!(each_stub);

//! What descriptors are and may do, and the attributes of what they lead to.

use hotcell_vfs::{FileKind, OpenFile, SetTime, Stat};
use wiggle::{GuestMemory, GuestPtr};

use crate::{
    WasiCtx,
    abi::types::*,
    error::Result,
    fd_table::{Description, Object},
};

/// The number of the one device that every file is told to lie on.
const DEVICE: Device = 1;

/// A regular file or device.
fn file(description: &Description) -> Result<&OpenFile, Errno> {
    match &description.object {
        Object::File(file) => Ok(file),
        Object::Directory(_) => Err(Errno::Isdir),
        Object::Stdin | Object::Stdout | Object::Stderr => Err(Errno::Spipe),
    }
}

pub(super) fn advise(ctx: &WasiCtx, fd: u32, offset: Filesize, len: Filesize) -> Result<()> {
    file(ctx.fds.description(fd)?)?;
    ctx.fds.with_rights(fd, Rights::FD_ADVISE)?;
    match offset.checked_add(len) {
        Some(end) if end <= i64::MAX as u64 => Ok(()),
        _ => Err(Errno::Inval.into()),
    }
}

pub(super) fn allocate(ctx: &WasiCtx, fd: u32, offset: Filesize, len: Filesize) -> Result<()> {
    file(ctx.fds.description(fd)?)?;
    Ok(file(ctx.fds.with_rights(fd, Rights::FD_ALLOCATE)?)?.allocate(offset, len)?)
}

pub(super) fn sync(ctx: &WasiCtx, fd: u32, right: Rights) -> Result<()> {
    ctx.fds.description(fd)?.open_file().ok_or(Errno::Inval)?;
    ctx.fds.with_rights(fd, right)?.open_file().ok_or(Errno::Inval)?.sync()?;
    Ok(())
}

pub(super) fn fdstat(ctx: &WasiCtx, fd: u32) -> Result<Fdstat> {
    let descriptor = ctx.fds.descriptor(fd)?;
    let description = ctx.fds.description(fd)?;
    let mut flags = description.flags;
    let filetype = match &description.object {
        Object::Stdin | Object::Stdout | Object::Stderr => stream_filetype(ctx),
        Object::Directory(_) => Filetype::Directory,
        Object::File(file) => {
            flags.set(Fdflags::APPEND, file.is_append());
            filetype(file.stat().kind)
        }
    };
    Ok(Fdstat {
        fs_filetype: filetype,
        fs_flags: flags,
        fs_rights_base: descriptor.rights,
        fs_rights_inheriting: descriptor.inheriting,
    })
}

pub(super) fn set_flags(ctx: &mut WasiCtx, fd: u32, flags: Fdflags) -> Result<()> {
    let description = ctx.fds.with_rights_mut(fd, Rights::FD_FDSTAT_SET_FLAGS)?;
    if let Object::File(file) = &description.object {
        file.set_append(flags.contains(Fdflags::APPEND));
    }
    description.flags = flags.difference(Fdflags::APPEND);
    Ok(())
}

pub(super) fn set_rights(ctx: &mut WasiCtx, fd: u32, rights: Rights, inheriting: Rights) -> Result<()> {
    let descriptor = ctx.fds.descriptor_mut(fd)?;
    if !descriptor.rights.contains(rights) || !descriptor.inheriting.contains(inheriting) {
        return Err(Errno::Notcapable.into());
    }
    descriptor.rights = rights;
    descriptor.inheriting = inheriting;
    Ok(())
}

pub(super) fn filestat(ctx: &WasiCtx, fd: u32) -> Result<Filestat> {
    match ctx.fds.with_rights(fd, Rights::FD_FILESTAT_GET)?.open_file() {
        Some(file) => Ok(filestat_of(&file.stat())),
        None => Ok(Filestat {
            dev: 0,
            ino: 0,
            filetype: stream_filetype(ctx),
            nlink: 1,
            size: 0,
            atim: 0,
            mtim: 0,
            ctim: 0,
        }),
    }
}

pub(super) fn set_size(ctx: &WasiCtx, fd: u32, size: Filesize) -> Result<()> {
    file(ctx.fds.description(fd)?).map_err(|_| Errno::Inval)?;
    Ok(file(ctx.fds.with_rights(fd, Rights::FD_FILESTAT_SET_SIZE)?)?.set_size(size)?)
}

pub(super) fn set_times(ctx: &WasiCtx, fd: u32, atim: Timestamp, mtim: Timestamp, flags: Fstflags) -> Result<()> {
    let (atime, mtime) = times(atim, mtim, flags)?;
    ctx.fds.description(fd)?.open_file().ok_or(Errno::Inval)?;
    let description = ctx.fds.with_rights(fd, Rights::FD_FILESTAT_SET_TIMES)?;
    description.open_file().ok_or(Errno::Inval)?.set_times(atime, mtime)?;
    Ok(())
}

pub(super) fn times(atim: Timestamp, mtim: Timestamp, flags: Fstflags) -> Result<(SetTime, SetTime), Errno> {
    let time = |to: Fstflags, now: Fstflags, timestamp: Timestamp| match (flags.contains(to), flags.contains(now)) {
        (true, true) => Err(Errno::Inval),
        (false, true) => Ok(SetTime::Now),
        (true, false) => i64::try_from(timestamp).map(SetTime::To).map_err(|_| Errno::Inval),
        (false, false) => Ok(SetTime::Keep),
    };
    Ok((time(Fstflags::ATIM, Fstflags::ATIM_NOW, atim)?, time(Fstflags::MTIM, Fstflags::MTIM_NOW, mtim)?))
}

fn preopen_name(ctx: &WasiCtx, fd: u32) -> Result<&str, Errno> {
    match &ctx.fds.description(fd)?.object {
        Object::Directory(directory) => directory.preopen.as_deref().ok_or(Errno::Badf),
        _ => Err(Errno::Badf),
    }
}

pub(super) fn prestat(ctx: &WasiCtx, fd: u32) -> Result<Prestat> {
    let pr_name_len = u32::try_from(preopen_name(ctx, fd)?.len())?;
    Ok(Prestat::Dir(PrestatDir { pr_name_len }))
}

pub(super) fn prestat_name(ctx: &WasiCtx, memory: &mut GuestMemory<'_>, fd: u32, buffer: GuestPtr<[u8]>) -> Result<()> {
    let name = preopen_name(ctx, fd)?.as_bytes();
    let len = u32::try_from(name.len())?;
    if buffer.len() < len {
        return Err(Errno::Nametoolong.into());
    }
    Ok(memory.copy_from_slice(name, buffer.as_ptr().as_array(len))?)
}

/// A terminal is a character device; for a pipe the standard has no type.
fn stream_filetype(ctx: &WasiCtx) -> Filetype {
    if ctx.is_terminal { Filetype::CharacterDevice } else { Filetype::Unknown }
}

pub(super) fn filetype(kind: FileKind) -> Filetype {
    match kind {
        FileKind::File => Filetype::RegularFile,
        FileKind::Directory => Filetype::Directory,
        FileKind::Symlink => Filetype::SymbolicLink,
        FileKind::CharacterDevice => Filetype::CharacterDevice,
    }
}

pub(super) fn filestat_of(stat: &Stat) -> Filestat {
    // The standard's times count from 1970 and can't be negative.
    let timestamp = |ns: i64| u64::try_from(ns).unwrap_or(0);
    Filestat {
        dev: DEVICE,
        ino: stat.inode,
        filetype: filetype(stat.kind),
        nlink: stat.links,
        size: stat.size,
        atim: timestamp(stat.atime_ns),
        mtim: timestamp(stat.mtime_ns),
        ctim: timestamp(stat.ctime_ns),
    }
}

use super::directory::HostDirectory;
use super::errno::errno;
use super::handles::HandleCharge;
use super::mount::Mount;
use super::object::HOST_PERMISSION_BITS;
use crate::errno::Errno;
use crate::file::Written;
use crate::stat::{SetTime, Stat};
use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt};
use cap_std::fs::{Metadata, OpenOptions, OpenOptionsExt};
use rustix::fs::{OFlags, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};
use std::fs::File;
use std::io::{ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// An open file of the host's: always a regular one.
#[derive(Debug)]
pub(crate) struct HostFile {
    file: File,
    mount: Arc<Mount>,
    /// What was known when it was opened.
    opened: Stat,
    append: AtomicBool,
    _charge: Option<HandleCharge>,
}

/// Opens an entry that is to be a regular file. Nothing else is opened: opening a FIFO waits, opening a device can do anything.
/// It is looked at before, and again once it is open, since it may have been replaced; and then opening has not waited.
pub(super) fn open_regular(
    directory: &HostDirectory,
    name: &str,
    options: &mut OpenOptions,
    charge: Option<HandleCharge>,
) -> Result<HostFile, Errno> {
    if directory.look(name)?.is_some_and(|metadata| !metadata.is_file()) {
        return Err(Errno::EACCES);
    }
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    options.follow(FollowSymlinks::No).custom_flags(flags.bits() as i32);
    let file = directory.dir.open_with(name, options).map_err(|error| errno(&error))?;
    let metadata = file.metadata().map_err(|error| errno(&error))?;
    if !metadata.is_file() {
        return Err(Errno::EACCES);
    }
    Ok(HostFile {
        file: file.into_std(),
        mount: Arc::clone(&directory.mount),
        opened: directory.mount.stat(&metadata),
        append: AtomicBool::new(false),
        _charge: charge,
    })
}

impl HostFile {
    pub fn is_append(&self) -> bool {
        self.append.load(Relaxed)
    }

    /// Has the kernel put every write at the end, or no longer.
    pub fn set_append(&self, append: bool) {
        // The flag of a descriptor that is open can be changed, and this one is.
        let changed = rustix::fs::fcntl_getfl(&self.file).and_then(|mut flags| {
            flags.set(OFlags::APPEND, append);
            rustix::fs::fcntl_setfl(&self.file, flags)
        });
        if changed.is_ok() {
            self.append.store(append, Relaxed);
        }
    }

    pub fn stat(&self) -> Stat {
        let metadata = self.file.metadata();
        metadata.map_or(self.opened, |metadata| self.mount.stat(&Metadata::from_just_metadata(metadata)))
    }

    pub fn read(&self, buffers: &mut [IoSliceMut<'_>], offset: u64) -> Result<usize, Errno> {
        let mut count = 0;
        for buffer in buffers {
            let mut filled = 0;
            while filled < buffer.len() {
                let Some(at) = offset.checked_add((count + filled) as u64) else { return Err(Errno::EINVAL) };
                match self.file.read_at(&mut buffer[filled..], at) {
                    Ok(0) => return Ok(count + filled),
                    Ok(bytes) => filled += bytes,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(_) if count + filled > 0 => return Ok(count + filled),
                    Err(error) => return Err(errno(&error)),
                }
            }
            count += filled;
        }
        Ok(count)
    }

    /// Writes at `offset`, or at the end while the file is to be appended to.
    pub fn write(&self, data: &[IoSlice<'_>], offset: u64) -> Result<Written, Errno> {
        let mut count = 0;
        for slice in data {
            let mut rest = &slice[..];
            while !rest.is_empty() {
                let written = if self.is_append() {
                    (&self.file).write(rest)
                } else {
                    let at = offset.checked_add(count as u64).filter(|at| i64::try_from(*at).is_ok());
                    self.file.write_at(rest, at.ok_or(Errno::EFBIG)?)
                };
                match written {
                    Ok(bytes) => {
                        count += bytes;
                        rest = &rest[bytes..];
                    }
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(_) if count > 0 => return Ok(self.written(count, offset)),
                    Err(error) => return Err(errno(&error)),
                }
            }
        }
        Ok(self.written(count, offset))
    }

    fn written(&self, bytes: usize, offset: u64) -> Written {
        let end = if self.is_append() { self.stat().size } else { offset.saturating_add(bytes as u64) };
        Written { bytes, end }
    }

    pub fn set_size(&self, size: u64) -> Result<(), Errno> {
        if i64::try_from(size).is_err() {
            return Err(Errno::EFBIG);
        }
        self.file.set_len(size).map_err(|error| errno(&error))
    }

    /// Makes it at least that long.
    pub fn extend(&self, size: u64) -> Result<(), Errno> {
        if size > self.stat().size { self.set_size(size) } else { Ok(()) }
    }

    pub fn set_permissions(&self, permissions: u32) -> Result<(), Errno> {
        self.mount.check_writable()?;
        let bits = std::fs::Permissions::from_mode(permissions & HOST_PERMISSION_BITS);
        self.file.set_permissions(bits).map_err(|error| errno(&error))
    }

    pub fn set_times(&self, atime: SetTime, mtime: SetTime) -> Result<(), Errno> {
        self.mount.check_writable()?;
        let times = Timestamps { last_access: time_spec(atime), last_modification: time_spec(mtime) };
        rustix::fs::futimens(&self.file, &times).map_err(|error| errno(&error.into()))
    }

    pub fn sync(&self) -> Result<(), Errno> {
        self.file.sync_all().map_err(|error| errno(&error))
    }

    /// All of its bytes. `EFBIG` where they are more than the mount allows, `ENOMEM`.
    pub fn read_whole(&self) -> Result<Vec<u8>, Errno> {
        let size = self.stat().size;
        if size > self.mount.max_bytes {
            return Err(Errno::EFBIG);
        }
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(size as usize).map_err(|_| Errno::ENOMEM)?;
        let mut reader = Sequential { file: &self.file, at: 0 }.take(self.mount.max_bytes + 1);
        // It may have grown since its size was asked for.
        reader.read_to_end(&mut bytes).map_err(|error| errno(&error))?;
        if bytes.len() as u64 > self.mount.max_bytes { Err(Errno::EFBIG) } else { Ok(bytes) }
    }

    /// Keeps the charge for as long as the file is open.
    pub fn charged(self, charge: HandleCharge) -> Self {
        Self { _charge: Some(charge), ..self }
    }
}

/// Reads a file from its start without moving its position, which other handles share.
struct Sequential<'a> {
    file: &'a File,
    at: u64,
}

impl Read for Sequential<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read_at(buffer, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

pub(super) fn time_spec(time: SetTime) -> Timespec {
    match time {
        SetTime::Keep => Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        SetTime::Now => Timespec { tv_sec: 0, tv_nsec: UTIME_NOW },
        SetTime::To(ns) => {
            Timespec { tv_sec: ns.div_euclid(1_000_000_000), tv_nsec: ns.rem_euclid(1_000_000_000) as _ }
        }
    }
}

//! The directory of a store. It is checked once, when it is opened; everything after goes through that descriptor, whatever
//! becomes of the path.

use crate::ModuleError;
use rustix::fs::{self, AtFlags, FileType, FlockOperation, Mode, OFlags, Timespec, Timestamps};
use rustix::io::Errno;
use std::fs::{DirBuilder, File};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Files that are being written have names that start so; 16 hexadecimal digits follow.
const TEMPORARY_PREFIX: &str = "temporary-";

#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    descriptor: OwnedFd,
}

/// A regular file that is open for reading.
pub(super) struct DataFile {
    file: File,
    /// When it was opened.
    pub bytes: u64,
    /// Somebody else owns it, or others may read or write it.
    pub is_shared: bool,
}

impl Read for DataFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}

/// One file of the directory.
pub(super) struct Entry {
    pub name: String,
    pub bytes: u64,
    /// Seconds and nanoseconds since 1970.
    pub modified: (i64, u64),
}

impl Directory {
    pub(super) fn open(path: &Path) -> Result<Self, ModuleError> {
        // A slash or a dot at the end would follow a symbolic link.
        let path: PathBuf = path.components().collect();
        let refuse = |problem| ModuleError::Store { directory: path.clone(), problem };
        if let Err(error) = DirBuilder::new().recursive(true).mode(0o700).create(&path) {
            return Err(refuse(format!("it can't be made ({error}). Name one that can.")));
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let descriptor = fs::open(&path, flags, Mode::empty()).map_err(|error| {
            let is_link = path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
            refuse(if is_link {
                "it is a symbolic link. Name the directory that it leads to.".into()
            } else {
                format!("it can't be opened ({error}). Name one that can.")
            })
        })?;
        let stat = fs::fstat(&descriptor).map_err(|error| refuse(format!("nothing is known of it ({error}).")))?;
        let user = rustix::process::geteuid().as_raw();
        if stat.st_uid != user {
            let owner = stat.st_uid;
            return Err(refuse(format!(
                "it belongs to the user with the id {owner}, and this process runs as {user}. Name one of this user's own."
            )));
        }
        let others = Mode::WGRP | Mode::WOTH;
        if Mode::from_raw_mode(stat.st_mode).intersects(others) {
            return Err(refuse("others can write to it. Take that from them (chmod go-w), or name another.".into()));
        }
        Ok(Self { path, descriptor })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Why the directory is of no use.
    pub(super) fn refuse(&self, error: io::Error) -> ModuleError {
        ModuleError::Store { directory: self.path.clone(), problem: format!("its secret can't be had ({error}).") }
    }

    /// Keeps other processes from taking the lock until it is dropped.
    ///
    /// # Errors
    /// Where another has it. Nobody waits for it: who holds it may be stopped.
    pub(super) fn lock(&self) -> io::Result<OwnedFd> {
        let descriptor = fs::openat(&self.descriptor, ".", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
        fs::flock(&descriptor, FlockOperation::NonBlockingLockExclusive)?;
        Ok(descriptor)
    }

    /// Opens a file for reading; `None` where there is none of that name.
    ///
    /// # Errors
    /// `InvalidData` where it is anything but a regular file.
    pub(super) fn open_file(&self, name: &str) -> io::Result<Option<DataFile>> {
        let irregular = || io::Error::new(io::ErrorKind::InvalidData, "It is no regular file.");
        // Without NONBLOCK, opening a named pipe would wait for its writer.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let descriptor = match fs::openat(&self.descriptor, name, flags, Mode::empty()) {
            Ok(descriptor) => descriptor,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP) => return Err(irregular()),
            Err(error) => return Err(error.into()),
        };
        let stat = fs::fstat(&descriptor)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(irregular());
        }
        let is_shared = stat.st_uid != rustix::process::geteuid().as_raw()
            || Mode::from_raw_mode(stat.st_mode).intersects(Mode::RWXG | Mode::RWXO);
        Ok(Some(DataFile { file: File::from(descriptor), bytes: stat.st_size as u64, is_shared }))
    }

    /// Writes a file that is there whole or not at all, in place of one of that name.
    pub(super) fn replace_file(&self, name: &str, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
        self.write_temporary(write, |temporary| {
            fs::renameat(&self.descriptor, temporary, &self.descriptor, name)?;
            Ok(())
        })
    }

    /// Writes a file that is there whole or not at all. Where there is one of that name, it stays.
    pub(super) fn create_file(&self, name: &str, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
        self.write_temporary(write, |temporary| {
            match fs::linkat(&self.descriptor, temporary, &self.descriptor, name, AtFlags::empty()) {
                Ok(()) | Err(Errno::EXIST) => self.remove_file(temporary),
                Err(error) => Err(error.into()),
            }
        })
    }

    fn write_temporary(
        &self,
        write: impl FnOnce(&mut File) -> io::Result<()>,
        publish: impl FnOnce(&str) -> io::Result<()>,
    ) -> io::Result<()> {
        let number = getrandom::u64().map_err(io::Error::other)?;
        let name = format!("{TEMPORARY_PREFIX}{number:016x}");
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(fs::openat(&self.descriptor, &*name, flags, Mode::RUSR | Mode::WUSR)?);
        let published = write(&mut file).and_then(|()| file.sync_all()).and_then(|()| publish(&name));
        if published.is_err() {
            let _ = self.remove_file(&name);
        }
        published
    }

    /// Removes a file. One that is not there is as good as removed.
    pub(super) fn remove_file(&self, name: &str) -> io::Result<()> {
        match fs::unlinkat(&self.descriptor, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The regular files of the directory whose names are text.
    pub(super) fn entries(&self) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in fs::Dir::read_from(&self.descriptor)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().to_str() else { continue };
            // One that was removed meanwhile is none.
            let Ok(stat) = fs::statat(&self.descriptor, name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
            if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile {
                let modified = (stat.st_mtime, stat.st_mtime_nsec);
                entries.push(Entry { name: name.to_owned(), bytes: stat.st_size as u64, modified });
            }
        }
        Ok(entries)
    }
}

/// Whether a file of that name is one that is being written, or was when its writer ended.
pub(super) fn is_temporary(name: &str) -> bool {
    let number = name.strip_prefix(TEMPORARY_PREFIX);
    number.is_some_and(|number| number.len() == 16 && number.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Marks a file as used now. Where that can't be done, the file only goes sooner.
pub(super) fn touch(file: &DataFile) {
    let keep = Timespec { tv_sec: 0, tv_nsec: fs::UTIME_OMIT };
    let now = Timespec { tv_sec: 0, tv_nsec: fs::UTIME_NOW };
    if let Err(error) = fs::futimens(&file.file, &Timestamps { last_access: keep, last_modification: now }) {
        tracing::debug!(%error, "an artifact's time of use can't be noted");
    }
}

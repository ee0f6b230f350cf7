use crate::clock::Clock;
use crate::content::{Content, NewContent};
use crate::errno::Errno;
use crate::file::Written;
use crate::quota::Charge;
use crate::stat::{DIRECTORY_BYTES, FileKind, SetTime, Stat};
use parking_lot::RwLock;
use std::io::{IoSlice, IoSliceMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering::Relaxed};

/// The bits of a mode that can be set.
pub(crate) const PERMISSION_BITS: u32 = 0o7777;

/// What a name leads to. What can change without the tree's lock is atomic, each field by itself: nobody needs two of them
/// from the same moment.
#[derive(Debug)]
pub(crate) struct Inode {
    pub id: u64,
    pub body: Body,
    permissions: AtomicU32,
    /// Changed under the tree's write lock only.
    links: AtomicU64,
    atime_ns: AtomicI64,
    mtime_ns: AtomicI64,
    ctime_ns: AtomicI64,
    charge: Charge,
}

#[derive(Debug)]
pub(crate) enum Body {
    File(FileBody),
    /// Its entries lie in the tree.
    Directory,
    Symlink(SymlinkBody),
    Device(Device),
}

#[derive(Debug)]
pub(crate) struct FileBody {
    content: RwLock<Content>,
    /// The content's length, for those who do not wait for the lock.
    size: AtomicU64,
}

#[derive(Debug)]
pub(crate) struct SymlinkBody {
    pub target: Box<str>,
    _charge: Charge,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Device {
    Null,
    Zero,
    Full,
}

impl Device {
    /// Linux's numbers: major 1, minor 3, 5 and 7 (`Documentation/admin-guide/devices.txt`).
    fn number(self) -> u64 {
        match self {
            Self::Null => 0x103,
            Self::Zero => 0x105,
            Self::Full => 0x107,
        }
    }
}

impl Body {
    pub fn file(content: Content) -> Self {
        let size = AtomicU64::new(content.len());
        Self::File(FileBody { content: RwLock::new(content), size })
    }

    pub fn symlink(target: &str, charge: Charge) -> Self {
        Self::Symlink(SymlinkBody { target: target.into(), _charge: charge })
    }
}

impl Inode {
    /// One that has no name yet; a directory's own `.` and its name are counted from the start.
    pub fn new(id: u64, body: Body, permissions: u32, now_ns: i64, charge: Charge) -> Arc<Self> {
        let links = if matches!(body, Body::Directory) { 2 } else { 1 };
        Arc::new(Self {
            id,
            body,
            permissions: AtomicU32::new(permissions & PERMISSION_BITS),
            links: AtomicU64::new(links),
            atime_ns: AtomicI64::new(now_ns),
            mtime_ns: AtomicI64::new(now_ns),
            ctime_ns: AtomicI64::new(now_ns),
            charge,
        })
    }

    pub fn kind(&self) -> FileKind {
        match self.body {
            Body::File(_) => FileKind::File,
            Body::Directory => FileKind::Directory,
            Body::Symlink(_) => FileKind::Symlink,
            Body::Device(_) => FileKind::CharacterDevice,
        }
    }

    pub fn is_directory(&self) -> bool {
        matches!(self.body, Body::Directory)
    }

    pub fn size(&self) -> u64 {
        match &self.body {
            Body::File(file) => file.size.load(Relaxed),
            Body::Symlink(symlink) => symlink.target.len() as u64,
            Body::Directory => DIRECTORY_BYTES,
            Body::Device(_) => 0,
        }
    }

    pub fn stat(&self) -> Stat {
        Stat {
            inode: self.id,
            kind: self.kind(),
            permissions: self.permissions.load(Relaxed),
            links: self.links(),
            size: self.size(),
            device_number: if let Body::Device(device) = self.body { device.number() } else { 0 },
            atime_ns: self.atime_ns.load(Relaxed),
            mtime_ns: self.mtime_ns.load(Relaxed),
            ctime_ns: self.ctime_ns.load(Relaxed),
        }
    }

    pub fn links(&self) -> u64 {
        self.links.load(Relaxed)
    }

    /// Counts a further name of a file, charged as an inode. Under the tree's write lock.
    pub fn add_name(&self) -> Result<(), Errno> {
        self.charge.quota().take(1, 1).ok_or(Errno::ENOSPC)?;
        self.links.fetch_add(1, Relaxed);
        Ok(())
    }

    /// Counts a name less; a directory has none then. Under the tree's write lock.
    pub fn remove_name(&self) {
        if self.is_directory() {
            self.links.store(0, Relaxed);
        } else if self.links.fetch_sub(1, Relaxed) > 1 {
            self.charge.quota().give_back(1);
        }
    }

    /// Counts a directory more within this one. Under the tree's write lock.
    pub fn add_subdirectory(&self) {
        self.links.fetch_add(1, Relaxed);
    }

    /// Counts a directory less within this one. Under the tree's write lock.
    pub fn remove_subdirectory(&self) {
        self.links.fetch_sub(1, Relaxed);
    }

    /// Under the tree's lock.
    pub fn has_subdirectories(&self) -> bool {
        self.is_directory() && self.links() > 2
    }

    pub fn set_permissions(&self, permissions: u32, now_ns: i64) {
        self.permissions.store(permissions & PERMISSION_BITS, Relaxed);
        self.set_changed(now_ns);
    }

    pub fn set_times(&self, atime: SetTime, mtime: SetTime, now_ns: i64) {
        for (field, time) in [(&self.atime_ns, atime), (&self.mtime_ns, mtime)] {
            match time {
                SetTime::Keep => {}
                SetTime::Now => field.store(now_ns, Relaxed),
                SetTime::To(ns) => field.store(ns, Relaxed),
            }
        }
        self.set_changed(now_ns);
    }

    /// Records that the content, or the entries, changed.
    pub fn set_modified(&self, now_ns: i64) {
        self.mtime_ns.store(now_ns, Relaxed);
        self.set_changed(now_ns);
    }

    /// Records that something else than the content changed.
    pub fn set_changed(&self, now_ns: i64) {
        self.ctime_ns.store(now_ns, Relaxed);
    }

    /// Records that the content was read, where nobody did since it last changed: Linux's `relatime` without its once a day.
    pub fn set_accessed(&self, clock: Clock) {
        let atime = self.atime_ns.load(Relaxed);
        if atime <= self.mtime_ns.load(Relaxed) || atime <= self.ctime_ns.load(Relaxed) {
            self.atime_ns.store(clock.now_ns(), Relaxed);
        }
    }

    /// What there is to read at `offset`. `EISDIR`, `EINVAL`.
    pub fn read(&self, buffers: &mut [IoSliceMut<'_>], offset: u64) -> Result<usize, Errno> {
        match &self.body {
            Body::File(file) => Ok(file.content.read().read(buffers, offset)),
            Body::Device(Device::Null) => Ok(0),
            Body::Device(Device::Zero | Device::Full) => {
                buffers.iter_mut().for_each(|buffer| buffer.fill(0));
                Ok(buffers.iter().map(|buffer| buffer.len()).sum())
            }
            Body::Directory => Err(Errno::EISDIR),
            Body::Symlink(_) => Err(Errno::EINVAL),
        }
    }

    /// Writes at `offset`, or at the end where there is none.
    pub fn write(&self, data: &[IoSlice<'_>], offset: Option<u64>, clock: Clock) -> Result<Written, Errno> {
        match &self.body {
            Body::File(file) => file.change(|content| {
                let written = content.write(data, offset.unwrap_or(content.len()))?;
                if written.bytes > 0 {
                    self.set_modified(clock.now_ns());
                }
                Ok(written)
            }),
            Body::Device(Device::Full) if data.iter().any(|slice| !slice.is_empty()) => Err(Errno::ENOSPC),
            Body::Device(_) => {
                let bytes = data.iter().map(|slice| slice.len()).sum();
                Ok(Written { bytes, end: offset.unwrap_or(0).saturating_add(bytes as u64) })
            }
            Body::Directory => Err(Errno::EISDIR),
            Body::Symlink(_) => Err(Errno::EINVAL),
        }
    }

    /// Makes the content that long. `EISDIR`, `EINVAL`, `EFBIG`, `ENOSPC`, `ENOMEM`.
    pub fn set_size(&self, size: u64, clock: Clock) -> Result<(), Errno> {
        self.file()?.change(|content| {
            content.set_len(size)?;
            self.set_modified(clock.now_ns());
            Ok(())
        })
    }

    /// Makes the content at least that long.
    pub fn extend(&self, size: u64, clock: Clock) -> Result<(), Errno> {
        self.file()?.change(|content| {
            if size > content.len() {
                content.set_len(size)?;
                self.set_modified(clock.now_ns());
            }
            Ok(())
        })
    }

    /// Replaces the content. A device takes it as it takes any write.
    pub fn replace(&self, new: NewContent, clock: Clock) -> Result<(), Errno> {
        match &self.body {
            Body::Device(Device::Full) => Err(Errno::ENOSPC),
            Body::Device(_) => Ok(()),
            _ => {
                let former = self.file()?.change(|content| {
                    let former = content.replace(new)?;
                    self.set_modified(clock.now_ns());
                    Ok(former)
                });
                former.map(drop)
            }
        }
    }

    /// The content with its version and the stat of the same moment. `/dev/null` is empty.
    pub fn snapshot(&self) -> Result<(Arc<Vec<u8>>, u64, Stat), Errno> {
        if let Body::Device(Device::Null) = self.body {
            return Ok((Arc::default(), 0, self.stat()));
        }
        let content = self.file()?.content.read();
        Ok((Arc::clone(content.bytes()), content.version(), self.stat()))
    }

    /// Goes up with every change of the content.
    pub fn content_version(&self) -> Result<u64, Errno> {
        if let Body::Device(Device::Null) = self.body {
            return Ok(0);
        }
        Ok(self.file()?.content.read().version())
    }

    fn file(&self) -> Result<&FileBody, Errno> {
        match &self.body {
            Body::File(file) => Ok(file),
            Body::Directory => Err(Errno::EISDIR),
            Body::Symlink(_) | Body::Device(_) => Err(Errno::EINVAL),
        }
    }
}

impl FileBody {
    fn change<T>(&self, change: impl FnOnce(&mut Content) -> Result<T, Errno>) -> Result<T, Errno> {
        let mut content = self.content.write();
        let changed = change(&mut content);
        self.size.store(content.len(), Relaxed);
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Base, FollowSymlinks, OpenOptions, Vfs, VfsOptions};
    use std::sync::mpsc;
    use std::time::Duration;

    #[test]
    fn file_that_is_being_written_holds_up_nothing_but_its_content() {
        let vfs = Vfs::new(VfsOptions::default());
        vfs.write_file(Base::Root, "/busy", vec![1; 9], 0o644, false).unwrap();
        let inode = vfs.lookup(Base::Root, "/busy", FollowSymlinks::Yes).unwrap();
        let writing = inode.file().unwrap().content.write();
        let (done, wait) = mpsc::channel();
        let other = {
            let vfs = Arc::clone(&vfs);
            std::thread::spawn(move || {
                let file = vfs.open(Base::Root, "/busy", &OpenOptions::READ).unwrap();
                assert_eq!((file.size(), vfs.stat(Base::Root, "/busy", FollowSymlinks::Yes).unwrap().size), (9, 9));
                file.set_permissions(0o600);
                vfs.link(Base::Root, "/busy", FollowSymlinks::No, Base::Root, "/hard").unwrap();
                vfs.write_file(Base::Root, "/other", vec![2; 9], 0o644, false).unwrap();
                vfs.rename(Base::Root, "/other", Base::Root, "/busy").unwrap();
                vfs.remove_all(Base::Root, "/hard").unwrap();
                done.send(file.stat().links).unwrap();
            })
        };
        assert_eq!(wait.recv_timeout(Duration::from_secs(60)), Ok(0));
        drop(writing);
        other.join().unwrap();
    }
}

use crate::clock::Clock;
use crate::content::{Content, NewContent};
use crate::errno::Errno;
use crate::file::Written;
use crate::host::{HandleCharge, HostFile, Mount};
use crate::overlay::Lower;
use crate::quota::{Charge, Quota};
use crate::stat::{DIRECTORY_BYTES, FileKind, SetTime, Stat};
use parking_lot::RwLock;
use std::io::{IoSlice, IoSliceMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering::Relaxed};

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
    /// Its entries are the host's.
    Mount(Arc<Mount>),
    Symlink(SymlinkBody),
    Device(Device),
}

#[derive(Debug)]
pub(crate) struct FileBody {
    content: RwLock<Stored>,
    /// The content's length, for those who do not wait for the lock.
    size: AtomicU64,
    /// Whether the bytes may still lie on the host, for the same. Never set again.
    lower: AtomicBool,
}

/// Where a file's bytes lie.
#[derive(Debug)]
enum Stored {
    Here(Content),
    /// On the host, beneath an overlay, until they are changed.
    Lower {
        lower: Lower,
        bytes: Arc<Quota>,
    },
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
        Self::File(FileBody { content: RwLock::new(Stored::Here(content)), size, lower: AtomicBool::new(false) })
    }

    /// A file whose bytes are the host's until they are changed, and are charged from then on.
    pub fn lower_file(lower: Lower, size: u64, bytes: &Arc<Quota>) -> Self {
        let stored = Stored::Lower { lower, bytes: Arc::clone(bytes) };
        let size = AtomicU64::new(size);
        Self::File(FileBody { content: RwLock::new(stored), size, lower: AtomicBool::new(true) })
    }

    pub fn symlink(target: &str, charge: Charge) -> Self {
        Self::Symlink(SymlinkBody { target: target.into(), _charge: charge })
    }
}

impl Inode {
    /// One that has no name yet; a directory's own `.` and its name are counted from the start.
    pub fn new(id: u64, body: Body, permissions: u32, now_ns: i64, charge: Charge) -> Arc<Self> {
        let links = if matches!(body, Body::Directory | Body::Mount(_)) { 2 } else { 1 };
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
            Body::Directory | Body::Mount(_) => FileKind::Directory,
            Body::Symlink(_) => FileKind::Symlink,
            Body::Device(_) => FileKind::CharacterDevice,
        }
    }

    pub fn is_directory(&self) -> bool {
        matches!(self.body, Body::Directory | Body::Mount(_))
    }

    pub fn size(&self) -> u64 {
        match &self.body {
            Body::File(file) => file.size.load(Relaxed),
            Body::Symlink(symlink) => symlink.target.len() as u64,
            Body::Directory | Body::Mount(_) => DIRECTORY_BYTES,
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

    /// The host's file that the bytes lie in, open, where they lie in one. Whoever opens a file opens it too, and reads there
    /// for as long as nobody has changed it.
    pub fn open_lower(&self) -> Result<Option<HostFile>, Errno> {
        let Body::File(file) = &self.body else { return Ok(None) };
        if !file.lower.load(Relaxed) {
            return Ok(None);
        }
        let lower = match &*file.content.read() {
            Stored::Here(_) => return Ok(None),
            Stored::Lower { lower, .. } => lower.clone(),
        };
        let charge = HandleCharge::new(&lower.mount.handles)?;
        Ok(Some(lower.open()?.charged(charge)))
    }

    /// What there is to read at `offset`. `EISDIR`, `EINVAL`.
    pub fn read(
        &self,
        buffers: &mut [IoSliceMut<'_>],
        offset: u64,
        on_host: Option<&HostFile>,
    ) -> Result<usize, Errno> {
        match &self.body {
            Body::File(file) => match (&*file.content.read(), on_host) {
                (Stored::Here(content), _) => Ok(content.read(buffers, offset)),
                (Stored::Lower { .. }, Some(file)) => file.read(buffers, offset),
                (Stored::Lower { lower, .. }, None) => lower.open()?.read(buffers, offset),
            },
            Body::Device(Device::Null) => Ok(0),
            Body::Device(Device::Zero | Device::Full) => {
                buffers.iter_mut().for_each(|buffer| buffer.fill(0));
                Ok(buffers.iter().map(|buffer| buffer.len()).sum())
            }
            Body::Directory | Body::Mount(_) => Err(Errno::EISDIR),
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
            Body::Directory | Body::Mount(_) => Err(Errno::EISDIR),
            Body::Symlink(_) => Err(Errno::EINVAL),
        }
    }

    /// Makes the content that long. `EISDIR`, `EINVAL`, `EFBIG`, `ENOSPC`, `ENOMEM`.
    pub fn set_size(&self, size: u64, clock: Clock) -> Result<(), Errno> {
        let file = self.file()?;
        if size == 0 && file.lower.load(Relaxed) {
            // Nothing of what the host has needs to be taken over for that.
            file.replace(NewContent::owned(Vec::new()))?;
        }
        file.change(|content| {
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
                let former = self.file()?.replace(new)?;
                self.set_modified(clock.now_ns());
                drop(former);
                Ok(())
            }
        }
    }

    /// The content with its version and the stat of the same moment. `/dev/null` is empty.
    pub fn snapshot(&self) -> Result<(Arc<Vec<u8>>, u64, Stat), Errno> {
        if let Body::Device(Device::Null) = self.body {
            return Ok((Arc::default(), 0, self.stat()));
        }
        match &*self.file()?.content.read() {
            Stored::Here(content) => Ok((Arc::clone(content.bytes()), content.version(), self.stat())),
            Stored::Lower { lower, .. } => {
                let bytes = Arc::new(lower.read_whole()?);
                let stat = Stat { size: bytes.len() as u64, ..self.stat() };
                Ok((bytes, crate::host_version(), stat))
            }
        }
    }

    /// Goes up with every change of the content.
    pub fn content_version(&self) -> Result<u64, Errno> {
        if let Body::Device(Device::Null) = self.body {
            return Ok(0);
        }
        match &*self.file()?.content.read() {
            Stored::Here(content) => Ok(content.version()),
            Stored::Lower { .. } => Ok(crate::host_version()),
        }
    }

    fn file(&self) -> Result<&FileBody, Errno> {
        match &self.body {
            Body::File(file) => Ok(file),
            Body::Directory | Body::Mount(_) => Err(Errno::EISDIR),
            Body::Symlink(_) | Body::Device(_) => Err(Errno::EINVAL),
        }
    }
}

impl FileBody {
    fn change<T>(&self, change: impl FnOnce(&mut Content) -> Result<T, Errno>) -> Result<T, Errno> {
        let mut stored = self.content.write();
        if let Stored::Lower { lower, bytes } = &*stored {
            let content = Content::new(NewContent::owned(lower.read_whole()?), bytes)?;
            *stored = Stored::Here(content);
            self.lower.store(false, Relaxed);
        }
        let Stored::Here(content) = &mut *stored else { unreachable!("the bytes were taken over from the host above") };
        let changed = change(content);
        self.size.store(content.len(), Relaxed);
        changed
    }

    /// Replaces everything; the former bytes come back, to be freed without the lock.
    fn replace(&self, new: NewContent) -> Result<Option<Arc<Vec<u8>>>, Errno> {
        let mut stored = self.content.write();
        let former = match &mut *stored {
            Stored::Here(content) => Some(content.replace(new)?),
            Stored::Lower { bytes, .. } => {
                let content = Content::new(new, bytes)?;
                *stored = Stored::Here(content);
                self.lower.store(false, Relaxed);
                None
            }
        };
        if let Stored::Here(content) = &*stored {
            self.size.store(content.len(), Relaxed);
        }
        Ok(former)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locate::Object;
    use crate::{Base, FollowSymlinks, OpenOptions, Vfs, VfsOptions};
    use std::sync::mpsc;
    use std::time::Duration;

    #[test]
    fn file_that_is_being_written_holds_up_nothing_but_its_content() {
        let vfs = Vfs::new(VfsOptions::default());
        vfs.write_file(Base::Root, "/busy", vec![1; 9], 0o644, false).unwrap();
        let Object::Tree(inode) = vfs.lookup(Base::Root, "/busy", FollowSymlinks::Yes).unwrap() else { unreachable!() };
        let writing = inode.file().unwrap().content.write();
        let (done, wait) = mpsc::channel();
        let other = {
            let vfs = Arc::clone(&vfs);
            std::thread::spawn(move || {
                let file = vfs.open(Base::Root, "/busy", &OpenOptions::READ).unwrap();
                assert_eq!((file.size(), vfs.stat(Base::Root, "/busy", FollowSymlinks::Yes).unwrap().size), (9, 9));
                file.set_permissions(0o600).unwrap();
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

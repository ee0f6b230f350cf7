//! A guest's file descriptors. Several can share one open file description, with its position and flags, after `dup`.

use hotcell_vfs::{Base, OpenFile};
use slab::Slab;

use crate::{
    abi::types::{Errno, Fdflags, Rights},
    cwd::WorkingDirectory,
    error::Result,
    preview1::path::PathArgument,
};

/// Set in the numbers by which newer builds of wasi-libc ask for preopened directories.
const PREOPEN_TAG: u32 = 0x4000_0000;
const TAG_MASK: u32 = 0xc000_0000;

/// What a descriptor leads to.
#[derive(Debug)]
pub(crate) enum Object {
    Stdin,
    Stdout,
    Stderr,
    File(Box<OpenFile>),
    Directory(Box<Directory>),
}

#[derive(Debug)]
pub(crate) struct Directory {
    pub(crate) file: OpenFile,
    pub(crate) reach: Reach,
    /// The name that the guest knows it by, where the guest was started with it.
    pub(crate) preopen: Option<Box<str>>,
}

/// What paths can reach that start at a directory.
#[derive(Debug)]
pub(crate) enum Reach {
    /// The whole file system, whose root the directory is. Paths can be meant for the working directory, where that is another.
    Everything(Option<Box<WorkingDirectory>>),
    /// What lies beneath it.
    Beneath,
}

/// An open file description.
#[derive(Debug)]
pub(crate) struct Description {
    pub(crate) object: Object,
    /// Where the next read or write of a file starts.
    pub(crate) position: u64,
    /// As the guest set them; a file's `APPEND` lies with the file.
    pub(crate) flags: Fdflags,
    descriptors: u32,
}

impl Description {
    /// What it has open in the file system; nothing for streams.
    pub(crate) fn open_file(&self) -> Option<&OpenFile> {
        match &self.object {
            Object::File(file) => Some(file),
            Object::Directory(directory) => Some(&directory.file),
            Object::Stdin | Object::Stdout | Object::Stderr => None,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Descriptor {
    description: usize,
    pub(crate) rights: Rights,
    pub(crate) inheriting: Rights,
    pub(crate) close_on_exec: bool,
}

#[derive(Debug)]
pub(crate) struct FdTable {
    descriptors: Vec<Option<Descriptor>>,
    descriptions: Slab<Description>,
    limit: usize,
}

impl FdTable {
    /// An empty table for at most `limit` descriptors, whose numbers are below `limit`.
    pub(crate) fn new(limit: u32) -> FdTable {
        FdTable { descriptors: Vec::new(), descriptions: Slab::new(), limit: limit as usize }
    }

    pub(crate) fn limit(&self) -> u32 {
        self.limit as u32
    }

    fn index(&self, fd: u32) -> Result<usize, Errno> {
        let number = if fd & TAG_MASK == PREOPEN_TAG { fd & !TAG_MASK } else { fd };
        let index = number as usize;
        match self.descriptors.get(index) {
            Some(Some(_)) => Ok(index),
            _ => Err(Errno::Badf),
        }
    }

    pub(crate) fn descriptor(&self, fd: u32) -> Result<&Descriptor, Errno> {
        self.descriptors[self.index(fd)?].as_ref().ok_or(Errno::Badf)
    }

    pub(crate) fn descriptor_mut(&mut self, fd: u32) -> Result<&mut Descriptor, Errno> {
        let index = self.index(fd)?;
        self.descriptors[index].as_mut().ok_or(Errno::Badf)
    }

    pub(crate) fn description(&self, fd: u32) -> Result<&Description, Errno> {
        Ok(&self.descriptions[self.descriptor(fd)?.description])
    }

    pub(crate) fn description_mut(&mut self, fd: u32) -> Result<&mut Description, Errno> {
        let index = self.descriptor(fd)?.description;
        Ok(&mut self.descriptions[index])
    }

    /// # Errors
    /// `EBADF`; `ENOTCAPABLE` where the descriptor lacks one of the rights.
    pub(crate) fn with_rights(&self, fd: u32, rights: Rights) -> Result<&Description, Errno> {
        let descriptor = self.descriptor(fd)?;
        if !descriptor.rights.contains(rights) {
            return Err(Errno::Notcapable);
        }
        Ok(&self.descriptions[descriptor.description])
    }

    /// # Errors
    /// `EBADF`; `ENOTCAPABLE` where the descriptor lacks one of the rights.
    pub(crate) fn with_rights_mut(&mut self, fd: u32, rights: Rights) -> Result<&mut Description, Errno> {
        let descriptor = self.descriptor(fd)?;
        if !descriptor.rights.contains(rights) {
            return Err(Errno::Notcapable);
        }
        let index = descriptor.description;
        Ok(&mut self.descriptions[index])
    }

    /// # Errors
    /// `EBADF`; `ENOTDIR`; `ENOTCAPABLE` where the descriptor lacks one of the rights.
    pub(crate) fn directory(&self, fd: u32, rights: Rights) -> Result<&Directory, Errno> {
        let descriptor = self.descriptor(fd)?;
        match &self.descriptions[descriptor.description].object {
            Object::Directory(directory) if descriptor.rights.contains(rights) => Ok(directory),
            Object::Directory(_) => Err(Errno::Notcapable),
            _ => Err(Errno::Notdir),
        }
    }

    /// Where a path starts that is passed with a directory.
    ///
    /// # Errors
    /// As [`FdTable::directory`]; `EPERM` for an absolute path, since a descriptor's paths are relative to it.
    pub(crate) fn base(&self, fd: u32, rights: Rights, path: &PathArgument<'_>) -> Result<Base<'_>, Errno> {
        let directory = self.directory(fd, rights)?;
        if path.starts_with('/') {
            return Err(Errno::Perm);
        }
        Ok(match &directory.reach {
            // Builds of wasi-libc that tag preopened directories know the working directory.
            Reach::Everything(Some(cwd)) if fd & TAG_MASK != PREOPEN_TAG => cwd.base(&directory.file, path),
            Reach::Everything(_) => Base::Directory(&directory.file),
            Reach::Beneath => Base::Beneath(&directory.file),
        })
    }

    /// The preopened directory in which an absolute path lies, and the path from there; of several the innermost.
    pub(crate) fn preopen_of<'p>(&self, path: &'p str) -> Option<(u32, &'p str)> {
        let mut best: Option<(usize, u32, &'p str)> = None;
        for (fd, descriptor) in self.descriptors.iter().enumerate() {
            let Some(descriptor) = descriptor else { continue };
            let Object::Directory(directory) = &self.descriptions[descriptor.description].object else { continue };
            let Some(name) = &directory.preopen else { continue };
            let prefix = name.trim_end_matches('/');
            let Some(rest) = path.strip_prefix(prefix) else { continue };
            if (rest.is_empty() || rest.starts_with('/')) && best.is_none_or(|(len, ..)| prefix.len() > len) {
                let rest = rest.trim_start_matches('/');
                best = Some((prefix.len(), fd as u32, if rest.is_empty() { "." } else { rest }));
            }
        }
        best.map(|(_, fd, rest)| (fd, rest))
    }

    /// Whether one more descriptor fits.
    ///
    /// # Errors
    /// `EMFILE`.
    pub(crate) fn reserve(&mut self) -> Result<(), Errno> {
        self.free_from(0).map(|_| ())
    }

    /// The lowest number, at least `min`, that is free.
    fn free_from(&mut self, min: usize) -> Result<usize, Errno> {
        let taken = self.descriptors.iter().skip(min).take_while(|slot| slot.is_some()).count();
        let index = min + taken;
        if index >= self.limit {
            return Err(Errno::Mfile);
        }
        if index >= self.descriptors.len() {
            self.descriptors.resize(index + 1, None);
        }
        Ok(index)
    }

    /// Gives an object the lowest free number.
    ///
    /// # Errors
    /// `EMFILE`.
    pub(crate) fn insert(
        &mut self,
        object: Object,
        flags: Fdflags,
        rights: Rights,
        inheriting: Rights,
    ) -> Result<u32, Errno> {
        let index = self.free_from(0)?;
        let description = self.descriptions.insert(Description { object, position: 0, flags, descriptors: 1 });
        self.descriptors[index] = Some(Descriptor { description, rights, inheriting, close_on_exec: false });
        Ok(index as u32)
    }

    /// Closes a descriptor.
    ///
    /// # Errors
    /// `EBADF`.
    pub(crate) fn close(&mut self, fd: u32) -> Result<(), Errno> {
        let index = self.index(fd)?;
        self.release(index);
        Ok(())
    }

    fn release(&mut self, index: usize) {
        if let Some(descriptor) = self.descriptors[index].take() {
            let description = &mut self.descriptions[descriptor.description];
            description.descriptors -= 1;
            if description.descriptors == 0 {
                self.descriptions.remove(descriptor.description);
            }
        }
    }

    /// Closes every descriptor from that number on.
    pub(crate) fn close_from(&mut self, min: u32) {
        for index in min as usize..self.descriptors.len() {
            self.release(index);
        }
    }

    /// Makes `to`, which is open, lead where `from` leads, and `from` lead nowhere.
    ///
    /// # Errors
    /// `EBADF`.
    pub(crate) fn renumber(&mut self, from: u32, to: u32) -> Result<(), Errno> {
        let (from, to) = (self.index(from)?, self.index(to)?);
        if from != to {
            self.release(to);
            self.descriptors[to] = self.descriptors[from].take();
        }
        Ok(())
    }

    /// A further number, at least `min`, for the same open file description.
    ///
    /// # Errors
    /// `EBADF`; `EMFILE`; `EINVAL` for a `min` that no descriptor can have.
    pub(crate) fn duplicate(&mut self, fd: u32, min: u32) -> Result<u32, Errno> {
        let descriptor = *self.descriptor(fd)?;
        if min as usize >= self.limit {
            return Err(Errno::Inval);
        }
        let index = self.free_from(min as usize)?;
        self.share(descriptor, index);
        Ok(index as u32)
    }

    /// Makes `to`, which is closed first where it is open, lead where `fd` leads.
    ///
    /// # Errors
    /// `EBADF`, also for a `to` that no descriptor can have.
    pub(crate) fn duplicate_to(&mut self, fd: u32, to: u32) -> Result<(), Errno> {
        let from = self.index(fd)?;
        let to = to as usize;
        if to >= self.limit {
            return Err(Errno::Badf);
        }
        if from == to {
            return Ok(());
        }
        let descriptor = *self.descriptor(fd)?;
        if to >= self.descriptors.len() {
            self.descriptors.resize(to + 1, None);
        }
        self.release(to);
        self.share(descriptor, to);
        Ok(())
    }

    fn share(&mut self, descriptor: Descriptor, index: usize) {
        self.descriptions[descriptor.description].descriptors += 1;
        self.descriptors[index] = Some(Descriptor { close_on_exec: false, ..descriptor });
    }
}

use super::convert::{kind, metadata_hash, set_time, stat};
use super::streams::{FileInput, FileOutput, Position, STEP};
use super::types::{
    Advice, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry, ErrorCode, Filesize, HostDescriptor,
    HostDirectoryEntryStream, MetadataHashValue, NewTimestamp, OpenFlags, PathFlags,
};
use super::{ComponentState, Descriptor, DirectoryEntries, FsResult};
use hotcell_vfs::{Base, FileKind, FollowSymlinks, OpenFile, OpenOptions, Vfs};
use std::sync::Arc;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream};

/// Permission bits of what is made, as most programs have it on Linux.
const FILE_PERMISSIONS: u32 = 0o644;
const DIRECTORY_PERMISSIONS: u32 = 0o755;

impl Descriptor {
    /// The file, where it may be read.
    fn readable(&self) -> Result<&Arc<OpenFile>, ErrorCode> {
        self.file_with(DescriptorFlags::READ)
    }

    /// The file, where it may be written.
    fn writable(&self) -> Result<&Arc<OpenFile>, ErrorCode> {
        self.file_with(DescriptorFlags::WRITE)
    }

    fn file_with(&self, flag: DescriptorFlags) -> Result<&Arc<OpenFile>, ErrorCode> {
        if self.file.stat().kind == FileKind::Directory {
            return Err(ErrorCode::IsDirectory);
        }
        if self.flags.contains(flag) { Ok(&self.file) } else { Err(ErrorCode::BadDescriptor) }
    }

    /// What paths start at, and stay beneath.
    fn base(&self) -> Base<'_> {
        Base::Beneath(&self.file)
    }

    /// The same for what changes the directory.
    fn changeable(&self) -> Result<Base<'_>, ErrorCode> {
        if self.file.stat().kind != FileKind::Directory {
            return Err(ErrorCode::NotDirectory);
        }
        if self.flags.contains(DescriptorFlags::MUTATE_DIRECTORY) { Ok(self.base()) } else { Err(ErrorCode::ReadOnly) }
    }
}

fn follow(flags: PathFlags) -> FollowSymlinks {
    if flags.contains(PathFlags::SYMLINK_FOLLOW) { FollowSymlinks::Yes } else { FollowSymlinks::No }
}

impl ComponentState {
    fn descriptor(&self, descriptor: &Resource<Descriptor>) -> FsResult<&Descriptor> {
        Ok(self.table.get(descriptor)?)
    }

    fn push<T: Send + 'static>(&mut self, entry: T) -> FsResult<Resource<T>> {
        Ok(self.table.push(entry)?)
    }

    fn files(&self) -> &Arc<Vfs> {
        &self.vfs
    }
}

impl HostDescriptor for ComponentState {
    fn read_via_stream(&mut self, fd: Resource<Descriptor>, offset: Filesize) -> FsResult<Resource<DynInputStream>> {
        let file = Arc::clone(self.descriptor(&fd)?.readable()?);
        let stream: DynInputStream = Box::new(FileInput { file, offset });
        self.push(stream)
    }

    fn write_via_stream(&mut self, fd: Resource<Descriptor>, offset: Filesize) -> FsResult<Resource<DynOutputStream>> {
        let file = Arc::clone(self.descriptor(&fd)?.writable()?);
        let stream: DynOutputStream = Box::new(FileOutput { file, position: Position::At(offset) });
        self.push(stream)
    }

    fn append_via_stream(&mut self, fd: Resource<Descriptor>) -> FsResult<Resource<DynOutputStream>> {
        let file = Arc::clone(self.descriptor(&fd)?.writable()?);
        let stream: DynOutputStream = Box::new(FileOutput { file, position: Position::End });
        self.push(stream)
    }

    fn advise(&mut self, fd: Resource<Descriptor>, _: Filesize, _: Filesize, _: Advice) -> FsResult<()> {
        if self.descriptor(&fd)?.file.stat().kind == FileKind::Directory {
            return Err(ErrorCode::BadDescriptor.into());
        }
        Ok(())
    }

    fn sync_data(&mut self, fd: Resource<Descriptor>) -> FsResult<()> {
        self.descriptor(&fd)?.file.sync();
        Ok(())
    }

    fn sync(&mut self, fd: Resource<Descriptor>) -> FsResult<()> {
        self.descriptor(&fd)?.file.sync();
        Ok(())
    }

    fn get_flags(&mut self, fd: Resource<Descriptor>) -> FsResult<DescriptorFlags> {
        Ok(self.descriptor(&fd)?.flags)
    }

    fn get_type(&mut self, fd: Resource<Descriptor>) -> FsResult<DescriptorType> {
        Ok(kind(self.descriptor(&fd)?.file.stat().kind))
    }

    fn set_size(&mut self, fd: Resource<Descriptor>, size: Filesize) -> FsResult<()> {
        Ok(self.descriptor(&fd)?.writable()?.set_size(size)?)
    }

    fn set_times(&mut self, fd: Resource<Descriptor>, atime: NewTimestamp, mtime: NewTimestamp) -> FsResult<()> {
        let descriptor = self.descriptor(&fd)?;
        if !descriptor.flags.intersects(DescriptorFlags::WRITE | DescriptorFlags::MUTATE_DIRECTORY) {
            return Err(ErrorCode::NotPermitted.into());
        }
        descriptor.file.set_times(set_time(atime)?, set_time(mtime)?);
        Ok(())
    }

    fn read(&mut self, fd: Resource<Descriptor>, length: Filesize, offset: Filesize) -> FsResult<(Vec<u8>, bool)> {
        let file = self.descriptor(&fd)?.readable()?;
        let mut buffer = vec![0; length.min(STEP as u64) as usize];
        let count = file.read_at(&mut buffer, offset)?;
        let at_end = count < buffer.len();
        buffer.truncate(count);
        Ok((buffer, at_end))
    }

    fn write(&mut self, fd: Resource<Descriptor>, bytes: Vec<u8>, offset: Filesize) -> FsResult<Filesize> {
        Ok(self.descriptor(&fd)?.writable()?.write_at(&bytes, offset)?.bytes as u64)
    }

    fn read_directory(&mut self, fd: Resource<Descriptor>) -> FsResult<Resource<DirectoryEntries>> {
        let descriptor = self.descriptor(&fd)?;
        if descriptor.file.stat().kind != FileKind::Directory {
            return Err(ErrorCode::NotDirectory.into());
        }
        if !descriptor.flags.contains(DescriptorFlags::READ) {
            return Err(ErrorCode::NotPermitted.into());
        }
        let entries = DirectoryEntries::new(Arc::clone(&descriptor.file));
        self.push(entries)
    }

    fn create_directory_at(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<()> {
        let base = self.descriptor(&fd)?.changeable()?;
        Ok(self.files().create_dir(base, &path, DIRECTORY_PERMISSIONS)?)
    }

    fn stat(&mut self, fd: Resource<Descriptor>) -> FsResult<DescriptorStat> {
        Ok(stat(&self.descriptor(&fd)?.file.stat()))
    }

    fn stat_at(&mut self, fd: Resource<Descriptor>, flags: PathFlags, path: String) -> FsResult<DescriptorStat> {
        Ok(stat(&self.files().stat(self.descriptor(&fd)?.base(), &path, follow(flags))?))
    }

    fn set_times_at(
        &mut self,
        fd: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
        atime: NewTimestamp,
        mtime: NewTimestamp,
    ) -> FsResult<()> {
        let base = self.descriptor(&fd)?.changeable()?;
        Ok(self.files().set_times(base, &path, set_time(atime)?, set_time(mtime)?, follow(flags))?)
    }

    fn link_at(
        &mut self,
        fd: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
        new_fd: Resource<Descriptor>,
        new_path: String,
    ) -> FsResult<()> {
        let old = self.descriptor(&fd)?.changeable()?;
        let new = self.descriptor(&new_fd)?.changeable()?;
        Ok(self.files().link(old, &path, follow(flags), new, &new_path)?)
    }

    fn open_at(
        &mut self,
        fd: Resource<Descriptor>,
        path_flags: PathFlags,
        path: String,
        open_flags: OpenFlags,
        flags: DescriptorFlags,
    ) -> FsResult<Resource<Descriptor>> {
        let changes = flags.intersects(DescriptorFlags::WRITE | DescriptorFlags::MUTATE_DIRECTORY)
            || open_flags.intersects(OpenFlags::CREATE | OpenFlags::TRUNCATE);
        let descriptor = self.descriptor(&fd)?;
        let base = if changes { descriptor.changeable()? } else { descriptor.base() };
        let write = flags.contains(DescriptorFlags::WRITE);
        if open_flags.contains(OpenFlags::TRUNCATE) && !write {
            return Err(ErrorCode::Invalid.into());
        }
        let options = OpenOptions {
            read: flags.contains(DescriptorFlags::READ),
            write: write && !open_flags.contains(OpenFlags::DIRECTORY),
            append: false,
            create: open_flags.contains(OpenFlags::CREATE),
            exclusive: open_flags.contains(OpenFlags::EXCLUSIVE),
            truncate: open_flags.contains(OpenFlags::TRUNCATE),
            directory: open_flags.contains(OpenFlags::DIRECTORY),
            follow: follow(path_flags),
            permissions: FILE_PERMISSIONS,
        };
        let file = Arc::new(self.files().open(base, &path, &options)?);
        // Each kind has its own flag for what may be changed through it.
        let foreign = match file.stat().kind {
            FileKind::Directory => DescriptorFlags::WRITE,
            _ => DescriptorFlags::MUTATE_DIRECTORY,
        };
        self.push(Descriptor { file, flags: flags & !foreign })
    }

    fn readlink_at(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<String> {
        Ok(self.files().read_link(self.descriptor(&fd)?.base(), &path)?)
    }

    fn remove_directory_at(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<()> {
        let base = self.descriptor(&fd)?.changeable()?;
        Ok(self.files().remove_dir(base, &path)?)
    }

    fn rename_at(
        &mut self,
        fd: Resource<Descriptor>,
        path: String,
        new_fd: Resource<Descriptor>,
        new_path: String,
    ) -> FsResult<()> {
        let old = self.descriptor(&fd)?.changeable()?;
        let new = self.descriptor(&new_fd)?.changeable()?;
        Ok(self.files().rename(old, &path, new, &new_path)?)
    }

    fn symlink_at(&mut self, fd: Resource<Descriptor>, target: String, path: String) -> FsResult<()> {
        let base = self.descriptor(&fd)?.changeable()?;
        if target.starts_with('/') {
            return Err(ErrorCode::NotPermitted.into());
        }
        Ok(self.files().symlink(&target, base, &path)?)
    }

    fn unlink_file_at(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<()> {
        let base = self.descriptor(&fd)?.changeable()?;
        Ok(self.files().unlink(base, &path)?)
    }

    fn is_same_object(&mut self, fd: Resource<Descriptor>, other: Resource<Descriptor>) -> wasmtime::Result<bool> {
        Ok(self.table.get(&fd)?.file.stat().inode == self.table.get(&other)?.file.stat().inode)
    }

    fn metadata_hash(&mut self, fd: Resource<Descriptor>) -> FsResult<MetadataHashValue> {
        Ok(metadata_hash(&self.descriptor(&fd)?.file.stat()))
    }

    fn metadata_hash_at(
        &mut self,
        fd: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
    ) -> FsResult<MetadataHashValue> {
        Ok(metadata_hash(&self.files().stat(self.descriptor(&fd)?.base(), &path, follow(flags))?))
    }

    fn drop(&mut self, fd: Resource<Descriptor>) -> wasmtime::Result<()> {
        self.table.delete(fd)?;
        Ok(())
    }
}

impl HostDirectoryEntryStream for ComponentState {
    fn read_directory_entry(&mut self, entries: Resource<DirectoryEntries>) -> FsResult<Option<DirectoryEntry>> {
        let entry = self.table.get_mut(&entries)?.next()?;
        Ok(entry.map(|entry| DirectoryEntry { type_: kind(entry.kind), name: entry.name.to_string() }))
    }

    fn drop(&mut self, entries: Resource<DirectoryEntries>) -> wasmtime::Result<()> {
        self.table.delete(entries)?;
        Ok(())
    }
}

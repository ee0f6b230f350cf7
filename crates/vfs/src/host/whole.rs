use super::errno::errno;
use super::file::open_regular;
use super::object::HOST_PERMISSION_BITS;
use super::walk::HostFound;
use crate::errno::Errno;
use crate::stat::FileKind;
use cap_std::fs::{OpenOptions, OpenOptionsExt};
use std::hash::{BuildHasher, RandomState};
use std::io::IoSlice;

impl HostFound<'_> {
    /// Gives a file that content in one step: it is written under another name beside it, and renamed. So the file is another
    /// one afterwards, with the permissions of the one before.
    pub fn write_whole(self, bytes: &[u8], permissions: u32) -> Result<(), Errno> {
        let Self::Entry { directory, name, metadata, trailing_slash: false } = self else {
            return Err(Errno::EISDIR);
        };
        directory.mount.check_writable()?;
        let former = metadata.map(|metadata| directory.mount.stat(&metadata));
        match former.map(|stat| stat.kind) {
            Some(FileKind::Directory) => return Err(Errno::EISDIR),
            Some(FileKind::CharacterDevice | FileKind::Symlink) => return Err(Errno::EACCES),
            Some(FileKind::File) | None => {}
        }
        let temporary = format!(".hotcell-{:016x}.tmp", RandomState::new().hash_one(&*name));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(permissions & HOST_PERMISSION_BITS);
        let file = open_regular(&directory, &temporary, &mut options, None)?;
        let placed = (|| {
            let mut at = 0;
            while at < bytes.len() {
                at += file.write(&[IoSlice::new(&bytes[at..])], at as u64)?.bytes;
            }
            if let Some(former) = former {
                file.set_permissions(former.permissions)?;
            }
            directory.dir.rename(&temporary, &directory.dir, &*name).map_err(|error| errno(&error))
        })();
        if placed.is_err() {
            // What failed is what is told; that a file is left, too, is the lesser trouble.
            let _ = directory.dir.remove_file(&temporary);
        }
        placed
    }
}

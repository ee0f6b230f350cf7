use hotcell_vfs::DirEntry;
use wiggle::{GuestMemory, GuestPtr};

use crate::{
    WasiCtx,
    abi::types::{Dircookie, Rights, Size},
    error::Result,
    preview1::fd::filetype,
};

/// Entries that are asked of the file system at a time.
const BATCH: usize = 64;

const DIRENT_SIZE: usize = 24;

/// Fills the buffer with entries, the last one cut off where it does not fit.
pub(super) fn readdir(
    ctx: &WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    buffer: GuestPtr<[u8]>,
    mut cookie: Dircookie,
) -> Result<Size> {
    let directory = ctx.fds.directory(fd, Rights::FD_READDIR)?;
    let mut output = Output { buffer, used: 0 };
    loop {
        let entries = directory.file.read_dir(cookie, BATCH)?;
        let Some(last) = entries.last() else {
            return Ok(output.used);
        };
        cookie = last.next;
        for entry in &entries {
            output.entry(memory, entry)?;
            if output.is_full() {
                return Ok(output.used);
            }
        }
    }
}

struct Output {
    buffer: GuestPtr<[u8]>,
    used: u32,
}

impl Output {
    fn is_full(&self) -> bool {
        self.used == self.buffer.len()
    }

    fn entry(&mut self, memory: &mut GuestMemory<'_>, entry: &DirEntry) -> Result<()> {
        let name = entry.name.as_bytes();
        // A `dirent` can come to lie anywhere in the buffer, so it is written as bytes, not as a record with an alignment.
        let mut head = [0; DIRENT_SIZE];
        head[0..8].copy_from_slice(&entry.next.to_le_bytes());
        head[8..16].copy_from_slice(&entry.inode.to_le_bytes());
        head[16..20].copy_from_slice(&u32::try_from(name.len())?.to_le_bytes());
        head[20] = filetype(entry.kind) as u8;
        self.bytes(memory, &head)?;
        self.bytes(memory, name)
    }

    fn bytes(&mut self, memory: &mut GuestMemory<'_>, bytes: &[u8]) -> Result<()> {
        let len = (self.buffer.len() - self.used).min(u32::try_from(bytes.len())?);
        let target = self.buffer.as_ptr().add(self.used)?.as_array(len);
        memory.copy_from_slice(&bytes[..len as usize], target)?;
        self.used += len;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use wiggle::GuestType;

    use super::*;
    use crate::abi::types::Dirent;

    #[test]
    fn dirent_size_is_that_of_the_definition() {
        assert_eq!(Dirent::guest_size() as usize, DIRENT_SIZE);
    }
}

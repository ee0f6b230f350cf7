use super::{DirectoryEntries, Errno, OpenFile};
use bytes::{Bytes, BytesMut};
use hotcell_vfs::DirEntry;
use std::sync::Arc;
use wasmtime_wasi::p2::{InputStream, OutputStream, Pollable, StreamError, StreamResult};

/// Bytes that one read or write moves.
pub(super) const STEP: usize = 256 << 10;

/// Entries of a directory that are read at once.
const ENTRIES: usize = 128;

fn failed(errno: Errno) -> StreamError {
    StreamError::LastOperationFailed(errno.into())
}

/// A file from an offset on.
pub(super) struct FileInput {
    pub file: Arc<OpenFile>,
    pub offset: u64,
}

impl InputStream for FileInput {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        if size == 0 {
            return Ok(Bytes::new());
        }
        let mut buffer = BytesMut::zeroed(size.min(STEP));
        let count = self.file.read_at(&mut buffer, self.offset).map_err(failed)?;
        if count == 0 {
            return Err(StreamError::Closed);
        }
        self.offset += count as u64;
        buffer.truncate(count);
        Ok(buffer.freeze())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for FileInput {
    async fn ready(&mut self) {}
}

/// Where a stream writes.
pub(super) enum Position {
    At(u64),
    End,
}

/// A file that is written to from an offset on, or at its end.
pub(super) struct FileOutput {
    pub file: Arc<OpenFile>,
    pub position: Position,
}

impl OutputStream for FileOutput {
    fn write(&mut self, mut bytes: Bytes) -> StreamResult<()> {
        while !bytes.is_empty() {
            let offset = match self.position {
                Position::At(offset) => offset,
                Position::End => self.file.size(),
            };
            let written = self.file.write_at(&bytes, offset).map_err(failed)?;
            if written.bytes == 0 {
                return Err(failed(Errno::ENOSPC));
            }
            let _ = bytes.split_to(written.bytes);
            if let Position::At(offset) = &mut self.position {
                *offset = written.end;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(STEP)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for FileOutput {
    async fn ready(&mut self) {}
}

impl DirectoryEntries {
    pub(super) fn new(directory: Arc<OpenFile>) -> Self {
        Self { directory, cookie: 0, read: Default::default() }
    }

    /// The next entry; `.` and `..` are none.
    pub(super) fn next(&mut self) -> Result<Option<DirEntry>, Errno> {
        loop {
            match self.read.pop_front() {
                Some(entry) if matches!(&*entry.name, "." | "..") => {}
                Some(entry) => return Ok(Some(entry)),
                None => {
                    let entries = self.directory.read_dir(self.cookie, ENTRIES)?;
                    let Some(last) = entries.last() else { return Ok(None) };
                    self.cookie = last.next;
                    self.read = entries.into();
                }
            }
        }
    }
}

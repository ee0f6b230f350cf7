//! `fd_read`, `fd_write` and their relatives, on files and streams.

use std::{
    future::poll_fn,
    io::IoSlice,
    task::{Context, Poll},
};

use hotcell_vfs::OpenFile;
use wiggle::{GuestMemory, GuestPtr};

use crate::{
    WasiCtx,
    abi::types::*,
    error::Result,
    fd_table::{Description, FdTable, Object},
    preview1::buffers::{Buffers, fill, rest, with_bytes},
    stdio::{InputStream, OutputStream, StreamError},
};

/// Buffers that a file takes in one step.
const BUFFERS_PER_STEP: usize = 16;

/// What bytes can be read from or written to.
///
/// # Errors
/// `EBADF`, `EISDIR`, `ENOTCAPABLE`.
fn transferable(fds: &mut FdTable, fd: u32, rights: Rights) -> Result<&mut Description, Errno> {
    if let Object::Directory(_) = fds.description(fd)?.object {
        return Err(Errno::Isdir);
    }
    fds.with_rights_mut(fd, rights)
}

/// A file that bytes can be read from or written to at any offset.
///
/// # Errors
/// As [`transferable`]; `ESPIPE` for streams.
fn seekable(fds: &mut FdTable, fd: u32, rights: Rights) -> Result<&OpenFile, Errno> {
    if let Object::Stdin | Object::Stdout | Object::Stderr = fds.description(fd)?.object {
        return Err(Errno::Spipe);
    }
    match &transferable(fds, fd, rights)?.object {
        Object::File(file) => Ok(file),
        _ => Err(Errno::Badf),
    }
}

pub(super) async fn read(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    list: GuestPtr<[Iovec]>,
) -> Result<Size> {
    let description = transferable(&mut ctx.fds, fd, Rights::FD_READ)?;
    let buffers = Buffers::check(memory, list)?;
    match &description.object {
        Object::File(file) => {
            let count = read_file(file, memory, &buffers, description.position)?;
            description.position += u64::from(count);
            Ok(count)
        }
        _ => {
            let wait = !description.flags.contains(Fdflags::NONBLOCK);
            read_stream(&mut *ctx.stdin, memory, &buffers, wait).await
        }
    }
}

pub(super) async fn write(
    ctx: &mut WasiCtx,
    memory: &GuestMemory<'_>,
    fd: u32,
    list: GuestPtr<[Ciovec]>,
) -> Result<Size> {
    let description = transferable(&mut ctx.fds, fd, Rights::FD_WRITE)?;
    let buffers = Buffers::check(memory, list)?;
    let stream = match &description.object {
        Object::File(file) => {
            let (count, end) = write_file(file, memory, &buffers, description.position)?;
            description.position = end;
            return Ok(count);
        }
        Object::Stdout => &mut ctx.stdout,
        _ => &mut ctx.stderr,
    };
    write_stream(&mut **stream, memory, &buffers, !description.flags.contains(Fdflags::NONBLOCK)).await
}

pub(super) fn pread(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    list: GuestPtr<[Iovec]>,
    offset: Filesize,
) -> Result<Size> {
    let file = seekable(&mut ctx.fds, fd, Rights::FD_READ.union(Rights::FD_SEEK))?;
    let buffers = Buffers::check(memory, list)?;
    read_file(file, memory, &buffers, checked_offset(offset)?)
}

pub(super) fn pwrite(
    ctx: &mut WasiCtx,
    memory: &GuestMemory<'_>,
    fd: u32,
    list: GuestPtr<[Ciovec]>,
    offset: Filesize,
) -> Result<Size> {
    let file = seekable(&mut ctx.fds, fd, Rights::FD_WRITE.union(Rights::FD_SEEK))?;
    let buffers = Buffers::check(memory, list)?;
    Ok(write_file(file, memory, &buffers, checked_offset(offset)?)?.0)
}

fn checked_offset(offset: Filesize) -> Result<Filesize, Errno> {
    if offset > i64::MAX as u64 { Err(Errno::Inval) } else { Ok(offset) }
}

pub(super) fn seek(ctx: &mut WasiCtx, fd: u32, offset: Filedelta, whence: Whence) -> Result<Filesize> {
    // The right to seek implies the right to tell where one is.
    let rights = &ctx.fds.descriptor(fd)?.rights;
    let only_tells = whence == Whence::Cur && offset == 0 && !rights.contains(Rights::FD_SEEK);
    let needed = if only_tells { Rights::FD_TELL } else { Rights::FD_SEEK };
    let size = seekable(&mut ctx.fds, fd, needed)?.size();
    let description = ctx.fds.description_mut(fd)?;
    let start = match whence {
        Whence::Set => 0,
        Whence::Cur => description.position,
        Whence::End => size,
    };
    let position = match i64::try_from(start)?.checked_add(offset) {
        None => return Err(Errno::Overflow.into()),
        Some(negative) if negative < 0 => return Err(Errno::Inval.into()),
        Some(position) => position as u64,
    };
    description.position = position;
    Ok(position)
}

fn read_file(file: &OpenFile, memory: &mut GuestMemory<'_>, buffers: &Buffers<Iovec>, mut offset: u64) -> Result<Size> {
    let mut done = 0;
    for index in 0..buffers.len() {
        let buffer = buffers.get(memory, index)?;
        let count = fill(memory, buffer, |bytes| {
            let count = file.read_at(bytes, offset)?;
            offset += count as u64;
            Ok(count)
        })?;
        done += count;
        if count < buffer.len() {
            break;
        }
    }
    Ok(done)
}

/// The number of bytes, and where the next write goes on.
fn write_file(
    file: &OpenFile,
    memory: &GuestMemory<'_>,
    buffers: &Buffers<Ciovec>,
    mut offset: u64,
) -> Result<(Size, u64)> {
    let mut done = 0;
    let mut index = 0;
    while index < buffers.len() {
        let step = if memory.is_shared_memory() {
            let buffer = buffers.get(memory, index)?;
            index += 1;
            write_file_shared(file, memory, buffer, offset)
        } else {
            write_file_step(file, memory, buffers, &mut index, offset)
        };
        match step {
            Ok(step) => {
                done += step.bytes as u32;
                offset = step.end;
                if !step.whole {
                    break;
                }
            }
            // What was written counts; the next call meets the error again.
            Err(_) if done > 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok((done, offset))
}

struct Step {
    bytes: usize,
    end: u64,
    /// Whether it wrote everything that it was given.
    whole: bool,
}

fn write_file_step(
    file: &OpenFile,
    memory: &GuestMemory<'_>,
    buffers: &Buffers<Ciovec>,
    index: &mut u32,
    offset: u64,
) -> Result<Step> {
    let mut slices = [IoSlice::new(&[]); BUFFERS_PER_STEP];
    let mut wanted = 0;
    for slice in &mut slices {
        if *index == buffers.len() {
            break;
        }
        let bytes = memory.as_slice(buffers.get(memory, *index)?)?.unwrap_or_default();
        *slice = IoSlice::new(bytes);
        wanted += bytes.len();
        *index += 1;
    }
    if wanted == 0 {
        return Ok(Step { bytes: 0, end: offset, whole: true });
    }
    let written = file.write_vectored_at(&slices, offset)?;
    Ok(Step { bytes: written.bytes, end: written.end, whole: written.bytes == wanted })
}

fn write_file_shared(file: &OpenFile, memory: &GuestMemory<'_>, buffer: GuestPtr<[u8]>, offset: u64) -> Result<Step> {
    let mut step = Step { bytes: 0, end: offset, whole: true };
    while step.whole && (step.bytes as u32) < buffer.len() {
        let (wanted, written) = with_bytes(memory, rest(buffer, step.bytes as u32)?, |bytes| {
            (bytes.len(), file.write_at(bytes, step.end))
        })?;
        match written {
            Ok(written) => {
                step.bytes += written.bytes;
                step.end = written.end;
                step.whole = written.bytes == wanted;
            }
            Err(_) if step.bytes > 0 => step.whole = false,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(step)
}

/// Waits for the first bytes only; takes more where they are there already.
async fn read_stream(
    stream: &mut dyn InputStream,
    memory: &mut GuestMemory<'_>,
    buffers: &Buffers<Iovec>,
    wait: bool,
) -> Result<Size> {
    let mut done = 0;
    for index in 0..buffers.len() {
        let buffer = buffers.get(memory, index)?;
        if buffer.len() == 0 {
            continue;
        }
        let wait = wait && done == 0;
        let read = poll_fn(|cx| now_or_wait(poll_read(stream, cx, memory, buffer), wait)).await;
        match read {
            Ok(Some(count)) => {
                done += count;
                if count < buffer.len() {
                    break;
                }
            }
            Ok(None) | Err(crate::error::Error::Errno(_)) if done > 0 => break,
            Ok(None) => return Err(Errno::Again.into()),
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// Waits until everything is written, as a blocking pipe does.
async fn write_stream(
    stream: &mut dyn OutputStream,
    memory: &GuestMemory<'_>,
    buffers: &Buffers<Ciovec>,
    wait: bool,
) -> Result<Size> {
    let mut done = 0;
    for index in 0..buffers.len() {
        let mut buffer = buffers.get(memory, index)?;
        while buffer.len() > 0 {
            let written = poll_fn(|cx| now_or_wait(poll_write(stream, cx, memory, buffer), wait)).await;
            match written {
                // A stream that takes nothing and does not wait would be asked for ever.
                Ok(Some(0)) => return Err(Errno::Io.into()),
                Ok(Some(count)) => {
                    done += count;
                    buffer = rest(buffer, count)?;
                }
                Ok(None) | Err(crate::error::Error::Errno(_)) if done > 0 => return Ok(done),
                Ok(None) => return Err(Errno::Again.into()),
                Err(error) => return Err(error),
            }
        }
    }
    Ok(done)
}

/// `None` in place of waiting.
fn now_or_wait<T>(poll: Poll<Result<T>>, wait: bool) -> Poll<Result<Option<T>>> {
    match poll {
        Poll::Pending if !wait => Poll::Ready(Ok(None)),
        poll => poll.map_ok(Some),
    }
}

pub(crate) fn poll_read(
    stream: &mut dyn InputStream,
    cx: &mut Context<'_>,
    memory: &mut GuestMemory<'_>,
    buffer: GuestPtr<[u8]>,
) -> Poll<Result<u32>> {
    let mut pending = false;
    let count = fill(memory, buffer, |bytes| match stream.poll_read(cx, bytes) {
        Poll::Ready(count) => Ok(count?.min(bytes.len())),
        Poll::Pending => {
            pending = true;
            Ok(0)
        }
    });
    match count {
        Ok(0) if pending => Poll::Pending,
        count => Poll::Ready(count),
    }
}

fn poll_write(
    stream: &mut dyn OutputStream,
    cx: &mut Context<'_>,
    memory: &GuestMemory<'_>,
    buffer: GuestPtr<[u8]>,
) -> Poll<Result<u32>> {
    let written = with_bytes(memory, buffer, |bytes| match stream.poll_write(cx, bytes) {
        Poll::Ready(Ok(count)) => Poll::Ready(Ok(count.min(bytes.len()) as u32)),
        Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
        Poll::Pending => Poll::Pending,
    });
    match written {
        Ok(poll) => poll.map_err(|error: StreamError| error.into()),
        Err(error) => Poll::Ready(Err(error)),
    }
}

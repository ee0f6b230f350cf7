//! The buffers that a guest passes to one call, and the ways through which their bytes go.

use wiggle::{GuestMemory, GuestPtr, GuestType};

use crate::{
    abi::types::{Ciovec, Errno, Iovec},
    error::Result,
};

/// Buffers that one call takes, as on Linux (`IOV_MAX`).
const MAX_BUFFERS: u32 = 1024;
/// Bytes that one call takes: what a signed 32-bit count can tell.
const MAX_BYTES: u64 = i32::MAX as u64;
/// Bytes that pass through the host at a time where the guest's memory is shared between threads.
const SHARED_CHUNK: u32 = 64 << 10;

/// A buffer of the guest's; the standard's two kinds of them are alike.
pub(super) trait Buffer: GuestType {
    fn bytes(&self) -> GuestPtr<[u8]>;
}

impl Buffer for Iovec {
    fn bytes(&self) -> GuestPtr<[u8]> {
        self.buf.as_array(self.buf_len)
    }
}

impl Buffer for Ciovec {
    fn bytes(&self) -> GuestPtr<[u8]> {
        self.buf.as_array(self.buf_len)
    }
}

/// The buffers of one call, all of which were found to lie in the guest's memory.
pub(super) struct Buffers<T> {
    list: GuestPtr<[T]>,
}

impl<T: Buffer> Buffers<T> {
    /// # Errors
    /// `EINVAL` for too many buffers or bytes, `EFAULT`.
    pub(super) fn check(memory: &GuestMemory<'_>, list: GuestPtr<[T]>) -> Result<Buffers<T>> {
        if list.len() > MAX_BUFFERS {
            return Err(Errno::Inval.into());
        }
        let buffers = Buffers { list };
        let mut total = 0;
        for index in 0..list.len() {
            let bytes = buffers.get(memory, index)?;
            memory.as_slice(bytes)?;
            total += u64::from(bytes.len());
        }
        if total > MAX_BYTES {
            return Err(Errno::Inval.into());
        }
        Ok(buffers)
    }

    pub(super) fn len(&self) -> u32 {
        self.list.len()
    }

    pub(super) fn get(&self, memory: &GuestMemory<'_>, index: u32) -> Result<GuestPtr<[u8]>> {
        Ok(memory.read(self.list.as_ptr().add(index)?)?.bytes())
    }
}

/// `bytes` without the first `start` of them.
pub(super) fn rest(bytes: GuestPtr<[u8]>, start: u32) -> Result<GuestPtr<[u8]>> {
    Ok(bytes.as_ptr().add(start)?.as_array(bytes.len() - start))
}

/// Lets `read` fill a buffer, in several steps where the memory is shared; the last is the one that it did not fill. The
/// number of bytes.
pub(super) fn fill(
    memory: &mut GuestMemory<'_>,
    buffer: GuestPtr<[u8]>,
    mut read: impl FnMut(&mut [u8]) -> Result<usize>,
) -> Result<u32> {
    if let Some(slice) = memory.as_slice_mut(buffer)? {
        return Ok(read(slice)? as u32);
    }
    let mut chunk = vec![0; buffer.len().min(SHARED_CHUNK) as usize];
    let mut done = 0;
    while done < buffer.len() {
        let wanted = chunk.len().min((buffer.len() - done) as usize);
        let count = read(&mut chunk[..wanted])?;
        memory.copy_from_slice(&chunk[..count], buffer.as_ptr().add(done)?.as_array(count as u32))?;
        done += count as u32;
        if count < wanted {
            break;
        }
    }
    Ok(done)
}

/// Gives `write` the bytes of a buffer, or as many of the first as are copied in one step where the memory is shared.
pub(super) fn with_bytes<R>(
    memory: &GuestMemory<'_>,
    buffer: GuestPtr<[u8]>,
    write: impl FnOnce(&[u8]) -> R,
) -> Result<R> {
    match memory.as_slice(buffer)? {
        Some(slice) => Ok(write(slice)),
        None => Ok(write(&memory.to_vec(buffer.as_ptr().as_array(buffer.len().min(SHARED_CHUNK)))?)),
    }
}

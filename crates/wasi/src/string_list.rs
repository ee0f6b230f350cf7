use wiggle::{GuestMemory, GuestPtr};

use crate::error::Result;

/// Strings as `args_get` and `environ_get` lay them out: one after the other, each with a NUL at its end.
#[derive(Clone, Debug, Default)]
pub(crate) struct StringList {
    bytes: Vec<u8>,
    starts: Vec<u32>,
}

impl StringList {
    /// Adds a string, which must not contain a NUL. The whole must stay below 4 GiB.
    pub(crate) fn push(&mut self, parts: &[&[u8]]) {
        self.starts.push(self.bytes.len() as u32);
        for part in parts {
            self.bytes.extend_from_slice(part);
        }
        self.bytes.push(0);
    }

    pub(crate) fn count(&self) -> u32 {
        self.starts.len() as u32
    }

    /// Bytes that the strings take with their NULs.
    pub(crate) fn byte_len(&self) -> u32 {
        self.bytes.len() as u32
    }

    pub(crate) fn write(
        &self,
        memory: &mut GuestMemory<'_>,
        pointers: GuestPtr<GuestPtr<u8>>,
        buffer: GuestPtr<u8>,
    ) -> Result<()> {
        memory.copy_from_slice(&self.bytes, buffer.as_array(self.byte_len()))?;
        for (index, start) in self.starts.iter().enumerate() {
            memory.write(pointers.add(index as u32)?, buffer.add(*start)?)?;
        }
        Ok(())
    }
}

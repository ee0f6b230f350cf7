//! Calls of plain modules, with bytes in and bytes out.
//!
//! A module exports its memory as `memory`, `hotcell_alloc(size: i32) -> i32`, and functions
//! `(input: i32, length: i32, output: i32, capacity: i32) -> i32` that return how many bytes they wrote to the output, or -2
//! where it is too small: then its first four bytes are the size that is needed, little-endian. Every other negative number is an
//! error of the function's own. docs/components.md is the page for people.

use super::error::CallError;
use crate::failure::trap_report;
use crate::state::GuestState;
use bytes::Bytes;
use wasmtime::{Instance, Memory, Store, TypedFunc};

/// What the output may take at first.
pub const FIRST_CAPACITY: usize = 64 << 10;

/// What the output may take at most, and the input.
pub const MAX_CAPACITY: usize = 16 << 20;

/// How often a function is called again with room for more.
pub const MAX_RETRIES: u32 = 3;

/// What a function returns whose output was too small.
const TOO_SMALL: i32 = -2;

/// The export that gives memory for input and output.
pub const ALLOC: &str = "hotcell_alloc";

/// The export that takes it back, where there is one: `(address: i32, size: i32)`.
pub const FREE: &str = "hotcell_free";

/// The type of a function that can be called.
pub(super) type BytesFunc = TypedFunc<(u32, u32, u32, u32), i32>;

/// One instance, about to be called once.
pub(super) struct BytesCall<'a> {
    store: &'a mut Store<GuestState>,
    memory: Memory,
    alloc: TypedFunc<u32, u32>,
    free: Option<TypedFunc<(u32, u32), ()>>,
    function: BytesFunc,
}

/// Bytes of the guest's memory that it gave away.
#[derive(Clone, Copy)]
struct Buffer {
    address: u32,
    length: usize,
}

impl<'a> BytesCall<'a> {
    /// # Errors
    /// [`CallError::Lied`] where an export is missing or of another type.
    pub(super) fn new(
        store: &'a mut Store<GuestState>,
        instance: &Instance,
        function: &str,
    ) -> Result<Self, CallError> {
        let wrong = |name: &str, error: wasmtime::Error| CallError::Lied(format!("its export {name:?}: {error:#}."));
        let memory = instance.get_memory(&mut *store, "memory");
        let memory = memory.ok_or_else(|| CallError::Lied("it exports no memory named \"memory\".".into()))?;
        let alloc = instance.get_typed_func(&mut *store, ALLOC).map_err(|error| wrong(ALLOC, error))?;
        let free = match instance.get_func(&mut *store, FREE) {
            None => None,
            Some(free) => Some(free.typed(&*store).map_err(|error| wrong(FREE, error))?),
        };
        let function = instance.get_typed_func(&mut *store, function).map_err(|error| wrong(function, error))?;
        Ok(Self { store, memory, alloc, free, function })
    }

    /// Calls the function.
    ///
    /// # Errors
    /// [`CallError::Lied`] where it breaks the rules, [`CallError::Refused`] where it fails by its own word.
    pub(super) async fn call(&mut self, input: &Bytes) -> Result<Vec<u8>, CallError> {
        if input.len() > MAX_CAPACITY {
            return Err(CallError::Lied(format!(
                "its input has {} bytes, where {MAX_CAPACITY} are allowed.",
                input.len()
            )));
        }
        let given = self.alloc(input.len()).await?;
        let mut capacity = FIRST_CAPACITY;
        for attempt in 0..=MAX_RETRIES {
            // Again for each attempt: a function may have worked in its input.
            self.bytes(given)?.copy_from_slice(input);
            let output = self.alloc(capacity).await?;
            let parameters = (given.address, given.length as u32, output.address, output.length as u32);
            let called = self.function.call_async(&mut *self.store, parameters).await;
            let returned = called.map_err(|error| self.failure(&error))?;
            match returned {
                TOO_SMALL => capacity = self.larger(output, attempt)?,
                negative if negative < 0 => return Err(CallError::Refused { code: negative }),
                length if length as usize > output.length => {
                    return Err(CallError::Lied(format!(
                        "it says that it wrote {length} bytes, where it had room for {}.",
                        output.length
                    )));
                }
                length => {
                    let bytes = self.bytes(Buffer { length: length as usize, ..output })?;
                    return Ok(bytes.to_vec());
                }
            }
            self.free(output).await?;
        }
        unreachable!("the last attempt returns")
    }

    /// The capacity of the next attempt.
    fn larger(&mut self, output: Buffer, attempt: u32) -> Result<usize, CallError> {
        let mut needed = [0; 4];
        needed.copy_from_slice(self.bytes(Buffer { length: 4, ..output })?);
        let needed = u32::from_le_bytes(needed) as usize;
        let lie = |what: String| Err(CallError::Lied(what));
        if needed <= output.length {
            return lie(format!(
                "it says that it needs {needed} bytes, which is no more than it had ({}).",
                output.length
            ));
        }
        if needed > MAX_CAPACITY {
            return lie(format!("it needs {needed} bytes of output, where {MAX_CAPACITY} are allowed."));
        }
        if attempt == MAX_RETRIES {
            return lie(format!("it asked for more room after {MAX_RETRIES} retries."));
        }
        Ok(needed.next_power_of_two().min(MAX_CAPACITY))
    }

    async fn alloc(&mut self, length: usize) -> Result<Buffer, CallError> {
        let allocated = self.alloc.call_async(&mut *self.store, length as u32).await;
        let address = allocated.map_err(|error| self.failure(&error))?;
        let buffer = Buffer { address, length };
        self.bytes(buffer)?;
        Ok(buffer)
    }

    async fn free(&mut self, buffer: Buffer) -> Result<(), CallError> {
        let Some(free) = &self.free else { return Ok(()) };
        let freed = free.call_async(&mut *self.store, (buffer.address, buffer.length as u32)).await;
        freed.map_err(|error| self.failure(&error))
    }

    fn bytes(&mut self, Buffer { address, length }: Buffer) -> Result<&mut [u8], CallError> {
        let memory = self.memory.data_mut(&mut *self.store);
        let size = memory.len();
        let start = address as usize;
        memory.get_mut(start..start.saturating_add(length)).ok_or_else(|| {
            CallError::Lied(format!("{ALLOC} gave {length} bytes at {start}, beyond its memory of {size} bytes."))
        })
    }

    fn failure(&self, error: &wasmtime::Error) -> CallError {
        failure(error, self.store)
    }
}

/// What it means that a module's function did not return.
pub(super) fn failure(error: &wasmtime::Error, store: &Store<GuestState>) -> CallError {
    let state = store.data();
    if let Some(ending) = state.guest.ending() {
        return CallError::ended(ending);
    }
    if let Some(hotcell_wasi::Trap::Exit(code)) = error.downcast_ref() {
        return CallError::Exited { code: *code as i32 };
    }
    if state.limiter.refused() {
        return CallError::Memory { limit_mb: state.guest.limits().external_mb };
    }
    CallError::Trapped { report: trap_report(error).text.trim_end().into() }
}

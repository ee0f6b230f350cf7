//! A guest without a program: tests make its calls themselves.

use std::{
    cell::{Cell, UnsafeCell},
    sync::Arc,
    time::Duration,
};

use hotcell_vfs::{Base, Vfs, VfsOptions};
use hotcell_wasi::{GuestMemory, SystemClocks, Trap, WasiCtx, WasiCtxBuilder, calls::wasi_snapshot_preview1 as wasi};

pub use crate::embedder::*;
use crate::standard::*;

pub fn vfs() -> Arc<Vfs> {
    Vfs::new(VfsOptions::default())
}

/// A builder with the given streams, timers that never come by themselves, and the system's clocks.
pub fn builder(vfs: &Arc<Vfs>, streams: &Streams) -> WasiCtxBuilder {
    WasiCtxBuilder::new(
        vfs.clone(),
        Box::new(streams.stdin.clone()),
        Box::new(streams.stdout.clone()),
        Box::new(streams.stderr.clone()),
        Box::new(SystemClocks::new(Duration::from_micros(1))),
        Box::new(streams.timers.clone()),
    )
}

/// What a guest is connected to.
#[derive(Clone, Default)]
pub struct Streams {
    pub stdin: Pipe,
    pub stdout: Pipe,
    pub stderr: Pipe,
    pub timers: ManualTimers,
}

/// The descriptor of the preopened root.
pub const ROOT: i32 = 3;

const MEMORY_BYTES: usize = 64 << 10;

/// A guest whose calls the test makes.
pub struct Guest {
    pub ctx: WasiCtx,
    pub vfs: Arc<Vfs>,
    pub streams: Streams,
    memory: Vec<u8>,
    /// Where the memory begins that is aligned as calls want it.
    start: usize,
    /// Where the next thing is put.
    top: i32,
}

impl Guest {
    pub fn new() -> Guest {
        Guest::with(|builder| builder)
    }

    /// A guest with files, as pairs of absolute path and content.
    pub fn with_files(files: &[(&str, &str)]) -> Guest {
        let guest = Guest::new();
        for (path, content) in files {
            guest.vfs.write_file(Base::Root, path, content.as_bytes().to_vec(), 0o644, true).unwrap();
        }
        guest
    }

    pub fn with(options: impl FnOnce(WasiCtxBuilder) -> WasiCtxBuilder) -> Guest {
        Guest::on(vfs(), options)
    }

    pub fn on(vfs: Arc<Vfs>, options: impl FnOnce(WasiCtxBuilder) -> WasiCtxBuilder) -> Guest {
        let streams = Streams::default();
        let ctx = options(builder(&vfs, &streams)).build().expect("the test's options are valid");
        let memory = vec![0; MEMORY_BYTES + 8];
        let start = memory.as_ptr().align_offset(8);
        // Nothing lies at 0, as in real programs.
        Guest { ctx, vfs, streams, memory, start, top: 64 }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.memory[self.start..self.start + MEMORY_BYTES]
    }

    /// Makes a call that is expected to return.
    pub fn call<R>(&mut self, call: impl FnOnce(&mut WasiCtx, &mut GuestMemory<'_>) -> Result<R, Trap>) -> R {
        self.try_call(call).expect("the call returns")
    }

    pub fn try_call<R>(
        &mut self,
        call: impl FnOnce(&mut WasiCtx, &mut GuestMemory<'_>) -> Result<R, Trap>,
    ) -> Result<R, Trap> {
        let bytes = &mut self.memory[self.start..self.start + MEMORY_BYTES];
        call(&mut self.ctx, &mut GuestMemory::Unshared(bytes))
    }

    /// As [`Guest::call`], with memory as that of a program with threads.
    pub fn call_shared<R>(&mut self, call: impl FnOnce(&mut WasiCtx, &mut GuestMemory<'_>) -> Result<R, Trap>) -> R {
        let cells = Cell::from_mut(&mut self.memory[self.start..self.start + MEMORY_BYTES]);
        // SAFETY: `Cell<[u8]>` and `[UnsafeCell<u8>]` have the same layout, and this thread alone uses the memory.
        let cells = unsafe { &*(std::ptr::from_ref(cells) as *const [UnsafeCell<u8>]) };
        call(&mut self.ctx, &mut GuestMemory::Shared(cells)).expect("the call returns")
    }

    /// Room in the guest's memory, aligned to 8.
    pub fn room(&mut self, len: usize) -> i32 {
        let pointer = self.top;
        self.top = (self.top + len as i32 + 7) & !7;
        assert!(self.top as usize <= MEMORY_BYTES, "the test uses more memory than there is");
        pointer
    }

    pub fn put(&mut self, bytes: &[u8]) -> i32 {
        let pointer = self.room(bytes.len());
        self.bytes_mut()[pointer as usize..][..bytes.len()].copy_from_slice(bytes);
        pointer
    }

    /// A string after a NUL, as most lie in a program's memory.
    pub fn text(&mut self, text: &str) -> (i32, i32) {
        let pointer = self.put(format!("\0{text}\0").as_bytes());
        (pointer + 1, text.len() as i32)
    }

    pub fn get(&self, pointer: i32, len: usize) -> &[u8] {
        &self.memory[self.start + pointer as usize..][..len]
    }

    pub fn get_u32(&self, pointer: i32) -> u32 {
        u32::from_le_bytes(self.get(pointer, 4).try_into().unwrap())
    }

    pub fn get_u64(&self, pointer: i32) -> u64 {
        u64::from_le_bytes(self.get(pointer, 8).try_into().unwrap())
    }

    /// A list of buffers, as pairs of pointer and length.
    pub fn buffers(&mut self, buffers: &[(i32, u32)]) -> i32 {
        let bytes: Vec<u8> =
            buffers.iter().flat_map(|(pointer, len)| [*pointer as u32, *len]).flat_map(u32::to_le_bytes).collect();
        self.put(&bytes)
    }

    /// Opens a file or directory with the given rights, and all of them for what is opened through it.
    pub fn open_with(&mut self, dir: i32, path: &str, oflags: i32, rights: i64, fdflags: i32) -> Result<i32, i32> {
        let (pointer, len) = self.text(path);
        let ret = self.room(4);
        let inheriting = if oflags & oflags::DIRECTORY != 0 { ALL_RIGHTS } else { 0 };
        match self.call(|ctx, memory| {
            wasi::path_open(ctx, memory, dir, FOLLOW, pointer, len, oflags, rights, inheriting, fdflags, ret)
        }) {
            errno::SUCCESS => Ok(self.get_u32(ret) as i32),
            error => Err(error),
        }
    }

    /// Opens a file for reading and writing, by a path from the root.
    pub fn open(&mut self, path: &str, oflags: i32) -> Result<i32, i32> {
        self.open_with(ROOT, path, oflags, FILE_RIGHTS, 0)
    }

    /// Opens a directory with all rights, by a path from the root.
    pub fn open_dir(&mut self, path: &str) -> i32 {
        self.open_with(ROOT, path, oflags::DIRECTORY, ALL_RIGHTS & !FILE_ONLY_RIGHTS, 0).unwrap()
    }

    pub fn write(&mut self, fd: i32, bytes: &[u8]) -> Result<u32, i32> {
        let pointer = self.put(bytes);
        let (list, ret) = (self.buffers(&[(pointer, bytes.len() as u32)]), self.room(4));
        match self.call(|ctx, memory| block_on(wasi::fd_write(ctx, memory, fd, list, 1, ret))) {
            errno::SUCCESS => Ok(self.get_u32(ret)),
            error => Err(error),
        }
    }

    pub fn read(&mut self, fd: i32, len: u32) -> Result<Vec<u8>, i32> {
        let pointer = self.room(len as usize);
        let (list, ret) = (self.buffers(&[(pointer, len)]), self.room(4));
        match self.call(|ctx, memory| block_on(wasi::fd_read(ctx, memory, fd, list, 1, ret))) {
            errno::SUCCESS => {
                let count = self.get_u32(ret) as usize;
                Ok(self.get(pointer, count).to_vec())
            }
            error => Err(error),
        }
    }

    pub fn seek(&mut self, fd: i32, offset: i64, whence: i32) -> Result<u64, i32> {
        let ret = self.room(8);
        match self.call(|ctx, memory| wasi::fd_seek(ctx, memory, fd, offset, whence, ret)) {
            errno::SUCCESS => Ok(self.get_u64(ret)),
            error => Err(error),
        }
    }

    pub fn close(&mut self, fd: i32) -> i32 {
        self.call(|ctx, memory| wasi::fd_close(ctx, memory, fd))
    }

    /// A file's content as the host sees it.
    pub fn content(&self, path: &str) -> Vec<u8> {
        self.vfs.snapshot(Base::Root, path).unwrap().bytes.to_vec()
    }
}

/// Every right there is.
pub const ALL_RIGHTS: i64 = (1 << 28) - 1;
/// Rights that do not apply to directories.
pub const FILE_ONLY_RIGHTS: i64 = rights::FD_READ
    | rights::FD_SEEK
    | rights::FD_TELL
    | rights::FD_WRITE
    | rights::FD_ADVISE
    | rights::FD_ALLOCATE
    | rights::FD_FILESTAT_SET_SIZE
    | rights::POLL_FD_READWRITE;
/// Every right that applies to files.
pub const FILE_RIGHTS: i64 = FILE_ONLY_RIGHTS
    | rights::FD_DATASYNC
    | rights::FD_SYNC
    | rights::FD_FDSTAT_SET_FLAGS
    | rights::FD_FILESTAT_GET
    | rights::FD_FILESTAT_SET_TIMES;

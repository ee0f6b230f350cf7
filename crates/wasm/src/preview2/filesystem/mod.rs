//! `wasi:filesystem` over the sandbox's file system.

mod convert;
mod descriptor;
mod streams;

use super::bindings::wasi::filesystem::types::{self, ErrorCode};
use super::context::ComponentState;
use hotcell_vfs::{Base, DirEntry, Errno, OpenFile, OpenOptions};
use std::collections::VecDeque;
use std::sync::Arc;
use wasmtime::component::{Resource, ResourceTableError};

/// Why a call of the component's failed.
#[derive(Debug)]
pub enum FsError {
    /// The component is told.
    Code(ErrorCode),
    /// The component ends.
    Trap(wasmtime::Error),
}

impl From<ErrorCode> for FsError {
    fn from(code: ErrorCode) -> Self {
        Self::Code(code)
    }
}

impl From<Errno> for FsError {
    fn from(errno: Errno) -> Self {
        Self::Code(errno.into())
    }
}

impl From<ResourceTableError> for FsError {
    fn from(error: ResourceTableError) -> Self {
        Self::Trap(error.into())
    }
}

type FsResult<T> = Result<T, FsError>;

/// An open file or directory, with what may be done through it.
pub struct Descriptor {
    file: Arc<OpenFile>,
    flags: types::DescriptorFlags,
}

/// What is left of a directory's listing.
pub struct DirectoryEntries {
    directory: Arc<OpenFile>,
    /// Where the listing goes on.
    cookie: u64,
    read: VecDeque<DirEntry>,
}

impl types::Host for ComponentState {
    fn convert_error_code(&mut self, error: FsError) -> wasmtime::Result<ErrorCode> {
        match error {
            FsError::Code(code) => Ok(code),
            FsError::Trap(error) => Err(error),
        }
    }

    fn filesystem_error_code(&mut self, error: Resource<wasmtime::Error>) -> wasmtime::Result<Option<ErrorCode>> {
        Ok(self.table.get(&error)?.downcast_ref::<Errno>().map(|errno| (*errno).into()))
    }
}

impl super::bindings::wasi::filesystem::preopens::Host for ComponentState {
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Resource<Descriptor>, String)>> {
        let mut directories = Vec::with_capacity(self.preopens.len());
        for (name, path) in &self.preopens {
            let file = Arc::new(self.vfs.open(Base::Root, path, &OpenOptions::DIRECTORY)?);
            let flags = types::DescriptorFlags::READ | types::DescriptorFlags::MUTATE_DIRECTORY;
            directories.push((self.table.push(Descriptor { file, flags })?, name.clone()));
        }
        Ok(directories)
    }
}

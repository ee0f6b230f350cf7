//! Components and plain modules that hosts call by function, listed before they are compiled; and components as programs.
//!
//! A [`Registry`] holds what is registered, [`ComponentCalls`] calls it. WIT types are JSON on the way in and out; plain modules
//! take bytes.

mod bytes_call;
mod calls;
mod code;
mod error;
mod instance;
mod interface;
pub(crate) mod program;
mod registry;
#[cfg(test)]
mod roundtrip;
mod schema;
mod value;

pub use bytes_call::{ALLOC, FIRST_CAPACITY, FREE, MAX_CAPACITY, MAX_RETRIES};
pub use calls::{Call, CallInput, CallSession, ComponentCalls, Returned};
pub use code::{Code, CodeLoader, RunnerSource, is_component};
pub use error::CallError;
pub(crate) use program::CompiledComponents;
pub use registry::{
    Loader, MAX_COMPONENTS, Made, MetadataStore, OnChange, Ready, Registry, RegistryError, RegistryOptions, Source,
};
pub use schema::Unsupported;
pub use value::Mismatch;

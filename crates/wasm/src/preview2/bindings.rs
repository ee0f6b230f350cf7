//! What `wit/` declares, as Rust.

use super::filesystem::FsError;

wasmtime::component::bindgen!({
    path: "wit",
    world: "host",
    imports: { default: trappable },
    trappable_error_type: { "wasi:filesystem/types.error-code" => FsError },
    with: {
        "wasi:io": wasmtime_wasi::p2::bindings::io,
        "wasi:clocks": wasmtime_wasi::p2::bindings::clocks,
        "wasi:filesystem/types.descriptor": crate::preview2::filesystem::Descriptor,
        "wasi:filesystem/types.directory-entry-stream": crate::preview2::filesystem::DirectoryEntries,
    },
    require_store_data_send: true,
});

use hotcell_protocol::BlobDigest;
use std::path::PathBuf;

/// Why a program was not taken, or a store of artifacts not opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModuleError {
    /// It could never be found by its digest, since it is larger than everything that the cache may hold.
    #[error(
        "A program of {length} bytes does not fit into the module cache, which holds {bound} in all. Raise \
         HOTCELL_MODULE_CACHE_BYTES, or make the program smaller."
    )]
    TooLarge { length: u64, bound: u64 },
    /// The bytes are not those that the digest names.
    #[error("The bytes have the SHA-256 {actual}, but {promised} was promised. Send the bytes that the digest is of.")]
    DigestMismatch { promised: BlobDigest, actual: BlobDigest },
    /// More or fewer bytes came than were announced.
    #[error("{promised} bytes were announced, but {actual} or more came. Announce the length that is then sent.")]
    TooLong { promised: u64, actual: u64 },
    /// The bytes ended before their announced length.
    #[error("{promised} bytes were announced, but only {actual} came. Announce the length that is then sent.")]
    TooShort { promised: u64, actual: u64 },
    /// No artifacts are kept in that directory.
    #[error("The cache directory {} is not used: {problem}", directory.display())]
    Store { directory: PathBuf, problem: String },
}

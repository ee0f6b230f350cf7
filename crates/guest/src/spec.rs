use crate::guest::Guest;
use hotcell_protocol::{BlobDigest, SourceFormat};
use hotcell_vfs::Vfs;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What an engine is given to run a guest.
#[derive(Clone)]
pub struct GuestSpec {
    pub guest: Arc<Guest>,
    pub program: GuestProgram,
    /// The arguments after the program's own name.
    pub args: Vec<String>,
    pub env: BTreeMap<String, String>,
    /// Absolute.
    pub cwd: String,
    pub vfs: Arc<Vfs>,
}

/// The program of a guest.
#[derive(Clone, Debug)]
pub enum GuestProgram {
    /// JavaScript text. `name` is what stack traces show and relative imports start from.
    Source { text: String, format: SourceFormat, name: Option<String> },
    /// A JavaScript file in the sandbox, by its absolute path.
    ScriptFile { path: String, text: String },
    /// A WASI program. The bytes are shared by everyone who runs it.
    Wasm { digest: BlobDigest, bytes: Arc<Vec<u8>>, name: String },
}

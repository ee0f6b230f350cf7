use crate::guest::Guest;
use hotcell_protocol::{BlobDigest, SourceFormat};
use hotcell_vfs::Vfs;
use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
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
    /// What the sandbox's guests start with beside the engine's own userland.
    pub userland: Option<Arc<Userland>>,
}

/// JavaScript of the caller's own that is run before each guest of a sandbox, as if it were part of the engine's userland.
pub struct Userland {
    /// Of `source`.
    pub digest: BlobDigest,
    pub source: Arc<str>,
    /// What the engine that prepared it made of it; no one else looks into it. `None` where each guest is to run the source.
    pub prepared: Option<Arc<dyn Any + Send + Sync>>,
}

impl fmt::Debug for Userland {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Userland").field("digest", &self.digest).finish_non_exhaustive()
    }
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

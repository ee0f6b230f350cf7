//! The file format of an artifact. Integers are little-endian.
//!
//! | offset | bytes | field |
//! | --- | --- | --- |
//! | 0 | 8 | magic |
//! | 8 | 4 | format version |
//! | 12 | 4 | kind |
//! | 16 | 8 | length of the artifact |
//! | 24 | 32 | HMAC-SHA256 over the fields above, the artifact's key, and the artifact |
//! | 56 | | the artifact |

use super::directory::DataFile;
use super::secret::Secret;
use crate::BlobDigest;
use hmac::Mac;
use std::io::{self, Read, Write};

const MAGIC: [u8; 8] = *b"hotcell\n";
const FORMAT_VERSION: u32 = 1;
const FIELDS_BYTES: usize = 24;
const MAC_BYTES: usize = 32;
const HEADER_BYTES: usize = FIELDS_BYTES + MAC_BYTES;

/// What an artifact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArtifactKind {
    /// A V8 startup snapshot.
    Snapshot,
    /// A WebAssembly module, compiled by wasmtime.
    CompiledModule,
    /// A WebAssembly component, compiled by wasmtime.
    CompiledComponent,
}

impl ArtifactKind {
    const ALL: [Self; 3] = [Self::Snapshot, Self::CompiledModule, Self::CompiledComponent];

    fn number(self) -> u32 {
        match self {
            Self::Snapshot => 1,
            Self::CompiledModule => 2,
            Self::CompiledComponent => 3,
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot-",
            Self::CompiledModule => "compiled-module-",
            Self::CompiledComponent => "compiled-component-",
        }
    }
}

/// What an artifact must be of to be handed out.
#[derive(Clone, Copy)]
pub(super) struct Identity<'a> {
    pub kind: ArtifactKind,
    pub key: &'a BlobDigest,
}

pub(super) fn file_name(kind: ArtifactKind, key: &BlobDigest) -> String {
    format!("{}{key}", kind.prefix())
}

/// Whether a file of that name is an artifact's.
pub(super) fn is_file_name(name: &str) -> bool {
    let key = ArtifactKind::ALL.iter().find_map(|kind| name.strip_prefix(kind.prefix()));
    key.is_some_and(|key| key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// How large the file of an artifact is.
pub(super) fn file_bytes(artifact_bytes: usize) -> u64 {
    (HEADER_BYTES + artifact_bytes) as u64
}

pub(super) fn write(file: &mut impl Write, identity: Identity<'_>, secret: &Secret, bytes: &[u8]) -> io::Result<()> {
    let mut header = [0; HEADER_BYTES];
    header[..8].copy_from_slice(&MAGIC);
    header[8..12].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
    header[12..16].copy_from_slice(&identity.kind.number().to_le_bytes());
    header[16..24].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
    let mac = mac(secret, &header[..FIELDS_BYTES], identity.key, bytes).finalize().into_bytes();
    header[FIELDS_BYTES..].copy_from_slice(&mac);
    file.write_all(&header)?;
    file.write_all(bytes)
}

/// Reads an artifact and verifies the bytes that were read.
///
/// # Errors
/// `InvalidData` with what is wrong, and what reading gave.
pub(super) fn read(
    file: &mut DataFile,
    identity: Identity<'_>,
    secret: &Secret,
    max_bytes: u64,
) -> io::Result<Vec<u8>> {
    let mut header = [0; HEADER_BYTES];
    file.read_exact(&mut header)?;
    let (fields, sent_mac) = header.split_at(FIELDS_BYTES);
    let number = |at: usize| u32::from_le_bytes([fields[at], fields[at + 1], fields[at + 2], fields[at + 3]]);
    let wrong = |what: String| Err(io::Error::new(io::ErrorKind::InvalidData, what));
    if fields[..8] != MAGIC {
        return wrong("The file is no artifact.".into());
    }
    if number(8) != FORMAT_VERSION {
        return wrong(format!("The artifact has format version {}, not {FORMAT_VERSION}.", number(8)));
    }
    if number(12) != identity.kind.number() {
        return wrong(format!("The artifact is of kind {}, not {}.", number(12), identity.kind.number()));
    }
    let length = u64::from(number(16)) | u64::from(number(20)) << 32;
    let file_bytes = length.checked_add(HEADER_BYTES as u64);
    if file_bytes != Some(file.bytes) || file.bytes > max_bytes {
        return wrong(format!("The artifact promises {length} bytes in a file of {}.", file.bytes));
    }
    let mut bytes = vec![0; length as usize];
    file.read_exact(&mut bytes)?;
    if mac(secret, fields, identity.key, &bytes).verify_slice(sent_mac).is_err() {
        return wrong("The artifact was damaged, or written for something else or by somebody else.".into());
    }
    Ok(bytes)
}

/// The first two parts have fixed lengths, so that no two artifacts give the same input.
fn mac(secret: &Secret, fields: &[u8], key: &BlobDigest, bytes: &[u8]) -> impl Mac {
    secret.mac().chain_update(fields).chain_update(key.0).chain_update(bytes)
}

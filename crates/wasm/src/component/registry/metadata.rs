//! What is remembered of a component's file from one process to the next, so that it can be listed before it is compiled.

use super::Interface;
use super::file::FileStamp;
use hotcell_modules::{BlobDigest, digest_of};
use hotcell_protocol::{ComponentFunction, ComponentKind};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::NamedTempFile;

/// Changes with what the fields mean and with how schemas are written.
const FORMAT: u32 = 1;

/// A file with more bytes is none of ours.
const MAX_BYTES: u64 = 2 << 20;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    format: u32,
    path: PathBuf,
    size: u64,
    modified_ns: i64,
    digest: BlobDigest,
    kind: ComponentKind,
    functions: Vec<ComponentFunction>,
}

/// The metadata files: one for each component's file, in a directory of the user's own.
///
/// Nothing is believed that comes from here beyond a list's text: the functions that are called, and what they take, are those
/// of the code.
#[derive(Debug)]
pub struct MetadataStore {
    directory: PathBuf,
    has_warned: AtomicBool,
}

impl MetadataStore {
    /// The store in that directory, which is made where something is to be kept in it.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory, has_warned: AtomicBool::new(false) }
    }

    /// What is known of the file at that path in that state. Size and time of modification must be the same; whether the digest
    /// is, shows when the file is read.
    pub fn load(&self, path: &Path, stamp: &FileStamp) -> Option<Interface> {
        let file = self.file(path);
        if fs::metadata(&file).ok()?.len() > MAX_BYTES {
            return None;
        }
        let metadata: Metadata = match serde_json::from_slice(&fs::read(&file).ok()?) {
            Ok(metadata) => metadata,
            Err(error) => {
                tracing::debug!(path = %file.display(), %error, "component metadata is made anew");
                return None;
            }
        };
        let Metadata { format, path: of, size, modified_ns, digest, kind, functions } = metadata;
        let fresh =
            format == FORMAT && of == path && (size, i128::from(modified_ns)) == (stamp.size, stamp.modified_ns);
        fresh.then_some(Interface { digest, kind, functions })
    }

    /// Remembers what was found in the file, in place of what was remembered before. Where that fails, one warning says so.
    pub fn save(&self, path: &Path, stamp: &FileStamp, interface: &Interface) {
        let Ok(modified_ns) = stamp.modified_ns.try_into() else { return };
        // A path that is no text is made anew each time.
        let metadata = Metadata {
            format: FORMAT,
            path: path.into(),
            size: stamp.size,
            modified_ns,
            digest: interface.digest,
            kind: interface.kind,
            functions: interface.functions.clone(),
        };
        let Ok(json) = serde_json::to_vec(&metadata) else { return };
        if let Err(error) = self.write(&self.file(path), &json) {
            let directory = self.directory.display();
            if !self.has_warned.swap(true, Ordering::Relaxed) {
                tracing::warn!(%directory, %error, "component metadata can't be written: the next start lists later");
            }
        }
    }

    /// Forgets what is remembered of that file.
    pub fn remove(&self, path: &Path) {
        let _ = fs::remove_file(self.file(path));
    }

    fn file(&self, path: &Path) -> PathBuf {
        self.directory.join(format!("{}.json", digest_of(path.as_os_str().as_bytes())))
    }

    /// Whole or not at all.
    fn write(&self, file: &Path, json: &[u8]) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.directory)?;
        let mut temporary = NamedTempFile::new_in(&self.directory)?;
        temporary.write_all(json)?;
        temporary.persist(file)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface() -> Interface {
        let function =
            ComponentFunction { name: "f".into(), parameters: None, result: None, unsupported: Some("no".into()) };
        Interface { digest: digest_of(b"x"), kind: ComponentKind::Component, functions: vec![function] }
    }

    #[test]
    fn metadata_counts_for_the_state_of_the_file_that_it_was_made_of() {
        let directory = tempfile::tempdir().unwrap();
        let store = MetadataStore::new(directory.path().join("metadata"));
        let file = directory.path().join("a.wasm");
        fs::write(&file, b"x").unwrap();
        let stamp = FileStamp::of(&file).unwrap();
        assert!(store.load(&file, &stamp).is_none());
        store.save(&file, &stamp, &interface());
        assert_eq!(store.load(&file, &stamp), Some(interface()));
        assert!(store.load(&file, &FileStamp { size: 2, ..stamp }).is_none());
        assert!(store.load(&file, &FileStamp { modified_ns: stamp.modified_ns + 1, ..stamp }).is_none());
        assert!(store.load(&directory.path().join("b.wasm"), &stamp).is_none());
    }

    #[test]
    fn metadata_that_is_damaged_is_as_good_as_none() {
        let directory = tempfile::tempdir().unwrap();
        let store = MetadataStore::new(directory.path().into());
        let file = directory.path().join("a.wasm");
        fs::write(&file, b"x").unwrap();
        let stamp = FileStamp::of(&file).unwrap();
        store.save(&file, &stamp, &interface());
        let whole = fs::read(store.file(&file)).unwrap();
        for length in 0..whole.len() {
            fs::write(store.file(&file), &whole[..length]).unwrap();
            assert!(store.load(&file, &stamp).is_none(), "{length}");
        }
        fs::write(store.file(&file), vec![b' '; MAX_BYTES as usize + 1]).unwrap();
        assert!(store.load(&file, &stamp).is_none());
    }
}

//! What a snapshot depends on.

use crate::platform::V8_FLAGS;
use crate::{native, rehearsal, userland};
use hotcell_modules::{BlobDigest, digest_of};
use std::env::consts::{ARCH, OS};
use std::sync::LazyLock;

/// What all snapshots of this program depend on. A program with the same digest makes the same snapshots.
pub(super) static BUILD: LazyLock<BlobDigest> = LazyLock::new(|| {
    let names: Vec<String> = native::external_reference_names().collect();
    let mut parts: Vec<&str> =
        vec![env!("CARGO_PKG_VERSION"), ARCH, OS, v8::V8::get_version(), V8_FLAGS, &userland::SOURCE];
    parts.extend(rehearsal::SOURCES);
    parts.extend(names.iter().map(String::as_str));
    let mut described = Vec::new();
    for part in parts {
        described.extend_from_slice(&(part.len() as u64).to_le_bytes());
        described.extend_from_slice(part.as_bytes());
    }
    digest_of(&described)
});

/// The key of the snapshot with that sandbox's userland, or with none.
pub(super) fn key(sandbox_userland: Option<&str>) -> BlobDigest {
    let Some(source) = sandbox_userland else { return *BUILD };
    digest_of(&[&BUILD.0, source.as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_tells_apart_what_sandboxes_bring() {
        let keys = [None, Some(""), Some("a"), Some("b")].map(key);
        for (index, one) in keys.iter().enumerate() {
            assert!(keys[index + 1..].iter().all(|other| other != one));
        }
        assert_eq!(key(Some("a")), key(Some("a")));
    }
}

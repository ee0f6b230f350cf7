//! Keeps a store within its bound, and clears away what writers left that ended too early.

use super::{ArtifactStore, artifact, directory};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A file that has been under way for so long has lost its writer.
const TEMPORARY_MAX_AGE: Duration = Duration::from_secs(60 * 60);

impl ArtifactStore {
    /// Removes leftovers, and the artifacts that were used least recently until the rest is within the bound. `just_saved`
    /// stays. Only files are touched whose names are a store's.
    pub(super) fn sweep(&self, just_saved: Option<&str>) {
        let entries = match self.directory.entries() {
            Ok(entries) => entries,
            Err(error) => return self.warn_once(&error),
        };
        let (mut artifacts, others): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|entry| artifact::is_file_name(&entry.name));
        let oldest_temporary = SystemTime::now().checked_sub(TEMPORARY_MAX_AGE);
        let oldest_temporary = oldest_temporary.and_then(|moment| moment.duration_since(UNIX_EPOCH).ok());
        let oldest_temporary = oldest_temporary.map_or(0, |since_1970| since_1970.as_secs() as i64);
        for leftover in others {
            if directory::is_temporary(&leftover.name) && leftover.modified.0 < oldest_temporary {
                tracing::debug!(name = leftover.name, "a file that was never finished is removed");
                self.remove(&leftover.name);
            }
        }
        let mut total: u64 = artifacts.iter().map(|artifact| artifact.bytes).sum();
        artifacts.sort_by_key(|artifact| artifact.modified);
        for artifact in artifacts {
            if total <= self.max_bytes {
                break;
            }
            if just_saved == Some(&*artifact.name) {
                continue;
            }
            tracing::debug!(name = artifact.name, bytes = artifact.bytes, "artifact evicted");
            self.remove(&artifact.name);
            total -= artifact.bytes;
        }
    }
}

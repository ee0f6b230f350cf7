//! The secret of a cache directory, which says who may write artifacts: those who can read it.

use super::directory::Directory;
use hmac::{Hmac, KeyInit};
use sha2::Sha256;
use std::io::{self, Read, Write};

/// The file that holds the secret.
const FILE_NAME: &str = "secret";
const SECRET_BYTES: usize = 32;

/// The key of the artifacts' MACs.
pub(super) struct Secret(Hmac<Sha256>);

impl Secret {
    /// The directory's secret. It is made where there is none, and made anew, with a warning, where the one that is there can't
    /// be trusted: nothing that was saved before verifies then. Processes that do so at the same time get the same one.
    ///
    /// # Errors
    /// Where the secret can be neither read nor made.
    pub(super) fn of(directory: &Directory) -> io::Result<Self> {
        match read(directory) {
            Ok(Some(secret)) => return Ok(secret),
            Ok(None) => return make(directory),
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::PermissionDenied) => {}
            Err(error) => return Err(error),
        }
        // Only one replaces it, or one's new secret would be taken away by the next. The others go without for this once.
        let _lock = directory.lock()?;
        match read(directory) {
            Ok(Some(secret)) => Ok(secret),
            Ok(None) => make(directory),
            Err(error) => {
                let path = directory.path().join(FILE_NAME);
                tracing::warn!(path = %path.display(), %error, "the cache's secret is made anew, and with it every artifact");
                directory.remove_file(FILE_NAME)?;
                make(directory)
            }
        }
    }

    pub(super) fn mac(&self) -> Hmac<Sha256> {
        self.0.clone()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// `InvalidData` where there is a secret that can't be trusted.
fn read(directory: &Directory) -> io::Result<Option<Secret>> {
    let Some(mut file) = directory.open_file(FILE_NAME)? else { return Ok(None) };
    let wrong = |what| Err(io::Error::new(io::ErrorKind::InvalidData, what));
    if file.is_shared {
        return wrong("Others than its owner may use the file.");
    }
    if file.bytes != SECRET_BYTES as u64 {
        return wrong("The file has another length than a secret.");
    }
    let mut secret = [0; SECRET_BYTES];
    file.read_exact(&mut secret)?;
    let mac = Hmac::new_from_slice(&secret).map_err(io::Error::other)?;
    Ok(Some(Secret(mac)))
}

fn make(directory: &Directory) -> io::Result<Secret> {
    let mut secret = [0; SECRET_BYTES];
    getrandom::fill(&mut secret).map_err(io::Error::other)?;
    directory.create_file(FILE_NAME, |file| file.write_all(&secret))?;
    // Perhaps another process's, which was first.
    read(directory)?.ok_or_else(|| io::Error::other("The secret was removed right after it was made."))
}

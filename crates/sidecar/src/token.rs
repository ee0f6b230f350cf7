use crate::error::SidecarError;
use crate::settings::Settings;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Bytes of randomness in a token.
const TOKEN_BYTES: usize = 32;

/// The token of this process's hosts: what the settings say, else a new one, as hex digits.
///
/// # Errors
/// Where the operating system gives no randomness.
pub fn choose(settings: &Settings) -> Result<String, SidecarError> {
    if let Some(token) = &settings.token {
        return Ok(token.clone());
    }
    let mut bytes = [0; TOKEN_BYTES];
    getrandom::fill(&mut bytes).map_err(SidecarError::NoRandomness)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Writes a token to a file that only this user can read. What was there is replaced in one step, so that nobody reads half a
/// token, nor one with the permissions of an older file.
///
/// # Errors
/// Where the file can't be written.
pub fn write(path: &Path, token: &str) -> Result<(), SidecarError> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}", std::process::id()));
    let temporary = PathBuf::from(temporary);
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        file.write_all(format!("{token}\n").as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    })();
    written.map_err(|source| {
        let _ = std::fs::remove_file(&temporary);
        SidecarError::TokenFile { path: path.into(), source }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_random_unless_one_is_set() {
        let settings = Settings::default();
        let (first, second) = (choose(&settings).unwrap(), choose(&settings).unwrap());
        assert_ne!(first, second);
        assert_eq!(first.len(), 2 * TOKEN_BYTES);
        let settings = Settings { token: Some("0123456789abcdef".into()), ..settings };
        assert_eq!(choose(&settings).unwrap(), "0123456789abcdef");
    }
}

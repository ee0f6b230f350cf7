//! What the process gives up before its first guest: docs/lockdown.md. Nothing where the settings say so.

use crate::error::SidecarError;
use crate::settings::{Settings, Snapshot};
use crate::sidecar::EngineSource;
#[cfg(target_os = "linux")]
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

#[cfg(target_os = "linux")]
pub use hotcell_lockdown::{LockdownError, Profile};

/// What libraries read when they start or ask for randomness, none of which tells guests anything.
#[cfg(target_os = "linux")]
const READ_BY_LIBRARIES: [&str; 4] = [
    "/dev/urandom",
    "/proc/sys/vm/overcommit_memory",
    "/sys/devices/system/cpu",
    "/sys/kernel/mm/transparent_hugepage",
];

/// Closes the descriptors from that number on, which whoever started this process may have left open. To be called first of all.
#[cfg(target_os = "linux")]
pub fn close_strays(settings: &Settings, first: u32) -> Result<(), LockdownError> {
    if settings.lockdown { hotcell_lockdown::close_descriptors_from(first) } else { Ok(()) }
}

/// Gives up privileges, and all files but those that the settings name. `removed` lies where this process will remove it in the
/// end. To be called before the engine is started, since threads that there are already would keep the files.
#[cfg(target_os = "linux")]
pub fn before_threads(engine: &EngineSource, settings: &Settings, removed: Option<&Path>) -> Result<(), SidecarError> {
    if !settings.lockdown {
        tracing::warn!("the process is not locked down");
        return Ok(());
    }
    (engine.start_processes)().map_err(SidecarError::Engine)?;
    hotcell_runtime::open_memory_figures();
    let mut read: Vec<_> = READ_BY_LIBRARIES.iter().map(Into::into).collect();
    // For the names in the backtrace of a panic.
    read.extend(std::env::current_exe().ok());
    let remove = removed.map(|path| match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => ".".into(),
    });
    if let Some(directory) = &settings.cache_directory
        && settings.snapshot != Some(Snapshot::Off)
    {
        // As the cache does, which would find that it may not any more; where it can't be made, the cache says so.
        let _ = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
    }
    hotcell_lockdown::drop_privileges()?;
    hotcell_lockdown::confine_files(&hotcell_lockdown::FileAccess {
        read,
        write: settings.mount_roots.iter().chain(&settings.cache_directory).cloned().collect(),
        remove: remove.into_iter().collect(),
    })?;
    Ok(())
}

/// Locks the process down that makes one snapshot, which runs a sandbox's code: it has its pipes, and no files.
#[cfg(target_os = "linux")]
pub fn as_helper() -> Result<(), LockdownError> {
    hotcell_lockdown::drop_privileges()?;
    let read = READ_BY_LIBRARIES.iter().map(Into::into).collect();
    hotcell_lockdown::confine_files(&hotcell_lockdown::FileAccess { read, ..Default::default() })?;
    hotcell_lockdown::confine_calls(Profile::Child)
}

/// Confines the process that starts such helpers, and does nothing for a guest itself.
#[cfg(target_os = "linux")]
pub fn as_server_of_helpers() -> Result<(), LockdownError> {
    hotcell_lockdown::close_descriptors_from(3)?;
    hotcell_lockdown::drop_privileges()
}

/// Gives up all system calls but those that guests and their carriers need. To be called when the engine has started.
#[cfg(target_os = "linux")]
pub fn before_guests(settings: &Settings, profile: Profile) -> Result<(), LockdownError> {
    if settings.lockdown { hotcell_lockdown::confine_calls(profile) } else { Ok(()) }
}

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("There is a lock-down on Linux only: set HOTCELL_LOCKDOWN=off.")]
    pub struct LockdownError;

    pub enum Profile {
        Child,
        Serve,
    }

    pub fn close_strays(_settings: &Settings, _first: u32) -> Result<(), LockdownError> {
        Ok(())
    }

    pub fn before_threads(_: &EngineSource, settings: &Settings, _: Option<&Path>) -> Result<(), SidecarError> {
        if settings.lockdown { Err(LockdownError.into()) } else { Ok(()) }
    }

    pub fn as_helper() -> Result<(), LockdownError> {
        Err(LockdownError)
    }

    pub fn as_server_of_helpers() -> Result<(), LockdownError> {
        Err(LockdownError)
    }

    pub fn before_guests(_settings: &Settings, _profile: Profile) -> Result<(), LockdownError> {
        Ok(())
    }
}

#[cfg(not(target_os = "linux"))]
pub use elsewhere::*;

use crate::error::{FsContext, RequestError};
use crate::userland::SandboxUserland;
use hotcell_protocol::{Limits, SandboxLimits, SandboxOptions};
use hotcell_vfs::{Base, Errno, FileKind, FollowSymlinks, Mount, MountMode, MountRoots, Vfs, VfsOptions};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the guests of a sandbox share.
pub(crate) struct Sandbox {
    pub vfs: Arc<Vfs>,
    pub env: BTreeMap<String, String>,
    /// Absolute, without symbolic links.
    pub cwd: String,
    pub limits: Limits,
    /// Guests that may live in it at once.
    pub processes: u32,
    /// Where the sandbox has one, and set once the rest has been checked.
    pub userland: Option<SandboxUserland>,
}

impl Sandbox {
    /// A sandbox with those options, whose limits are laid over `defaults`.
    pub fn new(options: SandboxOptions, defaults: Limits, roots: &MountRoots) -> Result<Self, RequestError> {
        let SandboxOptions { env, cwd, limits, shared_limits, mounts, userland: _ } = options;
        let limits = limits.over(defaults).map_err(|error| RequestError::InvalidOption(error.to_string()))?;
        let shared = shared_limits.over(SandboxLimits::DEFAULT);
        let shared = shared.map_err(|error| RequestError::InvalidOption(error.to_string()))?;
        check_env(&env)?;
        let cwd = cwd.unwrap_or_else(|| "/".into());
        if !cwd.starts_with('/') {
            let message = format!("A sandbox's cwd must be an absolute path, but {cwd:?} was asked for.");
            return Err(RequestError::InvalidOption(message));
        }
        let quotas = VfsOptions {
            max_bytes: shared.fs_bytes,
            max_inodes: shared.fs_inodes,
            max_depth: shared.fs_depth,
            max_open_files: shared.open_files,
            ..VfsOptions::default()
        };
        let mounts = mounts.into_iter().map(|mount| open_mount(mount, roots)).collect::<Result<_, _>>()?;
        let vfs = Vfs::with_mounts(quotas, mounts).map_err(|error| RequestError::InvalidOption(error.to_string()))?;
        vfs.create_dir_all(Base::Root, &cwd, 0o755).during("mkdir", &cwd)?;
        let cwd = vfs.real_path(Base::Root, &cwd).during("realpath", &cwd)?;
        Ok(Self { vfs, env, cwd, limits, processes: shared.processes, userland: None })
    }

    /// The absolute form of a path that a host gave.
    pub fn path(&self, path: &str) -> String {
        join(&self.cwd, path)
    }

    /// Where a guest starts: the sandbox's own directory, or another relative to it.
    pub fn working_directory(&self, cwd: Option<&str>) -> Result<String, RequestError> {
        let path = match cwd {
            Some(cwd) => self.path(cwd),
            None => self.cwd.clone(),
        };
        let stat = self.vfs.stat(Base::Root, &path, FollowSymlinks::Yes).during("chdir", &path)?;
        if stat.kind != FileKind::Directory {
            return Err(Errno::ENOTDIR).during("chdir", &path);
        }
        match cwd {
            Some(_) => self.vfs.real_path(Base::Root, &path).during("chdir", &path),
            None => Ok(path),
        }
    }
}

fn open_mount(mount: hotcell_protocol::Mount, roots: &MountRoots) -> Result<Mount, RequestError> {
    let root = roots.directory(&mount.host).map_err(|error| RequestError::InvalidOption(error.to_string()))?;
    let mode = match mount.mode {
        hotcell_protocol::MountMode::Ro => MountMode::ReadOnly,
        hotcell_protocol::MountMode::Rw => MountMode::ReadWrite,
        hotcell_protocol::MountMode::Overlay => MountMode::Overlay,
    };
    Ok(Mount { guest: mount.guest, root, mode })
}

/// `path` as seen from the absolute directory `base`. The empty path stays empty, since it leads nowhere.
pub(crate) fn join(base: &str, path: &str) -> String {
    if path.is_empty() || path.starts_with('/') {
        return path.into();
    }
    format!("{}/{path}", base.trim_end_matches('/'))
}

/// Checks that those variables are ones that any program can be given.
pub(crate) fn check_env(env: &BTreeMap<String, String>) -> Result<(), RequestError> {
    for (name, value) in env {
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            let message = format!(
                "The environment variable {name:?} can't be set: its name must have a character and no `=`, and neither name \
                 nor value may have a NUL."
            );
            return Err(RequestError::InvalidOption(message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn join_keeps_absolute_and_empty_paths() {
        for (base, path, expected) in [
            ("/", "a", "/a"),
            ("/app", "a/b", "/app/a/b"),
            ("/app", "/a", "/a"),
            ("/app", "", ""),
            ("/app", "..", "/app/.."),
        ] {
            assert_eq!(join(base, path), expected);
        }
    }

    #[test]
    fn check_env_refuses_what_no_program_can_be_given() {
        for (name, value, ok) in [
            ("A", "", true),
            ("A", "x=y", true),
            ("", "x", false),
            ("A=B", "x", false),
            ("A\0", "", false),
            ("A", "\0", false),
        ] {
            let env = BTreeMap::from([(name.to_string(), value.to_string())]);
            assert_eq!(check_env(&env).is_ok(), ok, "{name:?}={value:?}");
        }
    }
}

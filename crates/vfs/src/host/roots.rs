use super::directory::metadata_of;
use super::errno::errno;
use crate::errno::Errno;
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Why a directory of the host's can't be mounted, or named as one to mount from. The paths are the host's own words, for the
/// host.
#[derive(Debug, thiserror::Error)]
pub enum HostRootError {
    #[error("The mount root {path} must be an absolute path.", path = path.display())]
    NotAbsolute { path: PathBuf },
    #[error("The mount root {path} can't be opened ({source}): name a directory that the sidecar may read.", path = path.display())]
    CannotOpen { path: PathBuf, source: io::Error },
    #[error("The mount root {path} lies on a file system of the kernel's own ({kind}): name a directory with files.", path = path.display())]
    KernelFileSystem { path: PathBuf, kind: &'static str },
    #[error(
        "The directory {path} can't be mounted: no mount roots were named when the sidecar started. Start it with the directories \
         that may be mounted."
    )]
    NoRoots { path: String },
    #[error(
        "The directory {path} can't be mounted: it lies outside of the mount roots that were named when the sidecar started. Name \
         one of these, or one beneath, by an absolute path without `.` and `..`."
    )]
    Outside { path: String },
    #[error("The directory {path} can't be mounted ({}: {errno}).", errno.name())]
    Unusable { path: String, errno: Errno },
}

/// The directories of the host's that may be mounted, and those beneath them. Opened once; what is at their paths later does
/// not matter.
#[derive(Clone, Debug, Default)]
pub struct MountRoots {
    roots: Arc<[Root]>,
}

#[derive(Debug)]
struct Root {
    /// As it was named, and as it is without symbolic links.
    paths: [PathBuf; 2],
    dir: Dir,
}

/// An open directory of the host's that may be mounted.
#[derive(Debug)]
pub struct HostRoot(pub(crate) Dir);

impl MountRoots {
    /// Opens those directories.
    ///
    /// # Errors
    /// Where one is not absolute, is no directory that can be opened, or lies on a file system of the kernel's own.
    pub fn open(paths: impl IntoIterator<Item = PathBuf>) -> Result<Self, HostRootError> {
        let roots: Result<Vec<_>, _> = paths.into_iter().map(Root::open).collect();
        Ok(Self { roots: roots?.into() })
    }

    /// Their paths without symbolic links.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.roots.iter().map(|root| root.paths[1].as_path())
    }

    /// Opens a directory that is a root or lies beneath one. A symbolic link on the way may lead to another place beneath the
    /// same root, not out of it.
    ///
    /// # Errors
    /// Where it does neither, or is no directory.
    pub fn directory(&self, path: &str) -> Result<HostRoot, HostRootError> {
        if self.roots.is_empty() {
            return Err(HostRootError::NoRoots { path: path.into() });
        }
        let unusable = |errno| HostRootError::Unusable { path: path.into(), errno };
        let (root, beneath) = self.root_of(path).ok_or_else(|| HostRootError::Outside { path: path.into() })?;
        let opened = if beneath.as_os_str().is_empty() { root.dir.try_clone() } else { root.dir.open_dir(beneath) };
        let dir = opened.map_err(|error| match errno(&error) {
            // The path led out of the root by a symbolic link.
            Errno::EPERM | Errno::EXDEV => HostRootError::Outside { path: path.into() },
            errno => unusable(errno),
        })?;
        match kernel_file_system(&dir) {
            Some(kind) => Err(HostRootError::KernelFileSystem { path: path.into(), kind }),
            None => metadata_of(&dir).map(|_| HostRoot(dir)).map_err(unusable),
        }
    }

    fn root_of<'p>(&self, path: &'p str) -> Option<(&Root, &'p Path)> {
        let path = Path::new(path);
        let plain = path.is_absolute()
            && path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)))
            && !path.as_os_str().as_encoded_bytes().contains(&0);
        if !plain {
            return None;
        }
        self.roots.iter().find_map(|root| {
            root.paths.iter().find_map(|root_path| path.strip_prefix(root_path).ok()).map(|beneath| (root, beneath))
        })
    }
}

impl Root {
    fn open(path: PathBuf) -> Result<Self, HostRootError> {
        if !path.is_absolute() {
            return Err(HostRootError::NotAbsolute { path });
        }
        let opened = path
            .canonicalize()
            .and_then(|canonical| Dir::open_ambient_dir(&canonical, ambient_authority()).map(|dir| (canonical, dir)));
        let (canonical, dir) = match opened {
            Ok(opened) => opened,
            Err(source) => return Err(HostRootError::CannotOpen { path, source }),
        };
        match kernel_file_system(&dir) {
            Some(kind) => Err(HostRootError::KernelFileSystem { path, kind }),
            None => Ok(Self { paths: [path, canonical], dir }),
        }
    }
}

/// The name of the directory's file system where its files are no files: reading or writing one can do anything.
/// The numbers are those of Linux's `include/uapi/linux/magic.h`.
#[cfg(target_os = "linux")]
fn kernel_file_system(dir: &Dir) -> Option<&'static str> {
    let kind = rustix::fs::fstatfs(dir).ok()?.f_type as u64;
    [
        (0x9fa0, "proc"),
        (0x6265_6572, "sysfs"),
        (0x1cd1, "devpts"),
        (0x6462_6720, "debugfs"),
        (0x7472_6163, "tracefs"),
        (0x7363_6673, "securityfs"),
        (0x0027_e0eb, "cgroup"),
        (0x6367_7270, "cgroup2"),
        (0x6265_6570, "configfs"),
        (0xcafe_4a11, "bpf"),
    ]
    .into_iter()
    .find_map(|(number, name)| (number == kind).then_some(name))
}

#[cfg(not(target_os = "linux"))]
fn kernel_file_system(_dir: &Dir) -> Option<&'static str> {
    None
}

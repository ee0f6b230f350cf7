//! Landlock: the files that the process may still open.

use crate::error::{LockdownError, Part};
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, PathFdError, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};
use std::io;
use std::path::PathBuf;

/// The newest rights that are asked for; a kernel that knows fewer of them enforces those that it knows.
const NEWEST: ABI = ABI::V6;

/// The files that a process may open from then on. What it has open already stays open. Paths where nothing is are passed over.
#[derive(Clone, Debug, Default)]
pub struct FileAccess {
    /// Files and directories that may be read, and what lies beneath them.
    pub read: Vec<PathBuf>,
    /// Directories in which files, directories and links may be made, changed and removed; none can be run, and no device,
    /// FIFO or socket made.
    pub write: Vec<PathBuf>,
    /// Directories from which files may be removed.
    pub remove: Vec<PathBuf>,
}

/// Confines this thread, and those that it makes from then on: no file but these, no TCP, no signal to another process, no
/// abstract Unix socket of another's. To be called before there is any other thread.
///
/// # Errors
/// [`LockdownError::NoLandlock`], and where one of the paths can't be opened.
pub fn confine_files(access: &FileAccess) -> Result<(), LockdownError> {
    let restricted = restrict(access)?;
    match restricted {
        RulesetStatus::NotEnforced => Err(LockdownError::NoLandlock),
        RulesetStatus::PartiallyEnforced | RulesetStatus::FullyEnforced => Ok(()),
    }
}

fn restrict(access: &FileAccess) -> Result<RulesetStatus, LockdownError> {
    let refused = |error: RulesetError| LockdownError::Refused {
        part: Part::Landlock,
        source: io::Error::other(error.to_string()),
    };
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))
        .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(NEWEST)))
        .and_then(|ruleset| ruleset.scope(Scope::from_all(NEWEST)))
        .and_then(|ruleset| ruleset.create())
        .map_err(refused)?;
    for (paths, rights) in [(&access.read, reading()), (&access.write, writing()), (&access.remove, removing())] {
        for path in paths {
            let opened = match PathFd::new(path) {
                Ok(opened) => opened,
                Err(PathFdError::OpenCall { source, .. }) => {
                    if source.kind() == io::ErrorKind::NotFound {
                        continue;
                    }
                    return Err(LockdownError::Path { path: path.clone(), source });
                }
                Err(error) => {
                    let source = io::Error::other(error.to_string());
                    return Err(LockdownError::Path { path: path.clone(), source });
                }
            };
            // Of a file that is no directory the kernel takes none of the rights of directories.
            let rights = if path.is_dir() { rights } else { rights & AccessFs::from_file(NEWEST) };
            ruleset = ruleset.add_rule(PathBeneath::new(opened, rights)).map_err(refused)?;
        }
    }
    Ok(ruleset.restrict_self().map_err(refused)?.ruleset)
}

fn reading() -> BitFlags<AccessFs> {
    AccessFs::ReadFile | AccessFs::ReadDir
}

fn writing() -> BitFlags<AccessFs> {
    let never = AccessFs::Execute | AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::MakeFifo | AccessFs::MakeSock;
    AccessFs::from_all(NEWEST) & !(never | AccessFs::IoctlDev)
}

fn removing() -> BitFlags<AccessFs> {
    AccessFs::RemoveFile.into()
}

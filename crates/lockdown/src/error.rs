use std::fmt;
use std::io;
use std::path::PathBuf;

/// What a lock-down consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Privileges,
    Descriptors,
    ResourceLimits,
    Landlock,
    Seccomp,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Privileges => "giving up privileges",
            Self::Descriptors => "closing descriptors",
            Self::ResourceLimits => "the limits of the process",
            Self::Landlock => "Landlock",
            Self::Seccomp => "seccomp",
        })
    }
}

/// Why a process can't be locked down.
#[derive(Debug, thiserror::Error)]
pub enum LockdownError {
    #[error(
        "The kernel has no Landlock (Linux 5.13 has it where it is built in and among `lsm=`): boot a kernel that has, or set \
         HOTCELL_LOCKDOWN=off to do without the lock-down."
    )]
    NoLandlock,
    #[error(
        "The kernel refused {part} ({source}): allow it to this process (containers need a seccomp profile that does), or set \
         HOTCELL_LOCKDOWN=off to do without the lock-down."
    )]
    Refused { part: Part, source: io::Error },
    #[error("The path {path} can't be opened to be let through the lock-down ({source}).", path = path.display())]
    Path { path: PathBuf, source: io::Error },
    #[error(
        "The lock-down knows no system calls of this machine's architecture: set HOTCELL_LOCKDOWN=off to do without."
    )]
    Architecture,
}

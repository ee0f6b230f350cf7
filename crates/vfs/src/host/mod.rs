//! Directories of the host's, mounted into a file system.
//!
//! Every step is taken relative to an open directory and names one entry of it, and no step lets the kernel follow a
//! symbolic link or a `..`: those are followed here, as the guest sees them. So whatever is renamed or replaced meanwhile,
//! by whomever, a path stays within its mount. `cap-std` takes the steps, which has the kernel (`openat2`) hold to that too.

mod directory;
mod errno;
mod file;
mod handles;
mod listing;
mod mount;
mod object;
mod open;
mod operations;
mod remove_all;
mod roots;
mod walk;
mod whole;

pub(crate) use directory::HostDirectory;
pub(crate) use file::HostFile;
pub(crate) use handles::HandleCharge;
pub(crate) use listing::Listing;
pub(crate) use mount::{Mount, MountLimits};
pub(crate) use object::HostObject;
pub(crate) use open::Opened;
pub(crate) use operations::{link, rename};
pub use roots::{HostRoot, HostRootError, MountRoots};
pub(crate) use walk::{HostCourse, HostFound, Walked, walk};

use crate::errno::Errno;
use crate::quota::{Charge, Quota};
use std::sync::{Arc, LazyLock};

/// Descriptors that the open files of one file system may take of the process's.
const MAX_PER_FILE_SYSTEM: u64 = 512;

/// Where the system does not say how many descriptors the process may have.
const UNKNOWN_LIMIT: u64 = 1024;

/// Half of the descriptors that the process may have: the other half stays for everything else.
static OF_PROCESS: LazyLock<Arc<Quota>> = LazyLock::new(|| {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    Quota::new(limit.unwrap_or(UNKNOWN_LIMIT) / 2)
});

/// The quota of one file system's descriptors.
pub(crate) fn quota() -> Arc<Quota> {
    Quota::new(MAX_PER_FILE_SYSTEM)
}

/// A descriptor of the process's that an open file of a guest's takes.
#[derive(Debug)]
pub(crate) struct HandleCharge {
    _of_file_system: Charge,
    _of_process: Charge,
}

impl HandleCharge {
    /// `ENFILE` where the file system, or the process, has too many open.
    pub fn new(of_file_system: &Arc<Quota>) -> Result<Self, Errno> {
        Ok(Self {
            _of_file_system: Charge::new(of_file_system, 1, Errno::ENFILE)?,
            _of_process: Charge::new(&OF_PROCESS, 1, Errno::ENFILE)?,
        })
    }
}

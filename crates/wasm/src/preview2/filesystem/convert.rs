use super::Errno;
use super::types::{DescriptorStat, DescriptorType, ErrorCode, MetadataHashValue, NewTimestamp};
use hotcell_vfs::{FileKind, SetTime, Stat};
use std::hash::{DefaultHasher, Hash, Hasher};
use wasmtime_wasi::p2::bindings::clocks::wall_clock::Datetime;

const NANOSECONDS: i64 = 1_000_000_000;

impl From<Errno> for ErrorCode {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::EPERM | Errno::EXDEV => Self::NotPermitted,
            Errno::ENOENT => Self::NoEntry,
            Errno::EBADF => Self::BadDescriptor,
            Errno::ENOMEM => Self::InsufficientMemory,
            Errno::EACCES => Self::Access,
            Errno::EBUSY => Self::Busy,
            Errno::EEXIST => Self::Exist,
            Errno::ENOTDIR => Self::NotDirectory,
            Errno::EISDIR => Self::IsDirectory,
            Errno::EINVAL => Self::Invalid,
            Errno::ENFILE | Errno::EMFILE => Self::InsufficientMemory,
            Errno::EFBIG => Self::FileTooLarge,
            Errno::ENOSPC => Self::InsufficientSpace,
            Errno::EMLINK => Self::TooManyLinks,
            Errno::ENAMETOOLONG => Self::NameTooLong,
            Errno::ENOTEMPTY => Self::NotEmpty,
            Errno::ELOOP => Self::Loop,
        }
    }
}

pub(super) fn kind(kind: FileKind) -> DescriptorType {
    match kind {
        FileKind::File => DescriptorType::RegularFile,
        FileKind::Directory => DescriptorType::Directory,
        FileKind::Symlink => DescriptorType::SymbolicLink,
        FileKind::CharacterDevice => DescriptorType::CharacterDevice,
    }
}

pub(super) fn stat(stat: &Stat) -> DescriptorStat {
    DescriptorStat {
        type_: kind(stat.kind),
        link_count: stat.links,
        size: stat.size,
        data_access_timestamp: datetime(stat.atime_ns),
        data_modification_timestamp: datetime(stat.mtime_ns),
        status_change_timestamp: datetime(stat.ctime_ns),
    }
}

/// Nothing before 1970, which the type has no form for.
fn datetime(ns: i64) -> Option<Datetime> {
    let nanoseconds = ns.rem_euclid(NANOSECONDS) as u32;
    Some(Datetime { seconds: ns.div_euclid(NANOSECONDS).try_into().ok()?, nanoseconds })
}

pub(super) fn set_time(time: NewTimestamp) -> Result<SetTime, Errno> {
    Ok(match time {
        NewTimestamp::NoChange => SetTime::Keep,
        NewTimestamp::Now => SetTime::Now,
        NewTimestamp::Timestamp(Datetime { seconds, nanoseconds }) => {
            let seconds = i64::try_from(seconds).ok().and_then(|seconds| seconds.checked_mul(NANOSECONDS));
            let ns = seconds.and_then(|seconds| seconds.checked_add(nanoseconds.into()));
            SetTime::To(ns.filter(|_| i64::from(nanoseconds) < NANOSECONDS).ok_or(Errno::EINVAL)?)
        }
    })
}

/// Changes with the file, and with what it holds.
pub(super) fn metadata_hash(stat: &Stat) -> MetadataHashValue {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, stat.inode, stat.size, stat.mtime_ns, stat.ctime_ns).hash(&mut hasher);
        hasher.finish()
    };
    MetadataHashValue { lower: half(0), upper: half(1) }
}

//! Numbers of the standard, written down again: what the crate makes of its definition is compared with them.

/// Error numbers.
pub mod errno {
    pub const SUCCESS: i32 = 0;
    pub const ACCES: i32 = 2;
    pub const AGAIN: i32 = 6;
    pub const BADF: i32 = 8;
    pub const CHILD: i32 = 12;
    pub const EXIST: i32 = 20;
    pub const FAULT: i32 = 21;
    pub const FBIG: i32 = 22;
    pub const ILSEQ: i32 = 25;
    pub const INVAL: i32 = 28;
    pub const ISDIR: i32 = 31;
    pub const LOOP: i32 = 32;
    pub const MFILE: i32 = 33;
    pub const NAMETOOLONG: i32 = 37;
    pub const NFILE: i32 = 41;
    pub const NOENT: i32 = 44;
    pub const NOSPC: i32 = 51;
    pub const NOSYS: i32 = 52;
    pub const NOTDIR: i32 = 54;
    pub const NOTEMPTY: i32 = 55;
    pub const NOTSUP: i32 = 58;
    pub const NOTTY: i32 = 59;
    pub const OVERFLOW: i32 = 61;
    pub const PERM: i32 = 63;
    pub const PIPE: i32 = 64;
    pub const RANGE: i32 = 68;
    pub const SPIPE: i32 = 70;
    pub const SRCH: i32 = 71;
    pub const NOTCAPABLE: i32 = 76;
}

/// Rights.
pub mod rights {
    pub const FD_DATASYNC: i64 = 1 << 0;
    pub const FD_READ: i64 = 1 << 1;
    pub const FD_SEEK: i64 = 1 << 2;
    pub const FD_FDSTAT_SET_FLAGS: i64 = 1 << 3;
    pub const FD_SYNC: i64 = 1 << 4;
    pub const FD_TELL: i64 = 1 << 5;
    pub const FD_WRITE: i64 = 1 << 6;
    pub const FD_ADVISE: i64 = 1 << 7;
    pub const FD_ALLOCATE: i64 = 1 << 8;
    pub const PATH_CREATE_DIRECTORY: i64 = 1 << 9;
    pub const PATH_CREATE_FILE: i64 = 1 << 10;
    pub const PATH_LINK_SOURCE: i64 = 1 << 11;
    pub const PATH_LINK_TARGET: i64 = 1 << 12;
    pub const PATH_OPEN: i64 = 1 << 13;
    pub const FD_READDIR: i64 = 1 << 14;
    pub const PATH_READLINK: i64 = 1 << 15;
    pub const PATH_RENAME_SOURCE: i64 = 1 << 16;
    pub const PATH_RENAME_TARGET: i64 = 1 << 17;
    pub const PATH_FILESTAT_GET: i64 = 1 << 18;
    pub const PATH_FILESTAT_SET_SIZE: i64 = 1 << 19;
    pub const PATH_FILESTAT_SET_TIMES: i64 = 1 << 20;
    pub const FD_FILESTAT_GET: i64 = 1 << 21;
    pub const FD_FILESTAT_SET_SIZE: i64 = 1 << 22;
    pub const FD_FILESTAT_SET_TIMES: i64 = 1 << 23;
    pub const PATH_SYMLINK: i64 = 1 << 24;
    pub const PATH_REMOVE_DIRECTORY: i64 = 1 << 25;
    pub const PATH_UNLINK_FILE: i64 = 1 << 26;
    pub const POLL_FD_READWRITE: i64 = 1 << 27;
}

/// Flags of `path_open`.
pub mod oflags {
    pub const CREAT: i32 = 1;
    pub const DIRECTORY: i32 = 2;
    pub const EXCL: i32 = 4;
    pub const TRUNC: i32 = 8;
}

/// Flags of descriptors.
pub mod fdflags {
    pub const APPEND: i32 = 1;
    pub const DSYNC: i32 = 2;
    pub const NONBLOCK: i32 = 4;
    pub const RSYNC: i32 = 8;
    pub const SYNC: i32 = 16;
}

/// Flags of `*_set_times`.
pub mod fstflags {
    pub const ATIM: i32 = 1;
    pub const ATIM_NOW: i32 = 2;
    pub const MTIM: i32 = 4;
    pub const MTIM_NOW: i32 = 8;
}

pub mod whence {
    pub const SET: i32 = 0;
    pub const CUR: i32 = 1;
    pub const END: i32 = 2;
}

pub mod filetype {
    pub const UNKNOWN: u8 = 0;
    pub const CHARACTER_DEVICE: u8 = 2;
    pub const DIRECTORY: u8 = 3;
    pub const REGULAR_FILE: u8 = 4;
    pub const SYMBOLIC_LINK: u8 = 7;
}

/// `lookupflags::symlink_follow`.
pub const FOLLOW: i32 = 1;

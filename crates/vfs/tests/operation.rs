//! Operations at random, for whatever behaves as a file system.

use proptest::prelude::*;

#[derive(Clone, Debug)]
pub enum Operation {
    CreateDir(String),
    CreateDirAll(String),
    RemoveDir(String),
    Unlink(String),
    RemoveAll(String),
    Rename(String, String),
    Link(String, String),
    Symlink {
        target: String,
        path: String,
    },
    ReadLink(String),
    RealPath(String),
    Stat(String),
    LinkStat(String),
    Truncate(String, u64),
    Open {
        path: String,
        how: How,
        data: Vec<u8>,
        offset: u64,
    },
    WriteFile {
        path: String,
        data: Vec<u8>,
        parents: bool,
    },
    WriteShared {
        path: String,
        data: Vec<u8>,
    },
    /// Reads a whole file, and keeps what was read to see that it stays so.
    Snapshot(String),
}

#[derive(Clone, Copy, Debug)]
pub struct How {
    pub write: bool,
    pub append: bool,
    pub create: bool,
    pub exclusive: bool,
    pub truncate: bool,
    pub directory: bool,
    pub follow: bool,
}

/// What an operation tells, or Linux's number for the error.
pub type Answer = Result<String, i32>;

/// Whether operations are for the machine's own file system too: those keep within their directory, so without `..` and
/// absolute targets, and are single system calls.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Range {
    Confined,
    Full,
}

/// A path of few names, so that operations meet; relative.
fn path(range: Range) -> impl Strategy<Value = String> {
    let name = match range {
        Range::Confined => prop_oneof![20 => "[abc]", 1 => Just(".".to_owned())].boxed(),
        Range::Full => prop_oneof![20 => "[abc]", 1 => Just(".".to_owned()), 3 => Just("..".to_owned())].boxed(),
    };
    let ending = prop_oneof![12 => Just(""), 2 => Just("/"), 1 => Just("/."), 1 => Just("//")];
    (prop_oneof![4 => 1..=2usize, 1 => 3..=4usize], ending)
        .prop_flat_map(move |(names, ending)| (proptest::collection::vec(name.clone(), names), Just(ending)))
        .prop_map(|(names, ending)| names.join("/") + ending)
}

fn target(range: Range) -> BoxedStrategy<String> {
    match range {
        Range::Confined => path(range).boxed(),
        Range::Full => (path(range), any::<bool>())
            .prop_map(|(path, absolute)| if absolute { format!("/{path}") } else { path })
            .boxed(),
    }
}

fn how() -> impl Strategy<Value = How> {
    let rarely = || proptest::bool::weighted(0.15);
    (any::<bool>(), rarely(), any::<bool>(), rarely(), rarely(), rarely(), proptest::bool::weighted(0.8)).prop_map(
        |(write, append, create, exclusive, truncate, directory, follow)| How {
            write: write || append,
            append,
            create: create && !directory,
            exclusive: exclusive && create && !directory,
            truncate,
            directory,
            follow,
        },
    )
}

pub fn operation(range: Range) -> BoxedStrategy<Operation> {
    let path = || path(range);
    let data = || proptest::collection::vec(any::<u8>(), 0..12);
    let single = prop_oneof![
        4 => path().prop_map(Operation::CreateDir),
        1 => path().prop_map(Operation::RemoveDir),
        2 => path().prop_map(Operation::Unlink),
        4 => (path(), path()).prop_map(|(from, to)| Operation::Rename(from, to)),
        2 => (path(), path()).prop_map(|(existing, new)| Operation::Link(existing, new)),
        2 => (target(range), path()).prop_map(|(target, path)| Operation::Symlink { target, path }),
        1 => path().prop_map(Operation::ReadLink),
        1 => path().prop_map(Operation::RealPath),
        1 => path().prop_map(Operation::Stat),
        1 => path().prop_map(Operation::LinkStat),
        1 => (path(), 0..20u64).prop_map(|(path, length)| Operation::Truncate(path, length)),
        5 => (path(), how(), data(), 0..12u64)
            .prop_map(|(path, how, data, offset)| Operation::Open { path, how, data, offset }),
    ];
    match range {
        Range::Confined => single.boxed(),
        Range::Full => prop_oneof![
            20 => single,
            2 => path().prop_map(Operation::CreateDirAll),
            1 => path().prop_map(Operation::RemoveAll),
            2 => (path(), data(), any::<bool>())
                .prop_map(|(path, data, parents)| Operation::WriteFile { path, data, parents }),
            2 => (path(), data()).prop_map(|(path, data)| Operation::WriteShared { path, data }),
            2 => path().prop_map(Operation::Snapshot),
        ]
        .boxed(),
    }
}

//! Any operations on a small file system, and on an overlay over a directory of the host's: nothing panics, the quotas hold, and
//! what is charged is given back when all is gone.
#![no_main]

use arbitrary::Arbitrary;
use hotcell_vfs::{
    Base, FollowSymlinks, Mount, MountMode, MountRoots, OpenFile, OpenOptions, SetTime, Vfs, VfsOptions,
};
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};
use tempfile::TempDir;

#[derive(Arbitrary, Debug)]
enum Operation {
    Open { at: At, path: Path, flags: u16 },
    Close { handle: u8 },
    Read { handle: u8, length: u8, offset: u64 },
    Write { handle: u8, data: Vec<u8>, offset: u64 },
    SetSize { handle: u8, size: u64 },
    Allocate { handle: u8, offset: u64, length: u64 },
    List { handle: u8, cookie: u64, limit: u8 },
    CreateDir { at: At, path: Path },
    CreateDirAll { at: At, path: Path },
    RemoveDir { at: At, path: Path },
    Unlink { at: At, path: Path },
    RemoveAll { at: At, path: Path },
    Rename { at: At, from: Path, to_at: At, to: Path },
    Link { at: At, existing: Path, to_at: At, new: Path },
    Symlink { target: Path, at: At, path: Path },
    Stat { at: At, path: Path, follow: bool },
    ReadLink { at: At, path: Path },
    RealPath { at: At, path: Path },
    Truncate { at: At, path: Path, length: u64 },
    WriteFile { at: At, path: Path, data: Vec<u8>, parents: bool },
    Snapshot { at: At, path: Path },
    SetTimes { at: At, path: Path, ns: i64 },
}

#[derive(Arbitrary, Debug)]
enum At {
    Root,
    Directory(u8),
    Beneath(u8),
}

/// Names that meet often, and now and then anything.
#[derive(Arbitrary, Debug)]
enum Path {
    Short(Vec<Name>, bool),
    Any(String),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Name {
    A,
    B,
    Mount,
    Up,
    Here,
    Nothing,
}

impl Path {
    fn text(&self) -> String {
        match self {
            Self::Any(text) => text.clone(),
            Self::Short(names, absolute) => {
                let names: Vec<_> = names
                    .iter()
                    .take(6)
                    .map(|name| match name {
                        Name::A => "a",
                        Name::B => "b",
                        Name::Mount => "m",
                        Name::Up => "..",
                        Name::Here => ".",
                        Name::Nothing => "",
                    })
                    .collect();
                format!("{}{}", if *absolute { "/" } else { "" }, names.join("/"))
            }
        }
    }
}

static HOST: LazyLock<TempDir> = LazyLock::new(|| {
    let host = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(host.path().join("a/b")).unwrap();
    std::fs::write(host.path().join("b"), "lower").unwrap();
    std::fs::write(host.path().join("a/b/b"), vec![7; 300]).unwrap();
    std::os::unix::fs::symlink("a/b", host.path().join("m")).unwrap();
    host
});

const OPTIONS: VfsOptions =
    VfsOptions { max_bytes: 1000, max_inodes: 20, max_depth: 5, max_open_files: 6, time_granularity_ns: 1 };

fn file_system() -> Arc<Vfs> {
    let roots = MountRoots::open([HOST.path().to_owned()]).unwrap();
    let root = roots.directory(HOST.path().to_str().unwrap()).unwrap();
    Vfs::with_mounts(OPTIONS, vec![Mount { guest: "/m".into(), root, mode: MountMode::Overlay }]).unwrap()
}

fn base<'a>(at: &At, open: &'a [OpenFile]) -> Base<'a> {
    let file = |index: &u8| open.get(usize::from(*index) % open.len().max(1));
    match at {
        At::Root => Base::Root,
        At::Directory(index) => file(index).map_or(Base::Root, Base::Directory),
        At::Beneath(index) => file(index).map_or(Base::Root, Base::Beneath),
    }
}

fn follow(yes: bool) -> FollowSymlinks {
    if yes { FollowSymlinks::Yes } else { FollowSymlinks::No }
}

fn apply(vfs: &Arc<Vfs>, open: &mut Vec<OpenFile>, operation: &Operation) {
    let handle = |index: u8| open.get(usize::from(index) % open.len().max(1));
    // What an operation answers is judged by the crate's own tests; here it is to come back at all.
    match operation {
        Operation::Open { at, path, flags } => {
            let flag = |bit: u16| flags & 1 << bit != 0;
            let options = OpenOptions {
                read: flag(0),
                write: flag(1),
                append: flag(2),
                create: flag(3),
                exclusive: flag(4),
                truncate: flag(5),
                directory: flag(6),
                follow: follow(flag(7)),
                permissions: u32::from(flags >> 4),
            };
            let opened = vfs.open(base(at, open), &path.text(), &options);
            open.extend(opened);
        }
        Operation::Close { handle } => {
            if !open.is_empty() {
                open.swap_remove(usize::from(*handle) % open.len());
            }
        }
        Operation::Read { handle: index, length, offset } => {
            let _ = handle(*index).map(|file| file.read_at(&mut vec![0; usize::from(*length)], *offset));
        }
        Operation::Write { handle: index, data, offset } => {
            let _ = handle(*index).map(|file| file.write_at(data, *offset));
        }
        Operation::SetSize { handle: index, size } => {
            let _ = handle(*index).map(|file| file.set_size(*size));
        }
        Operation::Allocate { handle: index, offset, length } => {
            let _ = handle(*index).map(|file| file.allocate(*offset, *length));
        }
        Operation::List { handle: index, cookie, limit } => {
            let _ = handle(*index).map(|file| (file.read_dir(*cookie, usize::from(*limit)), file.path()));
        }
        Operation::CreateDir { at, path } => drop(vfs.create_dir(base(at, open), &path.text(), 0o755)),
        Operation::CreateDirAll { at, path } => drop(vfs.create_dir_all(base(at, open), &path.text(), 0o755)),
        Operation::RemoveDir { at, path } => drop(vfs.remove_dir(base(at, open), &path.text())),
        Operation::Unlink { at, path } => drop(vfs.unlink(base(at, open), &path.text())),
        Operation::RemoveAll { at, path } => drop(vfs.remove_all(base(at, open), &path.text())),
        Operation::Rename { at, from, to_at, to } => {
            let _ = vfs.rename(base(at, open), &from.text(), base(to_at, open), &to.text());
        }
        Operation::Link { at, existing, to_at, new } => {
            let follow = FollowSymlinks::No;
            let _ = vfs.link(base(at, open), &existing.text(), follow, base(to_at, open), &new.text());
        }
        Operation::Symlink { target, at, path } => drop(vfs.symlink(&target.text(), base(at, open), &path.text())),
        Operation::Stat { at, path, follow: yes } => drop(vfs.stat(base(at, open), &path.text(), follow(*yes))),
        Operation::ReadLink { at, path } => drop(vfs.read_link(base(at, open), &path.text())),
        Operation::RealPath { at, path } => {
            if let Ok(path) = vfs.real_path(base(at, open), &path.text()) {
                assert_eq!(vfs.real_path(Base::Root, &path).as_ref(), Ok(&path));
            }
        }
        Operation::Truncate { at, path, length } => drop(vfs.truncate(base(at, open), &path.text(), *length)),
        Operation::WriteFile { at, path, data, parents } => {
            let _ = vfs.write_file(base(at, open), &path.text(), data.clone(), 0o644, *parents);
        }
        Operation::Snapshot { at, path } => drop(vfs.snapshot(base(at, open), &path.text())),
        Operation::SetTimes { at, path, ns } => {
            let (atime, mtime) = (SetTime::To(*ns), SetTime::Now);
            drop(vfs.set_times(base(at, open), &path.text(), atime, mtime, FollowSymlinks::Yes));
        }
    }
}

fuzz_target!(|operations: Vec<Operation>| {
    let vfs = file_system();
    let mut open = Vec::new();
    for operation in &operations {
        apply(&vfs, &mut open, operation);
        let usage = vfs.usage();
        assert!(usage.bytes <= usage.max_bytes && usage.inodes <= usage.max_inodes);
        assert_eq!(usage.open_files, open.len() as u64);
    }
    open.clear();
    for entry in vfs.read_dir(Base::Root, "/").unwrap() {
        let _ = vfs.remove_all(Base::Root, &format!("/{}", entry.name));
    }
    assert_eq!(vfs.usage().open_files, 0);
    assert_eq!(std::fs::read(HOST.path().join("a/b/b")).unwrap(), [7; 300]);
    assert_eq!(std::fs::read(HOST.path().join("b")).unwrap(), b"lower");
});

//! The same operations on the machine's own file system: Linux is the judge of what POSIX leaves open.

use crate::operation::{Answer, How, Operation, Range, operation};
use crate::subject::{self, Subject};
use hotcell_vfs::{MountMode, VfsOptions};
use proptest::prelude::*;
use std::collections::HashMap;
use std::fs;
use std::io::Result;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, symlink};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A directory of the machine, removed in the end.
struct Directory {
    path: PathBuf,
}

impl Directory {
    fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("hotcell-vfs-{}-{}", std::process::id(), COUNT.fetch_add(1, Relaxed));
        let path = fs::canonicalize(std::env::temp_dir()).unwrap().join(name);
        fs::create_dir(&path).unwrap();
        Self { path }
    }

    fn apply(&self, operation: &Operation) -> Answer {
        self.answer(operation).map_err(|error| error.raw_os_error().unwrap())
    }

    fn answer(&self, operation: &Operation) -> Result<String> {
        let at = |path: &str| format!("{}/{path}", self.path.display());
        let nothing = |()| String::new();
        match operation {
            Operation::CreateDir(path) => fs::create_dir(at(path)).map(nothing),
            Operation::RemoveDir(path) => fs::remove_dir(at(path)).map(nothing),
            Operation::Unlink(path) => fs::remove_file(at(path)).map(nothing),
            Operation::Rename(from, to) => fs::rename(at(from), at(to)).map(nothing),
            Operation::Link(existing, new) => fs::hard_link(at(existing), at(new)).map(nothing),
            Operation::Symlink { target, path } => symlink(target, at(path)).map(nothing),
            Operation::ReadLink(path) => fs::read_link(at(path)).map(|target| target.display().to_string()),
            Operation::RealPath(path) => fs::canonicalize(at(path)).map(|path| self.strip(&path.display().to_string())),
            Operation::Stat(path) => fs::metadata(at(path)).map(|stat| describe(&stat)),
            Operation::LinkStat(path) => fs::symlink_metadata(at(path)).map(|stat| describe(&stat)),
            Operation::Truncate(path, length) => {
                fs::OpenOptions::new().write(true).open(at(path))?.set_len(*length).map(nothing)
            }
            Operation::Open { path, how, data, offset } => open(&at(path), *how, data, *offset),
            Operation::CreateDirAll(_)
            | Operation::RemoveAll(_)
            | Operation::WriteFile { .. }
            | Operation::WriteShared { .. }
            | Operation::Snapshot(_) => unreachable!("no such operation is confined"),
        }
    }

    fn strip(&self, path: &str) -> String {
        let inside = path.strip_prefix(&*self.path.display().to_string()).unwrap();
        if inside.is_empty() { "/".to_owned() } else { inside.to_owned() }
    }

    fn dump(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut first_names = HashMap::new();
        let mut pending = vec![String::new()];
        while let Some(directory) = pending.pop() {
            let real = |path: &str| format!("{}{path}", self.path.display());
            let mut names: Vec<_> = fs::read_dir(real(&directory))
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            for name in names {
                let path = format!("{directory}/{name}");
                let stat = fs::symlink_metadata(real(&path)).unwrap();
                let first = first_names.entry(stat.ino()).or_insert_with(|| path.clone());
                let links = stat.nlink();
                if stat.is_dir() {
                    lines.push(format!("{path}/"));
                    pending.push(path);
                } else if stat.is_symlink() {
                    let target = fs::read_link(real(&path)).unwrap();
                    lines.push(format!("{path} = {first} ({links}) -> {}", target.display()));
                } else {
                    lines.push(format!("{path} = {first} ({links}): {:?}", fs::read(real(&path)).unwrap()));
                }
            }
        }
        lines
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn describe(stat: &fs::Metadata) -> String {
    let kind = if stat.is_dir() {
        return "directory".to_owned();
    } else if stat.is_symlink() {
        "Symlink"
    } else {
        "File"
    };
    format!("{kind} of {} bytes, {} links", stat.size(), stat.nlink())
}

fn open(path: &str, how: How, data: &[u8], offset: u64) -> Result<String> {
    let mut flags = 0;
    for (set, flag) in [
        (how.append, libc::O_APPEND),
        (how.create, libc::O_CREAT),
        (how.exclusive, libc::O_EXCL),
        (how.truncate, libc::O_TRUNC),
        (how.directory, libc::O_DIRECTORY),
        (!how.follow, libc::O_NOFOLLOW),
    ] {
        if set {
            flags |= flag;
        }
    }
    let file = fs::OpenOptions::new().read(!how.write).write(how.write).custom_flags(flags).mode(0o644).open(path)?;
    if how.write {
        return file.write_at(data, offset).map(|count| format!("{count} written"));
    }
    if file.metadata()?.is_dir() {
        return Ok("directory".to_owned());
    }
    let mut buffer = [0; 100];
    let count = file.read_at(&mut buffer, offset)?;
    Ok(format!("{:?}", &buffer[..count]))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn file_system_behaves_as_linux_does(operations in proptest::collection::vec(operation(Range::Confined), 1..80)) {
        let mut subject = Subject::new(VfsOptions::default());
        let machine = Directory::new();
        for operation in operations {
            prop_assert_eq!(subject.apply(&operation), machine.apply(&operation), "{:?}", operation);
        }
        prop_assert_eq!(subject::dump(&subject.vfs), machine.dump());
        subject::assert_directory_links(&subject.vfs);
    }

    #[test]
    fn mounted_directory_behaves_as_linux_does(operations in proptest::collection::vec(operation(Range::Confined), 1..80)) {
        let (host, machine) = (Directory::new(), Directory::new());
        let mut subject = Subject::mounted(&host.path, MountMode::ReadWrite);
        for operation in operations {
            prop_assert_eq!(subject.apply(&operation), machine.apply(&operation), "{:?}", operation);
        }
        prop_assert_eq!(subject::dump_beneath(&subject.vfs, "/m"), machine.dump());
        prop_assert_eq!(host.dump(), machine.dump());
    }

    #[test]
    fn overlay_behaves_as_linux_does_and_leaves_the_host_as_it_was(
        before in proptest::collection::vec(operation(Range::Confined), 1..40),
        operations in proptest::collection::vec(operation(Range::Confined), 1..60),
    ) {
        let (host, machine) = (Directory::new(), Directory::new());
        // An overlay does not know of hard links that were there before.
        for operation in before.iter().filter(|operation| !matches!(operation, Operation::Link(..))) {
            prop_assert_eq!(host.apply(operation), machine.apply(operation));
        }
        let untouched = host.dump();
        let mut subject = Subject::mounted(&host.path, MountMode::Overlay);
        for operation in operations {
            prop_assert_eq!(subject.apply(&operation), machine.apply(&operation), "{:?}", operation);
        }
        prop_assert_eq!(subject::dump_beneath(&subject.vfs, "/m"), machine.dump());
        prop_assert_eq!(host.dump(), untouched);
    }
}

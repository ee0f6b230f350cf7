//! The file system under test, as [`Operation`]s see it.

use crate::ROOT;
use crate::operation::{Answer, How, Operation};
use hotcell_vfs::{Errno, FileKind, FollowSymlinks, OpenOptions, Vfs, VfsOptions};
#[cfg(target_os = "linux")]
use hotcell_vfs::{Mount, MountMode, MountRoots};
use std::collections::HashMap;
use std::sync::Arc;

pub struct Subject {
    pub vfs: Arc<Vfs>,
    /// The directory that relative paths start from, with a slash at its end; nothing for the root.
    prefix: &'static str,
    /// Bytes that are held, and a copy of them from then.
    held: Vec<(Arc<Vec<u8>>, Vec<u8>)>,
}

impl Subject {
    /// A file system without a single name.
    pub fn new(options: VfsOptions) -> Self {
        let vfs = Vfs::new(options);
        vfs.remove_all(ROOT, "/tmp").unwrap();
        vfs.remove_all(ROOT, "/dev").unwrap();
        Self { vfs, prefix: "", held: Vec::new() }
    }

    /// A directory of the host's, mounted in that way.
    #[cfg(target_os = "linux")]
    pub fn mounted(directory: &std::path::Path, mode: MountMode) -> Self {
        let roots = MountRoots::open([directory.to_owned()]).unwrap();
        let root = roots.directory(directory.to_str().unwrap()).unwrap();
        let vfs = Vfs::with_mounts(VfsOptions::default(), vec![Mount { guest: "/m".into(), root, mode }]).unwrap();
        Self { vfs, prefix: "/m/", held: Vec::new() }
    }

    pub fn apply(&mut self, operation: &Operation) -> Answer {
        match operation {
            Operation::Snapshot(path) => {
                let bytes = self.vfs.snapshot(ROOT, path).map_err(Errno::linux_number)?.bytes;
                self.held.push((Arc::clone(&bytes), bytes.to_vec()));
                Ok(format!("{bytes:?}"))
            }
            Operation::WriteShared { path, data } => {
                let blob = Arc::new(data.clone());
                let answer = self.vfs.write_shared(ROOT, path, Arc::clone(&blob), 0o644, false);
                self.held.push((blob, data.clone()));
                answer.map(|()| String::new()).map_err(Errno::linux_number)
            }
            _ => apply(&self.vfs, self.prefix, operation).map_err(Errno::linux_number),
        }
    }

    pub fn assert_held_bytes_are_unchanged(&self) {
        self.held.iter().for_each(|(held, copy)| assert_eq!(**held, *copy));
    }
}

fn apply(vfs: &Arc<Vfs>, prefix: &str, operation: &Operation) -> Result<String, Errno> {
    let nothing = |()| String::new();
    let at = |path: &str| format!("{prefix}{path}");
    match operation {
        Operation::CreateDir(path) => vfs.create_dir(ROOT, &at(path), 0o755).map(nothing),
        Operation::CreateDirAll(path) => {
            vfs.create_dir_all(ROOT, &at(path), 0o755).map(|made| made.unwrap_or_default())
        }
        Operation::RemoveDir(path) => vfs.remove_dir(ROOT, &at(path)).map(nothing),
        Operation::Unlink(path) => vfs.unlink(ROOT, &at(path)).map(nothing),
        Operation::RemoveAll(path) => vfs.remove_all(ROOT, &at(path)).map(nothing),
        Operation::Rename(from, to) => vfs.rename(ROOT, &at(from), ROOT, &at(to)).map(nothing),
        Operation::Link(existing, new) => {
            vfs.link(ROOT, &at(existing), FollowSymlinks::No, ROOT, &at(new)).map(nothing)
        }
        Operation::Symlink { target, path } => vfs.symlink(target, ROOT, &at(path)).map(nothing),
        Operation::ReadLink(path) => vfs.read_link(ROOT, &at(path)),
        Operation::RealPath(path) => vfs.real_path(ROOT, &at(path)).map(|path| beneath(prefix, &path)),
        Operation::Stat(path) => stat(vfs, &at(path), FollowSymlinks::Yes),
        Operation::LinkStat(path) => stat(vfs, &at(path), FollowSymlinks::No),
        Operation::Truncate(path, length) => vfs.truncate(ROOT, &at(path), *length).map(nothing),
        Operation::Open { path, how, data, offset } => open(vfs, &at(path), *how, data, *offset),
        Operation::WriteFile { path, data, parents } => {
            vfs.write_file(ROOT, &at(path), data.clone(), 0o644, *parents).map(nothing)
        }
        Operation::WriteShared { .. } | Operation::Snapshot(_) => unreachable!("the subject does it"),
    }
}

/// A path as it is from the directory that relative paths start from.
fn beneath(prefix: &str, path: &str) -> String {
    let inside = path.strip_prefix(prefix.trim_end_matches('/')).unwrap();
    if inside.is_empty() { "/".to_owned() } else { inside.to_owned() }
}

fn stat(vfs: &Vfs, path: &str, follow: FollowSymlinks) -> Result<String, Errno> {
    let stat = vfs.stat(ROOT, path, follow)?;
    Ok(match stat.kind {
        FileKind::Directory => "directory".to_owned(),
        kind => format!("{kind:?} of {} bytes, {} links", stat.size, stat.links),
    })
}

fn open(vfs: &Arc<Vfs>, path: &str, how: How, data: &[u8], offset: u64) -> Result<String, Errno> {
    let options = OpenOptions {
        read: !how.write,
        write: how.write,
        append: how.append,
        create: how.create,
        exclusive: how.exclusive,
        truncate: how.truncate,
        directory: how.directory,
        follow: if how.follow { FollowSymlinks::Yes } else { FollowSymlinks::No },
        permissions: 0o644,
    };
    let file = vfs.open(ROOT, path, &options)?;
    if how.write {
        // Opening it may have made or emptied the file already, so that nothing fits is no failure of the whole.
        let count = match file.write_at(data, offset) {
            Err(Errno::ENOSPC) => 0,
            written => written?.bytes,
        };
        return Ok(format!("{count} written"));
    }
    if file.stat().kind == FileKind::Directory {
        return Ok("directory".to_owned());
    }
    let mut buffer = [0; 100];
    let count = file.read_at(&mut buffer, offset)?;
    Ok(format!("{:?}", &buffer[..count]))
}

/// Every name with what it leads to; names of one inode are told by the first of them.
pub fn dump(vfs: &Vfs) -> Vec<String> {
    dump_beneath(vfs, "")
}

/// The same of a directory, whose path has no slash at its end; the names are told from there.
pub fn dump_beneath(vfs: &Vfs, root: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut first_names = HashMap::new();
    let mut pending = vec![String::new()];
    while let Some(directory) = pending.pop() {
        let mut entries = vfs.read_dir(ROOT, &format!("{root}{directory}/")).unwrap();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        for entry in entries {
            let path = format!("{directory}/{}", entry.name);
            let real = format!("{root}{path}");
            let stat = vfs.stat(ROOT, &real, FollowSymlinks::No).unwrap();
            assert_eq!((stat.inode, stat.kind), (entry.inode, entry.kind));
            let first = first_names.entry(stat.inode).or_insert_with(|| path.clone());
            lines.push(match stat.kind {
                FileKind::Directory => format!("{path}/"),
                FileKind::Symlink => {
                    let target = vfs.read_link(ROOT, &real).unwrap();
                    format!("{path} = {first} ({}) -> {target}", stat.links)
                }
                _ => {
                    let bytes = vfs.snapshot(ROOT, &real).unwrap().bytes;
                    assert_eq!(stat.size, bytes.len() as u64);
                    format!("{path} = {first} ({}): {bytes:?}", stat.links)
                }
            });
            if stat.kind == FileKind::Directory {
                pending.push(path);
            }
        }
    }
    lines
}

/// Link counts of directories, which not every file system of Linux keeps.
pub fn assert_directory_links(vfs: &Vfs) {
    let mut pending = vec!["/".to_owned()];
    while let Some(directory) = pending.pop() {
        let entries = vfs.read_dir(ROOT, &directory).unwrap();
        let below: Vec<_> = entries
            .iter()
            .filter(|entry| entry.kind == FileKind::Directory)
            .map(|entry| format!("{directory}{}/", entry.name))
            .collect();
        let links = vfs.stat(ROOT, &directory, FollowSymlinks::No).unwrap().links;
        assert_eq!(links, 2 + below.len() as u64, "{directory}");
        pending.extend(below);
    }
}

mod concurrency;
mod directories;
mod files;
mod limits;
mod links;
#[cfg(target_os = "linux")]
mod linux;
mod model;
#[cfg(target_os = "linux")]
mod mount_races;
#[cfg(target_os = "linux")]
mod mounts;
mod operation;
mod paths;
mod renames;
mod subject;
mod whole_files;

use hotcell_vfs::{Base, Errno, FollowSymlinks, OpenFile, OpenOptions, Stat, Vfs, VfsOptions};
use std::sync::Arc;

const ROOT: Base<'static> = Base::Root;

fn vfs() -> Arc<Vfs> {
    Vfs::new(VfsOptions::default())
}

/// A file system with these files, each with its own path as its content; a path that ends in a slash is a directory.
fn vfs_with(paths: &[&str]) -> Arc<Vfs> {
    let vfs = vfs();
    for path in paths {
        if path.ends_with('/') {
            vfs.create_dir_all(ROOT, path, 0o755).unwrap();
        } else {
            write(&vfs, path, path.as_bytes());
        }
    }
    vfs
}

fn write(vfs: &Vfs, path: &str, bytes: &[u8]) {
    vfs.write_file(ROOT, path, bytes.to_vec(), 0o644, true).unwrap();
}

fn read(vfs: &Vfs, path: &str) -> Result<String, Errno> {
    vfs.snapshot(ROOT, path).map(|snapshot| String::from_utf8(snapshot.bytes.to_vec()).unwrap())
}

fn lstat(vfs: &Vfs, path: &str) -> Result<Stat, Errno> {
    vfs.stat(ROOT, path, FollowSymlinks::No)
}

fn open(vfs: &Arc<Vfs>, path: &str, options: OpenOptions) -> Result<OpenFile, Errno> {
    vfs.open(ROOT, path, &options)
}

fn directory(vfs: &Arc<Vfs>, path: &str) -> OpenFile {
    open(vfs, path, OpenOptions::DIRECTORY).unwrap()
}

fn names(vfs: &Vfs, path: &str) -> Vec<String> {
    vfs.read_dir(ROOT, path).unwrap().iter().map(|entry| entry.name.to_string()).collect()
}

const READ_WRITE: OpenOptions = OpenOptions { write: true, ..OpenOptions::READ };

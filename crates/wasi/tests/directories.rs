use std::collections::BTreeMap;

use hotcell_vfs::Base;
use hotcell_wasi::calls::wasi_snapshot_preview1 as wasi;

use crate::{harness::*, standard::*};

struct Entry {
    next: u64,
    name: String,
    kind: u8,
}

fn readdir(guest: &mut Guest, fd: i32, len: i32, cookie: u64) -> Result<Vec<u8>, i32> {
    let (buffer, ret) = (guest.room(len as usize), guest.room(4));
    match guest.call(|ctx, memory| wasi::fd_readdir(ctx, memory, fd, buffer, len, cookie as i64, ret)) {
        errno::SUCCESS => {
            let count = guest.get_u32(ret) as usize;
            Ok(guest.get(buffer, count).to_vec())
        }
        error => Err(error),
    }
}

/// The entries that are whole.
fn parse(mut bytes: &[u8]) -> Vec<Entry> {
    let mut entries = Vec::new();
    while bytes.len() >= 24 {
        let next = u64::from_le_bytes(bytes[..8].try_into().unwrap());
        let len = u32::from_le_bytes(bytes[16..20].try_into().unwrap()) as usize;
        let Some(name) = bytes.get(24..24 + len) else { break };
        entries.push(Entry { next, name: String::from_utf8(name.to_vec()).unwrap(), kind: bytes[20] });
        bytes = &bytes[24 + len..];
    }
    entries
}

/// Reads a directory as libc does: with a buffer of that length, from the last whole entry on, with a larger one where not
/// even one is whole.
fn list(guest: &mut Guest, fd: i32, mut len: i32) -> BTreeMap<String, u8> {
    let mut names = BTreeMap::new();
    let mut cookie = 0;
    loop {
        let bytes = readdir(guest, fd, len, cookie).unwrap();
        let entries = parse(&bytes);
        if let Some(last) = entries.last() {
            cookie = last.next;
        } else if bytes.len() == len as usize {
            len *= 2;
            continue;
        }
        for entry in entries {
            assert_eq!(names.insert(entry.name.clone(), entry.kind), None, "{} came twice", entry.name);
        }
        if bytes.len() < len as usize {
            return names;
        }
    }
}

#[test]
fn fd_readdir_gives_every_entry_once_whatever_the_buffer() {
    let mut guest = Guest::with_files(&[("/d/file", ""), ("/d/sub/x", "")]);
    guest.vfs.symlink("file", Base::Root, "/d/link").unwrap();
    for index in 0..100 {
        guest.vfs.write_file(Base::Root, &format!("/d/many-{index}"), vec![], 0o644, false).unwrap();
    }
    let fd = guest.open_dir("d");
    for len in [32, 100, 4096] {
        let names = list(&mut guest, fd, len);
        assert_eq!(names.len(), 105);
        assert_eq!(names["."], filetype::DIRECTORY);
        assert_eq!(names[".."], filetype::DIRECTORY);
        assert_eq!(names["sub"], filetype::DIRECTORY);
        assert_eq!(names["file"], filetype::REGULAR_FILE);
        assert_eq!(names["link"], filetype::SYMBOLIC_LINK);
        assert_eq!(names["many-99"], filetype::REGULAR_FILE);
    }
}

#[test]
fn fd_readdir_cuts_off_the_last_entry_where_the_buffer_ends() {
    let mut guest = Guest::with_files(&[("/d/a-name", "")]);
    let fd = guest.open_dir("d");
    let whole = readdir(&mut guest, fd, 4096, 0).unwrap();
    for len in 0..whole.len() {
        assert_eq!(readdir(&mut guest, fd, len as i32, 0).unwrap(), whole[..len]);
    }
}

#[test]
fn fd_readdir_tells_the_inode_that_stat_tells() {
    let mut guest = Guest::with_files(&[("/d/a", "")]);
    let fd = guest.open_dir("d");
    let bytes = readdir(&mut guest, fd, 4096, 0).unwrap();
    let skipped = 24 + 1 + 24 + 2;
    let inode = u64::from_le_bytes(bytes[skipped + 8..skipped + 16].try_into().unwrap());
    let stat = guest.vfs.stat(Base::Root, "/d/a", hotcell_vfs::FollowSymlinks::No).unwrap();
    assert_eq!(inode, stat.inode);
    assert_eq!(bytes[skipped + 21..skipped + 24], [0; 3], "the padding tells nothing");
}

#[test]
fn fd_readdir_of_anything_but_a_directory_is_enotdir() {
    let mut guest = Guest::with_files(&[("/a", "")]);
    let fd = guest.open("a", 0).unwrap();
    assert_eq!(readdir(&mut guest, fd, 64, 0), Err(errno::NOTDIR));
    assert_eq!(readdir(&mut guest, 0, 64, 0), Err(errno::NOTDIR));
    assert_eq!(readdir(&mut guest, 99, 64, 0), Err(errno::BADF));
    let ret = guest.room(4);
    let errno = guest.call(|ctx, memory| wasi::fd_readdir(ctx, memory, ROOT, 65_500, 100, 0, ret));
    assert_eq!(errno, errno::FAULT);
}

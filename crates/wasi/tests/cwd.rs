//! Guests whose working directory is not the root.

use hotcell_vfs::Base;
use hotcell_wasi::calls::wasi_snapshot_preview1 as wasi;

use crate::{harness::*, standard::*};

/// A guest that works in `/work`, with files there and elsewhere.
fn guest_in_work(args: &[&str]) -> Guest {
    let vfs = vfs();
    for (path, content) in [
        ("/work/a", "relative"),
        ("/a", "absolute"),
        ("/work/only-here", "here"),
        ("/only-there", "there"),
        ("/work/sub/x", "x"),
    ] {
        vfs.write_file(Base::Root, path, content.as_bytes().to_vec(), 0o644, true).unwrap();
    }
    Guest::on(vfs, |builder| builder.cwd("/work").args(["program"]).args(args.iter().copied()))
}

/// Reads a file by a path as it lies in memory; `before` is what lies before it.
fn read(guest: &mut Guest, before: &str, path: &str) -> Result<Vec<u8>, i32> {
    let pointer = guest.put(format!("{before}{path}").as_bytes()) + before.len() as i32;
    let (ret, len) = (guest.room(4), path.len() as i32);
    let errno = guest
        .call(|ctx, memory| wasi::path_open(ctx, memory, ROOT, FOLLOW, pointer, len, 0, rights::FD_READ, 0, 0, ret));
    match errno {
        errno::SUCCESS => {
            let fd = guest.get_u32(ret) as i32;
            guest.read(fd, 64)
        }
        error => Err(error),
    }
}

fn names(guest: &mut Guest, before: &str) -> String {
    let pointer = guest.put(format!("{before}.").as_bytes()) + before.len() as i32;
    let ret = guest.room(4);
    let errno = guest.call(|ctx, memory| {
        wasi::path_open(ctx, memory, ROOT, 0, pointer, 1, oflags::DIRECTORY, rights::FD_READDIR, 0, 0, ret)
    });
    assert_eq!(errno, errno::SUCCESS);
    let fd = guest.get_u32(ret) as i32;
    let (buffer, count) = (guest.room(1024), guest.room(4));
    guest.call(|ctx, memory| wasi::fd_readdir(ctx, memory, fd, buffer, 1024, 0, count));
    String::from_utf8_lossy(guest.get(buffer, guest.get_u32(count) as usize)).into_owned()
}

#[test]
fn cwd_is_where_paths_without_a_slash_before_them_start() {
    let mut guest = guest_in_work(&[]);
    assert_eq!(read(&mut guest, "\0", "a"), Ok(b"relative".to_vec()));
    assert_eq!(read(&mut guest, "\0./", "a"), Ok(b"relative".to_vec()));
    assert_eq!(read(&mut guest, "\0/", "a"), Ok(b"absolute".to_vec()));
    assert_eq!(read(&mut guest, "\0", "../a"), Ok(b"absolute".to_vec()));
    assert_eq!(read(&mut guest, "\0", "sub/x"), Ok(b"x".to_vec()));
}

#[test]
fn cwd_gives_way_to_the_root_where_only_that_has_the_file() {
    let mut guest = guest_in_work(&[]);
    assert_eq!(read(&mut guest, "\0", "only-there"), Ok(b"there".to_vec()));
    assert_eq!(read(&mut guest, "\0", "work/only-here"), Ok(b"here".to_vec()));
    assert_eq!(read(&mut guest, "\0/", "only-here"), Err(errno::NOENT), "what was absolute stays so");
}

#[test]
fn cwd_takes_the_arguments_word_for_what_is_relative() {
    let mut guest = guest_in_work(&["only-there"]);
    assert_eq!(read(&mut guest, "\0", "only-there"), Err(errno::NOENT));
    let mut guest = guest_in_work(&["/a"]);
    assert_eq!(read(&mut guest, "\0", "a"), Ok(b"absolute".to_vec()));
    let mut guest = guest_in_work(&["a", "/a"]);
    assert_eq!(read(&mut guest, "\0", "a"), Ok(b"relative".to_vec()));
}

#[test]
fn cwd_is_where_new_files_are_made() {
    let mut guest = guest_in_work(&["tmp", "./tmp/x"]);
    assert!(guest.open("new", oflags::CREAT).is_ok());
    assert!(guest.open("sub/new", oflags::CREAT).is_ok());
    assert!(guest.open("tmp/new", oflags::CREAT).is_err(), "the argument says that tmp is /work/tmp");
    assert!(guest.vfs.snapshot(Base::Root, "/work/new").is_ok());
    assert!(guest.vfs.snapshot(Base::Root, "/work/sub/new").is_ok());
    let mut guest = guest_in_work(&[]);
    assert!(guest.open("tmp/new", oflags::CREAT).is_ok());
    assert!(guest.vfs.snapshot(Base::Root, "/tmp/new").is_ok());
}

#[test]
fn cwd_is_what_a_dot_stands_for_unless_the_root_was_asked_for() {
    assert!(names(&mut guest_in_work(&[]), "\0").contains("only-here"));
    assert!(names(&mut guest_in_work(&["-l", "."]), "\0").contains("only-here"));
    assert!(names(&mut guest_in_work(&["/"]), "\0").contains("only-there"));
    assert!(names(&mut guest_in_work(&["-l", "//"]), "\0").contains("only-there"));
}

#[test]
fn cwd_does_not_matter_to_libraries_that_tag_preopened_directories() {
    let mut guest = guest_in_work(&["a"]);
    let (pointer, len) = guest.text("a");
    let ret = guest.room(64);
    let size = |guest: &mut Guest, fd| {
        guest.call(|ctx, memory| wasi::path_filestat_get(ctx, memory, fd, 0, pointer, len, ret));
        guest.get_u64(ret + 8)
    };
    assert_ne!(size(&mut guest, ROOT), size(&mut guest, 0x4000_0000 | ROOT));
}

#[test]
fn cwd_does_not_matter_to_directories_that_the_guest_opened() {
    let mut guest = guest_in_work(&["a"]);
    let dir = guest.open_with(ROOT, "sub", oflags::DIRECTORY, rights::PATH_OPEN, 0).unwrap();
    assert_eq!(guest.open_with(dir, "a", 0, rights::FD_READ, 0), Err(errno::NOENT));
}

#[test]
fn cwd_of_a_confined_guest_opens_nothing() {
    let vfs = vfs();
    vfs.write_file(Base::Root, "/secret/a", vec![], 0o644, true).unwrap();
    let preopens = [("/".to_owned(), "/tmp".to_owned())];
    let mut guest = Guest::on(vfs, |builder| builder.cwd("/secret").preopens(preopens));
    assert_eq!(guest.open("a", 0), Err(errno::NOENT));
    assert_eq!(guest.open("secret/a", 0), Err(errno::NOENT));
}

/// Fetches the environment of a guest whose memory holds what wasi-libc's variables look like at that moment, as often as
/// told, and gives the strings that the first variable leads to then.
fn getcwd(cwd: &str, copies: usize) -> Vec<String> {
    let mut guest = guest_in_work(&[]);
    guest.ctx = builder(&guest.vfs, &guest.streams).cwd(cwd).env([("HOME", "/root")]).build().unwrap();
    let root = guest.put(b"text\0/\0") + 5;
    let variables: Vec<i32> = (0..copies).map(|_| guest.put(&[&root.to_le_bytes()[..], &[0xff; 4]].concat())).collect();
    let (pointers, buffer) = (guest.room(16), guest.room(64));
    assert_eq!(guest.call(|ctx, memory| wasi::environ_get(ctx, memory, pointers, buffer)), errno::SUCCESS);
    let text = |pointer: u32| {
        let bytes = guest.get(pointer as i32, 32);
        String::from_utf8_lossy(bytes.split(|byte| *byte == 0).next().unwrap()).into_owned()
    };
    variables.into_iter().map(|variable| text(guest.get_u32(variable))).collect()
}

#[test]
fn cwd_is_what_getcwd_of_wasi_libc_tells() {
    assert_eq!(getcwd("/work", 1), ["/work"]);
    assert_eq!(getcwd("/work/sub", 1), ["/work/sub"]);
    assert_eq!(getcwd("/", 1), ["/"]);
}

#[test]
fn cwd_is_left_alone_where_the_variable_of_wasi_libc_is_not_certain() {
    assert_eq!(getcwd("/work", 2), ["/", "/"]);
}

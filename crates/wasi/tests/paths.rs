use hotcell_vfs::{Base, FileKind, FollowSymlinks, OpenOptions};
use hotcell_wasi::calls::wasi_snapshot_preview1 as wasi;

use crate::{harness::*, standard::*};

/// Makes a call that takes a descriptor and a path.
macro_rules! at {
    ($guest:expr, $function:ident, $fd:expr, $path:expr $(, $rest:expr)*) => {{
        let (fd, (pointer, len)) = ($fd, $guest.text($path));
        $guest.call(|ctx, memory| wasi::$function(ctx, memory, fd, pointer, len $(, $rest)*))
    }};
}

fn kind(guest: &Guest, path: &str) -> Option<FileKind> {
    guest.vfs.stat(Base::Root, path, FollowSymlinks::No).ok().map(|stat| stat.kind)
}

fn filestat(guest: &mut Guest, fd: i32, flags: i32, path: &str) -> Result<[u64; 8], i32> {
    let (pointer, len) = guest.text(path);
    let ret = guest.room(64);
    match guest.call(|ctx, memory| wasi::path_filestat_get(ctx, memory, fd, flags, pointer, len, ret)) {
        errno::SUCCESS => Ok(std::array::from_fn(|index| guest.get_u64(ret + index as i32 * 8))),
        error => Err(error),
    }
}

#[test]
fn path_open_creates_truncates_and_insists() {
    let mut guest = Guest::with_files(&[("/a", "old"), ("/d/x", "")]);
    assert_eq!(guest.open("missing", 0), Err(errno::NOENT));
    let fd = guest.open("new", oflags::CREAT | oflags::EXCL).unwrap();
    guest.write(fd, b"!").unwrap();
    assert_eq!(guest.content("/new"), b"!");
    assert_eq!(guest.open("new", oflags::CREAT | oflags::EXCL), Err(errno::EXIST));
    guest.open("a", oflags::TRUNC).unwrap();
    assert_eq!(guest.content("/a"), b"");
    assert_eq!(guest.open("a", oflags::DIRECTORY), Err(errno::NOTDIR));
    assert_eq!(guest.open("a/b", 0), Err(errno::NOTDIR));
    assert_eq!(guest.open("d", 0), Err(errno::ISDIR));
    assert_eq!(guest.open("d", oflags::CREAT), Err(errno::ISDIR));
    assert_eq!(guest.open("d/", oflags::DIRECTORY), guest.open("d", oflags::DIRECTORY).map(|fd| fd - 1));
    assert_eq!(guest.open("", 0), Err(errno::NOENT));
    assert_eq!(guest.open("a", 16), Err(errno::INVAL));
}

#[test]
fn path_open_of_a_directory_ignores_rights_that_are_for_files() {
    let mut guest = Guest::with_files(&[("/d/x", "")]);
    let fd = guest.open_with(ROOT, "d", oflags::DIRECTORY, ALL_RIGHTS, 0).unwrap();
    let ret = guest.room(24);
    guest.call(|ctx, memory| wasi::fd_fdstat_get(ctx, memory, fd, ret));
    assert_eq!(guest.get_u64(ret + 8) as i64, ALL_RIGHTS & !FILE_ONLY_RIGHTS);
    let readable = rights::FD_READ | rights::FD_READDIR;
    assert!(guest.open_with(ROOT, "d", 0, readable, 0).is_ok(), "open(2) for reading takes directories");
}

#[test]
fn path_open_gives_files_the_mode_that_was_announced_or_the_usual_one() {
    let mut guest = Guest::new();
    guest.open("plain", oflags::CREAT).unwrap();
    let mode = |guest: &Guest, path| guest.vfs.stat(Base::Root, path, FollowSymlinks::Yes).unwrap().permissions;
    assert_eq!(mode(&guest, "/plain"), 0o644);
    assert_eq!(at!(guest, path_create_directory, ROOT, "dir"), errno::SUCCESS);
    assert_eq!(mode(&guest, "/dir"), 0o755);
}

#[test]
fn path_open_without_following_refuses_symbolic_links() {
    let mut guest = Guest::with_files(&[("/a", "target")]);
    guest.vfs.symlink("a", Base::Root, "/link").unwrap();
    let fd = guest.open("link", 0).unwrap();
    assert_eq!(guest.read(fd, 10), Ok(b"target".to_vec()));
    let (pointer, len) = guest.text("link");
    let ret = guest.room(4);
    let errno =
        guest.call(|ctx, memory| wasi::path_open(ctx, memory, ROOT, 0, pointer, len, 0, rights::FD_READ, 0, 0, ret));
    assert_eq!(errno, errno::LOOP);
}

#[test]
fn paths_that_can_not_be_are_told_apart() {
    let mut guest = Guest::with_files(&[("/a", "")]);
    assert_eq!(guest.open("a\0b", 0), Err(errno::INVAL));
    assert_eq!(guest.open(&"n".repeat(256), oflags::CREAT), Err(errno::NAMETOOLONG));
    assert_eq!(guest.open(&"d/".repeat(2048), 0), Err(errno::NAMETOOLONG));
    let bytes = guest.put(b"\xff\xfe");
    let ret = guest.room(4);
    let open = |guest: &mut Guest, pointer, len| {
        guest.call(|ctx, memory| wasi::path_open(ctx, memory, ROOT, 0, pointer, len, 0, rights::FD_READ, 0, 0, ret))
    };
    assert_eq!(open(&mut guest, bytes, 2), errno::ILSEQ);
    assert_eq!(open(&mut guest, 65_530, 10), errno::FAULT);
    assert_eq!(open(&mut guest, 0, -1), errno::NAMETOOLONG);
    assert_eq!(at!(guest, path_unlink_file, ROOT, "a"), errno::SUCCESS);
}

#[test]
fn paths_stay_beneath_their_directory() {
    let mut guest = Guest::with_files(&[("/secret", "s"), ("/d/inner/x", "x")]);
    for (target, link) in [("../secret", "/d/up"), ("/secret", "/d/absolute"), ("inner/../../secret", "/d/around")] {
        guest.vfs.symlink(target, Base::Root, link).unwrap();
    }
    let dir = guest.open_dir("d");
    for path in ["..", "../secret", "inner/../../secret", "/secret", "/d/inner/x", "up", "absolute", "around"] {
        let opened = guest.open_with(dir, path, 0, rights::FD_READ, 0);
        assert_eq!(opened, Err(errno::PERM), "{path}");
        assert_eq!(filestat(&mut guest, dir, FOLLOW, path), Err(errno::PERM), "{path}");
    }
    for path in ["../new", "/new"] {
        assert_eq!(at!(guest, path_create_directory, dir, path), errno::PERM);
        assert_eq!(at!(guest, path_remove_directory, dir, path), errno::PERM);
        assert_eq!(at!(guest, path_unlink_file, dir, path), errno::PERM);
        assert_eq!(guest.open_with(dir, path, oflags::CREAT, FILE_RIGHTS, 0), Err(errno::PERM));
    }
    assert!(guest.open_with(dir, "inner/../inner/x", 0, rights::FD_READ, 0).is_ok());
    assert!(guest.open_with(dir, "./inner//x", 0, rights::FD_READ, 0).is_ok());
}

#[test]
fn paths_from_the_root_may_climb_since_nothing_is_above() {
    let mut guest = Guest::with_files(&[("/a", "a"), ("/d/x", "")]);
    guest.vfs.symlink("/a", Base::Root, "/d/link").unwrap();
    assert!(guest.open("../../a", 0).is_ok());
    assert!(guest.open("d/link", 0).is_ok());
    assert_eq!(guest.open("/a", 0), Err(errno::PERM), "paths are relative to their descriptor");
}

#[test]
fn preopened_directories_confine_their_guest() {
    let vfs = vfs();
    vfs.write_file(Base::Root, "/secret", vec![], 0o644, false).unwrap();
    vfs.write_file(Base::Root, "/d/x", vec![], 0o644, true).unwrap();
    let mut guest = Guest::on(vfs, |builder| builder.preopens([("/".to_owned(), "/d".to_owned())]).cwd("/d"));
    assert!(guest.open("x", 0).is_ok());
    assert_eq!(guest.open("secret", 0), Err(errno::NOENT));
    assert_eq!(guest.open("../secret", 0), Err(errno::PERM));
}

#[test]
fn paths_from_files_and_streams_are_enotdir() {
    let mut guest = Guest::with_files(&[("/a", "")]);
    let fd = guest.open("a", 0).unwrap();
    for (fd, expected) in [(fd, errno::NOTDIR), (0, errno::NOTDIR), (1, errno::NOTDIR), (99, errno::BADF)] {
        assert_eq!(guest.open_with(fd, "b", oflags::CREAT, FILE_RIGHTS, 0), Err(expected));
        assert_eq!(filestat(&mut guest, fd, 0, "b"), Err(expected));
        assert_eq!(at!(guest, path_create_directory, fd, "b"), expected);
        assert_eq!(at!(guest, path_remove_directory, fd, "b"), expected);
        assert_eq!(at!(guest, path_unlink_file, fd, "b"), expected);
        assert_eq!(at!(guest, path_readlink, fd, "b", 64, 8, 64), expected);
    }
}

#[test]
fn path_filestat_get_follows_as_it_is_told() {
    let mut guest = Guest::with_files(&[("/a", "12345")]);
    guest.vfs.symlink("a", Base::Root, "/link").unwrap();
    guest.vfs.symlink("nowhere", Base::Root, "/broken").unwrap();
    let followed = filestat(&mut guest, ROOT, FOLLOW, "link").unwrap();
    assert_eq!((followed[2], followed[4]), (u64::from(filetype::REGULAR_FILE), 5));
    let link = filestat(&mut guest, ROOT, 0, "link").unwrap();
    assert_eq!((link[2], link[4]), (u64::from(filetype::SYMBOLIC_LINK), 1));
    assert_eq!(filestat(&mut guest, ROOT, FOLLOW, "broken"), Err(errno::NOENT));
    assert!(filestat(&mut guest, ROOT, 0, "broken").is_ok());
    assert_eq!(filestat(&mut guest, ROOT, 2, "a"), Err(errno::INVAL));
    let (pointer, len) = guest.text("a");
    let errno = guest.call(|ctx, memory| wasi::path_filestat_get(ctx, memory, ROOT, 0, pointer, len, 65_504));
    assert_eq!(errno, errno::FAULT);
}

#[test]
fn path_filestat_set_times_sets_those_of_link_or_target() {
    let mut guest = Guest::with_files(&[("/a", "")]);
    guest.vfs.symlink("a", Base::Root, "/link").unwrap();
    let (pointer, len) = guest.text("link");
    let set = |guest: &mut Guest, lookup, flags| {
        guest.call(|ctx, memory| {
            wasi::path_filestat_set_times(ctx, memory, ROOT, lookup, pointer, len, 1_000, 2_000, flags)
        })
    };
    let both = fstflags::ATIM | fstflags::MTIM;
    assert_eq!(set(&mut guest, FOLLOW, both), errno::SUCCESS);
    assert_eq!(filestat(&mut guest, ROOT, 0, "a").unwrap()[5..7], [1_000, 2_000]);
    assert_ne!(filestat(&mut guest, ROOT, 0, "link").unwrap()[5..7], [1_000, 2_000]);
    assert_eq!(set(&mut guest, 0, both), errno::SUCCESS);
    assert_eq!(filestat(&mut guest, ROOT, 0, "link").unwrap()[5..7], [1_000, 2_000]);
    assert_eq!(set(&mut guest, 0, fstflags::MTIM | fstflags::MTIM_NOW), errno::INVAL);
}

#[test]
fn path_create_directory_and_path_remove_directory() {
    let mut guest = Guest::with_files(&[("/full/x", ""), ("/a", "")]);
    assert_eq!(at!(guest, path_create_directory, ROOT, "new"), errno::SUCCESS);
    assert_eq!(kind(&guest, "/new"), Some(FileKind::Directory));
    assert_eq!(at!(guest, path_create_directory, ROOT, "new"), errno::EXIST);
    assert_eq!(at!(guest, path_create_directory, ROOT, "no/where"), errno::NOENT);
    assert_eq!(at!(guest, path_remove_directory, ROOT, "new"), errno::SUCCESS);
    assert_eq!(kind(&guest, "/new"), None);
    assert_eq!(at!(guest, path_remove_directory, ROOT, "new"), errno::NOENT);
    assert_eq!(at!(guest, path_remove_directory, ROOT, "full"), errno::NOTEMPTY);
    assert_eq!(at!(guest, path_remove_directory, ROOT, "a"), errno::NOTDIR);
    assert_eq!(at!(guest, path_remove_directory, ROOT, "."), errno::INVAL);
}

#[test]
fn path_unlink_file_removes_files_and_links_only() {
    let mut guest = Guest::with_files(&[("/a", ""), ("/d/x", "")]);
    guest.vfs.symlink("d", Base::Root, "/link").unwrap();
    assert_eq!(at!(guest, path_unlink_file, ROOT, "link"), errno::SUCCESS);
    assert_eq!(kind(&guest, "/d"), Some(FileKind::Directory));
    assert_eq!(at!(guest, path_unlink_file, ROOT, "a"), errno::SUCCESS);
    assert_eq!(at!(guest, path_unlink_file, ROOT, "a"), errno::NOENT);
    assert_eq!(at!(guest, path_unlink_file, ROOT, "d"), errno::ISDIR);
}

fn two_paths(
    guest: &mut Guest,
    call: impl FnOnce(
        &mut hotcell_wasi::WasiCtx,
        &mut hotcell_wasi::GuestMemory<'_>,
        (i32, i32),
        (i32, i32),
    ) -> Result<i32, hotcell_wasi::Trap>,
    from: &str,
    to: &str,
) -> i32 {
    let (from, to) = (guest.text(from), guest.text(to));
    guest.call(|ctx, memory| call(ctx, memory, from, to))
}

#[test]
fn path_rename_replaces_what_may_be_replaced() {
    let mut guest = Guest::with_files(&[("/a", "a"), ("/b", "b"), ("/d/x", ""), ("/e/y", "")]);
    let dir = guest.open_dir("d");
    let mut rename = |from_fd, from: &str, to_fd, to: &str| {
        two_paths(
            &mut guest,
            |ctx, memory, from, to| wasi::path_rename(ctx, memory, from_fd, from.0, from.1, to_fd, to.0, to.1),
            from,
            to,
        )
    };
    assert_eq!(rename(ROOT, "a", ROOT, "b"), errno::SUCCESS);
    assert_eq!(rename(ROOT, "a", ROOT, "c"), errno::NOENT);
    assert_eq!(rename(ROOT, "b", dir, "b"), errno::SUCCESS);
    assert_eq!(rename(ROOT, "d", ROOT, "e"), errno::NOTEMPTY);
    assert_eq!(rename(dir, "b", ROOT, "e"), errno::ISDIR);
    assert_eq!(rename(ROOT, "e", dir, "b"), errno::NOTDIR);
    assert_eq!(rename(ROOT, "d", ROOT, "d/inside"), errno::INVAL);
    assert_eq!(rename(dir, "../e", ROOT, "f"), errno::PERM);
    assert_eq!(rename(99, "a", ROOT, "f"), errno::BADF);
    assert_eq!(rename(ROOT, "e", 99, "f"), errno::BADF);
    assert_eq!(guest.content("/d/b"), b"a");
}

#[test]
fn path_link_gives_a_file_a_second_name() {
    let mut guest = Guest::with_files(&[("/a", "a"), ("/d/x", "")]);
    guest.vfs.symlink("a", Base::Root, "/link").unwrap();
    let mut link = |flags, from: &str, to: &str| {
        two_paths(
            &mut guest,
            |ctx, memory, from, to| wasi::path_link(ctx, memory, ROOT, flags, from.0, from.1, ROOT, to.0, to.1),
            from,
            to,
        )
    };
    assert_eq!(link(0, "a", "b"), errno::SUCCESS);
    assert_eq!(link(0, "a", "b"), errno::EXIST);
    assert_eq!(link(0, "d", "e"), errno::PERM);
    assert_eq!(link(0, "missing", "e"), errno::NOENT);
    assert_eq!(link(0, "link", "link2"), errno::SUCCESS);
    assert_eq!(link(FOLLOW, "link", "c"), errno::SUCCESS);
    assert_eq!(kind(&guest, "/link2"), Some(FileKind::Symlink));
    assert_eq!(kind(&guest, "/c"), Some(FileKind::File));
    assert_eq!(filestat(&mut guest, ROOT, 0, "a").unwrap()[3], 3);
}

#[test]
fn path_symlink_keeps_its_target_and_path_readlink_tells_it() {
    let mut guest = Guest::new();
    let mut symlink = |target: &str, path: &str| {
        two_paths(
            &mut guest,
            |ctx, memory, target, path| wasi::path_symlink(ctx, memory, target.0, target.1, ROOT, path.0, path.1),
            target,
            path,
        )
    };
    assert_eq!(symlink("some/where", "link"), errno::SUCCESS);
    assert_eq!(symlink("some/where", "link"), errno::EXIST);
    assert_eq!(symlink("", "empty"), errno::NOENT);
    assert_eq!(symlink(&"x".repeat(4096), "long"), errno::NAMETOOLONG);

    let (pointer, len) = guest.text("link");
    let (buffer, ret) = (guest.room(16), guest.room(4));
    for (room, told) in [(16, "some/where"), (10, "some/where"), (4, "some"), (0, "")] {
        let errno = guest.call(|ctx, memory| wasi::path_readlink(ctx, memory, ROOT, pointer, len, buffer, room, ret));
        assert_eq!((errno, guest.get_u32(ret) as usize), (errno::SUCCESS, told.len()));
        assert_eq!(guest.get(buffer, told.len()), told.as_bytes());
    }
    assert_eq!(at!(guest, path_readlink, ROOT, "tmp", buffer, 16, ret), errno::INVAL);
    assert_eq!(at!(guest, path_readlink, ROOT, "missing", buffer, 16, ret), errno::NOENT);
    assert_eq!(at!(guest, path_readlink, ROOT, "link", 65_530, 16, ret), errno::FAULT);
}

#[test]
fn paths_from_an_open_directory_survive_its_renaming() {
    let mut guest = Guest::with_files(&[("/d/x", "x")]);
    let dir = guest.open_dir("d");
    guest.vfs.rename(Base::Root, "/d", Base::Root, "/tmp/moved").unwrap();
    guest.vfs.write_file(Base::Root, "/d/x", b"other".to_vec(), 0o644, true).unwrap();
    let fd = guest.open_with(dir, "x", 0, rights::FD_READ, 0).unwrap();
    assert_eq!(guest.read(fd, 10), Ok(b"x".to_vec()));
}

#[test]
fn paths_do_not_escape_while_directories_move() {
    // The directory that `..` leaves is moved up between the steps: it must not lead out of the descriptor's directory.
    let mut guest = Guest::with_files(&[("/secret", "s"), ("/d/a/b/x", "")]);
    let dir = guest.open_dir("d");
    let inner = guest.vfs.open(Base::Root, "/d/a/b", &OpenOptions::DIRECTORY).unwrap();
    guest.vfs.rename(Base::Root, "/d/a/b", Base::Root, "/b").unwrap();
    assert_eq!(guest.open_with(dir, "a/b/../../secret", 0, rights::FD_READ, 0), Err(errno::NOENT));
    assert_eq!(guest.open_with(dir, "a/../../secret", 0, rights::FD_READ, 0), Err(errno::PERM));
    drop(inner);
}

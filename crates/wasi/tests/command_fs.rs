use hotcell_vfs::{Base, FollowSymlinks};
use hotcell_wasi::calls::{host_fs, host_process, wasi_snapshot_preview1 as wasi};

use crate::{harness::*, standard::*};

/// `AT_FDCWD` of wasi-libc.
const CWD: i32 = -2;

fn permissions(guest: &Guest, path: &str) -> u32 {
    guest.vfs.stat(Base::Root, path, FollowSymlinks::Yes).unwrap().permissions
}

#[test]
fn path_metadata_is_that_of_the_file_system() {
    let mut guest = Guest::with_files(&[("/d/a", "12345")]);
    guest.vfs.set_permissions(Base::Root, "/d/a", 0o750, FollowSymlinks::Yes).unwrap();
    guest.vfs.symlink("a", Base::Root, "/d/link").unwrap();
    let dir = guest.open_dir("d");
    for (fd, path) in [(ROOT, "d/a"), (dir, "a"), (dir, "link"), (CWD, "d/a"), (CWD, "/d/a"), (ROOT, "/d/a")] {
        let (pointer, len) = guest.text(path);
        let mode = guest.call(|ctx, memory| host_fs::path_mode(ctx, memory, fd, pointer, len, 1));
        assert_eq!(mode, 0o100_750, "{path}");
        assert_eq!(guest.call(|ctx, memory| host_fs::path_size(ctx, memory, fd, pointer, len, 1)), 5);
        let blocks = guest.vfs.stat(Base::Root, "/d/a", FollowSymlinks::Yes).unwrap().blocks() as i64;
        assert_eq!(guest.call(|ctx, memory| host_fs::path_blocks(ctx, memory, fd, pointer, len, 1)), blocks);
        let ret = guest.room(8);
        let errno = guest.call(|ctx, memory| host_fs::path_owner(ctx, memory, fd, pointer, len, 1, ret, ret + 4));
        assert_eq!((errno, guest.get_u32(ret), guest.get_u32(ret + 4)), (errno::SUCCESS, 1000, 1000));
    }
    let (pointer, len) = guest.text("link");
    assert_eq!(guest.call(|ctx, memory| host_fs::path_mode(ctx, memory, dir, pointer, len, 0)) & 0o170_000, 0o120_000);
    let (pointer, len) = guest.text("/d/a");
    assert_eq!(guest.call(|ctx, memory| host_fs::path_mode_absolute(ctx, memory, pointer, len, 1)), 0o100_750);
    let (pointer, len) = guest.text("dev/zero");
    let rdev = guest.call(|ctx, memory| host_fs::path_rdev(ctx, memory, ROOT, pointer, len, 1));
    assert_eq!(rdev, 1 << 8 | 5);
}

#[test]
fn path_metadata_of_what_is_not_there_is_the_value_for_failure() {
    let mut guest = Guest::new();
    let (pointer, len) = guest.text("missing");
    let ret = guest.room(8);
    for fd in [ROOT, CWD, 99] {
        assert_eq!(guest.call(|ctx, memory| host_fs::path_mode(ctx, memory, fd, pointer, len, 1)), 0);
        assert_eq!(guest.call(|ctx, memory| host_fs::path_size(ctx, memory, fd, pointer, len, 1)), -1);
        assert_eq!(guest.call(|ctx, memory| host_fs::path_blocks(ctx, memory, fd, pointer, len, 1)), -1);
        assert_eq!(guest.call(|ctx, memory| host_fs::path_rdev(ctx, memory, fd, pointer, len, 1)), 0);
        let expected = if fd == 99 { errno::BADF } else { errno::NOENT };
        let errno = guest.call(|ctx, memory| host_fs::path_owner(ctx, memory, fd, pointer, len, 1, ret, ret + 4));
        assert_eq!(errno, expected);
    }
    assert_eq!(guest.call(|ctx, memory| host_fs::path_mode(ctx, memory, ROOT, 65_530, 10, 1)), 0);
    assert_eq!(guest.call(|ctx, memory| host_fs::path_owner(ctx, memory, ROOT, pointer, 0, 1, ret, ret)), errno::NOENT);
    assert_eq!(guest.call(|ctx, memory| host_fs::path_owner(ctx, memory, CWD, pointer, 0, 1, ret, ret)), errno::NOENT);
}

#[test]
fn paths_without_a_descriptor_stay_in_the_preopened_directories() {
    let vfs = vfs();
    vfs.write_file(Base::Root, "/secret", vec![], 0o600, false).unwrap();
    vfs.write_file(Base::Root, "/d/e/x", vec![], 0o640, true).unwrap();
    let preopens = [("/data".to_owned(), "/d".to_owned()), ("/data/inner".to_owned(), "/d/e".to_owned())];
    let mut guest = Guest::on(vfs, |builder| builder.preopens(preopens));
    let mut mode = |path| {
        let (pointer, len) = guest.text(path);
        guest.call(|ctx, memory| host_fs::path_mode_absolute(ctx, memory, pointer, len, 1))
    };
    assert_eq!(mode("/data/e/x"), 0o100_640);
    assert_eq!(mode("/data/inner/x"), 0o100_640);
    assert_eq!(mode("/data") & 0o170_000, 0o040_000);
    for path in ["/secret", "/data/../secret", "/database", "secret", "/d/e/x"] {
        assert_eq!(mode(path), 0, "{path}");
    }
}

#[test]
fn fd_metadata_is_that_of_the_open_file() {
    let mut guest = Guest::with_files(&[("/a", "12345")]);
    let fd = guest.open("a", 0).unwrap();
    guest.vfs.unlink(Base::Root, "/a").unwrap();
    let ret = guest.room(8);
    assert_eq!(guest.call(|ctx, memory| host_fs::fd_mode(ctx, memory, fd)), 0o100_644);
    assert_eq!(guest.call(|ctx, memory| host_fs::fd_size(ctx, memory, fd)), 5);
    assert!(guest.call(|ctx, memory| host_fs::fd_blocks(ctx, memory, fd)) > 0);
    assert_eq!(guest.call(|ctx, memory| host_fs::fd_owner(ctx, memory, fd, ret, ret + 4)), errno::SUCCESS);
    assert_eq!((guest.get_u32(ret), guest.get_u32(ret + 4)), (1000, 1000));
    assert_eq!(guest.call(|ctx, memory| host_fs::fd_mode(ctx, memory, 0)) & 0o170_000, 0o010_000, "a pipe");
    assert_eq!(guest.call(|ctx, memory| host_fs::fd_size(ctx, memory, 1)), 0);
    assert_eq!(guest.call(|ctx, memory| host_fs::fd_mode(ctx, memory, 99)), 0);
    assert_eq!(guest.call(|ctx, memory| host_fs::fd_size(ctx, memory, 99)), -1);
    assert_eq!(guest.call(|ctx, memory| host_fs::fd_owner(ctx, memory, 99, ret, ret)), errno::BADF);
    let mut guest = Guest::with(|builder| builder.terminal(true));
    assert_eq!(guest.call(|ctx, memory| host_fs::fd_mode(ctx, memory, 0)) & 0o170_000, 0o020_000, "a terminal");
}

#[test]
fn chmod_sets_permissions_by_path_and_descriptor() {
    let mut guest = Guest::with_files(&[("/a", "")]);
    let (pointer, len) = guest.text("a");
    assert_eq!(guest.call(|ctx, memory| host_fs::chmod(ctx, memory, ROOT, pointer, len, 0o4711)), errno::SUCCESS);
    assert_eq!(permissions(&guest, "/a"), 0o4711);
    let (pointer, len) = guest.text("/a");
    assert_eq!(guest.call(|ctx, memory| host_fs::chmod_absolute(ctx, memory, pointer, len, 0o600)), errno::SUCCESS);
    assert_eq!(permissions(&guest, "/a"), 0o600);
    let fd = guest.open("a", 0).unwrap();
    assert_eq!(guest.call(|ctx, memory| host_fs::fchmod(ctx, memory, fd, 0o640)), errno::SUCCESS);
    assert_eq!(permissions(&guest, "/a"), 0o640);
    assert_eq!(guest.call(|ctx, memory| host_fs::fchmod(ctx, memory, 1, 0)), errno::INVAL);
    assert_eq!(guest.call(|ctx, memory| host_fs::fchmod(ctx, memory, 99, 0)), errno::BADF);
    let (pointer, len) = guest.text("/missing");
    assert_eq!(guest.call(|ctx, memory| host_fs::chmod_absolute(ctx, memory, pointer, len, 0)), errno::NOENT);
}

#[test]
fn chown_gives_nothing_away() {
    let mut guest = Guest::with_files(&[("/a", "")]);
    let (pointer, len) = guest.text("a");
    let fd = guest.open("a", 0).unwrap();
    for (uid, gid, expected) in
        [(1000, 1000, errno::SUCCESS), (-1, -1, errno::SUCCESS), (0, -1, errno::PERM), (-1, 0, errno::PERM)]
    {
        let errno = guest.call(|ctx, memory| host_fs::path_chown(ctx, memory, ROOT, pointer, len, uid, gid, 1));
        assert_eq!(errno, expected);
        assert_eq!(guest.call(|ctx, memory| host_fs::fd_chown(ctx, memory, fd, uid, gid)), expected);
    }
    assert_eq!(guest.call(|ctx, memory| host_fs::fd_chown(ctx, memory, 99, -1, -1)), errno::BADF);
}

#[test]
fn ftruncate_cuts_off_and_extends() {
    let mut guest = Guest::with_files(&[("/a", "12345")]);
    let fd = guest.open("a", 0).unwrap();
    assert_eq!(guest.call(|ctx, memory| host_fs::ftruncate(ctx, memory, fd, 3)), errno::SUCCESS);
    assert_eq!(guest.content("/a"), b"123");
    assert_eq!(guest.call(|ctx, memory| host_fs::ftruncate(ctx, memory, fd, -1)), errno::INVAL);
    assert_eq!(guest.call(|ctx, memory| host_fs::ftruncate(ctx, memory, 1, 0)), errno::INVAL);
    assert_eq!(guest.call(|ctx, memory| host_fs::ftruncate(ctx, memory, 99, 0)), errno::BADF);
    let fd = guest.open_with(ROOT, "a", 0, rights::FD_READ, 0).unwrap();
    assert_eq!(guest.call(|ctx, memory| host_fs::ftruncate(ctx, memory, fd, 0)), errno::NOTCAPABLE);
}

#[test]
fn path_access_denies_only_to_execute_what_no_one_may() {
    let mut guest = Guest::with_files(&[("/plain", ""), ("/d/x", "")]);
    guest.vfs.write_file(Base::Root, "/program", vec![], 0o755, false).unwrap();
    for (path, mode, expected) in [
        ("plain", 0, errno::SUCCESS),
        ("plain", 6, errno::SUCCESS),
        ("plain", 1, errno::ACCES),
        ("program", 7, errno::SUCCESS),
        ("d", 7, errno::SUCCESS),
        ("missing", 0, errno::NOENT),
        ("plain", 8, errno::INVAL),
    ] {
        let (pointer, len) = guest.text(path);
        let errno = guest.call(|ctx, memory| host_fs::path_access(ctx, memory, ROOT, pointer, len, mode, 0));
        assert_eq!(errno, expected, "{path} {mode}");
    }
}

#[test]
fn path_statfs_tells_the_quota() {
    let mut guest = Guest::with_files(&[("/a", "12345")]);
    let (pointer, len) = guest.text("a");
    let ret = guest.room(40);
    let errno = guest.call(|ctx, memory| {
        host_fs::path_statfs(ctx, memory, ROOT, pointer, len, ret, ret + 8, ret + 16, ret + 24, ret + 32)
    });
    assert_eq!(errno, errno::SUCCESS);
    let usage = guest.vfs.usage();
    let told: Vec<u64> = (0..5).map(|index| guest.get_u64(ret + index * 8)).collect();
    assert_eq!(
        told,
        [
            usage.max_bytes,
            usage.bytes,
            usage.max_bytes - usage.bytes,
            usage.max_inodes,
            usage.max_inodes - usage.inodes
        ]
    );
    assert_eq!(usage.bytes, 5);
}

#[test]
fn umask_and_set_open_mode_decide_the_permissions_of_new_files() {
    let mut guest = Guest::new();
    let ret = guest.room(4);
    assert_eq!(guest.call(|ctx, memory| host_process::proc_umask(ctx, memory, 0o7077, ret)), errno::SUCCESS);
    assert_eq!(guest.get_u32(ret), 0o022);
    assert_eq!(guest.call(|ctx, memory| host_process::umask(ctx, memory, 0o777, 0, ret)), errno::SUCCESS);
    assert_eq!(guest.get_u32(ret), 0o077, "only asked");
    guest.open("plain", oflags::CREAT).unwrap();
    assert_eq!(permissions(&guest, "/plain"), 0o600);
    assert_eq!(guest.call(|ctx, memory| host_process::umask(ctx, memory, 0o002, 1, ret)), errno::SUCCESS);
    assert_eq!(guest.call(|ctx, memory| host_fs::set_open_mode(ctx, memory, 0o777)), errno::SUCCESS);
    guest.open("program", oflags::CREAT).unwrap();
    assert_eq!(permissions(&guest, "/program"), 0o775);
    guest.open("next", oflags::CREAT).unwrap();
    assert_eq!(permissions(&guest, "/next"), 0o664, "the announcement holds for one file");
    assert_eq!(guest.call(|ctx, memory| host_fs::set_open_direct(ctx, memory, 0)), errno::SUCCESS);
    assert_eq!(guest.call(|ctx, memory| host_fs::set_open_direct(ctx, memory, 1)), errno::INVAL);
}

#[test]
fn rights_hold_for_the_command_abi_as_well() {
    let mut guest = Guest::with_files(&[("/d/a", "")]);
    let dir = guest.open_with(ROOT, "d", oflags::DIRECTORY, rights::PATH_OPEN, 0).unwrap();
    let (pointer, len) = guest.text("a");
    assert_eq!(guest.call(|ctx, memory| host_fs::path_mode(ctx, memory, dir, pointer, len, 1)), 0);
    assert_eq!(guest.call(|ctx, memory| host_fs::chmod(ctx, memory, dir, pointer, len, 0)), errno::NOTCAPABLE);
    let fd = guest.open_with(dir, "a", 0, rights::FD_READ, 0).unwrap();
    assert_eq!(guest.call(|ctx, memory| host_fs::fd_mode(ctx, memory, fd)), 0);
    assert_eq!(guest.call(|ctx, memory| host_fs::fchmod(ctx, memory, fd, 0)), errno::NOTCAPABLE);
    let ret = guest.room(4);
    guest.call(|ctx, memory| host_process::fd_dup(ctx, memory, fd, ret));
    let copy = guest.get_u32(ret) as i32;
    assert_eq!(guest.call(|ctx, memory| wasi::fd_sync(ctx, memory, copy)), errno::NOTCAPABLE);
}

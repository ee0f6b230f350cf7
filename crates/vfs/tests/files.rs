use crate::{READ_WRITE, ROOT, directory, lstat, open, read, vfs, vfs_with, write};
use hotcell_vfs::{Errno, FileKind, FollowSymlinks, OpenOptions, SetTime, Vfs, VfsOptions, Written};
use std::io::{IoSlice, IoSliceMut};

const CREATE: OpenOptions = OpenOptions { write: true, create: true, ..OpenOptions::READ };

#[test]
fn open_says_why_not() {
    let vfs = vfs_with(&["/f", "/d/"]);
    vfs.symlink("f", ROOT, "/l").unwrap();
    let exclusive = OpenOptions { exclusive: true, ..CREATE };
    let no_follow = OpenOptions { follow: FollowSymlinks::No, ..OpenOptions::READ };
    for (path, options, error) in [
        ("/x", OpenOptions::READ, Errno::ENOENT),
        ("/f", OpenOptions::DIRECTORY, Errno::ENOTDIR),
        ("/d", READ_WRITE, Errno::EISDIR),
        ("/d", CREATE, Errno::EISDIR),
        ("/d", OpenOptions { truncate: true, ..OpenOptions::READ }, Errno::EISDIR),
        ("/d/.", CREATE, Errno::EISDIR),
        ("/x/", CREATE, Errno::EISDIR),
        ("/x/y", CREATE, Errno::ENOENT),
        ("/f/y", CREATE, Errno::ENOTDIR),
        ("/f", exclusive, Errno::EEXIST),
        ("/d", exclusive, Errno::EEXIST),
        ("/l", exclusive, Errno::EEXIST),
        ("/l", no_follow, Errno::ELOOP),
        ("/l", OpenOptions { directory: true, ..no_follow }, Errno::ENOTDIR),
        ("/x", OpenOptions { directory: true, ..CREATE }, Errno::EINVAL),
    ] {
        assert_eq!(open(&vfs, path, options).unwrap_err(), error, "{path} {options:?}");
    }
    assert_eq!(vfs.usage().open_files, 0);
    assert_eq!(lstat(&vfs, "/x"), Err(Errno::ENOENT));
}

#[test]
fn open_makes_finds_and_empties_files() {
    let vfs = vfs();
    let file = open(&vfs, "/f", OpenOptions { permissions: 0o751, exclusive: true, ..CREATE }).unwrap();
    assert_eq!(file.stat().mode(), 0o100751);
    assert!(file.stat().is_executable());
    file.write_at(b"content", 0).unwrap();
    assert_eq!(open(&vfs, "/f", OpenOptions { permissions: 0o600, ..CREATE }).unwrap().size(), 7);
    let emptied = open(&vfs, "/f", OpenOptions::REPLACE).unwrap();
    assert_eq!((file.size(), emptied.stat().permissions), (0, 0o751));
}

#[test]
fn handle_allows_what_it_was_opened_for() {
    let vfs = vfs_with(&["/f"]);
    let mut buffer = [0; 4];
    let reader = open(&vfs, "/f", OpenOptions::READ).unwrap();
    assert_eq!(reader.write_at(b"x", 0), Err(Errno::EBADF));
    assert_eq!(reader.set_size(0), Err(Errno::EINVAL));
    assert_eq!(reader.allocate(0, 1), Err(Errno::EBADF));
    let writer = open(&vfs, "/f", OpenOptions { read: false, ..READ_WRITE }).unwrap();
    assert_eq!(writer.read_at(&mut buffer, 0), Err(Errno::EBADF));
    assert_eq!(writer.snapshot().unwrap_err(), Errno::EBADF);
    let neither = open(&vfs, "/f", OpenOptions { read: false, ..OpenOptions::READ }).unwrap();
    assert_eq!(neither.read_at(&mut buffer, 0), Err(Errno::EBADF));
    assert_eq!(neither.write_at(b"x", 0), Err(Errno::EBADF));
    assert_eq!(neither.stat().size, 2);
    let directory = directory(&vfs, "/");
    assert_eq!(directory.read_at(&mut buffer, 0), Err(Errno::EISDIR));
    assert_eq!(directory.snapshot().unwrap_err(), Errno::EISDIR);
    assert_eq!(directory.fingerprint(), Err(Errno::EISDIR));
    assert_eq!(read(&vfs, "/f").as_deref(), Ok("/f"));
}

#[test]
fn read_and_write_go_where_they_are_told() {
    let vfs = vfs();
    let file = open(&vfs, "/f", CREATE).unwrap();
    let parts = [IoSlice::new(b"abc"), IoSlice::new(b""), IoSlice::new(b"def")];
    assert_eq!(file.write_vectored_at(&parts, 2), Ok(Written { bytes: 6, end: 8 }));
    let (mut first, mut second) = ([9; 3], [9; 10]);
    let mut buffers = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
    assert_eq!(file.read_vectored_at(&mut buffers, 1), Ok(7));
    assert_eq!((&first, &second[..5]), (b"\0ab", b"cdef\x09".as_slice()));
    assert_eq!(file.read_at(&mut first, 8), Ok(0));
    assert_eq!(file.read_at(&mut first, u64::MAX), Ok(0));
    file.set_size(3).unwrap();
    assert_eq!(read(&vfs, "/f").as_deref(), Ok("\0\0a"));
    file.set_size(5).unwrap();
    assert_eq!(read(&vfs, "/f").as_deref(), Ok("\0\0a\0\0"));
    file.allocate(2, 2).unwrap();
    assert_eq!(file.size(), 5);
    file.allocate(4, 2).unwrap();
    assert_eq!(file.size(), 6);
    assert_eq!(file.allocate(0, 0), Err(Errno::EINVAL));
    assert_eq!(file.allocate(u64::MAX, 2), Err(Errno::EFBIG));
    vfs.truncate(ROOT, "/f", 1).unwrap();
    assert_eq!(file.size(), 1);
    assert_eq!(vfs.truncate(ROOT, "/", 1), Err(Errno::EISDIR));
    assert_eq!(vfs.truncate(ROOT, "/dev/null", 1), Err(Errno::EINVAL));
}

#[test]
fn append_writes_at_the_end() {
    let vfs = vfs_with(&["/f"]);
    let file = open(&vfs, "/f", OpenOptions::APPEND).unwrap();
    assert_eq!(file.write_at(b"12", 0), Ok(Written { bytes: 2, end: 4 }));
    open(&vfs, "/f", READ_WRITE).unwrap().write_at(b"34", 4).unwrap();
    assert_eq!(file.write_at(b"5", 0).unwrap().end, 7);
    file.set_append(false);
    assert!(!file.is_append());
    file.write_at(b"X", 0).unwrap();
    assert_eq!(read(&vfs, "/f").as_deref(), Ok("Xf12345"));
}

#[test]
fn devices_take_and_give_what_they_should() {
    let vfs = vfs();
    let mut buffer = [7; 4];
    let null = open(&vfs, "/dev/null", CREATE).unwrap();
    assert_eq!(null.write_at(b"abc", 5), Ok(Written { bytes: 3, end: 8 }));
    assert_eq!(null.read_at(&mut buffer, 0), Ok(0));
    let zero = open(&vfs, "/dev/zero", READ_WRITE).unwrap();
    assert_eq!((zero.read_at(&mut buffer, 99), buffer), (Ok(4), [0; 4]));
    let full = open(&vfs, "/dev/full", READ_WRITE).unwrap();
    assert_eq!(full.write_at(b"x", 0), Err(Errno::ENOSPC));
    assert_eq!(full.write_at(b"", 0), Ok(Written { bytes: 0, end: 0 }));
    assert_eq!((read(&vfs, "/dev/null").as_deref(), read(&vfs, "/dev/zero")), (Ok(""), Err(Errno::EINVAL)));
    assert_eq!(vfs.write_file(ROOT, "/dev/null", vec![1], 0o644, false), Ok(()));
    assert_eq!(vfs.write_file(ROOT, "/dev/full", vec![1], 0o644, false), Err(Errno::ENOSPC));
    let stat = lstat(&vfs, "/dev/zero").unwrap();
    assert_eq!((stat.kind, stat.device_number, stat.size), (FileKind::CharacterDevice, 0x105, 0));
    assert_eq!(vfs.usage().bytes, 0);
}

#[test]
fn permissions_are_kept_and_deny_nothing() {
    let vfs = vfs_with(&["/d/f"]);
    vfs.symlink("d/f", ROOT, "/l").unwrap();
    vfs.set_permissions(ROOT, "/l", 0o170000, FollowSymlinks::Yes).unwrap();
    vfs.set_permissions(ROOT, "/d", 0o7000, FollowSymlinks::Yes).unwrap();
    assert_eq!(lstat(&vfs, "/d/f").unwrap().mode(), 0o100000);
    assert_eq!(lstat(&vfs, "/d").unwrap().permissions, 0o7000);
    assert_eq!(lstat(&vfs, "/l").unwrap().permissions, 0o777);
    assert!(!lstat(&vfs, "/d/f").unwrap().is_executable());
    assert_eq!(read(&vfs, "/d/f").as_deref(), Ok("/d/f"));
    write(&vfs, "/d/f", b"changed");
    open(&vfs, "/d/f", READ_WRITE).unwrap().set_permissions(0o111).unwrap();
    assert!(lstat(&vfs, "/d/f").unwrap().is_executable());
}

#[test]
fn times_are_set_as_told() {
    let vfs = vfs_with(&["/f"]);
    vfs.symlink("f", ROOT, "/l").unwrap();
    vfs.set_times(ROOT, "/l", SetTime::To(-5), SetTime::To(i64::MAX), FollowSymlinks::Yes).unwrap();
    let stat = lstat(&vfs, "/f").unwrap();
    assert_eq!((stat.atime_ns, stat.mtime_ns), (-5, i64::MAX));
    vfs.set_times(ROOT, "/l", SetTime::To(1), SetTime::Keep, FollowSymlinks::No).unwrap();
    assert_eq!(lstat(&vfs, "/l").unwrap().atime_ns, 1);
    assert_eq!(lstat(&vfs, "/f").unwrap().atime_ns, -5);
    let file = open(&vfs, "/f", OpenOptions::READ).unwrap();
    file.set_times(SetTime::Keep, SetTime::Now).unwrap();
    assert!(file.stat().mtime_ns < i64::MAX && file.stat().mtime_ns > 0 && file.stat().atime_ns == -5);
}

/// Sets all times of a path back, does something, and tells which times of the path moved: a, m, c.
fn times_moved_by(vfs: &std::sync::Arc<Vfs>, path: &str, action: impl FnOnce()) -> String {
    let past = SetTime::To(1_000);
    vfs.set_times(ROOT, path, SetTime::To(2_000), past, FollowSymlinks::No).unwrap();
    let before = lstat(vfs, path).unwrap();
    // The clock is as fine as it gets here, but may still stand for a moment.
    while vfs.stat(ROOT, "/tick", FollowSymlinks::No).unwrap().ctime_ns <= before.ctime_ns {
        vfs.set_permissions(ROOT, "/tick", 0, FollowSymlinks::No).unwrap();
    }
    action();
    let after = lstat(vfs, path).unwrap();
    let mut moved = String::new();
    moved.extend((after.atime_ns != before.atime_ns).then_some('a'));
    moved.extend((after.mtime_ns != before.mtime_ns).then_some('m'));
    moved.extend((after.ctime_ns != before.ctime_ns).then_some('c'));
    moved
}

#[test]
fn times_move_as_posix_says() {
    let vfs = Vfs::new(VfsOptions { time_granularity_ns: 1, ..VfsOptions::default() });
    for path in ["/tick", "/f", "/d/f", "/d/g"] {
        write(&vfs, path, b"content");
    }
    let file = open(&vfs, "/f", READ_WRITE).unwrap();
    let no = FollowSymlinks::No;
    assert_eq!(times_moved_by(&vfs, "/f", || _ = file.write_at(b"x", 0)), "mc");
    assert_eq!(times_moved_by(&vfs, "/f", || _ = file.write_at(b"", 0)), "");
    assert_eq!(times_moved_by(&vfs, "/f", || file.set_size(3).unwrap()), "mc");
    assert_eq!(times_moved_by(&vfs, "/f", || drop(open(&vfs, "/f", OpenOptions::REPLACE))), "mc");
    assert_eq!(times_moved_by(&vfs, "/f", || file.set_permissions(0o600).unwrap()), "c");
    assert_eq!(times_moved_by(&vfs, "/f", || vfs.link(ROOT, "/f", no, ROOT, "/g").unwrap()), "c");
    assert_eq!(times_moved_by(&vfs, "/f", || vfs.unlink(ROOT, "/g").unwrap()), "c");
    assert_eq!(
        times_moved_by(&vfs, "/f", || vfs
            .rename(ROOT, "/f", ROOT, "/f2")
            .and(vfs.rename(ROOT, "/f2", ROOT, "/f"))
            .unwrap()),
        "c"
    );
    assert_eq!(times_moved_by(&vfs, "/f", || _ = lstat(&vfs, "/f")), "");
    assert_eq!(times_moved_by(&vfs, "/d", || vfs.unlink(ROOT, "/d/f").unwrap()), "mc");
    assert_eq!(times_moved_by(&vfs, "/d", || write(&vfs, "/d/f", b"")), "mc");
    assert_eq!(times_moved_by(&vfs, "/d", || write(&vfs, "/d/f", b"again")), "");
    assert_eq!(times_moved_by(&vfs, "/d", || vfs.rename(ROOT, "/d/f", ROOT, "/d/h").unwrap()), "mc");
    assert_eq!(times_moved_by(&vfs, "/d", || _ = vfs.create_dir(ROOT, "/d/g", 0o755)), "");
}

#[test]
fn access_time_moves_once_after_a_change() {
    let vfs = Vfs::new(VfsOptions { time_granularity_ns: 1, ..VfsOptions::default() });
    write(&vfs, "/tick", b"");
    write(&vfs, "/f", b"content");
    let file = open(&vfs, "/f", READ_WRITE).unwrap();
    let mut byte = [0];
    file.write_at(b"x", 0).unwrap();
    let first = {
        file.read_at(&mut byte, 0).unwrap();
        file.stat().atime_ns
    };
    assert!(first >= file.stat().mtime_ns);
    file.set_times(SetTime::To(i64::MAX), SetTime::Keep).unwrap();
    file.read_at(&mut byte, 0).unwrap();
    assert_eq!(file.stat().atime_ns, i64::MAX);
    file.set_times(SetTime::To(0), SetTime::Keep).unwrap();
    file.read_at(&mut byte, 0).unwrap();
    assert!(file.stat().atime_ns >= first);
}

#[test]
fn inode_numbers_are_never_used_again() {
    let vfs = vfs();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..100 {
        write(&vfs, "/f", b"");
        assert!(seen.insert(lstat(&vfs, "/f").unwrap().inode));
        vfs.unlink(ROOT, "/f").unwrap();
    }
}

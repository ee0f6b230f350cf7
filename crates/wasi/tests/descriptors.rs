use hotcell_vfs::{Base, FollowSymlinks};
use hotcell_wasi::calls::wasi_snapshot_preview1 as wasi;

use crate::{harness::*, standard::*};

/// An `fdstat`: type, flags, rights, inheriting rights.
fn fdstat(guest: &mut Guest, fd: i32) -> Result<(u8, u16, i64, i64), i32> {
    let ret = guest.room(24);
    match guest.call(|ctx, memory| wasi::fd_fdstat_get(ctx, memory, fd, ret)) {
        errno::SUCCESS => {
            let flags = u16::from_le_bytes(guest.get(ret + 2, 2).try_into().unwrap());
            Ok((guest.get(ret, 1)[0], flags, guest.get_u64(ret + 8) as i64, guest.get_u64(ret + 16) as i64))
        }
        error => Err(error),
    }
}

/// A `filestat` as its eight numbers.
fn filestat(guest: &mut Guest, fd: i32) -> Result<[u64; 8], i32> {
    let ret = guest.room(64);
    match guest.call(|ctx, memory| wasi::fd_filestat_get(ctx, memory, fd, ret)) {
        errno::SUCCESS => Ok(std::array::from_fn(|index| guest.get_u64(ret + index as i32 * 8))),
        error => Err(error),
    }
}

#[test]
fn fd_prestat_names_the_preopened_directories_and_nothing_else() {
    let mut guest = Guest::with(|builder| {
        builder.preopens([("/".to_owned(), "/".to_owned()), ("/scratch".to_owned(), "/tmp".to_owned())])
    });
    let (ret, name) = (guest.room(8), guest.room(16));
    for (fd, expected) in [(3, "/"), (4, "/scratch"), (0x4000_0003, "/")] {
        assert_eq!(guest.call(|ctx, memory| wasi::fd_prestat_get(ctx, memory, fd, ret)), errno::SUCCESS);
        assert_eq!(guest.get(ret, 1)[0], 0, "a directory");
        assert_eq!(guest.get_u32(ret + 4) as usize, expected.len());
        let len = expected.len() as i32;
        assert_eq!(
            guest.call(|ctx, memory| wasi::fd_prestat_dir_name(ctx, memory, fd, name, len - 1)),
            errno::NAMETOOLONG
        );
        assert_eq!(guest.call(|ctx, memory| wasi::fd_prestat_dir_name(ctx, memory, fd, name, 16)), errno::SUCCESS);
        assert_eq!(guest.get(name, expected.len()), expected.as_bytes());
    }
    let opened = guest.open_dir("tmp");
    for fd in [0, 1, 2, opened, 6, -1, 0x4000_0005] {
        assert_eq!(guest.call(|ctx, memory| wasi::fd_prestat_get(ctx, memory, fd, ret)), errno::BADF);
        assert_eq!(guest.call(|ctx, memory| wasi::fd_prestat_dir_name(ctx, memory, fd, name, 16)), errno::BADF);
    }
}

#[test]
fn fd_fdstat_get_tells_streams_directories_and_files_apart() {
    let mut guest = Guest::with_files(&[("/a", "")]);
    let stream = rights::FD_FDSTAT_SET_FLAGS | rights::FD_FILESTAT_GET | rights::POLL_FD_READWRITE;
    let (input, output) = (stream | rights::FD_READ, stream | rights::FD_WRITE);
    assert_eq!(fdstat(&mut guest, 0), Ok((filetype::UNKNOWN, 0, input, input)));
    assert_eq!(fdstat(&mut guest, 1), Ok((filetype::UNKNOWN, 0, output, output)));
    assert_eq!(fdstat(&mut guest, 2), Ok((filetype::UNKNOWN, 0, output, output)));
    let directory = ALL_RIGHTS & !FILE_ONLY_RIGHTS;
    assert_eq!(fdstat(&mut guest, ROOT), Ok((filetype::DIRECTORY, 0, directory, ALL_RIGHTS)));
    let fd = guest.open("a", 0).unwrap();
    assert_eq!(fdstat(&mut guest, fd), Ok((filetype::REGULAR_FILE, 0, FILE_RIGHTS, 0)));
    let fd = guest.open("dev/null", 0).unwrap();
    assert_eq!(fdstat(&mut guest, fd).unwrap().0, filetype::CHARACTER_DEVICE);
    assert_eq!(fdstat(&mut guest, 99), Err(errno::BADF));
}

#[test]
fn fd_fdstat_get_tells_of_a_terminal() {
    let mut guest = Guest::with(|builder| builder.terminal(true));
    let (kind, _, base, _) = fdstat(&mut guest, 1).unwrap();
    assert_eq!(kind, filetype::CHARACTER_DEVICE);
    // wasi-libc takes a character device for a terminal where it can't be sought in.
    assert_eq!(base & (rights::FD_SEEK | rights::FD_TELL), 0);
}

#[test]
fn fd_fdstat_set_flags_changes_appending_for_every_descriptor_of_the_file() {
    let mut guest = Guest::with_files(&[("/a", "12345")]);
    let fd = guest.open("a", 0).unwrap();
    let set = |guest: &mut Guest, flags| guest.call(|ctx, memory| wasi::fd_fdstat_set_flags(ctx, memory, fd, flags));
    let all = fdflags::APPEND | fdflags::DSYNC | fdflags::NONBLOCK | fdflags::RSYNC | fdflags::SYNC;
    assert_eq!(set(&mut guest, all), errno::SUCCESS);
    assert_eq!(fdstat(&mut guest, fd).unwrap().1, all as u16);
    guest.write(fd, b"67").unwrap();
    assert_eq!(guest.seek(fd, 0, whence::CUR), Ok(7));
    assert_eq!(set(&mut guest, 0), errno::SUCCESS);
    assert_eq!(fdstat(&mut guest, fd).unwrap().1, 0);
    guest.seek(fd, 0, whence::SET).unwrap();
    guest.write(fd, b"x").unwrap();
    assert_eq!(guest.content("/a"), b"x234567");
    assert_eq!(set(&mut guest, 32), errno::INVAL);
    assert_eq!(guest.call(|ctx, memory| wasi::fd_fdstat_set_flags(ctx, memory, 99, 0)), errno::BADF);
}

#[test]
fn fd_filestat_get_tells_what_the_file_system_knows() {
    let mut guest = Guest::with_files(&[("/a", "12345")]);
    let fd = guest.open("a", 0).unwrap();
    let stat = guest.vfs.stat(Base::Root, "/a", FollowSymlinks::Yes).unwrap();
    assert_eq!(
        filestat(&mut guest, fd),
        Ok([
            1,
            stat.inode,
            u64::from(filetype::REGULAR_FILE),
            1,
            5,
            stat.atime_ns as u64,
            stat.mtime_ns as u64,
            stat.ctime_ns as u64
        ])
    );
    assert_eq!(filestat(&mut guest, 0), Ok([0, 0, u64::from(filetype::UNKNOWN), 1, 0, 0, 0, 0]));
    assert_eq!(filestat(&mut guest, ROOT).unwrap()[2], u64::from(filetype::DIRECTORY));
    assert_eq!(filestat(&mut guest, 99), Err(errno::BADF));
}

#[test]
fn fd_filestat_get_of_a_deleted_file_goes_on() {
    let mut guest = Guest::with_files(&[("/a", "12345")]);
    let fd = guest.open("a", 0).unwrap();
    guest.vfs.unlink(Base::Root, "/a").unwrap();
    let stat = filestat(&mut guest, fd).unwrap();
    assert_eq!((stat[3], stat[4]), (0, 5));
    assert_eq!(guest.read(fd, 10), Ok(b"12345".to_vec()));
}

#[test]
fn fd_filestat_set_size_cuts_off_and_extends() {
    let mut guest = Guest::with_files(&[("/a", "12345")]);
    let fd = guest.open("a", 0).unwrap();
    let set = |guest: &mut Guest, fd, size| guest.call(|ctx, memory| wasi::fd_filestat_set_size(ctx, memory, fd, size));
    assert_eq!(set(&mut guest, fd, 2), errno::SUCCESS);
    assert_eq!(guest.content("/a"), b"12");
    assert_eq!(set(&mut guest, fd, 4), errno::SUCCESS);
    assert_eq!(guest.content("/a"), b"12\0\0");
    assert_eq!(set(&mut guest, fd, -1), errno::FBIG);
    assert_eq!(set(&mut guest, fd, 1 << 40), errno::NOSPC);
    assert_eq!(set(&mut guest, ROOT, 0), errno::INVAL);
    assert_eq!(set(&mut guest, 1, 0), errno::INVAL);
    assert_eq!(set(&mut guest, 99, 0), errno::BADF);
}

#[test]
fn fd_filestat_set_times_sets_keeps_or_takes_the_present() {
    let mut guest = Guest::with_files(&[("/a", "")]);
    let fd = guest.open("a", 0).unwrap();
    let set = |guest: &mut Guest, fd, flags| {
        guest.call(|ctx, memory| wasi::fd_filestat_set_times(ctx, memory, fd, 1_000, 2_000, flags))
    };
    assert_eq!(set(&mut guest, fd, fstflags::ATIM | fstflags::MTIM), errno::SUCCESS);
    assert_eq!(filestat(&mut guest, fd).unwrap()[5..7], [1_000, 2_000]);
    assert_eq!(set(&mut guest, fd, fstflags::MTIM_NOW), errno::SUCCESS);
    let stat = filestat(&mut guest, fd).unwrap();
    assert_eq!(stat[5], 1_000);
    assert!(stat[6] > 1_600_000_000_000_000_000);
    assert_eq!(set(&mut guest, fd, fstflags::ATIM | fstflags::ATIM_NOW), errno::INVAL);
    assert_eq!(set(&mut guest, fd, fstflags::MTIM | fstflags::MTIM_NOW), errno::INVAL);
    assert_eq!(set(&mut guest, fd, 16), errno::INVAL);
    assert_eq!(set(&mut guest, ROOT, fstflags::ATIM), errno::SUCCESS);
    assert_eq!(set(&mut guest, 1, fstflags::ATIM), errno::INVAL);
    assert_eq!(set(&mut guest, 99, fstflags::ATIM), errno::BADF);
    let far = guest.call(|ctx, memory| wasi::fd_filestat_set_times(ctx, memory, fd, -1, 0, fstflags::ATIM));
    assert_eq!(far, errno::INVAL);
}

#[test]
fn fd_sync_and_fd_datasync_take_files_and_directories() {
    let mut guest = Guest::with_files(&[("/a", "")]);
    let fd = guest.open("a", 0).unwrap();
    for (fd, expected) in [(fd, errno::SUCCESS), (ROOT, errno::SUCCESS), (1, errno::INVAL), (99, errno::BADF)] {
        assert_eq!(guest.call(|ctx, memory| wasi::fd_sync(ctx, memory, fd)), expected);
        assert_eq!(guest.call(|ctx, memory| wasi::fd_datasync(ctx, memory, fd)), expected);
    }
}

#[test]
fn fd_close_frees_the_number_for_the_next_file() {
    let mut guest = Guest::with_files(&[("/a", "")]);
    assert_eq!(guest.open("a", 0), Ok(4));
    assert_eq!(guest.open("a", 0), Ok(5));
    assert_eq!(guest.close(4), errno::SUCCESS);
    assert_eq!(guest.close(4), errno::BADF);
    assert_eq!(guest.open("a", 0), Ok(4));
    assert_eq!(guest.close(0), errno::SUCCESS);
    assert_eq!(guest.read(0, 1), Err(errno::BADF));
    assert_eq!(guest.open("a", 0), Ok(0));
    assert_eq!(guest.close(-1), errno::BADF);
}

#[test]
fn fd_close_lets_go_of_the_file() {
    let mut guest = Guest::with_files(&[("/a", "")]);
    let before = guest.vfs.usage().open_files;
    let fd = guest.open("a", 0).unwrap();
    assert_eq!(guest.vfs.usage().open_files, before + 1);
    guest.close(fd);
    assert_eq!(guest.vfs.usage().open_files, before);
}

#[test]
fn fd_renumber_replaces_one_descriptor_by_another() {
    let mut guest = Guest::with_files(&[("/a", "aaa"), ("/b", "bbb")]);
    let (a, b) = (guest.open("a", 0).unwrap(), guest.open("b", 0).unwrap());
    let renumber = |guest: &mut Guest, from, to| guest.call(|ctx, memory| wasi::fd_renumber(ctx, memory, from, to));
    assert_eq!(renumber(&mut guest, b, a), errno::SUCCESS);
    assert_eq!(guest.read(a, 3), Ok(b"bbb".to_vec()));
    assert_eq!(guest.read(b, 3), Err(errno::BADF));
    assert_eq!(renumber(&mut guest, a, a), errno::SUCCESS);
    assert_eq!(guest.seek(a, 0, whence::CUR), Ok(3));
    assert_eq!(renumber(&mut guest, a, 1), errno::SUCCESS);
    assert_eq!(guest.write(1, b"!"), Ok(1));
    assert_eq!(guest.content("/b"), b"bbb!");
    assert_eq!(renumber(&mut guest, 99, 1), errno::BADF);
    assert_eq!(renumber(&mut guest, 1, 99), errno::BADF);
}

#[test]
fn descriptors_beyond_the_limit_are_emfile_and_make_no_file() {
    let mut guest = Guest::with(|builder| builder.max_descriptors(6));
    assert_eq!(guest.open("a", oflags::CREAT), Ok(4));
    assert_eq!(guest.open("b", oflags::CREAT), Ok(5));
    assert_eq!(guest.open("c", oflags::CREAT), Err(errno::MFILE));
    assert!(guest.vfs.stat(Base::Root, "/c", FollowSymlinks::Yes).is_err());
    guest.close(5);
    assert_eq!(guest.open("c", oflags::CREAT), Ok(5));
}

#[test]
fn open_files_beyond_the_file_systems_limit_are_enfile() {
    let vfs = hotcell_vfs::Vfs::new(hotcell_vfs::VfsOptions { max_open_files: 3, ..Default::default() });
    let mut guest = Guest::on(vfs, |builder| builder);
    let opened = std::iter::from_fn(|| guest.open("a", oflags::CREAT).ok()).count();
    assert!((1..=3).contains(&opened));
    assert_eq!(guest.open("a", 0), Err(errno::NFILE));
}

#[test]
fn fd_advise_and_fd_allocate_take_ranges_of_files() {
    let mut guest = Guest::with_files(&[("/a", "12345")]);
    let fd = guest.open("a", 0).unwrap();
    let advise = |guest: &mut Guest, fd, offset, len, advice| {
        guest.call(|ctx, memory| wasi::fd_advise(ctx, memory, fd, offset, len, advice))
    };
    for advice in 0..6 {
        assert_eq!(advise(&mut guest, fd, 0, 100, advice), errno::SUCCESS);
    }
    assert_eq!(advise(&mut guest, fd, 0, 0, 6), errno::INVAL);
    assert_eq!(advise(&mut guest, fd, i64::MAX, i64::MAX, 0), errno::INVAL);
    assert_eq!(advise(&mut guest, fd, -1, 2, 0), errno::INVAL);
    assert_eq!(advise(&mut guest, 0, 0, 1, 0), errno::SPIPE);
    assert_eq!(advise(&mut guest, ROOT, 0, 1, 0), errno::ISDIR);
    assert_eq!(advise(&mut guest, 99, 0, 1, 0), errno::BADF);

    let allocate =
        |guest: &mut Guest, fd, offset, len| guest.call(|ctx, memory| wasi::fd_allocate(ctx, memory, fd, offset, len));
    assert_eq!(allocate(&mut guest, fd, 2, 5), errno::SUCCESS);
    assert_eq!(guest.content("/a"), b"12345\0\0");
    assert_eq!(allocate(&mut guest, fd, 0, 3), errno::SUCCESS);
    assert_eq!(guest.content("/a").len(), 7);
    assert_eq!(allocate(&mut guest, fd, 0, 0), errno::INVAL);
    assert_eq!(allocate(&mut guest, fd, 0, 1 << 40), errno::NOSPC);
    assert_eq!(allocate(&mut guest, fd, i64::MAX, i64::MAX), errno::FBIG);
    assert_eq!(allocate(&mut guest, 1, 0, 1), errno::SPIPE);
    assert_eq!(allocate(&mut guest, ROOT, 0, 1), errno::ISDIR);
    assert_eq!(allocate(&mut guest, 99, 0, 1), errno::BADF);
}

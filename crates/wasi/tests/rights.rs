use hotcell_wasi::calls::wasi_snapshot_preview1 as wasi;

use crate::{harness::*, standard::*};

/// Takes rights from a descriptor.
fn restrict(guest: &mut Guest, fd: i32, base: i64, inheriting: i64) -> i32 {
    guest.call(|ctx, memory| wasi::fd_fdstat_set_rights(ctx, memory, fd, base, inheriting))
}

#[test]
fn fd_fdstat_set_rights_only_takes_away() {
    let mut guest = Guest::with_files(&[("/a", "")]);
    let fd = guest.open("a", 0).unwrap();
    assert_eq!(restrict(&mut guest, fd, rights::FD_READ, 0), errno::SUCCESS);
    assert_eq!(restrict(&mut guest, fd, rights::FD_READ | rights::FD_WRITE, 0), errno::NOTCAPABLE);
    assert_eq!(restrict(&mut guest, fd, rights::FD_READ, rights::FD_READ), errno::NOTCAPABLE);
    assert_eq!(restrict(&mut guest, fd, 0, 0), errno::SUCCESS);
    assert_eq!(guest.read(fd, 1), Err(errno::NOTCAPABLE));
    assert_eq!(restrict(&mut guest, fd, 1 << 40, 0), errno::INVAL);
    assert_eq!(restrict(&mut guest, 99, 0, 0), errno::BADF);
}

#[test]
fn calls_on_a_file_need_their_right() {
    type Call = fn(&mut Guest, i32) -> i32;
    let calls: [(i64, Call); 11] = [
        (rights::FD_READ, |guest, fd| guest.read(fd, 1).err().unwrap_or(0)),
        (rights::FD_WRITE, |guest, fd| guest.write(fd, b"x").err().unwrap_or(0)),
        (rights::FD_SEEK, |guest, fd| guest.seek(fd, 1, whence::SET).err().unwrap_or(0)),
        (rights::FD_TELL, |guest, fd| guest.seek(fd, 0, whence::CUR).err().unwrap_or(0)),
        (rights::FD_SYNC, |guest, fd| guest.call(|ctx, memory| wasi::fd_sync(ctx, memory, fd))),
        (rights::FD_DATASYNC, |guest, fd| guest.call(|ctx, memory| wasi::fd_datasync(ctx, memory, fd))),
        (rights::FD_FDSTAT_SET_FLAGS, |guest, fd| {
            guest.call(|ctx, memory| wasi::fd_fdstat_set_flags(ctx, memory, fd, 0))
        }),
        (rights::FD_ADVISE, |guest, fd| guest.call(|ctx, memory| wasi::fd_advise(ctx, memory, fd, 0, 1, 0))),
        (rights::FD_ALLOCATE, |guest, fd| guest.call(|ctx, memory| wasi::fd_allocate(ctx, memory, fd, 0, 1))),
        (rights::FD_FILESTAT_SET_SIZE, |guest, fd| {
            guest.call(|ctx, memory| wasi::fd_filestat_set_size(ctx, memory, fd, 1))
        }),
        (rights::FD_FILESTAT_SET_TIMES, |guest, fd| {
            guest.call(|ctx, memory| wasi::fd_filestat_set_times(ctx, memory, fd, 0, 0, 0))
        }),
    ];
    for (right, call) in calls {
        let mut guest = Guest::with_files(&[("/a", "a")]);
        let fd = guest.open("a", 0).unwrap();
        assert_eq!(restrict(&mut guest, fd, right, 0), errno::SUCCESS);
        assert_eq!(call(&mut guest, fd), errno::SUCCESS, "right {right:#x} is enough");
        let fd = guest.open("a", 0).unwrap();
        // The right to seek implies that to tell, so telling is denied only without both.
        let denied = if right == rights::FD_TELL { right | rights::FD_SEEK } else { right };
        assert_eq!(restrict(&mut guest, fd, FILE_RIGHTS & !denied, 0), errno::SUCCESS);
        assert_eq!(call(&mut guest, fd), errno::NOTCAPABLE, "right {right:#x} is needed");
    }
}

#[test]
fn fd_seek_that_does_not_move_needs_only_the_right_to_tell() {
    let mut guest = Guest::with_files(&[("/a", "a")]);
    let fd = guest.open("a", 0).unwrap();
    restrict(&mut guest, fd, rights::FD_TELL, 0);
    assert_eq!(guest.seek(fd, 0, whence::CUR), Ok(0));
    assert_eq!(guest.seek(fd, 1, whence::CUR), Err(errno::NOTCAPABLE));
    assert_eq!(guest.seek(fd, 0, whence::END), Err(errno::NOTCAPABLE));
    let fd = guest.open("a", 0).unwrap();
    restrict(&mut guest, fd, rights::FD_SEEK, 0);
    let ret = guest.room(8);
    assert_eq!(guest.call(|ctx, memory| wasi::fd_tell(ctx, memory, fd, ret)), errno::SUCCESS);
}

#[test]
fn fd_pread_and_fd_pwrite_need_the_right_to_seek_as_well() {
    let mut guest = Guest::with_files(&[("/a", "a")]);
    let bytes = guest.put(b"x");
    let (list, ret) = (guest.buffers(&[(bytes, 1)]), guest.room(4));
    for (rights, expected) in [
        (rights::FD_READ | rights::FD_WRITE, errno::NOTCAPABLE),
        (rights::FD_SEEK, errno::NOTCAPABLE),
        (rights::FD_READ | rights::FD_WRITE | rights::FD_SEEK, errno::SUCCESS),
    ] {
        let fd = guest.open("a", 0).unwrap();
        restrict(&mut guest, fd, rights, 0);
        assert_eq!(guest.call(|ctx, memory| wasi::fd_pread(ctx, memory, fd, list, 1, 0, ret)), expected);
        assert_eq!(guest.call(|ctx, memory| wasi::fd_pwrite(ctx, memory, fd, list, 1, 0, ret)), expected);
    }
}

#[test]
fn calls_through_a_directory_need_their_right() {
    type Call = fn(&mut Guest, i32) -> i32;
    let calls: [(i64, Call); 13] = [
        (rights::PATH_OPEN, |guest, fd| guest.open_with(fd, "a", 0, rights::FD_READ, 0).err().unwrap_or(0)),
        (rights::PATH_OPEN | rights::PATH_CREATE_FILE, |guest, fd| {
            guest.open_with(fd, "new", oflags::CREAT, rights::FD_READ, 0).err().unwrap_or(0)
        }),
        (rights::PATH_OPEN | rights::PATH_FILESTAT_SET_SIZE, |guest, fd| {
            guest.open_with(fd, "a", oflags::TRUNC, rights::FD_WRITE, 0).err().unwrap_or(0)
        }),
        (rights::PATH_OPEN | rights::FD_SYNC, |guest, fd| {
            guest.open_with(fd, "a", 0, rights::FD_WRITE, fdflags::SYNC).err().unwrap_or(0)
        }),
        (rights::PATH_OPEN | rights::FD_DATASYNC, |guest, fd| {
            guest.open_with(fd, "a", 0, rights::FD_WRITE, fdflags::DSYNC).err().unwrap_or(0)
        }),
        (rights::PATH_CREATE_DIRECTORY, |guest, fd| {
            let (pointer, len) = guest.text("new");
            guest.call(|ctx, memory| wasi::path_create_directory(ctx, memory, fd, pointer, len))
        }),
        (rights::PATH_REMOVE_DIRECTORY, |guest, fd| {
            let (pointer, len) = guest.text("empty");
            guest.call(|ctx, memory| wasi::path_remove_directory(ctx, memory, fd, pointer, len))
        }),
        (rights::PATH_UNLINK_FILE, |guest, fd| {
            let (pointer, len) = guest.text("a");
            guest.call(|ctx, memory| wasi::path_unlink_file(ctx, memory, fd, pointer, len))
        }),
        (rights::PATH_READLINK, |guest, fd| {
            let (pointer, len) = guest.text("link");
            let (buffer, ret) = (guest.room(8), guest.room(4));
            guest.call(|ctx, memory| wasi::path_readlink(ctx, memory, fd, pointer, len, buffer, 8, ret))
        }),
        (rights::PATH_SYMLINK, |guest, fd| {
            let (pointer, len) = guest.text("new");
            guest.call(|ctx, memory| wasi::path_symlink(ctx, memory, pointer, len, fd, pointer, len))
        }),
        (rights::PATH_FILESTAT_GET, |guest, fd| {
            let (pointer, len) = guest.text("a");
            let ret = guest.room(64);
            guest.call(|ctx, memory| wasi::path_filestat_get(ctx, memory, fd, 0, pointer, len, ret))
        }),
        (rights::PATH_FILESTAT_SET_TIMES, |guest, fd| {
            let (pointer, len) = guest.text("a");
            guest.call(|ctx, memory| wasi::path_filestat_set_times(ctx, memory, fd, 0, pointer, len, 0, 0, 0))
        }),
        (rights::FD_READDIR, |guest, fd| {
            let (buffer, ret) = (guest.room(64), guest.room(4));
            guest.call(|ctx, memory| wasi::fd_readdir(ctx, memory, fd, buffer, 64, 0, ret))
        }),
    ];
    for (needed, call) in calls {
        for missing in (0..28).map(|bit| 1 << bit).filter(|bit| needed & bit != 0) {
            let (mut guest, dir) = guest_with_directory();
            let base = ALL_RIGHTS & !FILE_ONLY_RIGHTS & !missing;
            assert_eq!(restrict(&mut guest, dir, base, ALL_RIGHTS), errno::SUCCESS);
            assert_eq!(call(&mut guest, dir), errno::NOTCAPABLE, "right {missing:#x} is needed");
        }
        let (mut guest, dir) = guest_with_directory();
        assert_eq!(restrict(&mut guest, dir, needed, ALL_RIGHTS), errno::SUCCESS);
        assert_eq!(call(&mut guest, dir), errno::SUCCESS, "rights {needed:#x} are enough");
    }
}

fn guest_with_directory() -> (Guest, i32) {
    let mut guest = Guest::with_files(&[("/d/a", "a"), ("/d/empty/x", "")]);
    guest.vfs.unlink(hotcell_vfs::Base::Root, "/d/empty/x").unwrap();
    guest.vfs.symlink("a", hotcell_vfs::Base::Root, "/d/link").unwrap();
    let dir = guest.open_dir("d");
    (guest, dir)
}

#[test]
fn path_link_and_path_rename_need_a_right_on_each_side() {
    type Call = fn(&mut Guest, i32, i32) -> i32;
    let link: Call = |guest, from, to| {
        let (a, b) = (guest.text("a"), guest.text("b"));
        guest.call(|ctx, memory| wasi::path_link(ctx, memory, from, 0, a.0, a.1, to, b.0, b.1))
    };
    let rename: Call = |guest, from, to| {
        let (a, b) = (guest.text("a"), guest.text("b"));
        guest.call(|ctx, memory| wasi::path_rename(ctx, memory, from, a.0, a.1, to, b.0, b.1))
    };
    for (source, target, call) in [
        (rights::PATH_LINK_SOURCE, rights::PATH_LINK_TARGET, link),
        (rights::PATH_RENAME_SOURCE, rights::PATH_RENAME_TARGET, rename),
    ] {
        for (from_rights, to_rights, expected) in
            [(source, target, errno::SUCCESS), (target, target, errno::NOTCAPABLE), (source, source, errno::NOTCAPABLE)]
        {
            let (mut guest, from) = guest_with_directory();
            let to = guest.open_dir("d");
            restrict(&mut guest, from, from_rights, 0);
            restrict(&mut guest, to, to_rights, 0);
            assert_eq!(call(&mut guest, from, to), expected);
        }
    }
}

#[test]
fn path_open_gives_no_right_that_the_directory_does_not_pass_on() {
    let (mut guest, dir) = guest_with_directory();
    let inheriting = rights::FD_READ | rights::PATH_OPEN | rights::FD_READDIR;
    assert_eq!(restrict(&mut guest, dir, ALL_RIGHTS & !FILE_ONLY_RIGHTS, inheriting), errno::SUCCESS);
    assert!(guest.open_with(dir, "a", 0, rights::FD_READ, 0).is_ok());
    assert_eq!(guest.open_with(dir, "a", 0, rights::FD_READ | rights::FD_WRITE, 0), Err(errno::NOTCAPABLE));
    let (pointer, len) = guest.text("empty");
    let ret = guest.room(4);
    let open = |guest: &mut Guest, base, inheriting| {
        guest.call(|ctx, memory| {
            wasi::path_open(ctx, memory, dir, 0, pointer, len, oflags::DIRECTORY, base, inheriting, 0, ret)
        })
    };
    assert_eq!(open(&mut guest, rights::FD_READDIR, rights::FD_WRITE), errno::NOTCAPABLE);
    assert_eq!(open(&mut guest, rights::FD_READDIR, rights::FD_READ), errno::SUCCESS);
    let fd = guest.get_u32(ret) as i32;
    let stat = guest.room(24);
    guest.call(|ctx, memory| wasi::fd_fdstat_get(ctx, memory, fd, stat));
    assert_eq!(guest.get_u64(stat + 8) as i64, rights::FD_READDIR);
    assert_eq!(guest.get_u64(stat + 16) as i64, rights::FD_READ);
}

#[test]
fn path_open_for_reading_gives_no_handle_to_write_with() {
    let mut guest = Guest::with_files(&[("/a", "a")]);
    let fd = guest.open_with(ROOT, "a", 0, rights::FD_READ | rights::FD_SEEK, 0).unwrap();
    assert_eq!(guest.write(fd, b"x"), Err(errno::NOTCAPABLE));
    assert_eq!(restrict(&mut guest, fd, FILE_RIGHTS, 0), errno::NOTCAPABLE);
    let (pointer, len) = guest.text("a");
    let ret = guest.room(4);
    // A file passes nothing on, so nothing can be opened through it, and its rights can't come back by renumbering.
    let errno =
        guest.call(|ctx, memory| wasi::path_open(ctx, memory, fd, 0, pointer, len, 0, rights::FD_WRITE, 0, 0, ret));
    assert_eq!(errno, errno::NOTDIR);
    let other = guest.open("a", 0).unwrap();
    guest.call(|ctx, memory| wasi::fd_renumber(ctx, memory, fd, other));
    assert_eq!(guest.write(other, b"x"), Err(errno::NOTCAPABLE));
}

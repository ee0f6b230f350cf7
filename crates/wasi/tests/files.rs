use hotcell_vfs::{Base, Vfs, VfsOptions};
use hotcell_wasi::calls::wasi_snapshot_preview1 as wasi;

use crate::{harness::*, standard::*};

#[test]
fn fd_read_goes_on_where_it_stopped_and_ends_with_nothing() {
    let mut guest = Guest::with_files(&[("/a", "hello world")]);
    let fd = guest.open("a", 0).unwrap();
    assert_eq!(guest.read(fd, 5), Ok(b"hello".to_vec()));
    assert_eq!(guest.read(fd, 100), Ok(b" world".to_vec()));
    assert_eq!(guest.read(fd, 100), Ok(vec![]));
    assert_eq!(guest.read(fd, 0), Ok(vec![]));
}

#[test]
fn fd_read_fills_several_buffers() {
    let mut guest = Guest::with_files(&[("/a", "abcdefgh")]);
    let fd = guest.open("a", 0).unwrap();
    let (first, second, third) = (guest.room(2), guest.room(3), guest.room(8));
    let (list, ret) = (guest.buffers(&[(first, 2), (second, 0), (second, 3), (third, 8)]), guest.room(4));
    assert_eq!(guest.call(|ctx, memory| block_on(wasi::fd_read(ctx, memory, fd, list, 4, ret))), errno::SUCCESS);
    assert_eq!(guest.get_u32(ret), 8);
    assert_eq!(
        (guest.get(first, 2), guest.get(second, 3), guest.get(third, 3)),
        (&b"ab"[..], &b"cde"[..], &b"fgh"[..])
    );
}

#[test]
fn fd_write_takes_more_buffers_than_a_file_takes_at_once() {
    let mut guest = Guest::new();
    let fd = guest.open("a", oflags::CREAT).unwrap();
    let bytes = guest.put(b"0123456789");
    let buffers: Vec<(i32, u32)> = (0..40).map(|index| (bytes + index % 10, (index % 3) as u32 % 2)).collect();
    let expected: Vec<u8> = (0..40).filter(|index| index % 3 == 1).map(|index| b'0' + (index % 10) as u8).collect();
    let (list, ret) = (guest.buffers(&buffers), guest.room(4));
    assert_eq!(guest.call(|ctx, memory| block_on(wasi::fd_write(ctx, memory, fd, list, 40, ret))), errno::SUCCESS);
    assert_eq!(guest.get_u32(ret) as usize, expected.len());
    assert_eq!(guest.content("/a"), expected);
    assert_eq!(guest.seek(fd, 0, whence::CUR), Ok(expected.len() as u64));
}

#[test]
fn fd_write_of_nothing_is_nothing() {
    let mut guest = Guest::new();
    let fd = guest.open("a", oflags::CREAT).unwrap();
    assert_eq!(guest.write(fd, b""), Ok(0));
    let ret = guest.room(4);
    assert_eq!(guest.call(|ctx, memory| block_on(wasi::fd_write(ctx, memory, fd, 0, 0, ret))), errno::SUCCESS);
    assert_eq!(guest.get_u32(ret), 0);
}

#[test]
fn fd_write_after_a_seek_past_the_end_leaves_zeros() {
    let mut guest = Guest::new();
    let fd = guest.open("a", oflags::CREAT).unwrap();
    guest.write(fd, b"ab").unwrap();
    assert_eq!(guest.seek(fd, 2, whence::CUR), Ok(4));
    guest.write(fd, b"cd").unwrap();
    assert_eq!(guest.content("/a"), b"ab\0\0cd");
}

#[test]
fn fd_write_to_a_file_opened_to_append_goes_to_its_end() {
    let mut guest = Guest::with_files(&[("/a", "12")]);
    let fd = guest.open_with(ROOT, "a", 0, FILE_RIGHTS, fdflags::APPEND).unwrap();
    guest.write(fd, b"3").unwrap();
    guest.vfs.write_file(Base::Root, "/a", b"12345".to_vec(), 0o644, false).unwrap();
    guest.write(fd, b"6").unwrap();
    assert_eq!(guest.content("/a"), b"123456");
    assert_eq!(guest.seek(fd, 0, whence::CUR), Ok(6));
}

#[test]
fn fd_write_up_to_the_quota_is_short_and_then_enospc() {
    let vfs = Vfs::new(VfsOptions { max_bytes: 10, ..Default::default() });
    let mut guest = Guest::on(vfs, |builder| builder);
    let fd = guest.open("a", oflags::CREAT).unwrap();
    assert_eq!(guest.write(fd, b"0123456"), Ok(7));
    assert_eq!(guest.write(fd, b"789ab"), Ok(3));
    assert_eq!(guest.write(fd, b"c"), Err(errno::NOSPC));
    assert_eq!(guest.content("/a"), b"0123456789");
}

#[test]
fn fd_pread_and_fd_pwrite_leave_the_position_alone() {
    let mut guest = Guest::with_files(&[("/a", "0123456789")]);
    let fd = guest.open("a", 0).unwrap();
    guest.seek(fd, 4, whence::SET).unwrap();
    let bytes = guest.put(b"xy");
    let (list, ret) = (guest.buffers(&[(bytes, 2)]), guest.room(4));
    assert_eq!(guest.call(|ctx, memory| wasi::fd_pwrite(ctx, memory, fd, list, 1, 8, ret)), errno::SUCCESS);
    assert_eq!(guest.get_u32(ret), 2);
    assert_eq!(guest.content("/a"), b"01234567xy");
    assert_eq!(guest.call(|ctx, memory| wasi::fd_pread(ctx, memory, fd, list, 1, 1, ret)), errno::SUCCESS);
    assert_eq!((guest.get_u32(ret), guest.get(bytes, 2)), (2, &b"12"[..]));
    assert_eq!(guest.call(|ctx, memory| wasi::fd_pread(ctx, memory, fd, list, 1, 100, ret)), errno::SUCCESS);
    assert_eq!(guest.get_u32(ret), 0);
    assert_eq!(guest.seek(fd, 0, whence::CUR), Ok(4));
    for (fd, offset, expected) in [
        (fd, -1, errno::INVAL),
        (0, 0, errno::SPIPE),
        (1, 0, errno::SPIPE),
        (ROOT, 0, errno::ISDIR),
        (99, 0, errno::BADF),
    ] {
        assert_eq!(guest.call(|ctx, memory| wasi::fd_pread(ctx, memory, fd, list, 1, offset, ret)), expected);
        assert_eq!(guest.call(|ctx, memory| wasi::fd_pwrite(ctx, memory, fd, list, 1, offset, ret)), expected);
    }
    assert_eq!(guest.call(|ctx, memory| wasi::fd_pwrite(ctx, memory, fd, list, 1, i64::MAX, ret)), errno::FBIG);
}

#[test]
fn fd_seek_counts_from_the_start_the_position_or_the_end() {
    let mut guest = Guest::with_files(&[("/a", "0123456789")]);
    let fd = guest.open("a", 0).unwrap();
    assert_eq!(guest.seek(fd, 3, whence::SET), Ok(3));
    assert_eq!(guest.seek(fd, 2, whence::CUR), Ok(5));
    assert_eq!(guest.seek(fd, -1, whence::END), Ok(9));
    assert_eq!(guest.read(fd, 5), Ok(b"9".to_vec()));
    assert_eq!(guest.seek(fd, 100, whence::END), Ok(110));
    assert_eq!(guest.read(fd, 5), Ok(vec![]));
    assert_eq!(guest.seek(fd, -1, whence::SET), Err(errno::INVAL));
    assert_eq!(guest.seek(fd, -111, whence::CUR), Err(errno::INVAL));
    assert_eq!(guest.seek(fd, i64::MAX, whence::CUR), Err(errno::OVERFLOW));
    assert_eq!(guest.seek(fd, 0, 3), Err(errno::INVAL));
    let ret = guest.room(8);
    assert_eq!(guest.call(|ctx, memory| wasi::fd_tell(ctx, memory, fd, ret)), errno::SUCCESS);
    assert_eq!(guest.get_u64(ret), 110, "a seek that failed moved nothing");
    assert_eq!(guest.seek(0, 0, whence::CUR), Err(errno::SPIPE));
    assert_eq!(guest.seek(ROOT, 0, whence::CUR), Err(errno::ISDIR));
    assert_eq!(guest.seek(99, 0, whence::CUR), Err(errno::BADF));
    assert_eq!(guest.call(|ctx, memory| wasi::fd_tell(ctx, memory, 1, ret)), errno::SPIPE);
}

#[test]
fn fd_read_and_fd_write_of_directories_are_eisdir() {
    let mut guest = Guest::new();
    assert_eq!(guest.read(ROOT, 1), Err(errno::ISDIR));
    assert_eq!(guest.write(ROOT, b"x"), Err(errno::ISDIR));
    assert_eq!(guest.read(99, 1), Err(errno::BADF));
    assert_eq!(guest.write(99, b"x"), Err(errno::BADF));
}

/// Calls of `fd_write` with a list that can't be used.
fn write_list(guest: &mut Guest, fd: i32, list: i32, len: i32, ret: i32) -> i32 {
    guest.call(|ctx, memory| block_on(wasi::fd_write(ctx, memory, fd, list, len, ret)))
}

#[test]
fn buffers_outside_of_the_memory_are_efault_before_anything_is_written() {
    let mut guest = Guest::new();
    let fd = guest.open("a", oflags::CREAT).unwrap();
    let bytes = guest.put(b"good");
    let ret = guest.room(4);
    for bad in [(65_530, 10), (-8, 8), (65_536, 1), (8, u32::MAX)] {
        let list = guest.buffers(&[(bytes, 4), bad]);
        assert_eq!(write_list(&mut guest, fd, list, 2, ret), errno::FAULT, "{bad:?}");
        assert_eq!(guest.call(|ctx, memory| block_on(wasi::fd_read(ctx, memory, fd, list, 2, ret))), errno::FAULT);
    }
    assert_eq!(write_list(&mut guest, fd, 65_532, 1, ret), errno::FAULT);
    assert_eq!(write_list(&mut guest, fd, 65_536, 1, ret), errno::FAULT);
    assert_eq!(write_list(&mut guest, fd, -8, 2, ret), errno::FAULT);
    assert_eq!(guest.content("/a"), b"");
}

#[test]
fn buffers_that_are_too_many_or_unaligned_are_einval() {
    let mut guest = Guest::new();
    let fd = guest.open("a", oflags::CREAT).unwrap();
    let (bytes, ret) = (guest.put(b"x"), guest.room(4));
    let list = guest.buffers(&vec![(bytes, 1); 1025]);
    assert_eq!(write_list(&mut guest, fd, list, 1025, ret), errno::INVAL);
    assert_eq!(write_list(&mut guest, fd, list, -1, ret), errno::INVAL);
    assert_eq!(write_list(&mut guest, fd, list + 2, 1, ret), errno::INVAL);
    assert_eq!(write_list(&mut guest, fd, list, 1024, ret), errno::SUCCESS);
    assert_eq!(guest.get_u32(ret), 1024);
}

#[test]
fn shared_memory_reads_and_writes_as_well() {
    let mut guest = Guest::with_files(&[("/a", "abcdef")]);
    let fd = guest.open("a", 0).unwrap();
    let (first, second) = (guest.room(4), guest.room(4));
    let (list, ret) = (guest.buffers(&[(first, 4), (second, 4)]), guest.room(4));
    let errno = guest.call_shared(|ctx, memory| block_on(wasi::fd_read(ctx, memory, fd, list, 2, ret)));
    assert_eq!((errno, guest.get_u32(ret)), (errno::SUCCESS, 6));
    assert_eq!((guest.get(first, 4), guest.get(second, 2)), (&b"abcd"[..], &b"ef"[..]));
    let errno = guest.call_shared(|ctx, memory| block_on(wasi::fd_write(ctx, memory, fd, list, 2, ret)));
    assert_eq!((errno, guest.get_u32(ret)), (errno::SUCCESS, 8));
    assert_eq!(guest.content("/a"), b"abcdefabcdef\0\0");
    let errno = guest.call_shared(|ctx, memory| block_on(wasi::fd_write(ctx, memory, 1, list, 2, ret)));
    assert_eq!((errno, guest.streams.stdout.drain()), (errno::SUCCESS, b"abcdef\0\0".to_vec()));
    guest.streams.stdin.push(b"wxyz!");
    let errno = guest.call_shared(|ctx, memory| block_on(wasi::fd_read(ctx, memory, 0, list, 2, ret)));
    assert_eq!((errno, guest.get_u32(ret)), (errno::SUCCESS, 5));
    assert_eq!((guest.get(first, 4), guest.get(second, 1)), (&b"wxyz"[..], &b"!"[..]));
}

#[test]
fn devices_read_and_write_as_on_linux() {
    let mut guest = Guest::new();
    let null = guest.open("dev/null", 0).unwrap();
    assert_eq!(guest.write(null, b"gone"), Ok(4));
    assert_eq!(guest.read(null, 4), Ok(vec![]));
    let zero = guest.open("dev/zero", 0).unwrap();
    assert_eq!(guest.read(zero, 4), Ok(vec![0; 4]));
    let full = guest.open("dev/full", 0).unwrap();
    assert_eq!(guest.write(full, b"x"), Err(errno::NOSPC));
}

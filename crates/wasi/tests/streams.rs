use std::task::{Context, Poll, Waker};

use hotcell_wasi::{Trap, calls::wasi_snapshot_preview1 as wasi};

use crate::{harness::*, standard::*};

/// Polls a call once and gives it up.
fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    let mut future = Box::pin(future);
    future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn fd_read_of_stdin_takes_what_is_there() {
    let mut guest = Guest::new();
    guest.streams.stdin.push(b"hello world");
    assert_eq!(guest.read(0, 5), Ok(b"hello".to_vec()));
    assert_eq!(guest.read(0, 100), Ok(b" world".to_vec()));
    guest.streams.stdin.close();
    assert_eq!(guest.read(0, 100), Ok(vec![]));
    assert_eq!(guest.read(0, 100), Ok(vec![]));
}

#[test]
fn fd_read_of_stdin_waits_until_there_is_something() {
    let mut guest = Guest::new();
    let stdin = guest.streams.stdin.clone();
    let writer = std::thread::spawn(move || stdin.push(b"late"));
    assert_eq!(guest.read(0, 10), Ok(b"late".to_vec()));
    writer.join().unwrap();
    let stdin = guest.streams.stdin.clone();
    let closer = std::thread::spawn(move || stdin.close());
    assert_eq!(guest.read(0, 10), Ok(vec![]));
    closer.join().unwrap();
}

#[test]
fn fd_read_of_stdin_holds_no_thread_while_it_waits() {
    let mut guest = Guest::new();
    let buffer = guest.room(8);
    let (list, ret) = (guest.buffers(&[(buffer, 8)]), guest.room(4));
    let stdin = guest.streams.stdin.clone();
    guest.call(|ctx, memory| {
        let mut call = Box::pin(wasi::fd_read(ctx, memory, 0, list, 1, ret));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(call.as_mut().poll(&mut cx).is_pending());
        stdin.push(b"now");
        assert_eq!(call.as_mut().poll(&mut cx), Poll::Ready(Ok(errno::SUCCESS)));
        Ok(())
    });
    assert_eq!((guest.get_u32(ret), guest.get(buffer, 3)), (3, &b"now"[..]));
}

#[test]
fn calls_that_wait_can_move_between_threads() {
    fn sendable<T: Send>(_: &T) {}
    let mut guest = Guest::new();
    guest.call(|ctx, memory| {
        sendable(&wasi::fd_read(ctx, memory, 0, 0, 0, 0));
        sendable(&wasi::fd_write(ctx, memory, 1, 0, 0, 0));
        sendable(&wasi::poll_oneoff(ctx, memory, 0, 0, 0, 0));
        sendable(&wasi::sched_yield(ctx, memory));
        sendable(&hotcell_wasi::calls::host_process::sleep_ms(ctx, memory, 0));
        sendable(&hotcell_wasi::calls::host_tty::read(ctx, memory, 0, 0, 0));
        Ok(())
    });
}

#[test]
fn fd_read_of_stdin_fills_later_buffers_only_with_what_is_there() {
    let mut guest = Guest::new();
    guest.streams.stdin.push(b"abc");
    let (first, second) = (guest.room(2), guest.room(4));
    let (list, ret) = (guest.buffers(&[(first, 0), (first, 2), (second, 4)]), guest.room(4));
    let read = |guest: &mut Guest| guest.call(|ctx, memory| block_on(wasi::fd_read(ctx, memory, 0, list, 3, ret)));
    assert_eq!(read(&mut guest), errno::SUCCESS);
    assert_eq!((guest.get_u32(ret), guest.get(first, 2), guest.get(second, 1)), (3, &b"ab"[..], &b"c"[..]));
    guest.streams.stdin.push(b"de");
    assert_eq!(read(&mut guest), errno::SUCCESS);
    assert_eq!((guest.get_u32(ret), guest.get(first, 2)), (2, &b"de"[..]), "it does not wait for the second buffer");
}

#[test]
fn fd_read_of_stdin_without_blocking_is_eagain() {
    let mut guest = Guest::new();
    guest.call(|ctx, memory| wasi::fd_fdstat_set_flags(ctx, memory, 0, fdflags::NONBLOCK));
    assert_eq!(guest.read(0, 1), Err(errno::AGAIN));
    guest.streams.stdin.push(b"x");
    assert_eq!(guest.read(0, 1), Ok(b"x".to_vec()));
}

#[test]
fn fd_write_goes_to_its_own_stream() {
    let mut guest = Guest::new();
    let all: Vec<u8> = (0..=255).collect();
    assert_eq!(guest.write(1, &all), Ok(256));
    assert_eq!(guest.write(2, b"err"), Ok(3));
    assert_eq!(guest.streams.stdout.drain(), all);
    assert_eq!(guest.streams.stderr.drain(), b"err");
    assert_eq!(guest.write(0, b"x"), Err(errno::NOTCAPABLE));
    assert_eq!(guest.read(1, 1), Err(errno::NOTCAPABLE));
}

#[test]
fn fd_write_waits_for_room_until_everything_is_written() {
    let mut guest = Guest::new();
    guest.streams.stdout.set_capacity(3);
    let (first, second) = (guest.put(b"01234"), guest.put(b"56789"));
    let (list, ret) = (guest.buffers(&[(first, 5), (second, 5)]), guest.room(4));
    let stdout = guest.streams.stdout.clone();
    guest.call(|ctx, memory| {
        let mut call = Box::pin(wasi::fd_write(ctx, memory, 1, list, 2, ret));
        let mut cx = Context::from_waker(Waker::noop());
        let mut output = Vec::new();
        while call.as_mut().poll(&mut cx).is_pending() {
            let part = stdout.drain();
            assert!(!part.is_empty() && part.len() <= 3);
            output.extend(part);
        }
        output.extend(stdout.drain());
        assert_eq!(output, b"0123456789");
        Ok(())
    });
    assert_eq!(guest.get_u32(ret), 10);
}

#[test]
fn fd_write_without_blocking_is_short_and_then_eagain() {
    let mut guest = Guest::new();
    guest.streams.stdout.set_capacity(3);
    guest.call(|ctx, memory| wasi::fd_fdstat_set_flags(ctx, memory, 1, fdflags::NONBLOCK));
    assert_eq!(guest.write(1, b"01234"), Ok(3));
    assert_eq!(guest.write(1, b"34"), Err(errno::AGAIN));
}

#[test]
fn fd_write_to_a_closed_stream_is_epipe() {
    let mut guest = Guest::new();
    guest.streams.stdout.close();
    assert_eq!(guest.write(1, b"x"), Err(errno::PIPE));
    assert_eq!(guest.write(1, b""), Ok(0));
}

#[test]
fn fd_write_that_is_cut_off_tells_how_much_went_through() {
    let mut guest = Guest::new();
    guest.streams.stdout.set_capacity(2);
    let bytes = guest.put(b"0123");
    let (list, ret) = (guest.buffers(&[(bytes, 4)]), guest.room(4));
    let stdout = guest.streams.stdout.clone();
    guest.call(|ctx, memory| {
        let mut call = Box::pin(wasi::fd_write(ctx, memory, 1, list, 1, ret));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(call.as_mut().poll(&mut cx).is_pending());
        stdout.close();
        assert_eq!(call.as_mut().poll(&mut cx), Poll::Ready(Ok(errno::SUCCESS)));
        Ok(())
    });
    assert_eq!(guest.get_u32(ret), 2);
    assert_eq!(guest.write(1, b"x"), Err(errno::PIPE));
}

#[test]
fn calls_on_the_streams_of_a_killed_guest_end_it() {
    let mut guest = Guest::new();
    let buffer = guest.room(8);
    let (list, ret) = (guest.buffers(&[(buffer, 8)]), guest.room(4));
    let stdin = guest.streams.stdin.clone();
    let killer = std::thread::spawn(move || stdin.kill());
    let read = guest.try_call(|ctx, memory| block_on(wasi::fd_read(ctx, memory, 0, list, 1, ret)));
    assert_eq!(read, Err(Trap::Killed));
    killer.join().unwrap();
    guest.streams.stdout.kill();
    let write = guest.try_call(|ctx, memory| block_on(wasi::fd_write(ctx, memory, 1, list, 1, ret)));
    assert_eq!(write, Err(Trap::Killed));
}

#[test]
fn calls_on_streams_that_are_given_up_leave_the_guest_usable() {
    let mut guest = Guest::new();
    let buffer = guest.room(8);
    let (list, ret) = (guest.buffers(&[(buffer, 8)]), guest.room(4));
    let pending = guest.call(|ctx, memory| Ok(poll_once(wasi::fd_read(ctx, memory, 0, list, 1, ret)).is_pending()));
    assert!(pending);
    guest.streams.stdin.push(b"x");
    assert_eq!(guest.read(0, 8), Ok(b"x".to_vec()));
}

#[test]
fn descriptors_that_share_a_stream_share_its_flags() {
    let mut guest = Guest::new();
    let ret = guest.room(4);
    let errno = guest.call(|ctx, memory| hotcell_wasi::calls::host_process::fd_dup(ctx, memory, 0, ret));
    assert_eq!(errno, errno::SUCCESS);
    let copy = guest.get_u32(ret) as i32;
    guest.call(|ctx, memory| wasi::fd_fdstat_set_flags(ctx, memory, copy, fdflags::NONBLOCK));
    assert_eq!(guest.read(0, 1), Err(errno::AGAIN));
    guest.close(0);
    guest.streams.stdin.push(b"x");
    assert_eq!(guest.read(copy, 1), Ok(b"x".to_vec()));
}

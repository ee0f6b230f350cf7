use crate::harness::{Heard, ID, PATIENCE, Setup, hear, output_and_exit, waker};
use bytes::Bytes;
use hotcell_guest::{Ending, MAX_OUTPUT_CHUNK, StreamError};
use hotcell_protocol::{Event, Limits, Outcome, Stream};
use std::sync::Arc;
use std::task::{Context, Poll};

fn limits(output_bytes: u64) -> Limits {
    Limits { output_bytes, ..Limits::default() }
}

#[test]
fn write_sends_what_the_credit_allows_and_waits_for_more() {
    let (guest, heard) = Setup { credit: 3, ..Setup::default() }.guest();
    let (waker, woken) = waker();
    let mut context = Context::from_waker(&waker);
    assert_eq!(guest.poll_write(&mut context, Stream::Stdout, b"abcdef"), Poll::Ready(Ok(3)));
    assert_eq!(guest.poll_write(&mut context, Stream::Stdout, b"def"), Poll::Pending);
    assert_eq!(guest.poll_writable(&mut context, Stream::Stdout), Poll::Pending);
    // The other stream has credit of its own, which does not help this one.
    assert_eq!(guest.poll_write(&mut context, Stream::Stderr, b"xyz"), Poll::Ready(Ok(3)));
    guest.grant(Stream::Stderr, 10);
    assert!(woken.is_empty());
    guest.grant(Stream::Stdout, 2);
    assert_eq!(woken.try_recv(), Ok(()));
    assert_eq!(guest.poll_writable(&mut context, Stream::Stdout), Poll::Ready(Ok(2)));
    assert_eq!(guest.poll_write(&mut context, Stream::Stdout, b"def"), Poll::Ready(Ok(2)));
    guest.finish(Ending::exit(0), 0);
    let (output, exit) = output_and_exit(&heard);
    assert_eq!(output, b"abcxyzde");
    assert_eq!((exit.usage.stdout_bytes, exit.usage.stderr_bytes), (5, 3));
}

#[test]
fn write_all_blocks_its_thread_until_all_is_sent() {
    let (guest, heard) = Setup { credit: 0, ..Setup::default() }.guest();
    let writer = std::thread::spawn({
        let guest = Arc::clone(&guest);
        move || guest.write_all(Stream::Stdout, b"0123456789")
    });
    for part in [b"012", b"345", b"678"] {
        guest.grant(Stream::Stdout, 3);
        let bytes = Bytes::from_static(part);
        assert_eq!(hear(&heard), Heard::Event(Event::Output { guest: ID, stream: Stream::Stdout, bytes }));
    }
    guest.grant(Stream::Stdout, 1);
    assert_eq!(writer.join().unwrap(), Ok(()));
}

#[test]
fn large_write_is_sent_in_bounded_chunks() {
    let (guest, heard) = Setup::default().guest();
    let bytes: Vec<u8> = (0..3 * MAX_OUTPUT_CHUNK + 17).map(|index| (index % 251) as u8).collect();
    guest.write_all(Stream::Stderr, &bytes).unwrap();
    guest.finish(Ending::exit(0), 0);
    let mut sent = Vec::new();
    while let Heard::Event(Event::Output { bytes, stream: Stream::Stderr, .. }) = hear(&heard) {
        assert!(bytes.len() <= MAX_OUTPUT_CHUNK);
        sent.extend_from_slice(&bytes);
    }
    assert!(sent == bytes);
}

#[test]
fn output_limit_lets_that_many_bytes_through_on_each_stream() {
    let (guest, heard) = Setup { limits: limits(4), ..Setup::default() }.guest();
    assert_eq!(guest.write_all(Stream::Stdout, b"1234"), Ok(()));
    assert_eq!(guest.write_all(Stream::Stderr, b"abcd"), Ok(()));
    assert!(!guest.is_ending());
    assert_eq!(guest.write_all(Stream::Stderr, b"e"), Err(StreamError::Ending));
    assert_eq!(guest.write_all(Stream::Stdout, b"5"), Err(StreamError::Ending));
    guest.finish(Ending::exit(0), 0);
    let (output, exit) = output_and_exit(&heard);
    assert_eq!(output, b"1234abcd");
    assert_eq!((exit.outcome, exit.exit_code), (Outcome::LimitExceeded, None));
    let error = exit.error.unwrap();
    assert_eq!(error.limit.as_deref(), Some("outputBytes"));
    assert!(error.message.contains("stderr") && error.message.contains("4 bytes"), "{error:?}");
}

#[test]
fn guest_that_may_write_nothing_may_still_write_nothing() {
    let (guest, heard) = Setup { limits: limits(0), credit: 0, ..Setup::default() }.guest();
    assert_eq!(guest.write_all(Stream::Stdout, b""), Ok(()));
    assert!(!guest.is_ending());
    assert_eq!(guest.write_all(Stream::Stdout, b"x"), Err(StreamError::Ending));
    guest.finish(Ending::exit(0), 0);
    assert_eq!(output_and_exit(&heard).1.outcome, Outcome::LimitExceeded);
}

#[test]
fn end_wakes_a_writer_that_has_no_credit() {
    let (guest, heard) = Setup { credit: 0, ..Setup::default() }.guest();
    let (waker, woken) = waker();
    assert!(guest.poll_write(&mut Context::from_waker(&waker), Stream::Stdout, b"x").is_pending());
    guest.end(Ending::Cancelled);
    assert_eq!(woken.recv_timeout(PATIENCE), Ok(()));
    assert_eq!(guest.write_all(Stream::Stdout, b"x"), Err(StreamError::Ending));
    guest.finish(Ending::exit(0), 0);
    assert_eq!(output_and_exit(&heard).1.outcome, Outcome::Cancelled);
}

#[test]
fn nothing_is_sent_after_the_exit_however_many_write() {
    for _ in 0..50 {
        let (guest, heard) = Setup::default().guest();
        let writers = [Stream::Stdout, Stream::Stderr].map(|stream| {
            let guest = Arc::clone(&guest);
            std::thread::spawn(move || while guest.write_all(stream, b"line\n").is_ok() {})
        });
        // Both are at it.
        hear(&heard);
        guest.finish(Ending::exit(0), 0);
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        output_and_exit(&heard);
        assert!(heard.is_empty());
    }
}

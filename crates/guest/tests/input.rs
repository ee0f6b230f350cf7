use crate::harness::{Heard, ID, Setup, hear, waker};
use bytes::Bytes;
use hotcell_guest::{Ending, Guest, StreamError};
use hotcell_protocol::{Event, Limits, Notice, StdinMode};
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

fn piped() -> (Arc<Guest>, crossbeam_channel::Receiver<Heard>) {
    let (guest, heard) = Setup { stdin: StdinMode::Pipe, ..Setup::default() }.guest();
    assert_eq!(hear(&heard), credit(Limits::DEFAULT.stdin_buffer_bytes));
    (guest, heard)
}

fn credit(bytes: u32) -> Heard {
    Heard::Event(Event::Notice { id: ID, notice: Notice::StdinCredit { bytes } })
}

fn read(guest: &Arc<Guest>, max: usize) -> Result<Option<Bytes>, StreamError> {
    guest.block_on(poll_fn(|context| guest.poll_read(context, max)))
}

#[test]
fn empty_stdin_ends_at_once_and_takes_nothing() {
    let (guest, heard) = Setup::default().guest();
    assert_eq!(read(&guest, 10), Ok(None));
    assert!(!guest.push_stdin(Bytes::from_static(b"x"), false));
    assert!(heard.is_empty());
}

#[test]
fn read_gives_what_came_in_order_and_then_the_end() {
    let (guest, _heard) = piped();
    assert!(guest.push_stdin(Bytes::from_static(b"hello "), false));
    assert!(guest.push_stdin(Bytes::new(), false));
    assert!(guest.push_stdin(Bytes::from_static(b"world"), true));
    let mut context = Context::from_waker(std::task::Waker::noop());
    assert_eq!(guest.poll_readable(&mut context), Poll::Ready(Ok((11, true))));
    for expected in ["hel", "lo ", "wor", "ld"] {
        assert_eq!(read(&guest, 3), Ok(Some(Bytes::from_static(expected.as_bytes()))));
    }
    assert_eq!(read(&guest, 3), Ok(None));
    assert_eq!(read(&guest, 3), Ok(None));
}

#[test]
fn reader_is_woken_by_input_and_by_its_end() {
    let (guest, _heard) = piped();
    let (waker, woken) = waker();
    let mut context = Context::from_waker(&waker);
    assert_eq!(guest.poll_read(&mut context, 10), Poll::Pending);
    assert!(guest.push_stdin(Bytes::from_static(b"x"), false));
    assert_eq!(woken.try_recv(), Ok(()));
    assert!(guest.poll_read(&mut context, 10).is_ready());
    assert_eq!(guest.poll_readable(&mut context), Poll::Pending);
    assert!(guest.push_stdin(Bytes::new(), true));
    assert_eq!(woken.try_recv(), Ok(()));
    assert_eq!(guest.poll_readable(&mut context), Poll::Ready(Ok((0, true))));
}

#[test]
fn window_is_granted_again_as_it_is_read() {
    let (guest, heard) = piped();
    let half = Limits::DEFAULT.stdin_buffer_bytes as usize / 2;
    assert!(guest.push_stdin(vec![1; 2 * half].into(), false));
    assert!(!guest.push_stdin(Bytes::from_static(b"x"), false), "more than the window was taken");
    assert_eq!(read(&guest, half - 1).unwrap().unwrap().len(), half - 1);
    assert!(heard.is_empty(), "a grant that is not worth a message");
    assert_eq!(read(&guest, 1).unwrap().unwrap().len(), 1);
    assert_eq!(hear(&heard), credit(half as u32));
    assert!(guest.push_stdin(vec![2; half].into(), false));
    assert!(!guest.push_stdin(Bytes::from_static(b"x"), false));
}

#[test]
fn input_after_the_end_is_refused() {
    let (guest, _heard) = piped();
    assert!(guest.push_stdin(Bytes::from_static(b"x"), true));
    assert!(!guest.push_stdin(Bytes::new(), true));
    assert!(!guest.push_stdin(Bytes::from_static(b"y"), false));
}

#[test]
fn input_for_a_guest_that_has_finished_is_thrown_away() {
    let (guest, _heard) = piped();
    guest.finish(Ending::exit(0), 0);
    assert!(guest.push_stdin(vec![0; 2 * Limits::DEFAULT.stdin_buffer_bytes as usize].into(), false));
}

#[test]
fn end_wakes_a_reader() {
    let (guest, _heard) = piped();
    let reader = std::thread::spawn({
        let guest = Arc::clone(&guest);
        move || read(&guest, 10)
    });
    guest.end(Ending::Cancelled);
    assert_eq!(reader.join().unwrap(), Err(StreamError::Ending));
}

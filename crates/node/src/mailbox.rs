use bytes::{Bytes, BytesMut};
use hotcell_guest::EventSink;
use hotcell_protocol::Event;
use parking_lot::Mutex;
use std::mem;
use std::sync::Arc;

/// Small outputs are joined up to this many bytes.
const JOINED_OUTPUT: usize = 32 << 10;

/// What waits for a host: the events of its connection, lines of the log, the connection's end.
///
/// Any thread puts something in, and never waits for the host to take it out. Node's loop is woken for the first thing that is
/// put into an empty mailbox; the host then takes all that is there at once.
pub struct Mailbox {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    mail: Vec<Mail>,
    /// Whether the host knows that something waits.
    told: bool,
    /// Has the host look into the mailbox. `None` once it is closed.
    wake: Option<Arc<dyn Fn() + Send + Sync>>,
}

#[derive(Debug, PartialEq)]
pub enum Mail {
    Event(Event),
    LogLine(String),
    /// The connection is of no more use; nothing follows.
    End,
}

impl Mailbox {
    /// `wake` has the host look into the mailbox. It is called from any thread, must not wait, and must not call back.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self { state: Mutex::new(State { wake: Some(Arc::new(wake)), ..State::default() }) }
    }

    /// All that waits, in the order in which it came.
    pub fn take(&self) -> Vec<Mail> {
        let mut state = self.state.lock();
        state.told = false;
        mem::take(&mut state.mail)
    }

    /// Takes nothing more in, and forgets what waits.
    pub fn close(&self) {
        let closed = mem::take(&mut *self.state.lock());
        // Not under the lock: dropping what waits may free much memory, and the function takes a lock of Node's.
        drop(closed);
    }

    pub fn put(&self, mail: Mail) {
        let wake = {
            let mut state = self.state.lock();
            let Some(wake) = &state.wake else { return };
            let wake = (!state.told).then(|| Arc::clone(wake));
            state.told = true;
            append(&mut state.mail, mail);
            wake
        };
        if let Some(wake) = wake {
            wake();
        }
    }
}

impl EventSink for Mailbox {
    fn send(&self, event: Event) {
        self.put(Mail::Event(event));
    }
}

/// Joins an output to the one of the same stream directly before it, as long as both are small: a guest that writes line by line
/// would otherwise cost its host a buffer per line.
fn append(waiting: &mut Vec<Mail>, mail: Mail) {
    if let Mail::Event(Event::Output { guest, stream, bytes }) = &mail
        && let Some(Mail::Event(Event::Output { guest: last_guest, stream: last_stream, bytes: last })) =
            waiting.last_mut()
        && (guest, stream) == (last_guest, last_stream)
        && last.len() + bytes.len() <= JOINED_OUTPUT
    {
        *last = join(mem::take(last), bytes);
    } else {
        waiting.push(mail);
    }
}

fn join(first: Bytes, second: &[u8]) -> Bytes {
    let mut joined = BytesMut::from(first);
    joined.extend_from_slice(second);
    joined.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotcell_protocol::{Reply, Stream};
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn output(guest: u64, stream: Stream, bytes: &[u8]) -> Mail {
        Mail::Event(Event::Output { guest, stream, bytes: Bytes::copy_from_slice(bytes) })
    }

    fn done(id: u64) -> Mail {
        Mail::Event(Event::Reply { id, reply: Reply::Done })
    }

    /// A mailbox, and how often its host was woken.
    fn mailbox() -> (Mailbox, Arc<AtomicUsize>) {
        let woken = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&woken);
        let mailbox = Mailbox::new(move || {
            counter.fetch_add(1, Ordering::SeqCst);
        });
        (mailbox, woken)
    }

    #[test]
    fn mailbox_wakes_its_host_once_for_all_that_waits() {
        let (mailbox, woken) = mailbox();
        (1..=3).for_each(|id| mailbox.put(done(id)));
        assert_eq!(woken.load(Ordering::SeqCst), 1);
        assert_eq!(mailbox.take(), [done(1), done(2), done(3)]);
        assert_eq!(mailbox.take(), []);
        mailbox.put(Mail::LogLine("line".into()));
        assert_eq!(woken.load(Ordering::SeqCst), 2);
        assert_eq!(mailbox.take(), [Mail::LogLine("line".into())]);
    }

    #[test]
    fn mailbox_that_is_closed_forgets_and_takes_nothing() {
        let (mailbox, woken) = mailbox();
        mailbox.put(done(1));
        mailbox.close();
        mailbox.put(done(2));
        assert_eq!((mailbox.take(), woken.load(Ordering::SeqCst)), (vec![], 1));
        assert_eq!(Arc::strong_count(&woken), 1, "the function is let go");
    }

    #[test]
    fn mailbox_joins_small_outputs_that_follow_each_other() {
        let (mailbox, _) = mailbox();
        for part in [b"one", b"two"] {
            mailbox.put(output(1, Stream::Stdout, part));
        }
        mailbox.put(output(1, Stream::Stderr, b"error"));
        mailbox.put(output(1, Stream::Stdout, b"three"));
        mailbox.put(output(2, Stream::Stdout, b"other"));
        mailbox.put(done(3));
        mailbox.put(output(2, Stream::Stdout, b"late"));
        let expected = [
            output(1, Stream::Stdout, b"onetwo"),
            output(1, Stream::Stderr, b"error"),
            output(1, Stream::Stdout, b"three"),
            output(2, Stream::Stdout, b"other"),
            done(3),
            output(2, Stream::Stdout, b"late"),
        ];
        assert_eq!(mailbox.take(), expected);
    }

    #[test]
    fn mailbox_joins_no_more_than_a_bound() {
        let (mailbox, _) = mailbox();
        let half = vec![b'x'; JOINED_OUTPUT / 2];
        (0..3).for_each(|_| mailbox.put(output(1, Stream::Stdout, &half)));
        assert_eq!(mailbox.take(), [output(1, Stream::Stdout, &half.repeat(2)), output(1, Stream::Stdout, &half)]);
    }
}

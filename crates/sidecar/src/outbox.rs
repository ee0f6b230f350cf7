use crate::events::{JoinedOutputs, push_event};
use crate::os;
use bytes::Buf;
use hotcell_guest::EventSink;
use hotcell_protocol::frame::{ProtocolError, WriteQueue};
use hotcell_protocol::{ErrorInfo, Event, SidecarHello};
use parking_lot::Mutex;
use std::io::{self, IoSlice, Write};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;
use tokio::net::UnixStream;
use tokio::sync::Notify;

/// Bytes of replies that may wait for the host to read them before no more of its requests are read. What guests write is
/// bounded by credit and not counted: a host that does not read can still kill.
const MAX_WAITING_REPLIES: u64 = 64 << 20;

/// What a reply counts beside its bytes.
const REPLY_OVERHEAD: u64 = 256;

/// Parts that one system call takes; Linux takes up to 1024.
const WRITE_PARTS: usize = 64;

/// Events on their way to a host.
///
/// Output is left to [`Outbox::run`], on the I/O thread, which joins what has gathered. Whoever sends anything else, an exit
/// above all, writes it to the socket with all that waits, where nobody else is writing just then and the socket takes it: the
/// host then has it without the I/O thread being woken on the way, which takes 10 of some 35 us from a command to its exit. For
/// output the same was tried too: a guest that writes 100 lines then takes ten times as long (290 instead of 31 us), and one
/// that writes a single line no shorter. Nobody ever waits for the socket, nor for another who writes.
///
/// Order: events are queued under one lock, and only whoever holds `wire` takes them out and writes.
pub struct Outbox {
    socket: Arc<UnixStream>,
    waiting: Mutex<Waiting>,
    wire: Mutex<WriteQueue>,
    /// Tells [`Outbox::run`] that something was left over, or that the outbox was closed.
    left_over: Notify,
    /// Bytes of replies since the outbox was last empty.
    replies: AtomicU64,
    emptied: Notify,
    /// Events are only queued: [`Outbox::uncork`] follows.
    corked: AtomicBool,
}

#[derive(Default)]
struct Waiting {
    events: Vec<Event>,
    closed: bool,
}

/// How far writing got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// Nothing is left, or somebody else is at it and looks again when done.
    Done,
    /// The socket takes no more for now.
    Blocked,
    /// There is more that the socket may take.
    More,
}

impl Outbox {
    pub fn new(socket: Arc<UnixStream>) -> Self {
        Self {
            socket,
            waiting: Mutex::default(),
            wire: Mutex::new(WriteQueue::new()),
            left_over: Notify::new(),
            replies: AtomicU64::new(0),
            emptied: Notify::new(),
            corked: AtomicBool::new(false),
        }
    }

    /// Sends the sidecar's hello; from then on frames may be as large as the host takes them.
    ///
    /// # Errors
    /// Where the hello is not one that can be sent.
    pub fn hello(&self, hello: &SidecarHello, max_frame: u32) -> Result<(), ProtocolError> {
        let mut wire = self.wire.lock();
        wire.push_sidecar_hello(hello)?;
        wire.set_max_frame(max_frame);
        drop(wire);
        self.write_or_leave();
        Ok(())
    }

    /// Has events queued and not written until [`Outbox::uncork`]: what one batch of commands gives rise to goes in one write.
    pub fn cork(&self) {
        self.corked.store(true, Ordering::SeqCst);
    }

    pub fn uncork(&self) {
        // Whoever saw the cork had queued before, so that this write takes it.
        self.corked.store(false, Ordering::SeqCst);
        self.write_or_leave();
    }

    /// Sends why the connection ends, after what was sent before; nothing is taken from then on.
    pub fn refuse(&self, error: &ErrorInfo) {
        let mut wire = self.wire.lock();
        self.collect(&mut wire);
        if wire.push_refusal(error).is_err() {
            tracing::error!(?error, "the refusal is too long to be sent");
        }
        self.waiting.lock().closed = true;
        drop(wire);
        self.write_or_leave();
    }

    /// Takes no more events, and forgets those that wait.
    pub fn close(&self) {
        let events = {
            let mut waiting = self.waiting.lock();
            waiting.closed = true;
            std::mem::take(&mut waiting.events)
        };
        drop(events);
        *self.wire.lock() = WriteQueue::new();
        self.left_over.notify_one();
        self.emptied.notify_waiters();
    }

    /// Writes what was left over, until the connection is dropped or breaks. For the I/O thread.
    pub async fn run(&self) -> io::Result<()> {
        loop {
            self.left_over.notified().await;
            loop {
                match self.write_once()? {
                    Progress::Done => break,
                    Progress::Blocked => self.socket.writable().await?,
                    // Reading and other connections get a turn.
                    Progress::More => tokio::task::yield_now().await,
                }
            }
        }
    }

    /// Returns once the host has read enough of its replies that more requests can be taken.
    pub async fn room_for_replies(&self) {
        while self.replies.load(Ordering::Acquire) > MAX_WAITING_REPLIES {
            let emptied = self.emptied.notified();
            if self.replies.load(Ordering::Acquire) <= MAX_WAITING_REPLIES || self.waiting.lock().closed {
                return;
            }
            emptied.await;
        }
    }

    /// Returns once nothing is left to write.
    pub async fn flushed(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.is_empty() {
                return;
            }
            emptied.await;
        }
    }

    fn is_empty(&self) -> bool {
        let wire = self.wire.lock();
        !wire.has_remaining() && self.waiting.lock().events.is_empty()
    }

    /// Writes until nothing is left or the deadline has come, blocking the calling thread and asking nothing of the I/O
    /// thread, which may be stuck.
    pub fn flush_blocking(&self, deadline: Instant) {
        // Not by way of tokio, whose idea of what the socket takes comes from the I/O thread.
        let Ok(socket) = self.socket.as_fd().try_clone_to_owned().map(std::os::unix::net::UnixStream::from) else {
            return;
        };
        loop {
            let Some(mut wire) = self.wire.try_lock_until(deadline) else { return };
            self.collect(&mut wire);
            if !wire.has_remaining() {
                return;
            }
            let mut parts = [IoSlice::new(&[]); WRITE_PARTS];
            let count = wire.chunks_vectored(&mut parts);
            match (&socket).write_vectored(&parts[..count]) {
                Ok(0) => return,
                Ok(written) => wire.advance(written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return;
                    }
                    os::wait_writable(self.socket.as_fd(), left);
                }
                Err(_) => return,
            }
        }
    }

    /// Writes what waits as far as possible here and now, and leaves the rest to the I/O thread.
    fn write_or_leave(&self) {
        // An error shows again when the I/O thread writes or reads, which ends the connection.
        if !matches!(self.write_once(), Ok(Progress::Done)) {
            self.left_over.notify_one();
        }
    }

    fn write_once(&self) -> io::Result<Progress> {
        let Some(mut wire) = self.wire.try_lock() else { return Ok(Progress::Done) };
        self.collect(&mut wire);
        while wire.has_remaining() {
            let mut parts = [IoSlice::new(&[]); WRITE_PARTS];
            let count = wire.chunks_vectored(&mut parts);
            match self.socket.try_write_vectored(&parts[..count]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => wire.advance(written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Progress::Blocked),
                Err(error) => return Err(error),
            }
            if wire.has_remaining() {
                return Ok(Progress::More);
            }
        }
        self.replies.store(0, Ordering::Release);
        drop(wire);
        self.emptied.notify_waiters();
        // Only now: whoever queued an event while this was writing found `wire` taken and left the event to this look.
        Ok(if self.waiting.lock().events.is_empty() { Progress::Done } else { Progress::More })
    }

    /// Takes the events that wait over into frames.
    fn collect(&self, wire: &mut WriteQueue) {
        let events = std::mem::take(&mut self.waiting.lock().events);
        for event in JoinedOutputs::new(events) {
            let before = wire.remaining();
            push_event(wire, &event);
            if matches!(event, Event::Reply { .. }) {
                self.replies.fetch_add((wire.remaining() - before) as u64 + REPLY_OVERHEAD, Ordering::AcqRel);
            }
        }
    }
}

impl EventSink for Outbox {
    fn send(&self, event: Event) {
        let is_output = matches!(event, Event::Output { .. });
        {
            let mut waiting = self.waiting.lock();
            if waiting.closed {
                return;
            }
            waiting.events.push(event);
        }
        if self.corked.load(Ordering::SeqCst) {
            return;
        }
        if is_output {
            self.left_over.notify_one();
        } else {
            self.write_or_leave();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use hotcell_protocol::frame::{EventDecoder, SidecarMessage};
    use hotcell_protocol::{ErrorCode, GuestExit, Notice, Outcome, PROTOCOL_VERSION, Reply, Stream, Usage};
    use std::future::Future;
    use std::io::Read;
    use std::os::unix::net::UnixStream as StdUnixStream;
    use std::time::Duration;

    fn event_loop() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    }

    /// An outbox that has said hello, and the host's end of its socket.
    fn outbox() -> (Arc<Outbox>, Host) {
        let (ours, theirs) = StdUnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        theirs.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let outbox = Arc::new(Outbox::new(Arc::new(UnixStream::from_std(ours).unwrap())));
        let (version, v8_version) = (String::new(), String::new());
        let hello = SidecarHello { protocol: PROTOCOL_VERSION, version, v8_version, pid: 1, max_frame: 1 << 20 };
        outbox.hello(&hello, 1 << 20).unwrap();
        (outbox, Host { socket: theirs, decoder: EventDecoder::new(1 << 20), unread: Bytes::new() })
    }

    struct Host {
        socket: StdUnixStream,
        decoder: EventDecoder,
        unread: Bytes,
    }

    impl Host {
        /// The next message after the hello; `None` at the end.
        fn message(&mut self) -> Option<SidecarMessage> {
            loop {
                match self.decoder.next_message().unwrap() {
                    Some(SidecarMessage::Hello(_)) => {}
                    Some(message) => return Some(message),
                    None => {
                        if self.unread.is_empty() {
                            let mut buffer = vec![0; 64 << 10];
                            let count = self.socket.read(&mut buffer).unwrap();
                            self.unread = Bytes::from(buffer).slice(..count);
                        }
                        if self.unread.is_empty() {
                            return None;
                        }
                        self.decoder.push(&mut self.unread);
                    }
                }
            }
        }
    }

    /// Runs the outbox on this thread for as long as the host, on another, takes.
    fn run_with<T: Send + 'static>(
        outbox: &Outbox,
        host: impl FnOnce() -> T + Send + 'static,
    ) -> impl Future<Output = T> {
        let host = tokio::task::spawn_blocking(host);
        async move {
            tokio::select! {
                result = outbox.run() => panic!("the outbox ended: {result:?}"),
                result = host => result.unwrap(),
            }
        }
    }

    fn output(guest: u64, bytes: Bytes) -> Event {
        Event::Output { guest, stream: Stream::Stdout, bytes }
    }

    fn exit(id: u64) -> Event {
        let (outcome, usage) = (Outcome::Exited, Usage::default());
        let exit = GuestExit { outcome, exit_code: Some(0), signal: None, error: None, usage, phases: None };
        Event::Notice { id, notice: Notice::Exit { exit: Box::new(exit) } }
    }

    #[test]
    fn events_of_many_threads_arrive_whole_and_in_each_ones_order() {
        const GUESTS: u64 = 8;
        const LINES: u64 = 2000;
        event_loop().block_on(async {
            let (outbox, mut host) = outbox();
            for guest in 1..=GUESTS {
                let outbox = Arc::clone(&outbox);
                std::thread::spawn(move || {
                    for line in 0..LINES {
                        // Now and then more than the socket takes at once.
                        let length = if line % 500 == 0 { 300_000 } else { 1 };
                        let mut bytes = format!("{guest} {line} ").into_bytes();
                        bytes.resize(bytes.len() + length, b'.');
                        bytes.push(b'\n');
                        outbox.send(output(guest, bytes.into()));
                        if line % 3 == 0 {
                            outbox.send(Event::Notice { id: guest, notice: Notice::StdinClosed });
                        }
                    }
                    outbox.send(exit(guest));
                });
            }
            let texts = run_with(&outbox, move || {
                let mut texts = vec![Vec::new(); GUESTS as usize + 1];
                let mut exits = 0;
                while exits < GUESTS {
                    match host.message().unwrap() {
                        SidecarMessage::Event(Event::Output { guest, bytes, .. }) => {
                            texts[guest as usize].extend_from_slice(&bytes)
                        }
                        SidecarMessage::Event(Event::Notice { id, notice: Notice::Exit { .. } }) => {
                            texts[id as usize].extend_from_slice(b"exit");
                            exits += 1;
                        }
                        _ => {}
                    }
                }
                texts
            })
            .await;
            for guest in 1..=GUESTS {
                let text = std::str::from_utf8(&texts[guest as usize]).unwrap();
                let mut lines = text.split('\n');
                for line in 0..LINES {
                    let text = lines.next().unwrap();
                    assert!(text.starts_with(&format!("{guest} {line} .")) && text.ends_with('.'), "{}", &text[..20]);
                }
                assert_eq!(lines.collect::<Vec<_>>(), ["exit"]);
            }
        });
    }

    #[test]
    fn exit_reaches_the_host_without_the_io_thread_and_takes_output_along() {
        let event_loop = event_loop();
        let (outbox, mut host) = event_loop.block_on(async {
            let (outbox, host) = outbox();
            // The event loop learns here that the socket can be written to.
            outbox.socket.writable().await.unwrap();
            (outbox, host)
        });
        std::thread::spawn(move || {
            outbox.send(output(1, Bytes::from_static(b"text")));
            outbox.send(exit(1));
        });
        assert!(matches!(host.message(), Some(SidecarMessage::Event(Event::Output { .. }))));
        assert!(matches!(host.message(), Some(SidecarMessage::Event(Event::Notice { .. }))));
    }

    #[test]
    fn sender_never_waits_for_a_host_that_does_not_read() {
        event_loop().block_on(async {
            let (outbox, mut host) = outbox();
            let bytes = Bytes::from(vec![7; 1 << 20]);
            for _ in 0..32 {
                outbox.send(output(1, bytes.clone()));
            }
            outbox.send(exit(1));
            assert!(!outbox.is_empty());
            let received = run_with(&outbox, move || {
                let mut received = 0;
                while let Some(SidecarMessage::Event(Event::Output { bytes, .. })) = host.message() {
                    received += bytes.len();
                }
                received
            });
            assert_eq!(received.await, 32 << 20);
            assert!(outbox.is_empty());
        });
    }

    #[test]
    fn replies_that_nobody_reads_hold_up_further_requests() {
        event_loop().block_on(async {
            let (outbox, mut host) = outbox();
            let reply = |id| Event::Reply { id, reply: Reply::Readlink { target: "x".repeat(1 << 20) } };
            let count = MAX_WAITING_REPLIES / (1 << 20) + 2;
            outbox.room_for_replies().await;
            for id in 1..=count {
                outbox.send(reply(id));
            }
            let mut room = std::pin::pin!(outbox.room_for_replies());
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(room.as_mut().poll(&mut context).is_pending());
            let read = run_with(&outbox, move || (0..count).filter(|_| host.message().is_some()).count());
            assert_eq!(read.await as u64, count);
            room.await;
        });
    }

    #[test]
    fn refusal_comes_after_what_was_sent_before_and_is_the_last() {
        event_loop().block_on(async {
            let (outbox, mut host) = outbox();
            outbox.cork();
            outbox.send(output(1, Bytes::from_static(b"before")));
            outbox.refuse(&ErrorInfo::new(ErrorCode::Protocol, "because"));
            outbox.send(output(1, Bytes::from_static(b"after")));
            outbox.uncork();
            let (first, second) = run_with(&outbox, move || (host.message(), host.message())).await;
            assert!(matches!(first, Some(SidecarMessage::Event(Event::Output { .. }))));
            assert!(matches!(second, Some(SidecarMessage::Refusal(error)) if error.message == "because"));
            assert!(outbox.is_empty());
        });
    }

    #[test]
    fn flush_blocking_needs_no_io_thread_and_gives_up_at_its_deadline() {
        let event_loop = event_loop();
        let (outbox, mut host) = event_loop.block_on(async { outbox() });
        let bytes = Bytes::from(vec![7; 4 << 20]);
        outbox.send(output(1, bytes.clone()));
        outbox.flush_blocking(Instant::now() + Duration::from_millis(10));
        assert!(!outbox.is_empty());
        let reader = std::thread::spawn(move || {
            let mut received = 0;
            while received < 4 << 20 {
                match host.message() {
                    Some(SidecarMessage::Event(Event::Output { bytes, .. })) => received += bytes.len(),
                    message => panic!("{message:?}"),
                }
            }
        });
        outbox.flush_blocking(Instant::now() + Duration::from_secs(20));
        assert!(outbox.is_empty());
        reader.join().unwrap();
    }
}

use crate::os;
use bytes::{Buf, Bytes, BytesMut};
use hotcell_guest::EventSink;
use hotcell_protocol::frame::{ProtocolError, WriteQueue};
use hotcell_protocol::{ErrorCode, ErrorInfo, Event, GuestError, GuestId, Notice, Reply, SidecarHello, Stream};
use parking_lot::Mutex;
use std::io::{self, IoSlice, Write};
use std::iter::Peekable;
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

/// Small outputs are joined up to this many bytes.
const JOINED_OUTPUT: usize = 32 << 10;

/// Parts that one system call takes; Linux takes up to 1024.
const WRITE_PARTS: usize = 64;

/// Events on their way to a host.
///
/// Whoever sends an event writes it to the socket, where nobody else is writing just then and the socket takes it: the host
/// then has it without another thread being woken on the way. What is left over is for [`Outbox::run`], on the I/O thread.
/// Nobody ever waits for the socket, nor for another who writes.
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
        let mut events = events.into_iter().peekable();
        while let Some(event) = events.next() {
            let before = wire.remaining();
            let event = match event {
                Event::Output { guest, stream, bytes } => {
                    let bytes = join_outputs(guest, stream, bytes, &mut events);
                    Event::Output { guest, stream, bytes }
                }
                event => event,
            };
            push(wire, &event);
            if matches!(event, Event::Reply { .. }) {
                self.replies.fetch_add((wire.remaining() - before) as u64 + REPLY_OVERHEAD, Ordering::AcqRel);
            }
        }
    }
}

impl EventSink for Outbox {
    fn send(&self, event: Event) {
        {
            let mut waiting = self.waiting.lock();
            if waiting.closed {
                return;
            }
            waiting.events.push(event);
        }
        if !self.corked.load(Ordering::SeqCst) {
            self.write_or_leave();
        }
    }
}

/// Queues an event; one that is too long to travel is replaced by one that says so.
fn push(wire: &mut WriteQueue, event: &Event) {
    let Err(error) = wire.push_event(event) else { return };
    let stand_in = match event {
        Event::Reply { id, .. } => {
            let error = ErrorInfo::new(ErrorCode::Internal, format!("The answer can't be sent. {error}"));
            Event::Reply { id: *id, reply: Reply::Failed { error } }
        }
        Event::Notice { id, notice: Notice::Exit { exit } } => {
            let mut exit = exit.clone();
            exit.error =
                exit.error.map(|of| GuestError { message: "The message is too long to be sent.".into(), ..of });
            Event::Notice { id: *id, notice: Notice::Exit { exit } }
        }
        _ => return tracing::error!(%error, "an event can't be sent"),
    };
    if let Err(error) = wire.push_event(&stand_in) {
        tracing::error!(%error, "an event can't be sent");
    }
}

/// `first` and what of the same stream follows it directly, as long as that is small: a guest that writes line by line costs
/// the host a frame per batch then, and not per line.
fn join_outputs(
    guest: GuestId,
    stream: Stream,
    first: Bytes,
    events: &mut Peekable<impl Iterator<Item = Event>>,
) -> Bytes {
    let mut joined = BytesMut::new();
    let mut length = first.len();
    let joins = |event: &Event, length: usize| match event {
        Event::Output { guest: of, stream: on, bytes } => {
            (*of, *on) == (guest, stream) && length + bytes.len() <= JOINED_OUTPUT
        }
        _ => false,
    };
    while let Some(Event::Output { bytes, .. }) = events.next_if(|event| joins(event, length)) {
        if joined.is_empty() {
            joined.extend_from_slice(&first);
        }
        joined.extend_from_slice(&bytes);
        length = joined.len();
    }
    if joined.is_empty() { first } else { joined.freeze() }
}

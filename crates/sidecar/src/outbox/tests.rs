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
fn run_with<T: Send + 'static>(outbox: &Outbox, host: impl FnOnce() -> T + Send + 'static) -> impl Future<Output = T> {
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

//! A guest whose host and engine are the test.

use crossbeam_channel::{Receiver, Sender, unbounded};
use hotcell_guest::{EventSink, Guest, GuestOptions, Interrupt, Lifecycle, Warden};
use hotcell_protocol::{Event, GuestExit, GuestId, Limits, Notice, RetireReason, Signal, StdinMode};
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

/// Far longer than anything here takes: a test that waits so long has failed.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub const ID: GuestId = 7;

/// What the host and the runtime hear, in one order.
#[derive(Debug, PartialEq)]
pub enum Heard {
    Event(Event),
    Ended(GuestId),
    Retired(RetireReason),
}

struct Ear(Sender<Heard>);

impl EventSink for Ear {
    fn send(&self, event: Event) {
        let _ = self.0.send(Heard::Event(event));
    }
}

impl Lifecycle for Ear {
    fn ended(&self, guest: GuestId) {
        let _ = self.0.send(Heard::Ended(guest));
    }

    fn retire(&self, reason: RetireReason, _message: String, finish: &mut dyn FnMut()) {
        let _ = self.0.send(Heard::Retired(reason));
        finish();
    }
}

/// What a guest is made with, where a test does not care.
pub struct Setup {
    pub limits: Limits,
    pub stdin: StdinMode,
    pub credit: u32,
    pub phases: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self { limits: Limits::default(), stdin: StdinMode::Empty, credit: u32::MAX, phases: false }
    }
}

impl Setup {
    pub fn guest(self) -> (Arc<Guest>, Receiver<Heard>) {
        self.guest_of(Warden::start().unwrap())
    }

    pub fn guest_of(self, warden: Arc<Warden>) -> (Arc<Guest>, Receiver<Heard>) {
        let Self { limits, stdin, credit, phases } = self;
        let (sender, heard) = unbounded();
        let (sink, lifecycle) = (Arc::new(Ear(sender.clone())), Arc::new(Ear(sender)));
        let received = Instant::now();
        let options = GuestOptions { id: ID, limits, stdin, credit, sink, lifecycle, warden, received, phases };
        (Guest::new(options), heard)
    }
}

/// What comes next, warnings of limits left out.
pub fn hear(heard: &Receiver<Heard>) -> Heard {
    loop {
        match heard.recv_timeout(PATIENCE).expect("nothing was heard") {
            Heard::Event(Event::Notice { notice: Notice::LimitNear { .. }, .. }) => {}
            heard => return heard,
        }
    }
}

/// The next warning of a limit that is nearly reached: its name, what was used, and the limit.
pub fn hear_near(heard: &Receiver<Heard>) -> (String, u64, u64) {
    match heard.recv_timeout(PATIENCE).expect("nothing was heard") {
        Heard::Event(Event::Notice { id: ID, notice: Notice::LimitNear { limit, used, max } }) => (limit, used, max),
        heard => panic!("expected a warning, but {heard:?} was heard"),
    }
}

/// Everything up to the exit, of which the runtime must have heard just before; the bytes of both streams in their order.
pub fn output_and_exit(heard: &Receiver<Heard>) -> (Vec<u8>, GuestExit) {
    let mut output = Vec::new();
    loop {
        match hear(heard) {
            Heard::Event(Event::Output { guest: ID, bytes, .. }) => output.extend_from_slice(&bytes),
            Heard::Ended(ID) => break,
            heard => panic!("expected output, but {heard:?} was heard"),
        }
    }
    match hear(heard) {
        Heard::Event(Event::Notice { id: ID, notice: Notice::Exit { exit } }) => (output, *exit),
        heard => panic!("expected the exit, but {heard:?} was heard"),
    }
}

/// An engine that tells when it is interrupted and when a signal comes.
#[derive(Debug, PartialEq)]
pub enum Told {
    Interrupt,
    Signal(Signal),
}

struct Teller(Sender<Told>);

impl Interrupt for Teller {
    fn interrupt(&self) {
        let _ = self.0.send(Told::Interrupt);
    }

    fn signal(&self, signal: Signal) {
        let _ = self.0.send(Told::Signal(signal));
    }
}

pub fn engine_of(guest: &Guest) -> Receiver<Told> {
    let (sender, told) = unbounded();
    guest.on_interrupt(Box::new(Teller(sender)));
    told
}

/// A waker that tells when it is woken.
pub fn waker() -> (Waker, Receiver<()>) {
    struct Alarm(Sender<()>);
    impl Wake for Alarm {
        fn wake(self: Arc<Self>) {
            let _ = self.0.send(());
        }
    }
    let (sender, woken) = unbounded();
    (Arc::new(Alarm(sender)).into(), woken)
}

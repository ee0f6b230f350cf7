use std::{
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use hotcell_wasi::{Trap, calls::wasi_snapshot_preview1 as wasi};

use crate::{harness::*, standard::*};

const CLOCK: u8 = 0;
const FD_READ: u8 = 1;
const FD_WRITE: u8 = 2;
const REALTIME: u32 = 0;
const MONOTONIC: u32 = 1;
const CPU: u32 = 2;
const ABSOLUTE: u16 = 1;

fn clock(userdata: u64, id: u32, timeout: u64, flags: u16) -> [u8; 48] {
    let mut bytes = [0; 48];
    bytes[..8].copy_from_slice(&userdata.to_le_bytes());
    bytes[8] = CLOCK;
    bytes[16..20].copy_from_slice(&id.to_le_bytes());
    bytes[24..32].copy_from_slice(&timeout.to_le_bytes());
    bytes[40..42].copy_from_slice(&flags.to_le_bytes());
    bytes
}

fn descriptor(userdata: u64, kind: u8, fd: i32) -> [u8; 48] {
    let mut bytes = [0; 48];
    bytes[..8].copy_from_slice(&userdata.to_le_bytes());
    bytes[8] = kind;
    bytes[16..20].copy_from_slice(&fd.to_le_bytes());
    bytes
}

#[derive(Debug, PartialEq, Eq)]
struct Event {
    userdata: u64,
    error: i32,
    kind: u8,
    bytes: u64,
    hangup: bool,
}

fn ready(userdata: u64, kind: u8, bytes: u64) -> Event {
    Event { userdata, error: errno::SUCCESS, kind, bytes, hangup: false }
}

/// A call that has begun.
struct Call {
    subscriptions: i32,
    events: i32,
    count: i32,
    ret: i32,
}

impl Call {
    fn new(guest: &mut Guest, subscriptions: &[[u8; 48]]) -> Call {
        Call {
            subscriptions: guest.put(&subscriptions.concat()),
            events: guest.room(subscriptions.len() * 32),
            count: subscriptions.len() as i32,
            ret: guest.room(4),
        }
    }

    fn events(&self, guest: &Guest) -> Vec<Event> {
        (0..guest.get_u32(self.ret) as i32)
            .map(|index| {
                let event = self.events + index * 32;
                Event {
                    userdata: guest.get_u64(event),
                    error: i32::from(u16::from_le_bytes(guest.get(event + 8, 2).try_into().unwrap())),
                    kind: guest.get(event + 10, 1)[0],
                    bytes: guest.get_u64(event + 16),
                    hangup: guest.get(event + 24, 1)[0] != 0,
                }
            })
            .collect()
    }

    /// Polls once, lets something happen, and polls again, by when the call must have returned.
    fn run_until(&self, guest: &mut Guest, happen: impl FnOnce()) -> Vec<Event> {
        let errno = guest.call(|ctx, memory| {
            let mut call =
                Box::pin(wasi::poll_oneoff(ctx, memory, self.subscriptions, self.events, self.count, self.ret));
            let mut cx = Context::from_waker(Waker::noop());
            assert!(call.as_mut().poll(&mut cx).is_pending());
            happen();
            match call.as_mut().poll(&mut cx) {
                Poll::Ready(errno) => errno,
                Poll::Pending => panic!("the call still waits"),
            }
        });
        assert_eq!(errno, errno::SUCCESS);
        self.events(guest)
    }
}

fn poll(guest: &mut Guest, subscriptions: &[[u8; 48]]) -> Vec<Event> {
    let call = Call::new(guest, subscriptions);
    let errno = guest.call(|ctx, memory| {
        block_on(wasi::poll_oneoff(ctx, memory, call.subscriptions, call.events, call.count, call.ret))
    });
    assert_eq!(errno, errno::SUCCESS);
    call.events(guest)
}

#[test]
fn poll_oneoff_waits_for_the_first_moment() {
    let mut guest = Guest::new();
    let before = Instant::now();
    let call = Call::new(
        &mut guest,
        &[clock(1, MONOTONIC, 2_000_000_000, 0), clock(2, REALTIME, 1_000_000_000, 0), clock(3, REALTIME, u64::MAX, 0)],
    );
    let timers = guest.streams.timers.clone();
    let events = call.run_until(&mut guest, || {
        let asked = timers.asked().expect("a timer");
        let waited = asked - before;
        assert!(waited >= Duration::from_secs(1) && waited < Duration::from_millis(1_900), "{waited:?}");
        timers.reach(asked);
    });
    assert_eq!(events, [ready(2, CLOCK, 0)]);
}

#[test]
fn poll_oneoff_counts_absolute_moments_from_the_clocks_start() {
    let mut guest = Guest::new();
    let ret = guest.room(8);
    for id in [REALTIME, MONOTONIC] {
        guest.call(|ctx, memory| wasi::clock_time_get(ctx, memory, id as i32, 0, ret));
        let now = guest.get_u64(ret);
        let call = Call::new(&mut guest, &[clock(7, id, now + 5_000_000_000, ABSOLUTE)]);
        let timers = guest.streams.timers.clone();
        let before = Instant::now();
        let events = call.run_until(&mut guest, || {
            let waited = timers.asked().unwrap() - before;
            assert!(waited > Duration::from_secs(4) && waited < Duration::from_millis(5_100), "{waited:?}");
            timers.reach(timers.asked().unwrap());
        });
        assert_eq!(events, [ready(7, CLOCK, 0)]);
    }
    // One that has passed asks for a moment that is here already.
    let mut guest = Guest::new();
    let call = Call::new(&mut guest, &[clock(7, REALTIME, 1, ABSOLUTE)]);
    let timers = guest.streams.timers.clone();
    call.run_until(&mut guest, || {
        assert!(timers.asked().unwrap() <= Instant::now());
        timers.reach(Instant::now());
    });
}

#[test]
fn poll_oneoff_tells_of_every_moment_that_came() {
    let mut guest = Guest::new();
    let call = Call::new(&mut guest, &[clock(1, MONOTONIC, 0, 0), clock(2, MONOTONIC, u64::MAX / 4, 0)]);
    let timers = guest.streams.timers.clone();
    let events = call.run_until(&mut guest, || timers.reach(timers.asked().unwrap()));
    assert_eq!(events, [ready(1, CLOCK, 0)]);
}

#[test]
fn poll_oneoff_waits_for_stdin_or_the_time() {
    let mut guest = Guest::new();
    let stdin = guest.streams.stdin.clone();
    let call = Call::new(&mut guest, &[descriptor(1, FD_READ, 0), clock(2, MONOTONIC, 1_000_000, 0)]);
    assert_eq!(call.run_until(&mut guest, || stdin.push(b"abc")), [ready(1, FD_READ, 3)]);
    guest.read(0, 3).unwrap();
    let timers = guest.streams.timers.clone();
    let call = Call::new(&mut guest, &[descriptor(1, FD_READ, 0), clock(2, MONOTONIC, 1_000_000, 0)]);
    assert_eq!(call.run_until(&mut guest, || timers.reach(timers.asked().unwrap())), [ready(2, CLOCK, 0)]);
    let call = Call::new(&mut guest, &[descriptor(1, FD_READ, 0)]);
    let hangup = Event { hangup: true, ..ready(1, FD_READ, 0) };
    assert_eq!(call.run_until(&mut guest, || stdin.close()), [hangup]);
}

#[test]
fn poll_oneoff_waits_for_room_in_an_output() {
    let mut guest = Guest::new();
    guest.streams.stdout.set_capacity(2);
    assert_eq!(poll(&mut guest, &[descriptor(1, FD_WRITE, 1)]), [ready(1, FD_WRITE, 2)]);
    guest.write(1, b"xx").unwrap();
    let stdout = guest.streams.stdout.clone();
    let call = Call::new(&mut guest, &[descriptor(1, FD_WRITE, 1)]);
    let events = call.run_until(&mut guest, || {
        stdout.drain();
    });
    assert_eq!(events, [ready(1, FD_WRITE, 2)]);
    guest.streams.stderr.close();
    let hangup = Event { hangup: true, ..ready(2, FD_WRITE, 0) };
    assert_eq!(poll(&mut guest, &[descriptor(2, FD_WRITE, 2)]), [hangup]);
}

#[test]
fn poll_oneoff_finds_files_always_ready() {
    let mut guest = Guest::with_files(&[("/a", "12345")]);
    let fd = guest.open("a", 0).unwrap();
    guest.read(fd, 2).unwrap();
    let events =
        poll(&mut guest, &[descriptor(1, FD_READ, fd), descriptor(2, FD_WRITE, fd), descriptor(3, FD_READ, 0)]);
    assert_eq!(events, [ready(1, FD_READ, 3), ready(2, FD_WRITE, 0)]);
}

#[test]
fn poll_oneoff_tells_errors_as_events() {
    let mut guest = Guest::with_files(&[("/a", "")]);
    let fd = guest.open_with(ROOT, "a", 0, rights::FD_READ, 0).unwrap();
    let error = |userdata, kind, error| Event { error, ..ready(userdata, kind, 0) };
    let events = poll(
        &mut guest,
        &[
            descriptor(1, FD_READ, 99),
            descriptor(2, FD_WRITE, fd),
            descriptor(3, FD_READ, ROOT),
            descriptor(4, FD_READ, 1),
            clock(5, CPU, 1, 0),
        ],
    );
    assert_eq!(
        events,
        [
            error(1, FD_READ, errno::BADF),
            error(2, FD_WRITE, errno::NOTCAPABLE),
            error(3, FD_READ, errno::NOTCAPABLE),
            error(4, FD_READ, errno::NOTCAPABLE),
            error(5, CLOCK, errno::NOTSUP),
        ]
    );
}

#[test]
fn poll_oneoff_refuses_what_it_can_not_wait_for() {
    let mut guest = Guest::new();
    let call = Call::new(&mut guest, &[clock(1, MONOTONIC, 0, 0)]);
    let mut poll = |subscriptions, events, count| {
        guest.call(|ctx, memory| block_on(wasi::poll_oneoff(ctx, memory, subscriptions, events, count, call.ret)))
    };
    assert_eq!(poll(call.subscriptions, call.events, 0), errno::INVAL);
    assert_eq!(poll(call.subscriptions, call.events, 1025), errno::INVAL);
    assert_eq!(poll(call.subscriptions, call.events, -1), errno::INVAL);
    assert_eq!(poll(65_520, call.events, 1), errno::FAULT);
    assert_eq!(poll(call.subscriptions, 65_520, 1), errno::FAULT);
    let unknown = guest.put(&descriptor(1, 3, 0));
    let errno = guest.call(|ctx, memory| block_on(wasi::poll_oneoff(ctx, memory, unknown, call.events, 1, call.ret)));
    assert_eq!(errno, errno::INVAL);
}

#[test]
fn poll_oneoff_of_a_killed_guest_ends_it() {
    for kill in [|guest: &Guest| guest.streams.stdin.kill(), |guest: &Guest| guest.streams.timers.kill()] {
        let mut guest = Guest::new();
        kill(&guest);
        let call = Call::new(&mut guest, &[descriptor(1, FD_READ, 0), clock(2, MONOTONIC, 1_000_000_000, 0)]);
        let end = guest.try_call(|ctx, memory| {
            block_on(wasi::poll_oneoff(ctx, memory, call.subscriptions, call.events, call.count, call.ret))
        });
        assert_eq!(end, Err(Trap::Killed));
    }
}

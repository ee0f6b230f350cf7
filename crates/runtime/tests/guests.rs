use crate::harness::{Host, House, PATIENCE, pattern, source};
use bytes::Bytes;
use hotcell_guest::Ending;
use hotcell_protocol::{
    Command, ErrorCode, Event, KillReason, LimitOverrides, Limits, Notice, Outcome, Request, RetireReason,
    SandboxLimitOverrides, SandboxOptions, Signal, SpawnOptions, StdinMode, Stream,
};
use hotcell_runtime::{MAX_GUESTS, Violation};
use std::time::{Duration, Instant};

fn stdin(host: &mut Host, guest: u64, bytes: &[u8], last: bool) -> Result<(), Violation> {
    host.handle(Command::Stdin { guest, bytes: Bytes::copy_from_slice(bytes), last })
}

#[test]
fn guests_send_all_output_before_their_exit_and_nothing_after() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    for _ in 0..10 {
        let guest = host.spawn(sandbox, source("write 65536"));
        let (stdout, stderr, exit) = host.finish(guest);
        assert_eq!(stdout, pattern(65536));
        assert!(stderr.is_empty());
        assert_eq!((exit.outcome, exit.exit_code), (Outcome::Exited, Some(0)));
        assert_eq!((exit.usage.stdout_bytes, exit.usage.stderr_bytes), (65536, 0));
        assert!(host.events.is_empty());
    }
}

#[test]
fn guests_events_keep_the_order_in_which_streams_were_written() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let guest = host.spawn(sandbox, source("both 100"));
    for index in 0..100 {
        for (of, text) in [(Stream::Stdout, "out"), (Stream::Stderr, "err")] {
            let expected = Event::Output { guest, stream: of, bytes: Bytes::from(format!("{text} {index}\n")) };
            assert_eq!(host.event(), expected);
        }
    }
    assert_eq!(host.finish(guest).2.exit_code, Some(0));
}

#[test]
fn output_waits_for_credit_stream_by_stream() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let guest = host.spawn(sandbox, SpawnOptions { credit: 1000, ..source("write 3000") });
    let mut received = Vec::new();
    for _ in 0..3 {
        match host.event() {
            Event::Output { bytes, .. } => {
                assert_eq!(bytes.len(), 1000);
                received.extend_from_slice(&bytes);
            }
            event => panic!("{event:?}"),
        }
        host.post(Request::Credit { guest, stream: Stream::Stderr, bytes: 5000 });
        host.post(Request::Credit { guest, stream: Stream::Stdout, bytes: 1000 });
    }
    assert_eq!(received, pattern(3000));
    assert_eq!(host.finish(guest).2.exit_code, Some(0));
}

#[test]
fn guest_without_credit_is_cancelled_and_delays_nobody() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let blocked = host.spawn(sandbox, SpawnOptions { credit: 0, ..source("write 10") });
    house.started();
    let other = host.spawn(sandbox, source("write 10"));
    assert_eq!(host.finish(other).0, pattern(10));
    host.cancel(blocked);
    let (stdout, _, exit) = host.finish(blocked);
    assert_eq!((stdout.len(), exit.outcome, exit.exit_code), (0, Outcome::Cancelled, None));
}

#[test]
fn kill_tells_signals_from_cancelling_and_ignores_the_dead() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let guest = host.spawn(sandbox, source("hang"));
    host.post(Request::Kill { guest, reason: KillReason::Signal { signal: Signal::Sigterm } });
    host.cancel(guest);
    let exit = host.finish(guest).2;
    assert_eq!((exit.outcome, exit.signal), (Outcome::Signaled, Some(Signal::Sigterm)));
    host.cancel(guest);
    host.post(Request::Credit { guest, stream: Stream::Stdout, bytes: 1 });
    stdin(&mut host, guest, b"late", true).unwrap();
    assert!(host.events.is_empty());
}

#[test]
fn output_limit_ends_the_guest_with_a_typed_outcome() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let limits = LimitOverrides { output_bytes: Some(1000), ..LimitOverrides::default() };
    let guest = host.spawn(sandbox, SpawnOptions { limits, ..source("write 1001") });
    let (stdout, _, exit) = host.finish(guest);
    assert_eq!((stdout.len(), exit.outcome), (1000, Outcome::LimitExceeded));
    assert_eq!(exit.error.unwrap().limit.as_deref(), Some("outputBytes"));
}

#[test]
fn stdin_flows_within_its_window() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let guest = host.spawn(sandbox, SpawnOptions { stdin: StdinMode::Pipe, ..source("cat") });
    let input = pattern(3 * Limits::DEFAULT.stdin_buffer_bytes as usize + 12345);
    let (mut sent, mut window, mut received) = (0, 0, Vec::new());
    while received.len() < input.len() {
        match host.event() {
            Event::Notice { notice: Notice::StdinCredit { bytes }, .. } => window += bytes as usize,
            Event::Output { bytes, .. } => received.extend_from_slice(&bytes),
            event => panic!("{event:?}"),
        }
        let part = window.min(input.len() - sent);
        if part > 0 {
            stdin(&mut host, guest, &input[sent..sent + part], false).unwrap();
            (sent, window) = (sent + part, window - part);
        }
    }
    stdin(&mut host, guest, b"", true).unwrap();
    assert_eq!(received, input);
    assert_eq!(host.finish(guest).2.exit_code, Some(0));
}

#[test]
fn stdin_beyond_the_window_or_its_end_is_a_violation() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let greedy = host.spawn(sandbox, SpawnOptions { stdin: StdinMode::Pipe, ..source("hang") });
    stdin(&mut host, greedy, &vec![0; Limits::DEFAULT.stdin_buffer_bytes as usize], false).unwrap();
    assert_eq!(stdin(&mut host, greedy, b"x", false), Err(Violation::StdinBeyondCredit { guest: greedy }));
    let empty = host.spawn(sandbox, source("hang"));
    assert_eq!(stdin(&mut host, empty, b"", true), Err(Violation::StdinBeyondCredit { guest: empty }));
    let ended = host.spawn(sandbox, SpawnOptions { stdin: StdinMode::Pipe, ..source("hang") });
    stdin(&mut host, ended, b"x", true).unwrap();
    assert_eq!(stdin(&mut host, ended, b"y", false), Err(Violation::StdinBeyondCredit { guest: ended }));
}

#[test]
fn spawn_refuses_an_id_that_lives() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let guest = host.spawn(sandbox, source("hang"));
    let started = house.started();
    let request = Request::Spawn { sandbox, options: source("exit 0") };
    host.handle(Command::Request { id: guest, request }).unwrap();
    assert_eq!(host.failure(guest).code, ErrorCode::Protocol);
    assert!(!started.guest.is_ending(), "the guest that had the id before was disturbed");
    host.cancel(guest);
    assert_eq!(host.finish(guest).2.outcome, Outcome::Cancelled);
}

#[test]
fn spawn_bounds_the_guests_of_a_connection() {
    let house = House::new();
    let mut host = house.connect();
    let shared_limits = SandboxLimitOverrides { processes: Some(MAX_GUESTS as u32), ..Default::default() };
    let sandbox = host.sandbox(SandboxOptions { shared_limits, ..SandboxOptions::default() });
    let guests: Vec<_> = (0..MAX_GUESTS).map(|_| host.spawn(sandbox, source("idle"))).collect();
    let error = host.fail(Request::Spawn { sandbox, options: source("exit 0") });
    assert_eq!(error.code, ErrorCode::TooManyGuests);
    assert!(error.message.contains(&MAX_GUESTS.to_string()), "{error:?}");
    host.cancel(guests[0]);
    assert_eq!(host.finish(guests[0]).2.outcome, Outcome::Cancelled);
    let next = host.spawn(sandbox, source("exit 0"));
    assert_eq!(host.finish(next).2.exit_code, Some(0));
}

#[test]
fn wall_time_ends_a_guest_that_waits() {
    let house = House::new();
    let mut host = house.connect();
    let limits = LimitOverrides { wall_ms: Some(50), ..LimitOverrides::default() };
    let sandbox = host.sandbox(SandboxOptions { limits, ..SandboxOptions::default() });
    let guest = host.spawn(sandbox, source("hang"));
    let exit = host.finish(guest).2;
    assert_eq!((exit.outcome, exit.error.unwrap().limit.as_deref()), (Outcome::TimedOut, Some("wallMs")));
    assert!(exit.usage.wall_us >= 50_000);
}

#[test]
fn guest_that_does_not_yield_retires_the_process() {
    let house = House::new();
    let mut host = house.connect();
    let mut bystander = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let guest = host.spawn(sandbox, source("stuck"));
    house.started();
    host.cancel(guest);
    // Before the exit: who has that must not ask this process for more.
    for host in [&host, &bystander] {
        assert!(matches!(
            host.event(),
            Event::Notice { id: 0, notice: Notice::Retiring { reason: RetireReason::Unyielding, .. } }
        ));
    }
    assert_eq!(host.finish(guest).2.outcome, Outcome::Cancelled);
    assert_eq!(house.retired.recv_timeout(PATIENCE), Ok(RetireReason::Unyielding));
    let refused = bystander.fail(Request::CreateSandbox { options: SandboxOptions::default() });
    assert_eq!(refused.code, ErrorCode::Closed);
    assert_eq!(host.fail(Request::Spawn { sandbox, options: source("exit 0") }).code, ErrorCode::Closed);
}

fn retiring(host: &Host) -> (RetireReason, u32) {
    match host.event() {
        Event::Notice { id: 0, notice: Notice::Retiring { reason, drain_ms, .. } } => (reason, drain_ms),
        event => panic!("{event:?}"),
    }
}

#[test]
fn process_that_retires_lets_the_others_finish_first() {
    let house = House::draining(PATIENCE);
    let (mut host, mut bystander) = (house.connect(), house.connect());
    let sandbox = host.sandbox(SandboxOptions::default());
    let guest = host.spawn(sandbox, source("stuck"));
    house.started();
    let theirs = bystander.sandbox(SandboxOptions::default());
    let neighbour = bystander.spawn(theirs, source("idle"));
    host.cancel(guest);
    assert_eq!(retiring(&host), (RetireReason::Unyielding, PATIENCE.as_millis() as u32));
    assert_eq!(host.finish(guest).2.outcome, Outcome::Cancelled);
    retiring(&bystander);
    let refused = bystander.fail(Request::Spawn { sandbox: theirs, options: source("exit 0") });
    assert_eq!(refused.code, ErrorCode::Closed);
    assert!(house.retired.is_empty(), "a guest still lives");
    bystander.cancel(neighbour);
    assert_eq!(bystander.finish(neighbour).2.outcome, Outcome::Cancelled);
    assert_eq!(house.retired.recv_timeout(PATIENCE), Ok(RetireReason::Unyielding));
}

#[test]
fn process_that_retires_waits_for_the_others_no_longer_than_that() {
    let drain = Duration::from_millis(50);
    let house = House::draining(drain);
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    host.spawn(sandbox, source("idle"));
    let culprit = host.spawn(sandbox, source("hang"));
    let started = house.started();
    let message = "The guest broke it.".to_owned();
    let retired_at = Instant::now();
    started.guest.retire_cell(RetireReason::EngineOutOfMemory, message.clone(), Ending::Crash { message });
    assert_eq!(retiring(&host), (RetireReason::EngineOutOfMemory, 50));
    assert_eq!(host.finish(culprit).2.outcome, Outcome::Crashed);
    assert_eq!(house.retired.recv_timeout(PATIENCE), Ok(RetireReason::EngineOutOfMemory));
    assert!(retired_at.elapsed() >= drain);
}

#[test]
fn process_whose_engine_is_broken_waits_for_nobody() {
    let house = House::draining(10 * PATIENCE);
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let retire = |host: &mut Host, reason| {
        let guest = host.spawn(sandbox, source("hang"));
        let started = house.started();
        let message = "The guest broke it.".to_owned();
        (guest, move || started.guest.retire_cell(reason, message.clone(), Ending::Crash { message }))
    };
    host.spawn(sandbox, source("idle"));
    // Others that do what the process survives for now, one of them while it drains already.
    let (first, first_retires) = retire(&mut host, RetireReason::EngineOutOfMemory);
    let (second, second_retires) = retire(&mut host, RetireReason::EngineOutOfMemory);
    let (broken, breaks) = retire(&mut host, RetireReason::EngineFatal);
    first_retires();
    retiring(&host);
    assert_eq!(host.finish(first).2.outcome, Outcome::Crashed);
    second_retires();
    assert_eq!(host.finish(second).2.outcome, Outcome::Crashed);
    assert!(house.retired.is_empty());
    breaks();
    assert_eq!(host.finish(broken).2.outcome, Outcome::Crashed);
    assert_eq!(house.retired.recv_timeout(PATIENCE), Ok(RetireReason::EngineFatal));
}

#[test]
fn engine_that_panics_crashes_its_guest_only() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let guest = host.spawn(sandbox, source("panic"));
    assert_eq!(host.finish(guest).2.outcome, Outcome::Crashed);
    let next = host.spawn(sandbox, source("exit 3"));
    assert_eq!(host.finish(next).2.exit_code, Some(3));
}

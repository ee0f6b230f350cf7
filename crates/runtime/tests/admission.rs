use crate::harness::{House, PATIENCE, source};
use hotcell_protocol::{
    ErrorCode, Event, LimitOverrides, Notice, Outcome, Request, SandboxLimitOverrides, SandboxOptions, SpawnOptions,
};
use hotcell_runtime::AdmissionLimits;
use std::collections::BTreeMap;
use std::time::Duration;

fn house(limits: AdmissionLimits) -> House {
    House::admitting(limits)
}

fn one_at_once() -> AdmissionLimits {
    AdmissionLimits { guests: 1, ..AdmissionLimits::default() }
}

#[test]
fn guests_beyond_the_limit_wait_for_their_turn_in_order() {
    let house = house(one_at_once());
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let first = host.spawn(sandbox, source("hang"));
    house.started();
    let second = host.spawn(sandbox, source("exit 2"));
    let third = host.spawn(sandbox, source("exit 3"));
    assert!(house.started.is_empty(), "a guest started beside the one that may run");
    assert_eq!(host.stats().guests, 3);
    host.cancel(first);
    assert_eq!(host.finish(first).2.outcome, Outcome::Cancelled);
    assert_eq!(host.finish(second).2.exit_code, Some(2));
    assert_eq!(host.finish(third).2.exit_code, Some(3));
    assert_eq!([house.started().guest.id(), house.started().guest.id()], [second, third]);
}

#[test]
fn guest_that_waits_is_cancelled_at_once() {
    let house = house(one_at_once());
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let running = host.spawn(sandbox, source("hang"));
    house.started();
    let waiting = host.spawn(sandbox, source("exit 0"));
    host.cancel(waiting);
    assert_eq!(host.finish(waiting).2.outcome, Outcome::Cancelled);
    host.cancel(running);
    host.finish(running);
    let next = host.spawn(sandbox, source("exit 4"));
    assert_eq!(host.finish(next).2.exit_code, Some(4));
    assert_eq!(house.started().guest.id(), next, "the guest that was cancelled was started");
}

#[test]
fn wall_time_passes_for_a_guest_that_waits() {
    let house = house(one_at_once());
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let running = host.spawn(sandbox, source("hang"));
    house.started();
    let limits = LimitOverrides { wall_ms: Some(50), ..LimitOverrides::default() };
    let waiting = host.spawn(sandbox, SpawnOptions { limits, ..source("exit 0") });
    let exit = host.finish(waiting).2;
    assert_eq!((exit.outcome, exit.error.unwrap().limit.as_deref()), (Outcome::TimedOut, Some("wallMs")));
    host.cancel(running);
    host.finish(running);
}

#[test]
fn guest_whose_turn_does_not_come_ends_with_what_it_waited_for() {
    let wait = Duration::from_millis(50);
    let guests = house(AdmissionLimits { wait, ..one_at_once() });
    let mut host = guests.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let running = host.spawn(sandbox, source("hang"));
    guests.started();
    let waiting = host.spawn(sandbox, source("exit 0"));
    let exit = host.finish(waiting).2;
    assert_eq!((exit.outcome, exit.error.unwrap().limit.as_deref()), (Outcome::LimitExceeded, Some("guests")));
    assert!(!guests.runtime.retired().is_some(), "nobody is ended to make room");
    host.cancel(running);
    assert_eq!(host.finish(running).2.outcome, Outcome::Cancelled);

    let memory = house(AdmissionLimits { memory_bytes: 0, wait, ..AdmissionLimits::default() });
    // More than was resident when the runtime started.
    let touched = std::hint::black_box(vec![1u8; 64 << 20]);
    let mut host = memory.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let waiting = host.spawn(sandbox, source("exit 0"));
    let exit = host.finish(waiting).2;
    assert_eq!((exit.outcome, exit.error.unwrap().limit.as_deref()), (Outcome::LimitExceeded, Some("memory")));
    drop(touched);
}

#[test]
fn shutdown_ends_guests_that_wait() {
    let house = house(one_at_once());
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let running = host.spawn(sandbox, source("hang"));
    house.started();
    let waiting = host.spawn(sandbox, source("exit 0"));
    house.runtime.shut_down();
    let mut ended = [host.event(), host.event()].map(|event| match event {
        Event::Notice { id, notice: Notice::Exit { exit } } => (id, exit.outcome),
        event => panic!("expected an exit, but {event:?} came"),
    });
    ended.sort_by_key(|(id, _)| *id);
    assert_eq!(ended, [(running, Outcome::Cancelled), (waiting, Outcome::Cancelled)]);
    house.shut_down.recv_timeout(PATIENCE).expect("the shutdown was not told");
}

#[test]
fn processes_bound_the_guests_of_a_sandbox_and_of_no_other() {
    let house = House::new();
    let mut host = house.connect();
    let shared_limits = SandboxLimitOverrides { processes: Some(2), ..Default::default() };
    let sandbox = host.sandbox(SandboxOptions { shared_limits, ..Default::default() });
    let other = host.sandbox(SandboxOptions::default());
    let guests = [host.spawn(sandbox, source("idle")), host.spawn(sandbox, source("idle"))];
    let error = host.fail(Request::Spawn { sandbox, options: source("exit 0") });
    assert_eq!(error.code, ErrorCode::TooManyGuests);
    assert!(error.message.contains("processes"), "{error:?}");
    let elsewhere = host.spawn(other, source("exit 5"));
    assert_eq!(host.finish(elsewhere).2.exit_code, Some(5));
    host.cancel(guests[0]);
    host.finish(guests[0]);
    let next = host.spawn(sandbox, source("exit 6"));
    assert_eq!(host.finish(next).2.exit_code, Some(6));
}

#[test]
fn spawn_refuses_more_than_its_limits_on_bytes_allow() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let limits =
        LimitOverrides { source_bytes: Some(6), args_bytes: Some(4), env_bytes: Some(5), ..LimitOverrides::default() };
    let options = |text: &str, arg: &str, value: &str| SpawnOptions {
        limits,
        args: vec![arg.into()],
        env: BTreeMap::from([("A".into(), value.into())]),
        ..source(text)
    };
    for (text, arg, value, limit) in [
        ("exit 00", "abc", "bc", "sourceBytes"),
        ("exit 0", "abcd", "bc", "argsBytes"),
        ("exit 0", "abc", "bcd", "envBytes"),
    ] {
        let error = host.fail(Request::Spawn { sandbox, options: options(text, arg, value) });
        assert_eq!(error.code, ErrorCode::LimitExceeded);
        assert!(error.message.contains(limit), "{error:?}");
    }
    let fits = host.spawn(sandbox, options("exit 0", "abc", "bc"));
    assert_eq!(host.finish(fits).2.exit_code, Some(0));
}

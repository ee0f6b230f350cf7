use crate::harness::{House, PATIENCE, source};
use hotcell_protocol::{ErrorCode, Event, Notice, Outcome, Reply, Request, SandboxOptions};

#[test]
fn connection_that_is_dropped_takes_its_guests_and_no_others() {
    let house = House::new();
    let mut host = house.connect();
    let mut other = house.connect();
    let (sandbox, other_sandbox) = (host.sandbox(SandboxOptions::default()), other.sandbox(SandboxOptions::default()));
    let survivor = other.spawn(other_sandbox, source("hang"));
    let survivor_started = house.started();
    let guests: Vec<_> = (0..5).map(|_| host.spawn(sandbox, source("hang"))).collect();
    let victims: Vec<_> = guests.iter().map(|_| house.started()).collect();
    let events = host.events.clone();
    drop(host);
    for _ in &guests {
        match events.recv_timeout(PATIENCE).unwrap() {
            Event::Notice { notice: Notice::Exit { exit }, .. } => assert_eq!(exit.outcome, Outcome::Cancelled),
            event => panic!("{event:?}"),
        }
    }
    assert!(victims.iter().all(|victim| victim.guest.is_ending()));
    assert!(!survivor_started.guest.is_ending());
    let stats = other.stats();
    assert_eq!((stats.sandboxes, stats.guests_started), (1, 6));
    other.cancel(survivor);
    other.finish(survivor);
}

#[test]
fn connections_have_ids_of_their_own() {
    let house = House::new();
    let (mut first, mut second) = (house.connect(), house.connect());
    let sandbox = first.sandbox(SandboxOptions::default());
    assert_eq!(second.sandbox(SandboxOptions::default()), sandbox);
    first.write_file(sandbox, "/whose", b"first", 0o644);
    second.write_file(sandbox, "/whose", b"second", 0o644);
    assert_eq!(first.read_file(sandbox, "/whose"), b"first");
    let guest = first.spawn(sandbox, source("hang"));
    let started = house.started();
    second.cancel(guest);
    assert_eq!(second.stats().guests, 1);
    assert!(!started.guest.is_ending(), "another connection ended the guest");
    first.cancel(guest);
    first.finish(guest);
}

#[test]
fn shutdown_replies_cancels_every_guest_and_is_told_after_the_last_exit() {
    let house = House::new();
    let (mut host, mut other) = (house.connect(), house.connect());
    let sandbox = other.sandbox(SandboxOptions::default());
    let guest = other.spawn(sandbox, source("idle"));
    assert!(house.shut_down.is_empty());
    let id = host.post(Request::Shutdown);
    assert_eq!(host.reply(id), Reply::Done);
    // The callback comes after the exit was handed over: both are there when the former is.
    house.shut_down.recv_timeout(PATIENCE).unwrap();
    assert!(!other.events.is_empty());
    assert_eq!(other.finish(guest).2.outcome, Outcome::Cancelled);
    for request in [
        Request::CreateSandbox { options: SandboxOptions::default() },
        Request::Spawn { sandbox, options: source("exit 0") },
    ] {
        assert_eq!(other.fail(request).code, ErrorCode::Closed);
    }
    assert_eq!(host.ask(Request::Shutdown), Reply::Done);
    assert!(house.shut_down.is_empty(), "told twice");
}

#[test]
fn shutdown_of_an_idle_runtime_is_told_at_once() {
    let house = House::new();
    house.runtime.shut_down();
    assert!(house.shut_down.try_recv().is_ok());
}

#[test]
fn stats_count_what_there_is() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let ended = host.spawn(sandbox, source("exit 0"));
    host.finish(ended);
    let guest = host.spawn(sandbox, source("idle"));
    let stats = host.stats();
    assert_eq!((stats.pid, stats.version.as_str(), stats.v8_version.as_str()), (std::process::id(), "1.2.3", "4.5.6"));
    assert_eq!((stats.sandboxes, stats.guests_started), (1, 2));
    assert!(stats.resident_bytes > 1 << 20);
    host.cancel(guest);
    host.finish(guest);
}

use crate::harness::{House, source};
use hotcell_protocol::{Command, Phase, Request, SandboxOptions, SpawnOptions};
use std::time::{Duration, Instant};

#[test]
fn phases_begin_with_the_requests_arrival_and_the_search_for_the_program() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let guest = host.next_id();
    let options = SpawnOptions { phases: true, ..source("exit 0") };
    let request = Request::Spawn { sandbox, options };
    let waited = Duration::from_millis(5);
    let received = Instant::now().checked_sub(waited).unwrap();
    host.connection.handle_received(Command::Request { id: guest, request }, received).unwrap();
    let (_, _, exit) = host.finish(guest);
    let spans = exit.phases.unwrap().spans;
    let order: Vec<_> = spans.iter().map(|span| span.phase).collect();
    // This engine tells of nothing that it does.
    assert_eq!(order, [Phase::Queue, Phase::ModuleGet, Phase::Exit]);
    assert!(spans[0].duration_us >= waited.as_micros() as f64, "{spans:?}");
    assert!(exit.usage.wall_us >= waited.as_micros() as u64);
}

#[test]
fn phases_are_told_of_every_guest_where_the_runtime_is_set_to() {
    for every in [false, true] {
        let house = House::with_phases(every);
        let mut host = house.connect();
        let sandbox = host.sandbox(SandboxOptions::default());
        let guest = host.spawn(sandbox, source("exit 0"));
        assert_eq!(host.finish(guest).2.phases.is_some(), every);
    }
}

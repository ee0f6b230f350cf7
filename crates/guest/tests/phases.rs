use crate::harness::{Setup, output_and_exit};
use hotcell_guest::{Ending, Making};
use hotcell_protocol::{GuestExit, Phase, Phases};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

fn made(began: Instant, isolate: Instant, context: Instant) -> Option<Making> {
    Some(Making { began, isolate, context })
}

/// The phases in their order, which must follow each other from the request's arrival to the guest's end.
fn order(exit: &GuestExit) -> Vec<Phase> {
    let phases = exit.phases.as_ref().expect("they were asked for");
    let mut end_us = 0.0;
    for span in &phases.spans {
        assert!((span.start_us - end_us).abs() < 1e-6 && span.duration_us > 0.0, "{phases:?}");
        end_us = span.start_us + span.duration_us;
    }
    let wall_us = exit.usage.wall_us as f64;
    assert!(wall_us - 0.001 < end_us && end_us < wall_us + 1.0, "{wall_us} {phases:?}");
    phases.spans.iter().map(|span| span.phase).collect()
}

fn phases_of(exit: &GuestExit) -> &Phases {
    exit.phases.as_ref().unwrap()
}

#[test]
fn phases_of_a_guest_that_finds_a_parked_worker_have_no_making_in_them() {
    let (guest, heard) = Setup { phases: true, ..Setup::default() }.guest();
    guest.end_phase(Phase::Queue);
    guest.end_phase(Phase::ModuleGet);
    guest.claimed(None);
    guest.end_phase(Phase::Compile);
    guest.end_phase(Phase::Inject);
    guest.finish(Ending::exit(0), 0);
    let (_, exit) = output_and_exit(&heard);
    use Phase::{Claim, Compile, Exit, Inject, ModuleGet, Queue};
    assert_eq!(order(&exit), [Queue, ModuleGet, Claim, Compile, Inject, Exit]);
    assert!(phases_of(&exit).warm_worker);
}

#[test]
fn phases_of_a_guest_whose_worker_is_made_tell_the_wait_from_the_making() {
    let (guest, heard) = Setup { phases: true, ..Setup::default() }.guest();
    guest.end_phase(Phase::SnapshotGet);
    let step = || {
        std::thread::sleep(Duration::from_millis(1));
        Instant::now()
    };
    let (began, isolate, context) = (step(), step(), step());
    step();
    guest.claimed(made(began, isolate, context));
    guest.finish(Ending::exit(0), 0);
    let (_, exit) = output_and_exit(&heard);
    use Phase::{Claim, Context, Exit, IsolateNew, SnapshotGet};
    assert_eq!(order(&exit), [SnapshotGet, Claim, IsolateNew, Context, Claim, Exit]);
    let phases = phases_of(&exit);
    assert!(!phases.warm_worker);
    assert_eq!(phases.total_us(IsolateNew), (isolate - began).as_nanos() as f64 / 1e3);
    assert_eq!(phases.total_us(Context), (context - isolate).as_nanos() as f64 / 1e3);
    assert!(phases.total_us(Claim) >= 2000.0, "{phases:?}");
}

#[test]
fn phases_count_of_a_making_only_what_the_guest_waited_for() {
    let long_ago = Instant::now();
    std::thread::sleep(Duration::from_millis(1));
    let (guest, heard) = Setup { phases: true, ..Setup::default() }.guest();
    guest.end_phase(Phase::Queue);
    std::thread::sleep(Duration::from_millis(1));
    guest.claimed(made(long_ago, long_ago, Instant::now()));
    guest.finish(Ending::exit(0), 0);
    let (_, exit) = output_and_exit(&heard);
    assert_eq!(order(&exit), [Phase::Queue, Phase::Context, Phase::Claim, Phase::Exit]);
    assert!(!phases_of(&exit).warm_worker);
}

#[test]
fn phases_that_follow_themselves_are_one_span() {
    let (guest, heard) = Setup { phases: true, ..Setup::default() }.guest();
    guest.end_phase(Phase::Drain);
    guest.end_phase(Phase::Drain);
    guest.finish(Ending::exit(0), 0);
    let (_, exit) = output_and_exit(&heard);
    assert_eq!(order(&exit), [Phase::Drain, Phase::Exit]);
}

#[test]
fn phases_say_when_the_request_came() {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64() * 1e3;
    let before = now();
    let (guest, heard) = Setup { phases: true, ..Setup::default() }.guest();
    guest.finish(Ending::exit(0), 0);
    let (_, exit) = output_and_exit(&heard);
    let received = phases_of(&exit).received_ms;
    assert!(before - 1.0 <= received && received <= now() + 1.0, "{before} {received} {}", now());
}

#[test]
fn phases_are_left_out_where_nobody_asked() {
    let (guest, heard) = Setup::default().guest();
    guest.end_phase(Phase::Queue);
    guest.finish(Ending::exit(0), 0);
    assert_eq!(output_and_exit(&heard).1.phases, None);
}

use crate::harness::{PATIENCE, Setup, Told, engine_of, output_and_exit};
use hotcell_guest::Ending;
use hotcell_protocol::{Outcome, Signal};
use std::sync::Arc;

#[test]
fn exit_tells_the_outcome_of_every_ending() {
    let crash = || Ending::Crash { message: "It broke.".into() };
    for (ending, outcome, exit_code, signal, limit) in [
        (Ending::exit(3), Outcome::Exited, Some(3), None, None),
        (Ending::Signal(Signal::Sigusr2), Outcome::Signaled, None, Some(Signal::Sigusr2), None),
        (Ending::Cancelled, Outcome::Cancelled, None, None, None),
        (Ending::WallTime { limit_ms: 5 }, Outcome::TimedOut, None, None, Some("wallMs")),
        (Ending::CpuTime { limit_ms: 5 }, Outcome::TimedOut, None, None, Some("cpuMs")),
        (Ending::Heap { limit_mb: 5 }, Outcome::OutOfMemory, None, None, Some("heapMb")),
        (crash(), Outcome::Crashed, None, None, None),
    ] {
        let (guest, heard) = Setup::default().guest();
        assert!(guest.finish(ending.clone(), 42));
        let (_, exit) = output_and_exit(&heard);
        assert_eq!((exit.outcome, exit.exit_code, exit.signal), (outcome, exit_code, signal), "{ending:?}");
        assert_eq!(exit.error.as_ref().and_then(|error| error.limit.as_deref()), limit, "{ending:?}");
        assert_eq!(exit.usage.heap_bytes, 42);
    }
}

#[test]
fn finish_happens_once_and_the_first_reason_counts() {
    let (guest, heard) = Setup::default().guest();
    guest.attach_thread();
    assert!(guest.end(Ending::Signal(Signal::Sigterm)));
    assert!(!guest.end(Ending::Cancelled));
    assert!(guest.finish(Ending::exit(0), 0));
    assert!(!guest.finish(Ending::exit(1), 0));
    assert!(!guest.end(Ending::Cancelled));
    let (_, exit) = output_and_exit(&heard);
    assert_eq!((exit.outcome, exit.signal, exit.exit_code), (Outcome::Signaled, Some(Signal::Sigterm), None));
    assert!(heard.is_empty());
}

#[test]
fn finish_happens_once_however_many_try() {
    for _ in 0..50 {
        let (guest, heard) = Setup::default().guest();
        let finishers: Vec<_> = (0..4)
            .map(|code| {
                let guest = Arc::clone(&guest);
                std::thread::spawn(move || guest.finish(Ending::exit(code), 0))
            })
            .collect();
        let finished = finishers.into_iter().map(|finisher| finisher.join().unwrap());
        assert_eq!(finished.filter(|first| *first).count(), 1);
        output_and_exit(&heard);
        assert!(heard.is_empty());
    }
}

#[test]
fn end_interrupts_the_engine_whenever_it_registers() {
    let (guest, _heard) = Setup::default().guest();
    let told = engine_of(&guest);
    guest.end(Ending::Cancelled);
    assert_eq!(told.try_recv(), Ok(Told::Interrupt));

    let (guest, _heard) = Setup::default().guest();
    guest.end(Ending::Cancelled);
    assert_eq!(engine_of(&guest).try_recv(), Ok(Told::Interrupt));
}

#[test]
fn engine_that_has_let_go_is_not_interrupted() {
    let (guest, _heard) = Setup::default().guest();
    let told = engine_of(&guest);
    guest.clear_interrupt();
    guest.end(Ending::Cancelled);
    assert_eq!(told.recv_timeout(PATIENCE), Err(crossbeam_channel::RecvTimeoutError::Disconnected));
}

#[test]
fn signal_goes_to_its_listener_and_else_ends_the_guest() {
    let (guest, _heard) = Setup::default().guest();
    let told = engine_of(&guest);
    guest.listen_signals(1 << Signal::Sigterm as u32 | 1 << Signal::Sigkill as u32);
    guest.signal(Signal::Sigterm);
    assert_eq!(told.try_recv(), Ok(Told::Signal(Signal::Sigterm)));
    assert!(!guest.is_ending());
    guest.signal(Signal::Sigint);
    assert_eq!(told.try_recv(), Ok(Told::Interrupt));
    assert_eq!(guest.ending(), Some(&Ending::Signal(Signal::Sigint)));
}

#[test]
fn sigkill_has_no_listeners() {
    let (guest, _heard) = Setup::default().guest();
    guest.listen_signals(u32::MAX);
    guest.signal(Signal::Sigkill);
    assert_eq!(guest.ending(), Some(&Ending::Signal(Signal::Sigkill)));
}

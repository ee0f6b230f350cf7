use crate::harness::{Heard, PATIENCE, Setup, Told, engine_of, hear, hear_near, output_and_exit};
use hotcell_guest::{Ending, GRACE, Guest, LONGEST_GRACE, Warden};
use hotcell_protocol::{Event, Limits, Notice, Outcome, RetireReason};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

fn limits(wall_ms: u64, cpu_ms: u64) -> Limits {
    Limits { wall_ms, cpu_ms, ..Limits::default() }
}

/// Uses the CPU until the guest is to end; how much of its own time the thread used.
fn burn(guest: &Guest) -> Duration {
    let clock = hotcell_guest::ThreadCpuClock::of_this_thread();
    let before = clock.elapsed().unwrap();
    while !guest.is_ending() {
        std::hint::spin_loop();
    }
    clock.elapsed().unwrap() - before
}

#[test]
fn wall_time_counts_waiting() {
    let (guest, heard) = Setup { limits: limits(50, 50_000), ..Setup::default() }.guest();
    let told = engine_of(&guest);
    {
        let _wait = guest.wait();
        assert_eq!(told.recv_timeout(PATIENCE), Ok(Told::Interrupt));
    }
    assert_eq!(guest.ending(), Some(&Ending::WallTime { limit_ms: 50 }));
    assert!(guest.created().elapsed() >= Duration::from_millis(50));
    guest.finish(Ending::exit(0), 0);
    assert_eq!(output_and_exit(&heard).1.outcome, Outcome::TimedOut);
}

#[test]
fn cpu_time_ends_a_guest_that_computes() {
    let (guest, heard) = Setup { limits: limits(60_000, 100), ..Setup::default() }.guest();
    let used = std::thread::spawn({
        let guest = Arc::clone(&guest);
        move || {
            guest.attach_thread();
            let used = burn(&guest);
            guest.finish(Ending::exit(0), 0);
            used
        }
    });
    assert!(used.join().unwrap() >= Duration::from_millis(100));
    let (_, exit) = output_and_exit(&heard);
    assert_eq!(exit.error.unwrap().limit.as_deref(), Some("cpuMs"));
    assert!(exit.usage.cpu_us >= 100_000);
}

#[test]
fn cpu_time_does_not_count_waiting_but_what_comes_after_it() {
    let (guest, heard) = Setup { limits: limits(60_000, 100), ..Setup::default() }.guest();
    std::thread::spawn({
        let guest = Arc::clone(&guest);
        move || {
            guest.attach_thread();
            // Several times as long as it may compute.
            let woken = guest.created() + Duration::from_millis(400);
            guest.block_on(std::future::poll_fn(|context| guest.poll_sleep(context, woken))).unwrap();
            let was_ending = guest.is_ending();
            burn(&guest);
            guest.finish(Ending::exit(0), 0);
            assert!(!was_ending, "it was ended while it waited");
        }
    })
    .join()
    .unwrap();
    let (_, exit) = output_and_exit(&heard);
    assert_eq!(exit.error.unwrap().limit.as_deref(), Some("cpuMs"));
    assert!(exit.usage.wall_us >= 500_000);
}

#[test]
fn cpu_time_is_that_of_the_guests_own_thread_and_from_its_attachment() {
    let (guest, heard) = Setup { limits: limits(60_000, 100), ..Setup::default() }.guest();
    std::thread::spawn({
        let guest = Arc::clone(&guest);
        move || {
            let clock = hotcell_guest::ThreadCpuClock::of_this_thread();
            while clock.elapsed().unwrap() < Duration::from_millis(150) {
                std::hint::spin_loop();
            }
            guest.attach_thread();
            guest.finish(Ending::exit(0), 0);
        }
    })
    .join()
    .unwrap();
    let (_, exit) = output_and_exit(&heard);
    assert_eq!(exit.outcome, Outcome::Exited);
    assert!(exit.usage.cpu_us < 100_000, "{:?}", exit.usage);
}

#[test]
fn sleep_ends_at_its_moment_and_when_the_guest_is_ended() {
    let (guest, _heard) = Setup::default().guest();
    let sleep =
        |guest: &Arc<Guest>, moment| guest.block_on(std::future::poll_fn(|context| guest.poll_sleep(context, moment)));
    let moment = Instant::now() + Duration::from_millis(30);
    assert_eq!(sleep(&guest, moment), Ok(()));
    assert!(Instant::now() >= moment);
    let sleeper = std::thread::spawn({
        let guest = Arc::clone(&guest);
        move || sleep(&guest, Instant::now() + 10 * PATIENCE)
    });
    guest.end(Ending::Cancelled);
    assert!(sleeper.join().unwrap().is_err());
}

#[test]
fn guest_that_does_not_yield_is_given_up_after_its_grace() {
    let (guest, heard) = Setup::default().guest();
    guest.attach_thread();
    let ended = Instant::now();
    guest.end(Ending::Cancelled);
    // A host that has the exit is to know that this process takes no more.
    assert_eq!(hear(&heard), Heard::Retired(RetireReason::Unyielding));
    assert!(ended.elapsed() >= GRACE);
    let (_, exit) = output_and_exit(&heard);
    assert_eq!(exit.outcome, Outcome::Cancelled);
    assert!(!guest.finish(Ending::exit(0), 0));
    assert!(heard.is_empty());
}

#[test]
fn guest_that_yields_in_time_costs_nobody_the_process() {
    let warden = Warden::start().unwrap();
    let (yielding, heard) = Setup::default().guest_of(Arc::clone(&warden));
    yielding.end(Ending::Cancelled);
    yielding.finish(Ending::exit(0), 0);
    output_and_exit(&heard);
    // The warden has looked at everything up to here once it has given this one up.
    let (stuck, stuck_heard) = Setup::default().guest_of(warden);
    stuck.attach_thread();
    stuck.end(Ending::Cancelled);
    assert_eq!(hear(&stuck_heard), Heard::Retired(RetireReason::Unyielding));
    output_and_exit(&stuck_heard);
    assert!(heard.is_empty());
}

#[test]
fn warden_looks_after_many_guests_at_once() {
    let warden = Warden::start().unwrap();
    let guests: Vec<_> = (0..500)
        .map(|index| {
            // Some end soon, in no order; the others not at all.
            let wall_ms = if index % 2 == 0 { 20 + (index * 37) % 100 } else { 60_000 };
            Setup { limits: limits(wall_ms, 60_000), ..Setup::default() }.guest_of(Arc::clone(&warden))
        })
        .collect();
    for (index, (guest, heard)) in guests.iter().enumerate() {
        let told = engine_of(guest);
        if index % 2 == 0 {
            assert_eq!(told.recv_timeout(PATIENCE), Ok(Told::Interrupt));
        } else {
            assert!(!guest.is_ending());
        }
        guest.finish(Ending::exit(0), 0);
        let expected = if index % 2 == 0 { Outcome::TimedOut } else { Outcome::Exited };
        assert_eq!(output_and_exit(heard).1.outcome, expected);
    }
}

#[test]
fn usage_tells_when_the_guests_own_code_began() {
    let (guest, heard) = Setup::default().guest();
    let begins = guest.created() + Duration::from_millis(20);
    guest.block_on(std::future::poll_fn(|context| guest.poll_sleep(context, begins))).unwrap();
    guest.mark_started();
    guest.set_external_peak(77);
    guest.finish(Ending::exit(0), 0);
    let Heard::Ended(_) = hear(&heard) else { panic!() };
    let Heard::Event(Event::Notice { notice: Notice::Exit { exit }, .. }) = hear(&heard) else { panic!() };
    assert!(exit.usage.start_us >= 20_000 && exit.usage.wall_us >= exit.usage.start_us, "{:?}", exit.usage);
    assert_eq!(exit.usage.external_peak_bytes, 77);
}

#[test]
fn host_is_warned_once_at_four_fifths_of_each_time_limit() {
    let (guest, heard) = Setup { limits: limits(200, 10_000), ..Setup::default() }.guest();
    let told = engine_of(&guest);
    guest.attach_thread();
    let _wait = guest.wait();
    let (limit, used, max) = hear_near(&heard);
    assert_eq!((limit.as_str(), max), ("wallMs", 200));
    assert!((160..=200).contains(&used), "{used}");
    assert_eq!(told.recv_timeout(PATIENCE), Ok(Told::Interrupt));
    guest.finish(Ending::exit(0), 0);
    assert!(matches!(heard.recv(), Ok(Heard::Ended(_))), "it was warned twice");
}

#[test]
fn guest_that_ends_as_its_grace_does_costs_nobody_the_process() {
    let (guest, heard) = Setup::default().guest();
    guest.attach_thread();
    guest.end(Ending::Cancelled);
    guest.finish(Ending::exit(0), 0);
    guest.retire_cell(RetireReason::Unyielding, "too late".into(), Ending::exit(1));
    assert!(matches!(hear(&heard), Heard::Ended(_)));
    assert!(matches!(hear(&heard), Heard::Event(Event::Notice { notice: Notice::Exit { .. }, .. })));
    assert!(heard.is_empty(), "the process was given up for a guest that had ended");
}

/// How long a guest is borne with that uses the CPU and does not yield.
fn patience_with_one_that_burns(collecting: bool) -> Duration {
    let (guest, heard) = Setup::default().guest();
    guest.set_collecting(collecting);
    let given_up = Arc::new(AtomicBool::new(false));
    let (attached, is_attached) = crossbeam_channel::bounded(1);
    let burner = std::thread::spawn({
        let (guest, given_up) = (Arc::clone(&guest), Arc::clone(&given_up));
        move || {
            guest.attach_thread();
            attached.send(()).unwrap();
            while !given_up.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
        }
    });
    is_attached.recv().unwrap();
    let told = Instant::now();
    guest.end(Ending::Cancelled);
    assert_eq!(hear(&heard), Heard::Retired(RetireReason::Unyielding));
    let patience = told.elapsed();
    given_up.store(true, Ordering::Relaxed);
    burner.join().unwrap();
    patience
}

#[test]
fn guest_that_collects_garbage_gets_more_grace() {
    assert!(patience_with_one_that_burns(false) >= GRACE);
    assert!(patience_with_one_that_burns(true) >= LONGEST_GRACE);
}

#[test]
fn guest_that_did_not_get_the_cpu_gets_more_grace() {
    let (guest, heard) = Setup::default().guest();
    guest.attach_thread();
    let told = Instant::now();
    guest.end(Ending::Cancelled);
    assert_eq!(hear(&heard), Heard::Retired(RetireReason::Unyielding));
    assert!(told.elapsed() >= LONGEST_GRACE);
}

#[test]
fn guest_that_waits_for_a_thread_ends_at_once_and_costs_nobody_the_process() {
    let (guest, heard) = Setup::default().guest();
    guest.end(Ending::Cancelled);
    let (output, exit) = output_and_exit(&heard);
    assert_eq!((output.len(), exit.outcome), (0, Outcome::Cancelled));
    // The thread that comes for it finds it ending, and nothing is heard of it any more.
    let told = engine_of(&guest);
    assert_eq!(told.recv_timeout(PATIENCE), Ok(Told::Interrupt));
    assert!(!guest.finish(Ending::exit(0), 0));
    assert!(heard.is_empty());
}

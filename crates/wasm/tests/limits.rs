//! What ends a guest from outside, and how soon.

use crate::harness::{PATIENCE, Setup, command, run, runner};
use hotcell_guest::Ending;
use hotcell_protocol::{Limits, Outcome, StdinMode};
use hotcell_wasm::EngineOptions;
use std::time::{Duration, Instant};

fn limits(wall_ms: u64, cpu_ms: u64) -> Limits {
    Limits { wall_ms, cpu_ms, ..Limits::default() }
}

#[test]
fn wall_time_ends_a_guest_that_computes() {
    let ran = Setup { limits: limits(100, 60_000), ..Setup::default() }.run(&command("", "(loop (br 0))"));
    assert_eq!(ran.exit.outcome, Outcome::TimedOut);
    assert_eq!(ran.exit.error.unwrap().limit.as_deref(), Some("wallMs"));
}

#[test]
fn cpu_time_ends_a_guest_that_computes() {
    let ran = Setup { limits: limits(60_000, 100), ..Setup::default() }.run(&command("", "(loop (br 0))"));
    assert_eq!(ran.exit.error.unwrap().limit.as_deref(), Some("cpuMs"));
    assert!(ran.exit.usage.cpu_us >= 100_000);
}

#[test]
fn cpu_time_ends_a_start_section_that_computes() {
    let program = command("(func $forever (loop (br 0))) (start $forever)", "");
    let ran = Setup { limits: limits(60_000, 100), ..Setup::default() }.run(&program);
    assert_eq!(ran.exit.error.unwrap().limit.as_deref(), Some("cpuMs"));
}

#[test]
fn cpu_time_does_not_count_waiting() {
    let ran = Setup { limits: limits(60_000, 200), ..Setup::default() }
        .run(&command("", "(call $sleep (i64.const 500_000_000))"));
    assert_eq!((ran.exit.outcome, ran.exit.exit_code), (Outcome::Exited, Some(0)));
    assert!(ran.exit.usage.wall_us >= 500_000);
}

#[test]
fn wall_time_ends_every_wait() {
    for body in [
        // A moment that never comes.
        "(call $sleep (i64.const 0x7fff_ffff_ffff_ffff))",
        // Input that never comes.
        "(i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 1))
         (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))",
        // Output that nobody takes.
        "(call $write (i32.const 1) (i32.const 64) (i32.const 100))",
    ] {
        let setup = Setup { limits: limits(100, 60_000), stdin: StdinMode::Pipe, credit: 10, ..Setup::default() };
        let ran = setup.run(&command("", body));
        assert_eq!(ran.exit.outcome, Outcome::TimedOut, "{body}");
    }
}

#[test]
fn cancelling_ends_a_guest_at_once_whatever_it_does() {
    for body in ["(loop (br 0))", "(call $sleep (i64.const 60_000_000_000))"] {
        let running = Setup::default()
            .start(&command("", &format!("(call $write (i32.const 1) (i32.const 64) (i32.const 1)) {body}")));
        running.event();
        let told = Instant::now();
        running.guest.end(Ending::Cancelled);
        assert_eq!(running.end().exit.outcome, Outcome::Cancelled);
        assert!(told.elapsed() < Duration::from_secs(1), "{:?}", told.elapsed());
    }
}

#[test]
fn guest_that_is_cancelled_before_it_runs_runs_nothing() {
    let (spec, running) =
        Setup::default().spec(&command("", "(call $write (i32.const 1) (i32.const 64) (i32.const 1))"));
    running.guest.end(Ending::Cancelled);
    crate::harness::RUNNER.run(spec);
    let ran = running.end();
    assert_eq!((ran.exit.outcome, ran.stdout.len()), (Outcome::Cancelled, 0));
}

#[test]
fn memory_beyond_the_limit_is_refused_to_the_program() {
    let limits = Limits { external_mb: 2, ..Limits::default() };
    // 16 pages are 1 MiB.
    let program = command(
        "",
        "(if (i32.ne (memory.grow (i32.const 16)) (i32.const 1)) (then (call $proc_exit (i32.const 1))))
         (if (i32.ne (memory.grow (i32.const 16)) (i32.const -1)) (then (call $proc_exit (i32.const 2))))",
    );
    let ran = Setup { limits, ..Setup::default() }.run(&program);
    assert_eq!((ran.exit.outcome, ran.exit.exit_code), (Outcome::Exited, Some(0)));
    assert_eq!(ran.exit.usage.external_peak_bytes, 17 << 16);
}

#[test]
fn program_that_traps_for_want_of_memory_is_out_of_memory() {
    let limits = Limits { external_mb: 1, ..Limits::default() };
    for program in [
        command("", "(if (i32.eq (memory.grow (i32.const 100)) (i32.const -1)) (then unreachable))"),
        command(
            "(table $table 1 funcref)",
            "(drop (memory.grow (i32.const 10)))
             (if (i32.eq (table.grow $table (ref.null func) (i32.const 90_000)) (i32.const -1)) (then unreachable))",
        ),
        crate::harness::assemble(r#"(module (memory (export "memory") 100) (func (export "_start")))"#),
    ] {
        let ran = Setup { limits, ..Setup::default() }.run(&program);
        assert_eq!(ran.exit.outcome, Outcome::OutOfMemory, "{ran:?}");
        assert_eq!(ran.exit.error.unwrap().limit.as_deref(), Some("externalMb"));
    }
}

#[test]
fn output_limit_ends_the_guest() {
    let limits = Limits { output_bytes: 10, ..Limits::default() };
    let ran = Setup { limits, ..Setup::default() }
        .run(&command("", "(loop (call $write (i32.const 1) (i32.const 64) (i32.const 7)) (br 0))"));
    assert_eq!((ran.exit.outcome, ran.stdout.len()), (Outcome::LimitExceeded, 10));
}

#[test]
fn instruction_over_much_memory_is_no_reason_to_give_the_process_up() {
    let limits = Limits { cpu_ms: 100, ..Limits::default() };
    let program = command(
        "",
        "(drop (memory.grow (i32.const 256)))
         (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x0100_0000)) (br 0))",
    );
    let ran = Setup { limits, ..Setup::default() }.run(&program);
    assert_eq!(ran.exit.error.unwrap().limit.as_deref(), Some("cpuMs"));
}

#[test]
fn busy_guests_delay_no_other() {
    let busy: Vec<_> = (0..32).map(|_| Setup::default().start(&command("", "(loop (br 0))"))).collect();
    let started = Instant::now();
    assert_eq!(run(&command("", "")).exit.exit_code, Some(0));
    let delay = started.elapsed();
    for running in busy {
        running.guest.end(Ending::Cancelled);
        running.end();
    }
    // Far less than the guests before it could run: 32 times their CPU limit.
    assert!(delay < PATIENCE / 10, "{delay:?}");
}

#[test]
fn fuel_ends_the_guest_at_the_same_place_every_time() {
    let runner = runner(EngineOptions { instances: 4, fuel: true, ..EngineOptions::default() });
    let program = command("", "(loop (call $write (i32.const 1) (i32.const 64) (i32.const 1)) (br 0))");
    let runs = [10_000, 10_000, 20_000].map(|fuel| {
        let ran = Setup { fuel: Some(fuel), ..Setup::default() }.start_on(&runner, &program).end();
        assert_eq!(ran.exit.outcome, Outcome::LimitExceeded);
        assert_eq!(ran.exit.error.unwrap().limit.as_deref(), Some("fuel"));
        ran.stdout.len()
    });
    assert!(runs[0] > 0 && runs[0] == runs[1] && runs[1] < runs[2], "{runs:?}");
    // Without fuel of its own, a guest has enough.
    let ran = Setup::default().start_on(&runner, &command("", "")).end();
    assert_eq!(ran.exit.exit_code, Some(0));
}

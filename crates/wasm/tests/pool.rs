//! What happens when every instance is in use.

use crate::harness::{Setup, command, runner};
use hotcell_guest::Ending;
use hotcell_protocol::{Limits, Outcome};
use hotcell_wasm::{EngineOptions, PoolFull};

const SLEEPER: &str =
    "(call $write (i32.const 1) (i32.const 64) (i32.const 1)) (call $sleep (i64.const 60_000_000_000))";

#[test]
fn guest_waits_its_turn_for_an_instance() {
    let runner = runner(EngineOptions { instances: 2, when_full: PoolFull::Wait, fuel: false });
    let sleepers: Vec<_> = (0..2).map(|_| Setup::default().start_on(&runner, &command("", SLEEPER))).collect();
    sleepers.iter().for_each(|sleeper| drop(sleeper.event()));
    let waiting = Setup::default().start_on(&runner, &command("", ""));
    let limits = Limits { wall_ms: 50, ..Limits::default() };
    let impatient = Setup { limits, ..Setup::default() }.start_on(&runner, &command("", ""));
    assert_eq!(impatient.end().exit.outcome, Outcome::TimedOut);
    assert!(waiting.events.is_empty());
    sleepers[0].guest.end(Ending::Cancelled);
    assert_eq!(waiting.end().exit.exit_code, Some(0));
    sleepers[1].guest.end(Ending::Cancelled);
}

#[test]
fn guest_is_told_at_once_where_it_is_not_to_wait() {
    let runner = runner(EngineOptions { instances: 1, when_full: PoolFull::Fail, fuel: false });
    let sleeper = Setup::default().start_on(&runner, &command("", SLEEPER));
    sleeper.event();
    let ran = Setup::default().start_on(&runner, &command("", "")).end();
    assert_eq!(ran.exit.outcome, Outcome::Crashed);
    assert!(ran.exit.error.unwrap().message.contains("HOTCELL_WASM_INSTANCES"));
    sleeper.guest.end(Ending::Cancelled);
    sleeper.end();
}

#[test]
fn slots_come_back_however_guests_end() {
    let runner = runner(EngineOptions { instances: 1, when_full: PoolFull::Wait, fuel: false });
    for body in [
        "",
        "unreachable",
        "(call $proc_exit (i32.const 3))",
        "(memory.fill (i32.const 0) (i32.const 1) (i32.const 65536))",
    ] {
        for _ in 0..8 {
            let ran = Setup::default().start_on(&runner, &command("", body)).end();
            assert_eq!(ran.exit.outcome, Outcome::Exited);
        }
    }
}

#[test]
fn instance_sees_nothing_of_the_one_before_in_its_slot() {
    let runner = runner(EngineOptions { instances: 1, when_full: PoolFull::Wait, fuel: false });
    let program = command(
        "(global $count (mut i32) (i32.const 0)) (table $table 4 funcref)",
        "(drop (memory.grow (i32.const 4)))
         (if (i32.load (i32.const 0x3fff0)) (then (call $proc_exit (i32.const 1))))
         (if (i32.load (i32.const 4096)) (then (call $proc_exit (i32.const 2))))
         (if (global.get $count) (then (call $proc_exit (i32.const 3))))
         (if (i32.ne (table.size $table) (i32.const 4)) (then (call $proc_exit (i32.const 4))))
         (i32.store (i32.const 0x3fff0) (i32.const 1))
         (i32.store (i32.const 4096) (i32.const 1))
         (global.set $count (i32.const 1))
         (drop (table.grow $table (ref.null func) (i32.const 4)))",
    );
    for _ in 0..8 {
        let ran = Setup::default().start_on(&runner, &program).end();
        assert_eq!(ran.exit.exit_code, Some(0), "{ran:?}");
    }
}

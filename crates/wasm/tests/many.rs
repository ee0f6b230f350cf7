//! Many guests at once, on few threads.

use crate::harness::{Setup, command, runner};
use hotcell_guest::Ending;
use hotcell_protocol::Outcome;
use hotcell_wasm::EngineOptions;

const SLEEPERS: usize = 2_000;

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

#[test]
fn guests_that_wait_hold_no_thread() {
    let runner = runner(EngineOptions { instances: SLEEPERS as u32, ..EngineOptions::default() });
    let program = command(
        "",
        "(call $write (i32.const 1) (i32.const 64) (i32.const 1)) (call $sleep (i64.const 600_000_000_000))",
    );
    let sleepers: Vec<_> = (0..SLEEPERS).map(|_| Setup::default().start_on(&runner, &program)).collect();
    sleepers.iter().for_each(|sleeper| drop(sleeper.event()));
    // Those of other tests count too.
    assert!(threads() < SLEEPERS / 4, "{} threads", threads());
    for sleeper in &sleepers {
        sleeper.guest.end(Ending::Cancelled);
    }
    for sleeper in sleepers {
        assert_eq!(sleeper.end().exit.outcome, Outcome::Cancelled);
    }
}

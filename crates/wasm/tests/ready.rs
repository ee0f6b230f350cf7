//! A guest says that it serves.

use crate::harness::{Setup, assemble, command};
use hotcell_guest::Ending;
use hotcell_protocol::{Event, Notice, Outcome, ReadyOptions, ReadyWhen};

fn setup(when: ReadyWhen, within_ms: u64) -> Setup {
    Setup { ready: Some(ReadyOptions { when, within_ms }), ..Setup::default() }
}

const SLEEP: &str = "(call $sleep (i64.const 60_000_000_000))";

#[test]
fn ready_comes_before_the_start_function_is_called() {
    let running =
        setup(ReadyWhen::Start, 30_000).start(&command("", "(call $write (i32.const 1) (i32.const 64) (i32.const 1))"));
    assert!(matches!(running.event(), Event::Notice { notice: Notice::Ready, .. }));
    assert_eq!(running.end().stdout.len(), 1);
}

#[test]
fn ready_comes_once_the_exported_function_has_returned() {
    let ready = r#"(func (export "ready") (call $write (i32.const 1) (i32.const 64) (i32.const 1)))"#;
    let running = setup(ReadyWhen::Export, 30_000)
        .start(&command(ready, "(call $write (i32.const 1) (i32.const 64) (i32.const 2))"));
    assert!(matches!(running.event(), Event::Output { bytes, .. } if bytes.len() == 1));
    assert!(matches!(running.event(), Event::Notice { notice: Notice::Ready, .. }));
    assert_eq!(running.end().stdout.len(), 2);
}

const NOTIFY: &str = r#"(import "hotcell:app/notify" "ready" (func $ready))"#;

#[test]
fn ready_comes_once_when_the_guest_says_so() {
    let running =
        setup(ReadyWhen::Import, 30_000).start(&command(NOTIFY, &format!("(call $ready) (call $ready) {SLEEP}")));
    assert!(matches!(running.event(), Event::Notice { notice: Notice::Ready, .. }));
    running.guest.end(Ending::Cancelled);
    let ran = running.end();
    assert_eq!((ran.exit.outcome, ran.was_ready), (Outcome::Cancelled, false));
}

#[test]
fn ready_means_nothing_where_nobody_asked() {
    let ran = Setup::default().run(&command(NOTIFY, "(call $ready)"));
    assert_eq!((ran.exit.exit_code, ran.was_ready), (Some(0), false));
    let ran = setup(ReadyWhen::Start, 30_000).run(&command(NOTIFY, "(call $ready)"));
    assert_eq!((ran.exit.exit_code, ran.was_ready), (Some(0), true));
}

#[test]
fn guest_that_is_not_ready_in_time_is_ended() {
    for when in [ReadyWhen::Import, ReadyWhen::Export] {
        let ready = format!(r#"(func (export "ready") {SLEEP})"#);
        let ran = setup(when, 50).run(&command(&ready, SLEEP));
        assert_eq!((ran.exit.outcome, ran.was_ready), (Outcome::TimedOut, false));
        assert_eq!(ran.exit.error.unwrap().message, "The guest was not ready within 50 ms.");
    }
}

#[test]
fn guest_that_is_ready_has_all_of_its_wall_time() {
    let ran = setup(ReadyWhen::Import, 5_000).run(&command(
        NOTIFY,
        "(call $sleep (i64.const 1_000_000)) (call $ready) (call $sleep (i64.const 6_000_000_000))",
    ));
    assert_eq!((ran.exit.exit_code, ran.was_ready), (Some(0), true), "{ran:?}");
}

#[test]
fn guest_that_ends_before_it_is_ready_just_ends() {
    let ran = setup(ReadyWhen::Import, 30_000).run(&command("", "(call $proc_exit (i32.const 3))"));
    assert_eq!((ran.exit.exit_code, ran.was_ready), (Some(3), false));
    let traps = r#"(func (export "ready") unreachable)"#;
    let ran = setup(ReadyWhen::Export, 30_000).run(&command(traps, ""));
    assert_eq!((ran.exit.exit_code, ran.was_ready), (Some(134), false));
}

#[test]
fn export_that_is_no_function_to_call_is_told() {
    for ready in ["", r#"(func (export "ready") (param i32))"#, r#"(global (export "ready") i32 (i32.const 1))"#] {
        let program = format!(r#"(module (memory (export "memory") 1) {ready} (func (export "_start")))"#);
        let ran = setup(ReadyWhen::Export, 30_000).run(&assemble(&program));
        assert_eq!((ran.exit.exit_code, ran.was_ready), (Some(126), false));
        assert!(ran.stderr.contains("exports no function ready"), "{}", ran.stderr);
    }
}

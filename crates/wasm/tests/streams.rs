//! Stdio, and the files that guests of a sandbox share.

use crate::harness::{Setup, command, run};
use hotcell_protocol::{Event, Outcome, StdinMode, Stream};
use hotcell_vfs::{Base, Vfs, VfsOptions};

/// Copies stdin to stdout.
const CAT: &str = "(local $read i32)
    (block $end (loop $next
        (i32.store (i32.const 0) (i32.const 4096)) (i32.store (i32.const 4) (i32.const 4096))
        (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
        (local.set $read (i32.load (i32.const 8)))
        (br_if $end (i32.eqz (local.get $read)))
        (call $write (i32.const 1) (i32.const 4096) (local.get $read))
        (br $next)))";

#[test]
fn stdin_reaches_the_program_and_its_end_does() {
    let running = Setup { stdin: StdinMode::Pipe, ..Setup::default() }.start(&command("", CAT));
    assert!(running.guest.push_stdin(b"first ".as_slice().into(), false));
    let Event::Notice { .. } = running.event() else { panic!("stdin was granted no credit") };
    let Event::Output { bytes, .. } = running.event() else { panic!("nothing was copied") };
    assert_eq!(&*bytes, b"first ");
    assert!(running.guest.push_stdin(b"second".as_slice().into(), true));
    let ran = running.end();
    assert_eq!((ran.stdout.as_slice(), ran.exit.exit_code), (b"second".as_slice(), Some(0)));
}

#[test]
fn output_waits_for_credit() {
    let running = Setup { credit: 3, ..Setup::default() }
        .start(&command("", "(call $write (i32.const 1) (i32.const 64) (i32.const 10))"));
    for credit in [3, 3, 3, 1] {
        let Event::Output { stream: Stream::Stdout, bytes, .. } = running.event() else { panic!("expected output") };
        assert_eq!(bytes.len(), credit);
        running.guest.grant(Stream::Stdout, 3);
    }
    assert_eq!(running.end().exit.outcome, Outcome::Exited);
}

#[test]
fn report_of_a_trap_waits_for_credit_too() {
    let running = Setup { credit: 1, ..Setup::default() }.start(&command("", "unreachable"));
    running.event();
    running.guest.grant(Stream::Stderr, 1 << 20);
    let ran = running.end();
    assert_eq!(ran.exit.exit_code, Some(134));
    assert!(ran.stderr.starts_with("asm trap"), "{}", ran.stderr);
}

#[test]
fn files_are_those_of_the_sandbox() {
    let vfs = Vfs::new(VfsOptions::default());
    vfs.write_file(Base::Root, "/note", b"from outside".to_vec(), 0o644, false).unwrap();
    let open = r#"(import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))"#;
    let body = r#"
        (i32.store (i32.const 64) (i32.const 0x65746f6e)) ;; "note"
        (if (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4) (i32.const 0) (i64.const 2) (i64.const 0)
            (i32.const 0) (i32.const 96)) (then (call $proc_exit (i32.const 1))))
        (i32.store (i32.const 0) (i32.const 4096)) (i32.store (i32.const 4) (i32.const 100))
        (drop (call $fd_read (i32.load (i32.const 96)) (i32.const 0) (i32.const 1) (i32.const 8)))
        (call $write (i32.const 1) (i32.const 4096) (i32.load (i32.const 8)))"#;
    let ran = Setup { vfs, ..Setup::default() }.run(&command(open, body));
    assert_eq!(ran.stdout, b"from outside", "{ran:?}");
}

#[test]
fn sleeping_takes_as_long_as_was_asked_for() {
    let ran = run(&command("", "(call $sleep (i64.const 30_000_000)) (call $sleep (i64.const 30_000_000))"));
    assert_eq!(ran.exit.exit_code, Some(0));
    assert!(ran.exit.usage.wall_us >= 60_000, "{}", ran.exit.usage.wall_us);
}

//! Components as programs: WASI 0.2 on a guest's stdio and a sandbox's files.

use crate::harness::{Ran, Setup};
use bytes::Bytes;
use hotcell_modules::digest_of;
use hotcell_protocol::{Limits, Outcome, ReadyOptions, ReadyWhen, StdinMode, Stream};
use hotcell_vfs::{Base, OpenOptions, Vfs, VfsOptions};

/// A component that `scripts/assemble-components` made of a core module's text, and that says of which.
fn component(name: &str) -> Vec<u8> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/programs/components/programs");
    let text = std::fs::read(format!("{directory}/{name}.wat")).unwrap();
    let bytes = std::fs::read(format!("{directory}/{name}.wasm")).unwrap();
    assert!(bytes.ends_with(&digest_of(&text).0), "{name}.wasm is out of date: run scripts/assemble-components.");
    bytes
}

fn text(ran: &Ran) -> &str {
    std::str::from_utf8(&ran.stdout).unwrap()
}

fn run(name: &str) -> Ran {
    Setup::default().run(&component(name))
}

fn endings(how: &str, limits: Limits) -> Ran {
    Setup { args: vec![how.into()], limits, ..Setup::default() }.run(&component("endings"))
}

#[test]
fn component_writes_and_ends_with_its_exit_code() {
    for (how, code) in [("0", 0), ("1", 1), ("e", 0), ("f", 1)] {
        let ran = endings(how, Limits::default());
        assert_eq!(
            (text(&ran), ran.exit.outcome, ran.exit.exit_code),
            ("hello\n", Outcome::Exited, Some(code)),
            "{how}"
        );
    }
}

#[test]
fn component_that_fails_says_why_and_never_exits_with_0() {
    let ran = endings("t", Limits::default());
    assert_eq!(ran.exit.exit_code, Some(134));
    assert!(ran.stderr.contains("unreachable"), "{}", ran.stderr);
    let ran = run("library");
    assert_eq!(ran.exit.exit_code, Some(126));
    assert!(ran.stderr.contains("exports no wasi:cli/run"), "{}", ran.stderr);
    let ran = run("missing");
    assert_eq!(ran.exit.exit_code, Some(126));
    assert!(ran.stderr.contains("acme"), "{}", ran.stderr);
    let mut broken = component("endings");
    broken.truncate(broken.len() / 2);
    assert_eq!(Setup::default().run(&broken).exit.exit_code, Some(126));
}

#[test]
fn component_ends_at_its_limits() {
    let ran = endings("l", Limits { wall_ms: 50, ..Limits::default() });
    assert_eq!(ran.exit.outcome, Outcome::TimedOut);
    let ran = endings("d", Limits { output_bytes: 7, ..Limits::default() });
    assert_eq!((ran.exit.outcome, text(&ran)), (Outcome::LimitExceeded, "hello\nh"));
}

#[test]
fn component_reads_stdin_and_writes_stdout_as_its_host_lets_it() {
    let cat = component("cat");
    let running = Setup { stdin: StdinMode::Pipe, credit: 1000, ..Setup::default() }.start(&cat);
    let input: Vec<u8> = (0..50_000).map(|index: u32| (index % 251) as u8).collect();
    for part in input.chunks(7000) {
        assert!(running.guest.push_stdin(Bytes::copy_from_slice(part), false));
    }
    assert!(running.guest.push_stdin(Bytes::new(), true));
    for _ in 0..100 {
        running.guest.grant(Stream::Stdout, 500);
    }
    let ran = running.end();
    assert_eq!(ran.exit.exit_code, Some(0));
    assert!(ran.stdout == input);
    assert_eq!(text(&Setup::default().run(&cat)), "");
}

#[test]
fn component_is_told_its_arguments() {
    let ran = Setup { args: vec!["/one".into(), "/two".into()], ..Setup::default() }.run(&component("echo"));
    assert_eq!(text(&ran), "program/one/two");
}

#[test]
fn component_works_on_the_files_of_its_sandbox() {
    let vfs = Vfs::new(VfsOptions::default());
    vfs.write_file(Base::Root, "/seed.txt", b" (seed)".to_vec(), 0o644, false).unwrap();
    let ran = Setup { vfs: vfs.clone(), ..Setup::default() }.run(&component("files"));
    assert_eq!((text(&ran), ran.exit.exit_code), ("a component (seed)", Some(0)), "{}", ran.stderr);
    let file = vfs.open(Base::Root, "/d/a.txt", &OpenOptions::READ).unwrap();
    let mut content = [0; 64];
    let length = file.read_at(&mut content, 0).unwrap();
    assert_eq!(&content[..length], b"written by a component");
}

#[test]
fn component_says_that_it_is_ready() {
    let ready = |when| Some(ReadyOptions { when, within_ms: 10_000 });
    let says = component("ready");
    assert!(Setup { ready: ready(ReadyWhen::Import), ..Setup::default() }.run(&says).was_ready);
    assert!(Setup { ready: ready(ReadyWhen::Start), ..Setup::default() }.run(&says).was_ready);
    let readied = component("readied");
    let ran = Setup { ready: ready(ReadyWhen::Export), ..Setup::default() }.run(&readied);
    assert_eq!((ran.was_ready, ran.exit.exit_code), (true, Some(0)));
    assert!(!Setup { ready: ready(ReadyWhen::Import), ..Setup::default() }.run(&readied).was_ready);
}

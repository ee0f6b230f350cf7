//! How guests end: each way has its own outcome, and none looks like success.

use crate::harness::{Setup, assemble, command, run};
use hotcell_protocol::{Outcome, Signal};

#[test]
fn program_that_returns_exits_with_0() {
    let ran = run(&command("", ""));
    assert_eq!((ran.exit.outcome, ran.exit.exit_code), (Outcome::Exited, Some(0)));
    assert_eq!(ran.exit.error, None);
}

#[test]
fn exit_code_is_the_programs_own() {
    for (code, expected) in [(0, 0), (42, 42), (255, 255), (256, 0), (259, 3)] {
        let ran = run(&command("", &format!("(call $proc_exit (i32.const {code}))")));
        assert_eq!((ran.exit.outcome, ran.exit.exit_code), (Outcome::Exited, Some(expected)), "{code}");
    }
}

#[test]
fn trap_is_told_with_the_names_of_functions() {
    let ran = run(&command("(func $inner unreachable) (func $outer (call $inner))", "(call $outer)"));
    assert_eq!((ran.exit.outcome, ran.exit.exit_code), (Outcome::Exited, Some(134)));
    assert_eq!(ran.exit.error.unwrap().message, "wasm trap: wasm `unreachable` instruction executed");
    assert!(ran.stderr.starts_with("wasm trap: wasm `unreachable` instruction executed\n"), "{}", ran.stderr);
    let inner = ran.stderr.find("inner").expect(&ran.stderr);
    assert!(ran.stderr[inner..].contains("outer"), "{}", ran.stderr);
}

#[test]
fn traps_of_every_kind_end_with_134() {
    for (body, reason) in [
        ("(drop (i32.div_u (i32.const 1) (i32.const 0)))", "divide by zero"),
        ("(drop (i32.load (i32.const 0xffff_fff0)))", "out of bounds memory access"),
        ("(drop (i32.trunc_f32_s (f32.const nan)))", "invalid conversion to integer"),
        ("(call_indirect (i32.const 0))", "uninitialized element"),
        ("(throw $thrown)", "exception"),
    ] {
        let ran = run(&command("(table 1 funcref) (tag $thrown)", body));
        assert_eq!(ran.exit.exit_code, Some(134), "{body}");
        assert!(ran.stderr.contains(reason), "{body}: {}", ran.stderr);
    }
}

#[test]
fn endless_recursion_is_a_trap() {
    let ran = run(&command("(func $deeper (call $deeper))", "(call $deeper)"));
    assert_eq!(ran.exit.exit_code, Some(134));
    assert!(ran.stderr.contains("call stack exhausted"), "{}", ran.stderr);
}

#[test]
fn name_of_a_function_is_shortened_in_a_trap() {
    let name = "n".repeat(100_000);
    let ran = run(&command(&format!("(func ${name} unreachable)"), &format!("(call ${name})")));
    assert!(ran.stderr.contains("nnnn") && ran.stderr.len() < 2000, "{} bytes", ran.stderr.len());
}

#[test]
fn bytes_that_are_no_module_are_refused() {
    for bytes in [b"\0asm\x01\0\0\0\x05".as_slice(), b"\0asm\x09\0\0\0", &command("", "")[..100]] {
        let ran = run(bytes);
        assert_eq!(ran.exit.exit_code, Some(126));
        assert!(
            ran.stderr.starts_with("wasm: this is not a WebAssembly module that can be compiled: "),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn missing_imports_are_named_all_at_once() {
    let ran = run(&assemble(
        r#"(module
            (import "env" "abort" (func))
            (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_wriet" (func))
            (import "env" "memory" (memory 1))
            (func (export "_start")))"#,
    ));
    assert_eq!(ran.exit.exit_code, Some(126));
    let expected =
        "the program imports what is not there: env.abort, wasi_snapshot_preview1.fd_wriet, env.memory (a memory)";
    assert_eq!(ran.stderr, format!("wasm: {expected}\n"));
    assert_eq!(ran.exit.error.unwrap().message, expected);
}

#[test]
fn import_of_another_type_is_told() {
    let ran = run(&assemble(
        r#"(module (import "wasi_snapshot_preview1" "fd_write" (func (param i64) (result i32)))
            (memory (export "memory") 1) (func (export "_start")))"#,
    ));
    assert_eq!(ran.exit.exit_code, Some(126));
    assert!(ran.stderr.contains("could not be linked") && ran.stderr.contains("fd_write"), "{}", ran.stderr);
}

#[test]
fn module_that_is_no_command_is_told_what_it_lacks() {
    for (text, reason) in [
        (r#"(module (memory (export "memory") 1))"#, "exports no _start function: it is not a command"),
        (
            r#"(module (memory (export "memory") 1) (func (export "_initialize")))"#,
            "it is a library for others to call",
        ),
        (
            r#"(module (memory (export "memory") 1) (global (export "_start") i32 (i32.const 1)))"#,
            "exports no _start function",
        ),
        (r#"(module (memory (export "memory") 1) (func (export "_start") (param i32)))"#, "takes or gives something"),
        (r#"(module (func (export "_start")))"#, "exports no memory named `memory`"),
    ] {
        let ran = run(&assemble(text));
        assert_eq!(ran.exit.exit_code, Some(126), "{text}");
        assert!(ran.stderr.contains(reason), "{text}: {}", ran.stderr);
    }
}

#[test]
fn start_section_that_calls_wasi_is_refused() {
    let ran = run(&assemble(
        r#"(module (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
            (memory (export "memory") 1) (func $early (drop (call $yield))) (start $early) (func (export "_start")))"#,
    ));
    assert_eq!(ran.exit.exit_code, Some(126));
    assert!(ran.stderr.contains("called WASI before its memory was known"), "{}", ran.stderr);
}

#[test]
fn signal_that_a_program_raises_is_its_outcome() {
    let raise = |number| {
        let import = r#"(import "wasi_snapshot_preview1" "proc_raise" (func $raise (param i32) (result i32)))"#;
        run(&assemble(&format!(
            r#"(module {import} (memory (export "memory") 1)
                (func (export "_start") (drop (call $raise (i32.const {number})))))"#
        )))
        .exit
    };
    assert_eq!((raise(15).outcome, raise(15).signal), (Outcome::Signaled, Some(Signal::Sigterm)));
    assert_eq!((raise(6).outcome, raise(6).exit_code), (Outcome::Exited, Some(134)));
}

#[test]
fn import_with_more_parameters_than_most_is_there() {
    let parameters = "i32 ".repeat(21);
    let zeros = "(i32.const 0) ".repeat(21);
    let ran = run(&assemble(&format!(
        r#"(module (import "host_process" "proc_spawn_v4" (func $spawn (param {parameters}) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1) (func (export "_start") (call $exit (call $spawn {zeros}))))"#
    )));
    // ENOSYS
    assert_eq!(ran.exit.exit_code, Some(52), "{ran:?}");
}

#[test]
fn imports_of_one_name_are_told_apart_by_their_parameters() {
    for (parameters, zeros) in [("i32 i32 i32", 3), ("i32 i32 i32 i32", 4)] {
        let zeros = "(i32.const 0) ".repeat(zeros);
        let ran = run(&assemble(&format!(
            r#"(module (import "host_process" "proc_waitpid" (func $wait (param {parameters}) (result i32)))
                (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
                (memory (export "memory") 1) (func (export "_start") (call $exit (call $wait {zeros}))))"#
        )));
        // ECHILD
        assert_eq!(ran.exit.exit_code, Some(12), "{ran:?}");
    }
}

#[test]
fn arguments_that_no_program_can_be_given_are_refused() {
    let ran = Setup { args: vec!["x".repeat(3 << 20)], ..Setup::default() }.run(&command("", ""));
    assert_eq!(ran.exit.exit_code, Some(126));
    assert!(ran.stderr.contains("arguments and environment"), "{}", ran.stderr);
}

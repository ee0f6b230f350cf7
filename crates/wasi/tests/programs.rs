//! Programs that run in an engine, against everything that they import.

use hotcell_vfs::Base;
use hotcell_wasi::Trap;

use crate::{
    harness::*,
    interpreter::{End, run},
};

/// Copies stdin to stdout until its end, then exits with 3.
const COPY: &str = r#"
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\40\00\00\00\05\00\00\00")
  (func (export "_start")
    (loop $more
      (i32.store (i32.const 4) (i32.const 5))
      (if (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)) (then unreachable))
      (if (i32.load (i32.const 16)) (then
        (i32.store (i32.const 4) (i32.load (i32.const 16)))
        (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)) (then unreachable))
        (br $more))))
    (call $exit (i32.const 3))))
"#;

#[test]
fn program_copies_its_input_and_exits() {
    let streams = Streams::default();
    streams.stdin.push(b"twelve bytes");
    streams.stdin.close();
    assert_eq!(run(COPY.as_bytes(), builder(&vfs(), &streams).build().unwrap()), End::Exited(3));
    assert_eq!(streams.stdout.drain(), b"twelve bytes");
}

#[test]
fn program_that_waits_is_ended_from_outside() {
    let streams = Streams::default();
    let stdin = streams.stdin.clone();
    let ctx = builder(&vfs(), &streams).build().unwrap();
    let guest = std::thread::spawn(move || run(COPY.as_bytes(), ctx));
    stdin.kill();
    assert_eq!(guest.join().unwrap(), End::Trapped(Trap::Killed));
}

#[test]
fn program_that_ends_by_itself_exited_with_0() {
    let module = r#"(module (memory (export "memory") 1) (func (export "_start")))"#;
    assert_eq!(run(module.as_bytes(), builder(&vfs(), &Streams::default()).build().unwrap()), End::Exited(0));
}

#[test]
fn program_without_memory_is_told_efault() {
    let module = r#"
(module
  (import "wasi_snapshot_preview1" "fd_tell" (func $tell (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (func (export "_start") (call $exit (call $random (i32.const 0) (i32.const 1)))))
"#;
    let ctx = builder(&vfs(), &Streams::default()).build().unwrap();
    assert_eq!(run(module.as_bytes(), ctx), End::Exited(crate::standard::errno::FAULT as u32));
}

#[test]
fn program_gets_the_import_that_has_its_type() {
    // Exits with the permissions of /a by the older path_mode, plus those by the newer one, plus 64-bit sizes.
    let module = r#"
(module
  (import "host_fs" "path_mode" (func $older (param i32 i32 i32) (result i32)))
  (import "host_fs" "path_mode" (func $newer (param i32 i32 i32 i32) (result i32)))
  (import "host_fs" "path_size" (func $size (param i32 i32 i32 i32) (result i64)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "/a")
  (func (export "_start")
    (call $exit (i32.add
      (i32.add
        (i32.and (call $older (i32.const 8) (i32.const 2) (i32.const 1)) (i32.const 0x1ff))
        (i32.and (call $newer (i32.const 3) (i32.const 9) (i32.const 1) (i32.const 1)) (i32.const 0x1ff)))
      (i32.wrap_i64 (call $size (i32.const 3) (i32.const 9) (i32.const 1) (i32.const 1)))))))
"#;
    let vfs = vfs();
    vfs.write_file(Base::Root, "/a", b"12345".to_vec(), 0o640, false).unwrap();
    let ctx = builder(&vfs, &Streams::default()).build().unwrap();
    assert_eq!(run(module.as_bytes(), ctx), End::Exited(2 * 0o640 + 5));
}

#[test]
fn every_import_survives_arguments_of_every_kind() {
    // Each import is called with the same hostile number in all its places: none may panic or reach past the memory, and
    // each must return or end the guest.
    for import in hotcell_wasi::IMPORTS {
        for value in [0i64, 1, 3, -1, -2, 0x7fff_ffff, 0x8000_0000, 0xffff, 0x1_0000, 0x4000_0003, i64::MAX, i64::MIN] {
            let ty = |ty| if ty == hotcell_wasi::ValueType::I64 { "i64" } else { "i32" };
            let parameters: Vec<&str> = import.parameters.iter().copied().map(ty).collect();
            let arguments: Vec<String> = parameters
                .iter()
                .map(|ty| {
                    if *ty == "i64" { format!("(i64.const {value})") } else { format!("(i32.const {})", value as i32) }
                })
                .collect();
            let (result, drop) = match import.result {
                Some(result) => (format!("(result {})", ty(result)), "drop"),
                None => (String::new(), ""),
            };
            let module = format!(
                r#"(module (import "{}" "{}" (func $call (param {}) {result})) (memory (export "memory") 1)
                   (func (export "_start") (call $call {}) {drop}))"#,
                import.module,
                import.name,
                parameters.join(" "),
                arguments.join(" "),
            );
            let streams = Streams::default();
            streams.stdin.close();
            streams.timers.reach(std::time::Instant::now() + std::time::Duration::from_secs(1 << 40));
            let vfs = vfs();
            vfs.write_file(Base::Root, "/a", b"12345".to_vec(), 0o640, false).unwrap();
            let ctx = builder(&vfs, &streams).build().unwrap();
            let end = run(module.as_bytes(), ctx);
            assert!(
                matches!(end, End::Exited(_) | End::Trapped(_)),
                "{}.{} {value:#x}: {end:?}",
                import.module,
                import.name
            );
        }
    }
}

;; world: import wasi:cli/stdin@0.2.12; import wasi:cli/stdout@0.2.12; export wasi:cli/run@0.2.12;
;; Copies stdin to stdout.
(module
    (import "wasi:cli/stdout@0.2.12" "get-stdout" (func $stdout (result i32)))
    (import "wasi:io/streams@0.2.12" "[method]output-stream.blocking-write-and-flush"
        (func $write (param i32 i32 i32 i32)))
    (import "wasi:cli/stdin@0.2.12" "get-stdin" (func $stdin (result i32)))
    (import "wasi:io/streams@0.2.12" "[method]input-stream.blocking-read" (func $read (param i32 i64 i32)))
    (memory (export "memory") 8)
    (global $next (mut i32) (i32.const 65536))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        (local $at i32)
        (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
        (global.set $next (i32.add (local.get $at) (local.get 3)))
        (local.get $at))
    (func (export "wasi:cli/run@0.2.12#run") (result i32)
        (local $in i32) (local $out i32)
        (local.set $in (call $stdin))
        (local.set $out (call $stdout))
        (loop $copy
            (global.set $next (i32.const 65536))
            (call $read (local.get $in) (i64.const 4096) (i32.const 0))
            (if (i32.eqz (i32.load8_u (i32.const 0))) (then
                (call $write (local.get $out) (i32.load (i32.const 4)) (i32.load (i32.const 8)) (i32.const 32))
                (br $copy))))
        (i32.const 0)))

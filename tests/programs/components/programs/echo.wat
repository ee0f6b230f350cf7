;; world: import wasi:cli/environment@0.2.12; import wasi:cli/stdout@0.2.12; export wasi:cli/run@0.2.12;
;; Writes its arguments, its own name first.
(module
    (import "wasi:cli/stdout@0.2.12" "get-stdout" (func $stdout (result i32)))
    (import "wasi:io/streams@0.2.12" "[method]output-stream.blocking-write-and-flush"
        (func $write (param i32 i32 i32 i32)))
    (import "wasi:cli/environment@0.2.12" "get-arguments" (func $arguments (param i32)))
    (memory (export "memory") 8)
    (global $next (mut i32) (i32.const 65536))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        (local $at i32)
        (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
        (global.set $next (i32.add (local.get $at) (local.get 3)))
        (local.get $at))
    (func (export "wasi:cli/run@0.2.12#run") (result i32)
        (local $at i32) (local $left i32)
        (call $arguments (i32.const 0))
        (local.set $at (i32.load (i32.const 0)))
        (local.set $left (i32.load (i32.const 4)))
        (loop $each
            (if (local.get $left) (then
                (call $write (call $stdout) (i32.load (local.get $at)) (i32.load offset=4 (local.get $at)) (i32.const 32))
                (local.set $at (i32.add (local.get $at) (i32.const 8)))
                (local.set $left (i32.sub (local.get $left) (i32.const 1)))
                (br $each))))
        (i32.const 0)))

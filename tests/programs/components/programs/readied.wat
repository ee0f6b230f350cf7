;; world: export ready: func(); export wasi:cli/run@0.2.12;
;; Fails where it was not readied.
(module
    (global $code (mut i32) (i32.const 1))
    (func (export "ready") (global.set $code (i32.const 0)))
    (func (export "wasi:cli/run@0.2.12#run") (result i32) (global.get $code)))

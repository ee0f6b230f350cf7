;; world: import acme: func(); export wasi:cli/run@0.2.12;
;; Imports what is not there.
(module
    (import "$root" "acme" (func))
    (func (export "wasi:cli/run@0.2.12#run") (result i32) (i32.const 0)))

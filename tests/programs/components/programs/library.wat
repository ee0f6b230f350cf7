;; world: export f: func();
;; Exports no program.
(module
    (func (export "f")))

import wabt from "wabt";

const tools = await wabt();

/** A program from WebAssembly text. */
export function assemble(text: string): Uint8Array {
  const module = tools.parseWat("test.wat", text);
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

/**
 * A WASI program that writes `length` bytes to stdout in as few calls as it may, byte i being i modulo 256, and exits with that code.
 */
export function writer(length: number, exitCode: number): Uint8Array {
  return assemble(`
    (module
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") ${Math.ceil((length + 16) / 65536)})
      (func (export "_start") (local $i i32) (local $from i32) (local $left i32)
        (local.set $left (i32.const ${length}))
        (block $filled (loop $fill
          (br_if $filled (i32.eq (local.get $i) (i32.const ${length})))
          (i32.store8 (i32.add (local.get $i) (i32.const 16)) (local.get $i))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $fill)))
        (local.set $from (i32.const 16))
        (block $written (loop $rest
          (br_if $written (i32.eqz (local.get $left)))
          (i32.store (i32.const 0) (local.get $from))
          (i32.store (i32.const 4) (local.get $left))
          (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then (call $exit (i32.const 99))))
          (local.set $from (i32.add (local.get $from) (i32.load (i32.const 8))))
          (local.set $left (i32.sub (local.get $left) (i32.load (i32.const 8))))
          (br $rest)))
        (call $exit (i32.const ${exitCode}))))`);
}

/** What {@link writer} writes. */
export function writerOutput(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => i));
}

//! Any import of WASI programs, called with any numbers over any memory: an error number or the guest's end, never a panic.
#![no_main]

#[path = "../../crates/wasi/tests/embedder.rs"]
#[allow(dead_code)]
mod embedder;

use arbitrary::Arbitrary;
use embedder::{ManualTimers, Pipe};
use hotcell_vfs::{Base, Vfs, VfsOptions};
use hotcell_wasi::{GuestMemory, SystemClocks, WasiCtx, WasiCtxBuilder, calls};
use libfuzzer_sys::fuzz_target;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

#[derive(Arbitrary, Debug)]
struct Input {
    memory: Vec<u8>,
    calls: Vec<Call>,
}

#[derive(Arbitrary, Debug)]
struct Call {
    import: u8,
    arguments: [Argument; 9],
}

/// Small numbers are descriptors, lengths and pointers more often than large ones.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Argument {
    Small(u8),
    Middle(u16),
    Any(i64),
}

impl Argument {
    fn number(self) -> i64 {
        match self {
            Self::Small(number) => i64::from(number % 32),
            Self::Middle(number) => i64::from(number),
            Self::Any(number) => number,
        }
    }
}

const MEMORY_WORDS: usize = 1 << 13;

/// Runs a call as far as it goes without waiting.
fn poll_once<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// Whether the guest goes on.
fn call(ctx: &mut WasiCtx, memory: &mut GuestMemory<'_>, call: &Call) -> bool {
    let mut imports = 0usize;
    macro_rules! finish {
        (sync $call:expr) => {
            $call.is_ok()
        };
        (async $call:expr) => {
            poll_once($call).is_some_and(|result| result.is_ok())
        };
    }
    macro_rules! dispatch {
        ($( $kind:ident $module:ident $name:literal $function:ident ( $($parameter:ident : $ty:ident),* ) -> $result:tt; )*) => {
            let count = [$($name),*].len();
            let chosen = usize::from(call.import) % count;
            $(
                if imports == chosen {
                    #[allow(unused_mut, unused_variables)]
                    let mut arguments = call.arguments.iter().map(|argument| argument.number());
                    $(let $parameter = arguments.next().unwrap_or(0) as $ty;)*
                    return finish!($kind calls::$module::$function(ctx, memory, $($parameter),*));
                }
                imports += 1;
            )*
        };
    }
    hotcell_wasi::for_each_import!(dispatch);
    let _ = imports;
    true
}

fuzz_target!(|input: Input| {
    let options = VfsOptions { max_bytes: 1 << 16, max_inodes: 50, max_open_files: 20, ..VfsOptions::default() };
    let vfs = Vfs::new(options);
    vfs.write_file(Base::Root, "/a/b", b"content".to_vec(), 0o644, true).unwrap();
    vfs.symlink("../..", Base::Root, "/a/up").unwrap();
    let (stdin, stdout, stderr) = (Pipe::default(), Pipe::default(), Pipe::default());
    stdin.push(b"input");
    let clocks = SystemClocks::new(Duration::from_micros(1));
    let streams = (Box::new(stdin), Box::new(stdout), Box::new(stderr));
    let builder =
        WasiCtxBuilder::new(vfs, streams.0, streams.1, streams.2, Box::new(clocks), Box::new(ManualTimers::default()));
    let mut ctx = builder.args(["program", "argument"]).env([("NAME", "value")]).build().unwrap();
    // Words, so that it begins where memory must.
    let mut memory = vec![0u64; MEMORY_WORDS];
    // SAFETY: the same memory as bytes, for which every value is one.
    let bytes = unsafe { std::slice::from_raw_parts_mut(memory.as_mut_ptr().cast::<u8>(), MEMORY_WORDS * 8) };
    let given = input.memory.len().min(bytes.len());
    bytes[..given].copy_from_slice(&input.memory[..given]);
    for one in input.calls.iter().take(50) {
        if !call(&mut ctx, &mut GuestMemory::Unshared(bytes), one) {
            break;
        }
    }
});

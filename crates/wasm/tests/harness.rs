//! Guests of a runner whose host is the test.

use crossbeam_channel::{Receiver, Sender, unbounded};
use hotcell_guest::{EventSink, Guest, GuestOptions, GuestProgram, GuestSpec, Lifecycle, Warden};
use hotcell_modules::{CacheBounds, digest_of};
use hotcell_protocol::{Event, GuestExit, GuestId, Limits, Notice, ReadyOptions, RetireReason, StdinMode, Stream};
use hotcell_vfs::{Vfs, VfsOptions};
use hotcell_wasm::{CompiledModules, EngineOptions, WasiRunner, WasmEngine};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// Far longer than anything here takes: a test that waits so long has failed.
pub const PATIENCE: Duration = Duration::from_secs(60);

const ID: GuestId = 7;

/// Enough for the tests that need no pool of their own.
const INSTANCES: u32 = 256;

/// What most tests run their guests on.
pub static RUNNER: LazyLock<WasiRunner> =
    LazyLock::new(|| runner(EngineOptions { instances: INSTANCES, ..EngineOptions::default() }));

static WARDEN: LazyLock<Arc<Warden>> = LazyLock::new(|| Warden::start().unwrap());

pub fn runner(options: EngineOptions) -> WasiRunner {
    WasiRunner::start(modules(options)).unwrap()
}

pub fn modules(options: EngineOptions) -> CompiledModules {
    CompiledModules::new(WasmEngine::new(options).unwrap(), CacheBounds::default(), None)
}

/// A program from WebAssembly text.
pub fn assemble(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("the test's program is valid")
}

/// A command with these imports and declarations, and this body of its `_start`. Its memory has `data` at 64, and room below.
pub fn command(declarations: &str, body: &str) -> Vec<u8> {
    assemble(&format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
            (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
            {declarations}
            (func $write (param $fd i32) (param $from i32) (param $length i32)
                (i32.store (i32.const 0) (local.get $from))
                (i32.store (i32.const 4) (local.get $length))
                (drop (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
            (func $sleep (param $nanoseconds i64)
                (i64.store (i32.const 1024) (i64.const 0))
                (i64.store (i32.const 1032) (i64.const 0))
                (i32.store (i32.const 1040) (i32.const 1))
                (i64.store (i32.const 1048) (local.get $nanoseconds))
                (i64.store (i32.const 1056) (i64.const 0))
                (i32.store (i32.const 1064) (i32.const 0))
                (drop (call $poll_oneoff (i32.const 1024) (i32.const 2048) (i32.const 1) (i32.const 16))))
            (memory (export "memory") 1)
            (func (export "_start") {body}))"#
    ))
}

struct Host(Sender<Event>);

impl EventSink for Host {
    fn send(&self, event: Event) {
        let _ = self.0.send(event);
    }
}

impl Lifecycle for Host {
    fn ended(&self, _guest: GuestId) {}

    fn retire(&self, _reason: RetireReason, _message: String, finish: &mut dyn FnMut()) {
        // The guest has crashed then, which no test expects.
        finish();
    }
}

/// What a guest is started with, where a test does not care.
pub struct Setup {
    pub limits: Limits,
    pub stdin: StdinMode,
    pub credit: u32,
    pub fuel: Option<u64>,
    pub ready: Option<ReadyOptions>,
    pub args: Vec<String>,
    pub vfs: Arc<Vfs>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            stdin: StdinMode::Empty,
            credit: u32::MAX,
            fuel: None,
            ready: None,
            args: Vec::new(),
            vfs: Vfs::new(VfsOptions::default()),
        }
    }
}

impl Setup {
    pub fn spec(self, program: &[u8]) -> (GuestSpec, Running) {
        let Self { limits, stdin, credit, fuel, ready, args, vfs } = self;
        let (sender, events) = unbounded();
        let host = Arc::new(Host(sender));
        let guest = Guest::new(GuestOptions {
            id: ID,
            limits,
            stdin,
            credit,
            sink: Arc::clone(&host) as Arc<dyn EventSink>,
            lifecycle: host,
            warden: Arc::clone(&WARDEN),
            received: Instant::now(),
            fuel,
            ready,
            phases: false,
        });
        let (digest, bytes) = (digest_of(program), Arc::new(program.to_vec()));
        let program = GuestProgram::Wasm { digest, bytes, name: "program".into() };
        let spec = GuestSpec {
            guest: Arc::clone(&guest),
            program,
            args,
            env: BTreeMap::new(),
            cwd: "/".into(),
            preopens: None,
            vfs,
            userland: None,
        };
        (spec, Running { guest, events })
    }

    pub fn start_on(self, runner: &WasiRunner, program: &[u8]) -> Running {
        let (spec, running) = self.spec(program);
        runner.run(spec);
        running
    }

    pub fn start(self, program: &[u8]) -> Running {
        self.start_on(&RUNNER, program)
    }

    pub fn run(self, program: &[u8]) -> Ran {
        self.start(program).end()
    }
}

/// A guest that was started.
pub struct Running {
    pub guest: Arc<Guest>,
    pub events: Receiver<Event>,
}

/// How a guest ended, and what it wrote.
#[derive(Debug)]
pub struct Ran {
    pub stdout: Vec<u8>,
    pub stderr: String,
    pub exit: GuestExit,
    /// Whether it said that it was ready.
    pub was_ready: bool,
}

impl Running {
    pub fn event(&self) -> Event {
        self.events.recv_timeout(PATIENCE).expect("the guest should have said something")
    }

    /// Waits for the exit.
    pub fn end(self) -> Ran {
        let (mut stdout, mut stderr, mut was_ready) = (Vec::new(), Vec::new(), false);
        let exit = loop {
            match self.event() {
                Event::Output { stream: Stream::Stdout, bytes, .. } => stdout.extend_from_slice(&bytes),
                Event::Output { stream: Stream::Stderr, bytes, .. } => stderr.extend_from_slice(&bytes),
                Event::Notice { notice: Notice::Exit { exit }, .. } => break *exit,
                Event::Notice { notice: Notice::Ready, .. } => was_ready = true,
                Event::Notice { notice: Notice::StdinCredit { .. }, .. } => {}
                event => panic!("{event:?} is nothing that a guest causes"),
            }
        };
        assert!(self.events.try_recv().is_err(), "something came after the exit");
        Ran { stdout, stderr: String::from_utf8(stderr).unwrap(), exit, was_ready }
    }
}

/// Runs a program to its end.
pub fn run(program: &[u8]) -> Ran {
    Setup::default().run(program)
}

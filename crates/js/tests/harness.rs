//! Engines, and guests that run on them.

use crossbeam_channel::{Receiver, Sender, unbounded};
use hotcell_guest::{EventSink, Guest, GuestOptions, GuestProgram, GuestSpec, Lifecycle, Userland, Warden};
use hotcell_js::{Baker, JsEngine, JsError, JsOptions, SnapshotMode};
use hotcell_modules::ArtifactStore;
use hotcell_protocol::{
    Event, GuestExit, GuestId, Limits, Notice, PoolStats, RetireReason, SourceFormat, StdinMode, Stream,
};
use hotcell_vfs::{Vfs, VfsOptions};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// What makes this binary the helper process.
pub const BAKE_SNAPSHOT: &str = "bake-snapshot";

/// Far longer than any guest here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// The tests that a module has, by their functions.
macro_rules! trials {
    ($($test:ident),* $(,)?) => {
        pub fn trials() -> Vec<libtest_mimic::Trial> {
            vec![$(libtest_mimic::Trial::test(
                concat!(module_path!(), "::", stringify!($test)).trim_start_matches("main::"),
                || { $test(); Ok(()) },
            )),*]
        }
    };
}
pub(crate) use trials;

/// Snapshots are made by this binary, in processes of their own.
pub fn helper() -> Baker {
    Baker::Process { program: std::env::current_exe().unwrap(), arguments: vec![BAKE_SNAPSHOT.into()] }
}

pub fn options(snapshot: SnapshotMode) -> JsOptions {
    JsOptions { snapshot, baker: helper(), ..JsOptions::default() }
}

pub fn start(options: JsOptions) -> Arc<JsEngine> {
    JsEngine::start(options).unwrap()
}

pub fn with_store(directory: &Path) -> JsOptions {
    let store = ArtifactStore::open(directory, ArtifactStore::DEFAULT_MAX_BYTES).unwrap();
    JsOptions { store: Some(Arc::new(store)), ..options(SnapshotMode::Block) }
}

/// Why a sandbox's userland is refused.
pub fn refusal(engine: &JsEngine, source: &str) -> JsError {
    engine.prepare_userland(source.into()).expect_err("it is refused")
}

/// What a guest did.
#[derive(Debug)]
pub struct Run {
    pub stdout: String,
    pub stderr: String,
    pub exit: GuestExit,
}

impl Run {
    /// What it wrote, where it ended well and without a complaint.
    pub fn output(self) -> String {
        assert!(self.exit.exit_code == Some(0) && self.stderr.is_empty(), "{self:#?}");
        self.stdout
    }
}

/// A guest that was started.
pub struct Running(Receiver<Event>);

impl Running {
    pub fn wait(self) -> Run {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        loop {
            match self.0.recv_timeout(PATIENCE).expect("the guest ends") {
                Event::Output { stream: Stream::Stdout, bytes, .. } => stdout.extend_from_slice(&bytes),
                Event::Output { stream: Stream::Stderr, bytes, .. } => stderr.extend_from_slice(&bytes),
                Event::Notice { notice: Notice::Exit { exit }, .. } => {
                    let text = |bytes| String::from_utf8(bytes).expect("guests write text here");
                    return Run { stdout: text(stdout), stderr: text(stderr), exit: *exit };
                }
                _ => {}
            }
        }
    }
}

pub fn script(text: &str) -> GuestProgram {
    GuestProgram::Source { text: text.into(), format: SourceFormat::Auto, name: None }
}

pub fn run(engine: &JsEngine, text: &str) -> Run {
    spawn(engine, script(text), None).wait()
}

pub fn run_with(engine: &JsEngine, userland: &Arc<Userland>, text: &str) -> Run {
    spawn(engine, script(text), Some(Arc::clone(userland))).wait()
}

pub fn spawn(engine: &JsEngine, program: GuestProgram, userland: Option<Arc<Userland>>) -> Running {
    let env = BTreeMap::from([("SECRET".into(), "of this guest".into())]);
    spawn_with(engine, program, userland, env, Vfs::new(VfsOptions::default()))
}

pub fn spawn_with(
    engine: &JsEngine,
    program: GuestProgram,
    userland: Option<Arc<Userland>>,
    env: BTreeMap<String, String>,
    vfs: Arc<Vfs>,
) -> Running {
    let (sink, running) = listen();
    let guest = guest(Limits::default(), sink);
    engine.run(GuestSpec { guest, program, args: Vec::new(), env, cwd: "/".into(), vfs, userland });
    running
}

/// A guest of the kind that its heap limit makes.
pub fn spawn_in_heap(
    engine: &JsEngine,
    heap_mb: u32,
    text: &str,
    vfs: Arc<Vfs>,
    sink: Arc<dyn EventSink>,
) -> Arc<Guest> {
    let guest = guest(Limits { heap_mb, ..Limits::default() }, sink);
    engine.run(GuestSpec {
        guest: Arc::clone(&guest),
        program: script(text),
        args: Vec::new(),
        env: BTreeMap::new(),
        cwd: "/".into(),
        vfs,
        userland: None,
    });
    guest
}

fn guest(limits: Limits, sink: Arc<dyn EventSink>) -> Arc<Guest> {
    static WARDEN: LazyLock<Arc<Warden>> = LazyLock::new(|| Warden::start().unwrap());
    Guest::new(GuestOptions {
        id: 1,
        limits,
        stdin: StdinMode::Empty,
        credit: u32::MAX,
        sink,
        lifecycle: Arc::new(NoRuntime),
        warden: Arc::clone(&WARDEN),
        received: Instant::now(),
        phases: true,
    })
}

/// Where a guest's events go, and what comes of them.
pub fn listen() -> (Arc<dyn EventSink>, Running) {
    let (sender, events) = unbounded();
    (Arc::new(ChannelSink(sender)), Running(events))
}

/// Waits until that many workers are parked and those that were given up have left, which nothing tells of.
pub fn wait_for_parked(engine: &JsEngine, parked: u32) -> PoolStats {
    let settled = |stats: &PoolStats| {
        stats.parked == parked && stats.parks == stats.claim_hits + stats.evictions + u64::from(parked)
    };
    wait_until(&format!("{parked} workers are parked"), || Some(engine.pool_stats()).filter(settled))
}

/// Asks again and again, where nothing tells when there is an answer.
pub fn wait_until<T>(what: &str, answer: impl Fn() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = answer() {
            return answer;
        }
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

struct ChannelSink(Sender<Event>);

impl EventSink for ChannelSink {
    fn send(&self, event: Event) {
        let _ = self.0.send(event);
    }
}

struct NoRuntime;

impl Lifecycle for NoRuntime {
    fn ended(&self, _: GuestId) {}

    fn retire(&self, reason: RetireReason, message: String, _: &mut dyn FnMut()) {
        panic!("{reason:?}: {message}");
    }
}

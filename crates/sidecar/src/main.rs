//! The `hotcell` program: the sidecar with V8 as its engine.

use hotcell_guest::{GuestSpec, Userland};
use hotcell_js::{
    BakeServer, Baker, IsolateThreads, JsEngine, JsOptions, SnapshotMode, run_bake_helper, run_bake_server,
};
use hotcell_protocol::{ErrorInfo, PoolStats};
use hotcell_runtime::Engine;
use hotcell_sidecar::{
    BAKE_SNAPSHOT, DEFAULT_WARM_ISOLATES, EngineError, EngineOptions, EngineSource, Helpers, LOCK_DOWN, LockdownError,
    SERVE_SNAPSHOTS, Snapshot,
};
use std::process::{Command, ExitCode};
use std::sync::{Arc, OnceLock};

const _: () = assert!(DEFAULT_WARM_ISOLATES == JsOptions::DEFAULT_WARM_ISOLATES);

/// This program, whatever has become of its file since.
const SELF: &str = "/proc/self/exe";

struct V8(Arc<JsEngine>);

impl Engine for V8 {
    fn run(&self, spec: GuestSpec) {
        self.0.run(spec);
    }

    fn prepare_userland(&self, source: Arc<str>) -> Result<Arc<Userland>, ErrorInfo> {
        self.0.prepare_userland(source).map_err(|error| ErrorInfo::from(&error))
    }

    fn pool_stats(&self) -> PoolStats {
        self.0.pool_stats()
    }
}

/// The server of helpers, where this process has one.
static SERVER: OnceLock<Arc<BakeServer>> = OnceLock::new();

fn main() -> ExitCode {
    let engine = EngineSource {
        v8_version: JsEngine::v8_version(),
        start_processes: Box::new(start_bake_server),
        start: Box::new(start),
    };
    let serve_snapshots = || run_bake_server(|| program([BAKE_SNAPSHOT, LOCK_DOWN]));
    let bake_snapshot = |confine: &dyn Fn() -> Result<(), LockdownError>| run_bake_helper(confine);
    hotcell_sidecar::main(engine, Helpers { bake_snapshot, serve_snapshots })
}

/// This program once more, with nothing of this one's environment.
fn program<const N: usize>(arguments: [&str; N]) -> Command {
    let mut command = Command::new(SELF);
    command.args(arguments).env_clear();
    command
}

fn start_bake_server() -> Result<(), EngineError> {
    let server = BakeServer::start(program([SERVE_SNAPSHOTS]))?;
    SERVER.set(Arc::new(server)).map_err(|_| "The server of helpers has been started already.".into())
}

fn start(options: EngineOptions) -> Result<Arc<dyn Engine>, EngineError> {
    let EngineOptions { snapshot, warm_isolates, warm_isolates_total, store } = options;
    let snapshot = match snapshot {
        Snapshot::Auto => SnapshotMode::Auto,
        Snapshot::Block => SnapshotMode::Block,
        Snapshot::Off => SnapshotMode::Off,
    };
    let baker = match SERVER.get() {
        Some(server) => Baker::Server(Arc::clone(server)),
        None => Baker::Process { program: SELF.into(), arguments: vec![BAKE_SNAPSHOT.into()] },
    };
    let threads = IsolateThreads::Descendants;
    let options = JsOptions { snapshot, warm_isolates, warm_isolates_total, threads, store, baker };
    Ok(Arc::new(V8(JsEngine::start(options)?)))
}

//! The one runtime of the process.

use crate::error::NodeError;
use crate::hosts;
use hotcell_guest::{EventSink, GuestSpec, Userland};
use hotcell_js::{Baker, IsolateThreads, JsEngine, JsOptions, SnapshotMode};
use hotcell_protocol::{ErrorInfo, HostHello, PROTOCOL_VERSION, PoolStats, SidecarHello};
use hotcell_runtime::{Connection, Engine, Runtime};
use hotcell_sidecar::{
    BAKE_SNAPSHOT, EngineError, EngineOptions, EngineSource, Settings, Snapshot, VERSION, start_log, start_runtime,
};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

static PROCESS: Mutex<Option<Process>> = Mutex::new(None);

struct Process {
    runtime: Runtime,
    settings: Settings,
}

/// Connects a host, whose events go to `sink`, and starts the engine where this is the first host of the process. The engine
/// then has its snapshots made by `helper`, the `hotcell` program, and makes its own here where there is none.
///
/// # Errors
/// Where the engine can't start, has given itself up, or was started with other settings; or where the hello has limits out of
/// range.
pub fn connect(
    variables: &BTreeMap<String, String>,
    helper: Option<PathBuf>,
    hello: HostHello,
    sink: Arc<dyn EventSink>,
) -> Result<(Connection, SidecarHello), NodeError> {
    let settings = Settings::read(|name| variables.get(name).map(Into::into))?;
    let mut process = PROCESS.lock();
    let process = match &mut *process {
        Some(process) => process,
        none => none.insert(start(settings.clone(), helper)?),
    };
    let connection = process.runtime.connect(sink, hello.limits.unwrap_or_default()).map_err(NodeError::Refused)?;
    // Only now: a connection that was there before is told where the engine gives itself up later.
    if let Some(reason) = process.runtime.retired() {
        return Err(NodeError::Retired(reason));
    }
    if process.settings != settings {
        return Err(NodeError::OtherSettings);
    }
    let hello = SidecarHello {
        protocol: PROTOCOL_VERSION,
        version: VERSION.into(),
        v8_version: JsEngine::v8_version().into(),
        pid: std::process::id(),
        max_frame: hello.max_frame,
    };
    Ok((connection, hello))
}

fn start(settings: Settings, helper: Option<PathBuf>) -> Result<Process, NodeError> {
    // Read and written under the process's lock only.
    static LOGS: AtomicBool = AtomicBool::new(false);
    if !LOGS.load(Ordering::Relaxed) {
        start_log(&settings, || hosts::Log)?;
        LOGS.store(true, Ordering::Relaxed);
    }
    let snapshot = settings.snapshot.unwrap_or(Snapshot::Auto);
    // Where the engine gives itself up the connections end, and others are refused: nothing here can replace the process.
    let runtime = start_runtime(&v8(helper), &settings, snapshot, |_reason| hosts::end_all(), || ())?;
    Ok(Process { runtime, settings })
}

fn v8(helper: Option<PathBuf>) -> EngineSource {
    let baker = match helper {
        Some(program) => Baker::Process { program, arguments: vec![BAKE_SNAPSHOT.into()] },
        None => Baker::Here,
    };
    let start = move |options: EngineOptions| -> Result<Arc<dyn Engine>, EngineError> {
        let EngineOptions { snapshot, warm_isolates, warm_isolates_total, store } = options;
        let snapshot = match snapshot {
            Snapshot::Auto => SnapshotMode::Auto,
            Snapshot::Block => SnapshotMode::Block,
            Snapshot::Off => SnapshotMode::Off,
        };
        // Whichever thread loads the addon first, workers that are older make guests too.
        let threads = IsolateThreads::Any;
        let baker = baker.clone();
        let options = JsOptions { snapshot, warm_isolates, warm_isolates_total, threads, store, baker };
        Ok(Arc::new(V8(JsEngine::start(options)?)))
    };
    EngineSource { v8_version: JsEngine::v8_version(), start_processes: Box::new(|| Ok(())), start: Box::new(start) }
}

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

//! The `hotcell` program: the sidecar with V8 as its engine.

use hotcell_guest::{GuestSpec, Userland};
use hotcell_js::{Baker, JsEngine, JsOptions, SnapshotMode, run_bake_helper};
use hotcell_protocol::ErrorInfo;
use hotcell_runtime::Engine;
use hotcell_sidecar::{BAKE_SNAPSHOT, DEFAULT_WARM_ISOLATES, EngineError, EngineOptions, EngineSource, Snapshot};
use std::process::ExitCode;
use std::sync::Arc;

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
}

fn main() -> ExitCode {
    let engine = EngineSource { v8_version: JsEngine::v8_version(), start: Box::new(start) };
    hotcell_sidecar::main(engine, run_bake_helper)
}

fn start(options: EngineOptions) -> Result<Arc<dyn Engine>, EngineError> {
    let EngineOptions { snapshot, warm_isolates, store } = options;
    let snapshot = match snapshot {
        Snapshot::Auto => SnapshotMode::Auto,
        Snapshot::Block => SnapshotMode::Block,
        Snapshot::Off => SnapshotMode::Off,
    };
    let baker = Baker::Process { program: SELF.into(), arguments: vec![BAKE_SNAPSHOT.into()] };
    Ok(Arc::new(V8(JsEngine::start(JsOptions { snapshot, warm_isolates, store, baker, ..JsOptions::default() })?)))
}

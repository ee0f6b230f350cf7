//! The `hotcell` program: the sidecar with V8 as its engine.

use hotcell_guest::GuestSpec;
use hotcell_js::{JsEngine, JsOptions, SnapshotMode};
use hotcell_runtime::Engine;
use hotcell_sidecar::{DEFAULT_WARM_ISOLATES, EngineSource, Snapshot};
use std::process::ExitCode;
use std::sync::Arc;

const _: () = assert!(DEFAULT_WARM_ISOLATES == JsOptions::DEFAULT_WARM_ISOLATES);

struct V8(Arc<JsEngine>);

impl Engine for V8 {
    fn run(&self, spec: GuestSpec) {
        self.0.run(spec);
    }
}

fn main() -> ExitCode {
    hotcell_sidecar::main(EngineSource {
        v8_version: JsEngine::v8_version(),
        start: |snapshot, warm_isolates| {
            let snapshot = match snapshot {
                Snapshot::Auto => SnapshotMode::Auto,
                Snapshot::Block => SnapshotMode::Block,
                Snapshot::Off => SnapshotMode::Off,
            };
            Ok(Arc::new(V8(JsEngine::start(JsOptions { snapshot, warm_isolates, ..JsOptions::default() })?)))
        },
    })
}

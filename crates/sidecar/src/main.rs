//! The `hotcell` program: the sidecar with V8 as its engine.

use hotcell_guest::GuestSpec;
use hotcell_js::{JsEngine, JsOptions};
use hotcell_runtime::Engine;
use hotcell_sidecar::EngineSource;
use std::process::ExitCode;
use std::sync::Arc;

struct V8(Arc<JsEngine>);

impl Engine for V8 {
    fn run(&self, spec: GuestSpec) {
        self.0.run(spec);
    }
}

fn main() -> ExitCode {
    hotcell_sidecar::main(EngineSource {
        v8_version: JsEngine::v8_version(),
        start: || Ok(Arc::new(V8(JsEngine::start(JsOptions::default())?))),
    })
}

use hotcell_guest::GuestSpec;
use hotcell_js::JsEngine;
use hotcell_runtime::Engine;
use std::sync::Arc;

/// V8, as the runtime wants its engine.
pub struct V8(pub Arc<JsEngine>);

impl Engine for V8 {
    fn run(&self, spec: GuestSpec) {
        self.0.run(spec);
    }
}

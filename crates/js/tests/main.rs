//! One binary, since each one links V8. It has a main function of its own: V8 is to be initialised on the main thread, and
//! started with `bake-snapshot` the binary is the helper process that makes snapshots.

mod clones;
mod harness;
mod modes;
mod pool;
mod sandbox_userland;
mod shelf_model;
mod snapshots;
mod stress;
mod sync;

use hotcell_js::{JsEngine, JsOptions, SnapshotMode};
use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(harness::BAKE_SNAPSHOT) {
        return hotcell_js::run_bake_helper(|| Ok::<(), std::convert::Infallible>(()));
    }
    let engine = JsEngine::start(JsOptions { snapshot: SnapshotMode::Off, ..JsOptions::default() });
    engine.expect("V8 starts");
    let tests: [fn() -> Vec<Trial>; 7] = [
        clones::trials,
        modes::trials,
        pool::trials,
        sandbox_userland::trials,
        shelf_model::trials,
        snapshots::trials,
        stress::trials,
    ];
    let trials = tests.iter().flat_map(|trials| trials()).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

//! Clones of one snapshot have nothing in common that they should not have.

use crate::harness::{options, run, run_with, script, spawn, start, trials};
use hotcell_js::{JsEngine, SnapshotMode};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

trials![
    clones_share_no_randomness,
    clones_share_no_randomness_after_a_userland_drew_some,
    guests_see_nothing_of_another
];

const CLONES: usize = 1000;
/// Guests that live at once, so that some find a parked worker and some do not.
const AT_ONCE: usize = 8;

/// Four numbers, a UUID, and bytes: one line each, all of it from one sequence.
const DRAW: &str = "for (let i = 0; i < 4; i++) console.log('n', Math.random());
    console.log('u', crypto.randomUUID());
    console.log('b', crypto.getRandomValues(new Uint32Array(4)).join());";

/// Threat S3. The seeds of hash tables can't be seen from JavaScript; V8 has one for the process, which is not the snapshot's
/// (`HashSeed::InitializeRoots` in V8's numbers/hash-seed.cc), and a snapshot that would bring its own is refused.
fn clones_share_no_randomness() {
    let engine = start(options(SnapshotMode::Block));
    assert_all_differ(&engine, |engine| spawn(engine, script(DRAW), None));
    let stats = engine.pool_stats();
    assert_eq!(stats.claim_hits + stats.claim_misses, CLONES as u64);
    assert!(stats.claim_hits > 0, "{stats:?}");
}

fn clones_share_no_randomness_after_a_userland_drew_some() {
    let engine = start(options(SnapshotMode::Block));
    let userland =
        engine.prepare_userland("var drawn = Math.random(); for (let i = 0; i < 70; i++) Math.random();".into());
    let userland = userland.unwrap();
    assert_all_differ(&engine, |engine| spawn(engine, script(DRAW), Some(Arc::clone(&userland))));
    let drawn: HashSet<_> = (0..10).map(|_| run_with(&engine, &userland, "console.log(drawn)").output()).collect();
    assert_eq!(drawn.len(), 1, "what was drawn before the snapshot is part of it");
}

fn assert_all_differ(engine: &JsEngine, spawn: impl Fn(&JsEngine) -> crate::harness::Running) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for first in (0..CLONES).step_by(AT_ONCE) {
        let clones: Vec<_> = (0..AT_ONCE).map(|_| spawn(engine)).collect();
        for (index, clone) in clones.into_iter().enumerate() {
            let output = clone.wait().output();
            assert_eq!(output.lines().count(), 6, "{output}");
            for line in output.lines() {
                if let Some(other) = seen.insert(line.to_owned(), first + index) {
                    panic!("clones {other} and {} both drew {line}", first + index);
                }
            }
        }
    }
    assert_eq!(seen.len(), 6 * CLONES);
}

/// Leaves something behind wherever a guest can.
const LITTER: &str = r#"
globalThis.litter = 1;
var declared = 2;
let lexical = 3;
Object.prototype.litter = Array.prototype.litter = Function.prototype.litter = Promise.prototype.litter = "litter";
Array.prototype.push = Map.prototype.get = String.prototype.slice = () => "replaced";
JSON.parse = Math.random = console.error = () => "replaced";
process.env.LITTER = "litter";
process.argv.push("litter");
process.exitCode = 0;
process.on("exit", () => {});
process.on("uncaughtException", () => {});
process.chdir("/");
Error.stackTraceLimit = 0;
Error.prepareStackTrace = () => "litter";
RegExp.prototype.exec.call(/l(itter)/, "litter");
Symbol.for("litter");
require("fs").litter = 1;
require("module")._cache.litter = 1;
setInterval(() => {}, 1e6).unref();
process.nextTick(() => {});
new Intl.NumberFormat("de");
"#;

/// Whatever a guest could see of another, as text.
const LOOK: &str = r#"
const fs = require("fs");
console.log(
  Reflect.ownKeys(globalThis).map(String).sort().join(),
  typeof litter, typeof declared, typeof lexical, {}.litter, [].litter, (() => {}).litter, Promise.resolve().litter,
  Array.prototype.push.toString(), Map.prototype.get.toString(), "slice".slice(1), JSON.parse("[1]"), console.error.name,
  Object.keys(process.env).join(), process.argv.length, process.exitCode, process.listenerCount("exit"),
  process.listenerCount("uncaughtException"), process.cwd(), Error.stackTraceLimit, typeof Error.prepareStackTrace,
  RegExp.$1, fs.litter, Object.keys(require("module")._cache).length, fs.readdirSync("/").join(),
  fs.readFileSync(0).length, process.memoryUsage().arrayBuffers < 1e5, new Error("stack").stack,
);
"#;

/// Threat S4.
fn guests_see_nothing_of_another() {
    let engines = [SnapshotMode::Off, SnapshotMode::Block].map(|mode| start(options(mode)));
    let virgin = run(&engines[0], LOOK).output();
    for engine in &engines {
        for _ in 0..20 {
            run(engine, LITTER).output();
            assert_eq!(run(engine, LOOK).output(), virgin);
        }
    }
}

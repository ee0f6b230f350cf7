//! Isolates are made on background threads while others compile and run WebAssembly. Older versions of V8 crashed on this.

use crate::harness::{options, script, spawn, start, trials};
use hotcell_js::{JsEngine, JsOptions, SnapshotMode};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

trials![isolates_are_made_while_others_run_web_assembly];

/// Unless HOTCELL_STRESS_SECONDS says otherwise, as `scripts/test` does.
const SECONDS: u64 = 10;

/// Counts up to its argument in a loop that is worth optimising, in a module that is new each time, so that nothing is shared.
const WEB_ASSEMBLY: &str = r#"
const name = String(Math.random()).slice(2, 8).padEnd(6, "0");
const bytes = [0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 127, 1, 127, 3, 2, 1, 0, 7, 10, 1, 6,
  ...[...name].map((c) => c.charCodeAt(0)), 0, 0, 10, 23, 1, 21, 1, 1, 127, 3, 64, 32, 1, 65, 1, 106, 34, 1, 32, 0, 72,
  13, 0, 11, 32, 1, 11];
const instance = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(bytes)));
let sum = 0;
for (let i = 0; i < 200; i++) sum += instance.exports[name](1000);
const memory = new WebAssembly.Memory({ initial: 1 });
memory.grow(2);
const compiled = await WebAssembly.compile(new Uint8Array(bytes));
sum += new WebAssembly.Instance(compiled).exports[name](1000);
console.log(sum, memory.buffer.byteLength);
"#;

/// Makes garbage, so that isolates collect while others are made.
const GARBAGE: &str =
    "let a; for (let i = 0; i < 2e4; i++) a = { i, text: 'x'.repeat(i % 100), next: a && a.text }; console.log(a.i)";

fn isolates_are_made_while_others_run_web_assembly() {
    let seconds = match std::env::var("HOTCELL_STRESS_SECONDS") {
        Ok(value) => value.parse().expect("HOTCELL_STRESS_SECONDS is a number of seconds"),
        Err(_) => SECONDS,
    };
    let end = Instant::now() + Duration::from_secs(seconds);
    // With a snapshot, without, and with another: all of them in one process.
    let parked = start(JsOptions { warm_isolates: 4, ..options(SnapshotMode::Block) });
    let inline = start(options(SnapshotMode::Off));
    let userland = parked.prepare_userland("var mine = 'mine';".into()).unwrap();
    let guests = AtomicUsize::new(0);
    let work = |engine: &JsEngine, program: &str, userland: Option<_>, expected: &str| {
        while Instant::now() < end {
            let burst: Vec<_> = (0..3).map(|_| spawn(engine, script(program), userland.clone())).collect();
            for guest in burst {
                assert_eq!(guest.wait().output(), expected);
                guests.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| work(&parked, WEB_ASSEMBLY, None, "201000 196608\n"));
        scope.spawn(|| work(&inline, WEB_ASSEMBLY, None, "201000 196608\n"));
        scope.spawn(|| work(&parked, GARBAGE, None, "19999\n"));
        scope.spawn(|| work(&parked, "console.log(mine)", Some(userland.clone()), "mine\n"));
        scope.spawn(|| {
            // Snapshots are made meanwhile, too.
            for number in 0.. {
                if Instant::now() >= end {
                    break;
                }
                let source = format!("var number = {number};");
                let userland = parked.prepare_userland(source.into()).unwrap();
                let run = spawn(&parked, script("console.log(number)"), Some(userland)).wait();
                assert_eq!(run.output(), format!("{number}\n"));
            }
        });
    });
    println!("{guests:?} guests in {seconds} s; {:?}, {:?}", parked.pool_stats(), parked.snapshot_stats());
    assert!(guests.into_inner() > 10);
}

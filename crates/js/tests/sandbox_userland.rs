//! A sandbox's own userland: what it may do, what guests find of it, and what becomes of one that is hostile.

use crate::harness::{options, refusal, run, run_with, script, spawn, start, trials};
use hotcell_js::{Baker, JsEngine, JsError, JsOptions, SnapshotMode, SnapshotStats};
use std::collections::BTreeSet;
use std::sync::{Arc, Barrier};

trials![
    globals_of_a_userland_are_there_for_every_guest,
    userland_that_is_not_prepared_is_run_in_each_isolate,
    userlands_of_sandboxes_do_not_mix,
    userland_is_made_once_however_many_ask,
    guests_end_where_a_userland_fails_in_their_isolate,
    prepare_refuses_a_userland_that_throws,
    prepare_refuses_a_userland_that_asks_for_a_guest,
    prepare_refuses_what_a_snapshot_can_not_hold,
    prepare_ends_a_userland_that_loops,
    prepare_ends_a_userland_that_does_not_heed_termination,
    prepare_ends_a_userland_that_eats_memory,
    prepare_refuses_a_userland_that_is_too_long,
    late_properties_are_the_same_with_and_without_a_snapshot,
    polyfills_give_way_to_what_the_engine_has,
    helper_has_nothing_of_its_parent,
    helper_that_is_none_is_told_from_a_bad_userland,
];

const LIBRARY: &str = r#"
var counter = { value: 0 };
function next() { counter.value += 1; return counter.value; }
const { label } = { label: "lexical" };
class Point { #x; constructor(x) { this.#x = x; } get x() { return this.#x; } }
var map = new Map([["key", { deep: [1, 2, 3] }], [Point, "class"]]);
globalThis.settled = null;
Promise.resolve("microtask").then((value) => { settled = value; });
process.nextTick(() => { counter.ticked = true; });
process.on("exit", (code) => console.log("exit listener", code));
function fail() { throw new Error("in the userland"); }
"#;

const USE: &str = r#"
console.log(next(), next(), label, new Point(7).x, map.get("key").deep, map.get(Point), settled, counter.ticked);
try { fail(); } catch (error) { console.log(error.stack); }
"#;

const USED: &str =
    "1 2 lexical 7 [ 1, 2, 3 ] class microtask true\nError: in the userland\n    at fail ([userland]:11:25)\n";

fn engine() -> Arc<JsEngine> {
    start(options(SnapshotMode::Block))
}

fn globals_of_a_userland_are_there_for_every_guest() {
    for mode in [SnapshotMode::Off, SnapshotMode::Auto, SnapshotMode::Block] {
        let engine = start(options(mode));
        let userland = engine.prepare_userland(LIBRARY.into()).unwrap();
        assert_eq!(userland.prepared.is_some(), mode != SnapshotMode::Off);
        for _ in 0..5 {
            let output = run_with(&engine, &userland, USE).output();
            assert!(output.starts_with(USED) && output.ends_with("exit listener 0\n"), "{mode:?}: {output}");
        }
        let plain = run(&engine, "console.log(typeof next, typeof map, typeof label)").output();
        assert_eq!(plain, "undefined undefined undefined\n", "other sandboxes have nothing of it");
    }
}

fn userland_that_is_not_prepared_is_run_in_each_isolate() {
    let engine = engine();
    let prepared = engine.prepare_userland(LIBRARY.into()).unwrap();
    let unprepared =
        hotcell_guest::Userland { digest: prepared.digest, source: prepared.source.clone(), prepared: None }.into();
    for _ in 0..3 {
        assert_eq!(run_with(&engine, &prepared, USE).output(), run_with(&engine, &unprepared, USE).output());
    }
}

fn userlands_of_sandboxes_do_not_mix() {
    // More than the pool parks workers of.
    const SANDBOXES: usize = 7;
    let engine = engine();
    let userlands: Vec<_> =
        (0..SANDBOXES).map(|number| engine.prepare_userland(format!("var who = {number};").into()).unwrap()).collect();
    let running: Vec<_> = (0..5 * SANDBOXES)
        .map(|index| {
            let userland = &userlands[index % SANDBOXES];
            spawn(&engine, script("console.log(who); who = 'changed'"), Some(Arc::clone(userland)))
        })
        .collect();
    for (index, guest) in running.into_iter().enumerate() {
        assert_eq!(guest.wait().output(), format!("{}\n", index % SANDBOXES));
    }
    assert_eq!(engine.snapshot_stats(), SnapshotStats { loaded: 0, baked: 1 + SANDBOXES as u64, failed: 0 });
}

fn userland_is_made_once_however_many_ask() {
    const THREADS: usize = 8;
    let engine = engine();
    let barrier = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                barrier.wait();
                let userland = engine.prepare_userland("var shared = 1;".into()).unwrap();
                assert_eq!(run_with(&engine, &userland, "console.log(shared)").output(), "1\n");
            });
        }
    });
    assert_eq!(engine.snapshot_stats(), SnapshotStats { loaded: 0, baked: 2, failed: 0 });
}

/// A userland can fail in one isolate and not in another: it sees the date, for one.
fn guests_end_where_a_userland_fails_in_their_isolate() {
    let engine = start(options(SnapshotMode::Off));
    let userland = |source: &str| {
        let digest = hotcell_modules::digest_of(source.as_bytes());
        Arc::new(hotcell_guest::Userland { digest, source: source.into(), prepared: None })
    };
    let failed = run_with(&engine, &userland("throw new Error('not today')"), "console.log('never')");
    assert_eq!(failed.stdout, "");
    let message = failed.exit.error.expect("the guest is told").message;
    assert!(message.contains("Error: not today\n    at [userland]:1:7"), "{message}");
    let full = run_with(&engine, &userland("for (var a = [];;) a.push(a.slice(), 'x'.repeat(100))"), "never()");
    assert_eq!(full.exit.outcome, hotcell_protocol::Outcome::OutOfMemory, "{full:#?}");
}

fn prepare_refuses_a_userland_that_throws() {
    let engine = engine();
    let cases = [
        ("throw new Error('boom')", "Error: boom\n    at [userland]:1:7"),
        ("\n\nfunction f() { null.x }; f()", "at f ([userland]:3:21)\n    at [userland]:3:26"),
        ("throw 7", "guest was there: 7"),
        ("throw { toString() { throw 1 } }", "guest was there: [object Object]"),
        ("throw Object.defineProperty({}, 'stack', { get() { throw 1 } })", "guest was there: #<Object>"),
        ("not a script", "SyntaxError: Unexpected identifier 'a'"),
        ("import 'x'", "SyntaxError: Cannot use import statement outside a module"),
        (
            "Promise.reject(new Error('rejected'))",
            "rejected that nobody handled: Error: rejected\n    at [userland]:1:16",
        ),
        ("(async () => { await null; null.x })()", "nobody handled: TypeError: Cannot read properties of null"),
        ("process.nextTick(() => { throw new Error('tick') })", "Error: tick\n    at [userland]:1:32"),
        ("queueMicrotask(() => { throw new Error('micro') })", "Error: micro\n    at [userland]:1:30"),
        ("new WebAssembly.Memory({ initial: 1 })", "ReferenceError: WebAssembly is not defined"),
        ("Object.defineProperty(globalThis, 'Temporal', { value: 1 })", "It keeps Temporal of globalThis from being"),
        ("Object.freeze(Error)", "It keeps stackTraceLimit of Error from being"),
    ];
    for (source, expected) in cases {
        let error = refusal(&engine, source);
        assert!(matches!(error, JsError::SandboxUserland(_)), "{source}: {error:?}");
        assert!(error.to_string().contains(expected), "{source}: {error}");
    }
    for source in ["", "Promise.reject(1).catch(() => {})", "const p = Promise.reject(1); p.then(null, () => {})"] {
        engine.prepare_userland(source.into()).unwrap_or_else(|error| panic!("{source}: {error}"));
    }
}

fn prepare_refuses_a_userland_that_asks_for_a_guest() {
    let engine = engine();
    let requests = [
        "console.log('said')",
        "console.error('said')",
        "process.stdout.write('said')",
        "process.stdin.on('data', () => {})",
        "setTimeout(() => {}, 0)",
        "setInterval(() => {}, 1)",
        "performance.now()",
        "process.hrtime()",
        "process.exit(0)",
        "process.cwd()",
        "process.chdir('/')",
        "process.on('SIGINT', () => {})",
        "crypto.randomUUID()",
        "crypto.getRandomValues(new Uint8Array(4))",
        "import('node:fs')",
        "import('/x.mjs')",
    ];
    for request in requests {
        for source in [request.to_owned(), format!("try {{ ({request})?.catch?.(() => {{}}); }} catch {{}}")] {
            let error = refusal(&engine, &source);
            assert!(matches!(error, JsError::SandboxUserland(_)), "{source}: {error:?}");
            let text = error.to_string();
            let expected =
                if request.contains("said") { "guest yet that could write: said" } else { "There is no guest yet" };
            assert!(text.contains(expected), "{source}: {text}");
        }
    }
}

fn prepare_refuses_what_a_snapshot_can_not_hold() {
    let engine = engine();
    for source in [
        "var formatter = new Intl.DateTimeFormat('de')",
        "var registry = new FinalizationRegistry(() => {}); registry.register({}, 1)",
        // What V8 adds to when the snapshot is restored, and does not survive that it can't.
        "Object.freeze(globalThis)",
        "Object.preventExtensions(Uint8Array.prototype)",
    ] {
        let error = refusal(&engine, source);
        assert!(matches!(error, JsError::SandboxUserlandFatal(_)), "{source}: {error:?}");
        assert!(error.to_string().contains("Signal"), "{source}: {error}");
    }
    assert_eq!(run(&engine, "console.log('well')").output(), "well\n");
}

fn prepare_ends_a_userland_that_loops() {
    let engine = engine();
    for source in ["for (;;) {}", "process.nextTick(function again() { process.nextTick(again); })"] {
        assert_out_of_time(&refusal(&engine, source), 5);
    }
    assert_eq!(run(&engine, "console.log('well')").output(), "well\n");
}

fn prepare_ends_a_userland_that_does_not_heed_termination() {
    let engine = engine();
    // A builtin that never looks whether it is to end.
    assert_out_of_time(&refusal(&engine, "let a = []; a.length = 2 ** 32 - 2; a.sort()"), 10);
}

fn assert_out_of_time(error: &JsError, cpu_seconds: u64) {
    match error {
        JsError::SandboxUserlandTime { seconds } => assert_eq!(*seconds, cpu_seconds),
        // Where the CPUs are so busy that it does not get that much of them.
        JsError::SandboxUserlandLate { .. } => {}
        error => panic!("{error:?}"),
    }
}

fn prepare_ends_a_userland_that_eats_memory() {
    let engine = engine();
    let error = refusal(&engine, "for (var a = [];;) a.push(new Array(1000).fill(1.5))");
    assert!(matches!(error, JsError::SandboxUserlandMemory { limit_mb: 256 }), "{error:?}");
    // At once, which V8 does not survive.
    for source in ["[...'x'.repeat(3e8)]", "'x'.repeat(1e8).split('')"] {
        let error = refusal(&engine, source);
        assert!(matches!(error, JsError::SandboxUserlandFatal(_)), "{source}: {error:?}");
        assert!(error.to_string().contains("memory"), "{source}: {error}");
    }
    // Outside of the heap.
    let error = refusal(&engine, "for (var a = [];;) a.push(new Uint8Array(1 << 20))");
    assert!(error.to_string().contains("RangeError: Array buffer allocation failed"), "{error}");
    assert_eq!(run(&engine, "console.log('well')").output(), "well\n");
}

fn prepare_refuses_a_userland_that_is_too_long() {
    let engine = start(options(SnapshotMode::Off));
    let error = refusal(&engine, &" ".repeat((16 << 20) + 1));
    assert!(error.to_string().contains("It has 16777217 bytes, but 16777216 are the most."), "{error}");
    let comment = format!("/*{}*/ var length = {};", "x".repeat(15 << 20), 15 << 20);
    let userland = engine.prepare_userland(comment.into()).unwrap();
    assert_eq!(run_with(&engine, &userland, "console.log(length)").output(), format!("{}\n", 15 << 20));
}

/// Everything that can be reached from the global object.
const INVENTORY: &str = r#"
function inventory() {
  const seen = new Set();
  const found = [];
  const walk = (object, path) => {
    if (seen.has(object)) return;
    seen.add(object);
    for (const key of Reflect.ownKeys(object)) {
      const { value, get, set, ...flags } = Reflect.getOwnPropertyDescriptor(object, key);
      const name = `${path}.${String(key)}`;
      // What only guests have, or this script brought.
      if (/^\.(process|require|module|exports|__filename|__dirname|inventory|before)$/.test(name)) continue;
      found.push(`${name} ${JSON.stringify(flags)}`);
      for (const next of [value, get, set]) {
        if (next !== null && (typeof next === "object" || typeof next === "function")) walk(next, name);
      }
    }
    const prototype = Reflect.getPrototypeOf(object);
    if (prototype !== null) walk(prototype, `${path}.__proto__`);
  };
  walk(globalThis, "");
  return found;
}
globalThis.before = inventory();
"#;

/// Where this fails, V8 has changed which properties it adds to a snapshot: crates/js/src/late_properties.rs lists them.
fn late_properties_are_the_same_with_and_without_a_snapshot() {
    let inventories = [SnapshotMode::Off, SnapshotMode::Block].map(|mode| {
        let engine = start(options(mode));
        let userland = engine.prepare_userland(INVENTORY.into()).unwrap();
        let list = |expression: &str| -> BTreeSet<String> {
            let output = run_with(&engine, &userland, &format!("console.log({expression}.join('\\n'))")).output();
            output.lines().map(str::to_owned).collect()
        };
        (list("before"), list("inventory()"))
    });
    let [(before_off, after_off), (before, after)] = inventories;
    assert_eq!(before_off.symmetric_difference(&before).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(after_off.symmetric_difference(&after).collect::<Vec<_>>(), Vec::<&String>::new());
    assert!(after.len() > before.len() + 100, "{} and {}", before.len(), after.len());
}

fn polyfills_give_way_to_what_the_engine_has() {
    for mode in [SnapshotMode::Off, SnapshotMode::Block] {
        let engine = start(options(mode));
        let userland = engine
            .prepare_userland(
                "var had = [typeof Promise.try, typeof WebAssembly, Error.stackTraceLimit];
                 Promise.try ??= function polyfill() {}; globalThis.WebAssembly ??= {}; Error.stackTraceLimit = 1;"
                    .into(),
            )
            .unwrap();
        let seen = "console.log(had, Promise.try.name, typeof WebAssembly.Module, Error.stackTraceLimit,
            Object.getOwnPropertyNames(Promise).filter((name) => name === 'try').length)";
        let expected = "[ 'undefined', 'undefined', 10 ] try function 10 1\n";
        assert_eq!(run_with(&engine, &userland, seen).output(), expected, "{mode:?}");
    }
}

fn helper_has_nothing_of_its_parent() {
    // Not closed when another program is started.
    let inherited = std::fs::File::open("/dev/null").unwrap();
    rustix::io::fcntl_setfd(&inherited, rustix::io::FdFlags::empty()).unwrap();
    let engine = start(options(SnapshotMode::Off));
    std::thread::scope(|scope| {
        let loops = scope.spawn(|| refusal(&engine, "for (;;) {}"));
        let (descriptors, environment) = loop {
            assert!(!loops.is_finished(), "the helper was not seen while it ran");
            let found = helpers().into_iter().find_map(|pid| {
                let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).ok()?;
                // The last of its limits is set: it has begun.
                limits.lines().any(|line| line.starts_with("Max core file size        0 ")).then_some(())?;
                let mut descriptors: Vec<String> = std::fs::read_dir(format!("/proc/{pid}/fd"))
                    .ok()?
                    .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                    .collect();
                descriptors.sort();
                Some((descriptors, std::fs::read(format!("/proc/{pid}/environ")).ok()?))
            });
            match found {
                Some(found) => break found,
                None => std::thread::yield_now(),
            }
        };
        assert_eq!(descriptors, ["0", "1", "2"]);
        assert_eq!(environment, b"");
        assert!(matches!(loops.join().unwrap(), JsError::SandboxUserlandTime { .. }));
    });
    drop(inherited);
}

/// The processes that this one has started as helpers.
fn helpers() -> Vec<String> {
    let own = std::process::id().to_string();
    let processes = std::fs::read_dir("/proc").unwrap();
    let pids = processes.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    pids.filter(|pid| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
        parent.map(str::trim) == Some(&own) && command.ends_with(b"\0bake-snapshot\0")
    })
    .collect()
}

fn helper_that_is_none_is_told_from_a_bad_userland() {
    let failing = |program: &str, arguments: &[&str]| {
        let arguments = arguments.iter().map(Into::into).collect();
        let baker = Baker::Process { program: program.into(), arguments };
        // The engine's own snapshot is then made here.
        let engine = start(JsOptions { baker, ..options(SnapshotMode::Block) });
        assert_eq!(run(&engine, "console.log('well')").output(), "well\n");
        assert_eq!(engine.snapshot_stats(), SnapshotStats { baked: 1, ..SnapshotStats::default() });
        refusal(&engine, "var a;")
    };
    let cases = [
        ("/nonexistent/hotcell", &[][..], "/nonexistent/hotcell can't be run"),
        ("/bin/sh", &["-c", "cat >/dev/null; echo 'no such subcommand' >&2; exit 3"], "code 3: no such subcommand"),
        // An answer that makes no sense.
        ("/bin/cat", &[], "It ended with code 0"),
    ];
    for (program, arguments, expected) in cases {
        let error = failing(program, arguments);
        assert!(matches!(error, JsError::Helper(_)), "{error:?}");
        assert!(error.to_string().contains(expected), "{error}");
    }
    let error = failing("/bin/sh", &["-c", "kill -SEGV $$"]);
    assert!(matches!(error, JsError::SandboxUserlandFatal(_)), "{error:?}");
    assert!(error.to_string().contains("Signal 11 ended it"), "{error}");
}

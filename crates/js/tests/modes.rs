//! Guests behave the same byte for byte, whether their userland comes from a snapshot or is run in their isolate.

use crate::harness::{Run, options, script, spawn, start, trials, with_store};
use hotcell_guest::{GuestProgram, Userland};
use hotcell_js::{JsEngine, SnapshotMode};
use hotcell_protocol::SourceFormat;
use std::sync::Arc;

trials![inline_and_snapshot_give_the_same_bytes, inline_and_snapshot_give_the_same_bytes_on_a_userland];

const PROGRAMS: &[&str] = &[
    "",
    "console.log('a', 1, -0, 1n, true, null, undefined, Symbol('s'), [1, , 'x'], { a: { b: { c: { d: 1 } } } })",
    "console.log(new Map([[1, { a: 2 }]]), new Set('abc'), new Date(0), /x/gi, new Error('e').message, () => {}, class A {})",
    "console.error('to stderr'); console.table([{ a: 1 }]); console.log('%s is %d', 'x', 4.5, {})",
    "console.log(Object.getOwnPropertyNames(globalThis).sort().join())",
    "console.log(Reflect.ownKeys(process).map(String).sort().join())",
    "console.log(process.argv, process.env, process.pid, process.version, process.versions, process.platform)",
    "throw new Error('uncaught')",
    "function a() { b(); } function b() { null.x; } a()",
    "const error = new Error('with a cause', { cause: new TypeError('cause') }); throw error",
    "throw { not: 'an error' }",
    "not JavaScript",
    "Promise.reject(new Error('unhandled'))",
    "process.on('uncaughtException', (error) => console.log('caught', error.stack)); null.x",
    "process.on('unhandledRejection', (reason) => console.log('rejected', reason)); Promise.reject(7)",
    "process.on('exit', (code) => console.log('exit', code)); process.exitCode = 3",
    "process.exit(9)",
    "setTimeout(() => console.log('timer'), 20); setImmediate(() => console.log('immediate')); \
     process.nextTick(() => console.log('tick')); Promise.resolve().then(() => console.log('microtask')); console.log('sync')",
    "await null; console.log(import.meta.url, new Error('in a module').stack)",
    "await new Promise(() => {})",
    "import { sep, join } from 'node:path'; console.log(sep, join('a', '..', 'b'))",
    "import 'node:nothing'",
    "import './missing.mjs'",
    "const fs = require('fs'); fs.writeFileSync('/f', 'content'); console.log(fs.readFileSync('/f', 'utf8'), fs.readdirSync('/'))",
    "require('fs').readFileSync('/missing')",
    "const { EventEmitter } = require('events'); new EventEmitter().emit('error', new Error('unheard'))",
    "console.log(structuredClone({ a: new Map([[1, 2]]) }), new URL('https://a.b/c?d=e').searchParams, btoa('x'), \
     new TextDecoder().decode(new TextEncoder().encode('ü')))",
    "Error.prepareStackTrace = (error, sites) => sites.map((site) => site.getLineNumber()); console.log(new Error('e').stack)",
    "Error.stackTraceLimit = 1; (function f() { console.log(new Error('one frame').stack) })()",
    "function deep() { return deep() } try { deep() } catch (error) { console.log(error.name, error.message) }",
    "console.log(eval('1 + 1'), new Function('a', 'return a * 2')(4), (0, eval)('this === globalThis'))",
    "console.log(typeof WebAssembly, typeof SharedArrayBuffer, typeof Temporal, Float16Array.name, Promise.try.length)",
    "console.log(new Intl.NumberFormat('de').format(1234.5), 'ä'.localeCompare('z', 'sv'), new Date(0).toLocaleString('en'))",
    "new Worker('x')",
    "Array.prototype[Symbol.iterator] = null; Object.prototype.polluted = 1; console.log('still', { a: 1 }, [2])",
];

/// Exports a memory and `_start`, which does nothing.
const COMMAND: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x05\x03\x01\0\x01\x07\x13\x02\x06memory\x02\0\x06_start\0\0\x0a\x04\x01\x02\0\x0b";
/// The same, but `_start` traps.
const TRAP: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x05\x03\x01\0\x01\x07\x13\x02\x06memory\x02\0\x06_start\0\0\x0a\x05\x01\x03\0\0\x0b";

fn programs() -> Vec<GuestProgram> {
    let mut programs: Vec<_> = PROGRAMS.iter().map(|text| script(text)).collect();
    programs.extend([COMMAND, TRAP, b"no module"].map(|bytes| GuestProgram::Wasm {
        digest: hotcell_modules::digest_of(bytes),
        bytes: Arc::new(bytes.to_vec()),
        name: "command".into(),
    }));
    let file = |path: &str, text: &str| GuestProgram::ScriptFile { path: path.into(), text: text.into() };
    programs.extend([
        file("/main.cjs", "console.log(__filename, module.id, require.main === module, new Error('here').stack)"),
        file("/main.cjs", "\n  null.x"),
        file("/main.mjs", "console.log(import.meta.filename, new Error('here').stack)"),
        file("/main.mjs", "\n  null.x"),
        GuestProgram::Source { text: "null.x".into(), format: SourceFormat::Script, name: Some("/named.js".into()) },
    ]);
    programs
}

fn assert_same(engines: &[(&str, Arc<JsEngine>)], prepare: impl Fn(&JsEngine) -> Option<Arc<Userland>>) {
    let userlands: Vec<_> = engines.iter().map(|(_, engine)| prepare(engine)).collect();
    let mut exits = Vec::new();
    for program in programs() {
        let runs = engines.iter().zip(&userlands).map(|((name, engine), userland)| {
            let Run { stdout, stderr, exit } = spawn(engine, program.clone(), userland.clone()).wait();
            (name, (stdout, stderr, exit.outcome, exit.exit_code, exit.error))
        });
        let runs: Vec<_> = runs.collect();
        for (name, run) in &runs {
            assert_eq!(*run, runs[0].1, "{program:?}: {name} is not like {}", runs[0].0);
        }
        exits.push(runs[0].1.3);
    }
    assert!(exits.iter().filter(|code| **code == Some(0)).count() > 15, "{exits:?}");
    assert!(exits.iter().filter(|code| **code == Some(1)).count() > 8, "{exits:?}");
}

fn inline_and_snapshot_give_the_same_bytes() {
    let directory = tempfile::tempdir().unwrap();
    start(with_store(directory.path()));
    let engines = [
        ("off", start(options(SnapshotMode::Off))),
        ("block", start(options(SnapshotMode::Block))),
        ("auto", start(options(SnapshotMode::Auto))),
        ("from disk", start(with_store(directory.path()))),
    ];
    assert_same(&engines, |_| None);
    assert_eq!(engines[3].1.snapshot_stats().loaded, 1);
}

fn inline_and_snapshot_give_the_same_bytes_on_a_userland() {
    const USERLAND: &str = r"
        globalThis.helper = function helper() { throw new Error('from the userland'); };
        Object.prototype.inherited = 'from the userland';
        process.on('exit', () => console.log(new Error('exit').stack));
        const made = new Error('made early');
        process.on('beforeExit', () => { console.log(made.stack, made.inherited); try { helper(); } catch (e) { console.log(e) } });
    ";
    let engines = [
        ("off", start(options(SnapshotMode::Off))),
        ("block", start(options(SnapshotMode::Block))),
        ("auto", start(options(SnapshotMode::Auto))),
    ];
    assert_same(&engines, |engine| Some(engine.prepare_userland(USERLAND.into()).unwrap()));
}

//! Which engine runs a guest, and what only one of them can do.

use crate::harness::{House, source, spawn_options};
use hotcell_modules::digest_of;
use hotcell_protocol::{
    EngineChoice, ErrorCode, Program, ReadyOptions, ReadyWhen, Request, SandboxOptions, SpawnOptions,
};

const WASM: &[u8] = b"\0asm\x01\0\0\0";

fn wasm(house: &House) -> SpawnOptions {
    let (digest, _) = house.modules.put(WASM.to_vec()).unwrap();
    assert_eq!(digest, digest_of(WASM));
    spawn_options(Program::Wasm { digest, name: None })
}

#[test]
fn engine_is_chosen_by_the_program_unless_it_is_named() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    for (program, engine, expected) in [
        (source("exit 0"), EngineChoice::Auto, "v8"),
        (source("exit 0"), EngineChoice::V8, "v8"),
        (wasm(&house), EngineChoice::Auto, "wasmtime"),
        (wasm(&house), EngineChoice::Wasmtime, "wasmtime"),
        (wasm(&house), EngineChoice::V8, "v8"),
    ] {
        let guest = host.spawn(sandbox, SpawnOptions { engine, ..program });
        assert_eq!(house.started().engine, expected, "{engine:?}");
        host.finish(guest);
    }
    assert_eq!(host.stats().compiled_modules.compiles, 7);
}

#[test]
fn engine_is_not_asked_for_what_it_can_not_do() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let ready = |when, within_ms| Some(ReadyOptions { when, within_ms });
    for (options, part) in [
        (SpawnOptions { engine: EngineChoice::Wasmtime, ..source("exit 0") }, "JavaScript"),
        (SpawnOptions { fuel: Some(1), ..source("exit 0") }, "fuel"),
        (SpawnOptions { fuel: Some(1), engine: EngineChoice::V8, ..wasm(&house) }, "fuel"),
        (SpawnOptions { ready: ready(ReadyWhen::Import, 1), ..source("exit 0") }, "ready"),
        (SpawnOptions { ready: ready(ReadyWhen::Export, 1), engine: EngineChoice::V8, ..wasm(&house) }, "ready"),
        (SpawnOptions { ready: ready(ReadyWhen::Start, 0), ..wasm(&house) }, "ready"),
        (SpawnOptions { preopens: Some([("a".into(), String::new())].into()), ..wasm(&house) }, "preopened"),
    ] {
        let error = host.fail(Request::Spawn { sandbox, options });
        assert_eq!(error.code, ErrorCode::InvalidOption);
        assert!(error.message.contains(part), "{}", error.message);
    }
}

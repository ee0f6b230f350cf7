//! Compiled modules: once per digest, within bounds, from one engine.

use crate::harness::{Setup, assemble, command, modules, run, runner};
use hotcell_modules::{CacheBounds, digest_of};
use hotcell_protocol::Outcome;
use hotcell_wasm::{CompiledModules, EngineOptions, WasiRunner, WasmEngine, WasmError};
use std::num::NonZeroUsize;
use std::sync::{Arc, Barrier};
use wasmtime::{Instance, Module, Store};

const SMALL: EngineOptions = EngineOptions { instances: 16, when_full: hotcell_wasm::PoolFull::Wait, fuel: false };

#[test]
fn module_is_compiled_once_however_many_run_it_at_once() {
    let runner = runner(SMALL);
    let program = command("(func $unlike_others)", "");
    let guests: Vec<_> = (0..64).map(|_| Setup::default().start_on(&runner, &program)).collect();
    for guest in guests {
        assert_eq!(guest.end().exit.exit_code, Some(0));
    }
    let stats = runner.modules().stats();
    assert_eq!((stats.compiles, stats.cache.entries), (1, 1));
    assert_eq!(stats.cache.hits + stats.cache.misses, 64);
}

#[test]
fn module_is_compiled_once_however_many_threads_ask_at_once() {
    let modules = modules(SMALL);
    let program = command("", "");
    let digest = digest_of(&program);
    let start = Barrier::new(8);
    let made: Vec<_> = std::thread::scope(|scope| {
        let ask = || {
            start.wait();
            modules.get(digest, &program).unwrap()
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(made.iter().all(|module| Arc::ptr_eq(module, &made[0])));
    assert_eq!(modules.stats().compiles, 1);
}

#[test]
fn cache_keeps_to_its_bounds() {
    let bounds = CacheBounds { entries: NonZeroUsize::new(2).unwrap(), ..CacheBounds::default() };
    let modules = CompiledModules::new(WasmEngine::new(SMALL).unwrap(), bounds, None);
    let programs: Vec<_> = (0..3).map(|n| command(&format!("(func (result i32) (i32.const {n}))"), "")).collect();
    for program in programs.iter().chain(&programs) {
        modules.get(digest_of(program), program).unwrap();
    }
    let stats = modules.stats();
    assert_eq!((stats.cache.entries, stats.compiles), (2, 6));
    assert!(stats.cache.bytes > 0);
}

#[test]
fn cache_can_be_switched_off() {
    let bounds = CacheBounds { bytes: 0, ..CacheBounds::default() };
    let runner = WasiRunner::start(CompiledModules::new(WasmEngine::new(SMALL).unwrap(), bounds, None)).unwrap();
    for _ in 0..2 {
        assert_eq!(Setup::default().start_on(&runner, &command("", "")).end().exit.exit_code, Some(0));
    }
    let stats = runner.modules().stats();
    assert_eq!((stats.compiles, stats.cache.entries, stats.cache.bytes), (2, 0, 0));
}

#[test]
fn cache_can_be_shared_by_runners() {
    let modules = modules(SMALL);
    for _ in 0..2 {
        let runner = WasiRunner::start(modules.clone()).unwrap();
        assert_eq!(Setup::default().start_on(&runner, &command("", "")).end().exit.exit_code, Some(0));
    }
    assert_eq!(modules.stats().compiles, 1);
}

#[test]
fn module_that_can_not_be_compiled_is_told_to_all_and_not_kept() {
    let modules = modules(SMALL);
    let bytes = b"\0asm\x01\0\0\0\x01";
    for _ in 0..2 {
        assert!(matches!(modules.get(digest_of(bytes), bytes), Err(WasmError::Compile(_))));
    }
    assert_eq!((modules.stats().compiles, modules.stats().cache.entries), (2, 0));
}

fn add(module: &Module) -> i32 {
    let mut store = Store::new(module.engine(), ());
    store.set_epoch_deadline(1);
    let instance = Instance::new(&mut store, module, &[]).unwrap();
    instance.get_typed_func::<(i32, i32), i32>(&mut store, "add").unwrap().call(&mut store, (2, 3)).unwrap()
}

#[test]
fn module_is_the_same_after_it_was_taken_out_and_wrapped() {
    let engine = WasmEngine::new(SMALL).unwrap();
    let adder = r#"(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#;
    let taken = engine.compile(&assemble(adder)).unwrap().module().clone();
    assert_eq!(add(engine.wrap_module(taken).module()), 5);
}

#[test]
fn module_of_the_embedders_own_is_run_as_a_guest() {
    let runner = runner(SMALL);
    let engine = runner.modules().engine();
    let module = Module::new(engine.wasmtime(), command("", "(call $proc_exit (i32.const 9))")).unwrap();
    let (spec, running) = Setup::default().spec(b"what it says it is does not count");
    runner.run_module(spec, Arc::new(engine.wrap_module(module)));
    assert_eq!(running.end().exit.exit_code, Some(9));
}

#[test]
#[should_panic = "wrap_module was given a module that another engine compiled"]
fn module_of_another_engine_is_refused_where_it_is_wrapped() {
    let (one, other) = (WasmEngine::new(SMALL).unwrap(), WasmEngine::new(SMALL).unwrap());
    other.wrap_module(one.compile(&assemble("(module)")).unwrap().module().clone());
}

#[test]
fn runner_that_goes_away_ends_its_guests() {
    let runner = runner(SMALL);
    let running = Setup::default().start_on(
        &runner,
        &command(
            "",
            "(call $write (i32.const 1) (i32.const 64) (i32.const 1)) (call $sleep (i64.const 60_000_000_000))",
        ),
    );
    running.event();
    drop(runner);
    assert_eq!(running.end().exit.outcome, Outcome::Crashed);
}

#[test]
fn proposals_that_v8_has_are_there() {
    for declaration in [
        "(type $point (struct (field i32)))  (func (result (ref $point)) (struct.new $point (i32.const 1)))",
        "(func (result v128) (v128.const i32x4 1 2 3 4))",
        "(func $tail (return_call $tail))",
        "(func (result i32) (i32.atomic.load (i32.const 0)))",
        "(tag $thrown) (func (block $caught (try_table (catch $thrown $caught) (throw $thrown))))",
        "(memory $second 1) (table $first 1 externref)",
        "(func (param i32) (result i32 i32) (local.get 0) (local.get 0))",
    ] {
        let ran = run(&command(declaration, ""));
        assert_eq!(ran.exit.exit_code, Some(0), "{declaration}: {}", ran.stderr);
    }
}

//! What a run costs beyond wasmtime itself: the same program instantiated and called by wasmtime's own API, with imports that do
//! nothing, and as a guest. Prints medians in microseconds.
//!
//!     cargo run --release -p hotcell-wasm --example bare -- FILE.wasm [RUNS]

use crossbeam_channel::{Sender, bounded};
use hotcell_guest::{EventSink, Guest, GuestOptions, GuestProgram, GuestSpec, Lifecycle, Warden};
use hotcell_modules::{CacheBounds, digest_of};
use hotcell_protocol::{Event, GuestId, Limits, Notice, RetireReason, StdinMode};
use hotcell_vfs::{Vfs, VfsOptions};
use hotcell_wasm::{CompiledModules, EngineOptions, WasiRunner, WasmEngine};
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmtime::{Linker, Module, Store};

struct Host(Sender<()>);

impl EventSink for Host {
    fn send(&self, event: Event) {
        if matches!(event, Event::Notice { notice: Notice::Exit { .. }, .. }) {
            let _ = self.0.send(());
        }
    }
}

impl Lifecycle for Host {
    fn ended(&self, _guest: GuestId) {}

    fn retire(&self, _reason: RetireReason, message: String, finish: &mut dyn FnMut()) {
        finish();
        eprintln!("{message}");
    }
}

fn median(mut samples: Vec<Duration>) -> f64 {
    samples.sort();
    samples[samples.len() / 2].as_secs_f64() * 1e6
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("Name a WASI program.")?;
    let runs: usize = arguments.next().map_or(Ok(2_000), |runs| runs.parse())?;
    let bytes = std::fs::read(file)?;

    let started = Instant::now();
    let engine = WasmEngine::new(EngineOptions::default())?;
    println!("engine    {:9.1}", started.elapsed().as_secs_f64() * 1e6);
    let started = Instant::now();
    let module = Module::from_binary(engine.wasmtime(), &bytes)?;
    println!("compile   {:9.1}", started.elapsed().as_secs_f64() * 1e6);

    let mut linker = Linker::<()>::new(engine.wasmtime());
    linker.define_unknown_imports_as_default_values(&mut Store::new(engine.wasmtime(), ()), &module)?;
    let pre = linker.instantiate_pre(&module)?;
    let (mut instantiated, mut called, mut dropped) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs {
        let started = Instant::now();
        let mut store = Store::new(engine.wasmtime(), ());
        store.set_epoch_deadline(1 << 40);
        let instance = pre.instantiate(&mut store)?;
        instantiated.push(started.elapsed());
        let start = instance.get_typed_func::<(), ()>(&mut store, "_start")?;
        // Some programs trap where nothing does what they ask for; the time until then is much the same.
        let _ = start.call(&mut store, ());
        called.push(started.elapsed());
        let started = Instant::now();
        drop(store);
        dropped.push(started.elapsed());
    }
    println!("bare: instantiate {:9.1}", median(instantiated));
    println!("bare: and call    {:9.1}", median(called));
    println!("bare: drop        {:9.1}", median(dropped));

    let runner = WasiRunner::start(CompiledModules::new(engine, CacheBounds::default(), None))?;
    let warden = Warden::start()?;
    let vfs = Vfs::new(VfsOptions::default());
    let (digest, bytes) = (digest_of(&bytes), Arc::new(bytes));
    let mut guests = Vec::new();
    for _ in 0..runs {
        let (sender, ended) = bounded(1);
        let host = Arc::new(Host(sender));
        let started = Instant::now();
        let guest = Guest::new(GuestOptions {
            id: 1,
            limits: Limits::default(),
            stdin: StdinMode::Empty,
            credit: u32::MAX,
            sink: Arc::clone(&host) as Arc<dyn EventSink>,
            lifecycle: host,
            warden: Arc::clone(&warden),
            received: started,
            fuel: None,
            ready: None,
            phases: false,
        });
        let program = GuestProgram::Wasm { digest, bytes: Arc::clone(&bytes), name: "program".into() };
        let vfs = Arc::clone(&vfs);
        let (args, env, cwd, preopens) = (Vec::new(), BTreeMap::new(), "/".into(), None);
        runner.run(GuestSpec { guest, program, args, env, cwd, preopens, vfs, userland: None });
        ended.recv()?;
        guests.push(started.elapsed());
    }
    println!("guest: to exit    {:9.1}", median(guests));
    Ok(())
}

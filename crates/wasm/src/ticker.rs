//! The engine's epoch: who moves it on, and when.

use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;
use wasmtime::Engine;

/// How long a guest runs before it lets others of its thread run, and how long its end may go unnoticed at most.
const SLICE: Duration = Duration::from_millis(2);

/// A thread that moves the engine's epoch on while guests run. It sleeps for as long as none does.
pub(crate) struct Ticker {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    running: AtomicUsize,
    /// Counts the starts, so that a slice in which a guest ran and ended again is told from one in which nothing was.
    started: AtomicU64,
    asleep: AtomicBool,
    closed: Mutex<bool>,
    changed: Condvar,
}

impl Ticker {
    pub(crate) fn start(engine: &Engine) -> std::io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let engine = engine.clone();
        let ticking = Arc::clone(&shared);
        thread::Builder::new().name("epoch".into()).stack_size(128 << 10).spawn(move || ticking.tick(&engine))?;
        Ok(Self { shared })
    }

    /// A guest runs for as long as the guard lives.
    pub(crate) fn run(&self) -> Running<'_> {
        self.shared.running.fetch_add(1, Ordering::SeqCst);
        self.shared.started.fetch_add(1, Ordering::Relaxed);
        // Set before the ticker reads `running`: one of the two sees the other.
        if self.shared.asleep.load(Ordering::SeqCst) {
            self.shared.wake();
        }
        Running(&self.shared)
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        *self.shared.closed.lock() = true;
        self.shared.changed.notify_one();
    }
}

pub(crate) struct Running<'a>(&'a Shared);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Shared {
    fn wake(&self) {
        // Under the lock, so that the ticker is either waiting or has not looked yet.
        let _closed = self.closed.lock();
        self.asleep.store(false, Ordering::SeqCst);
        self.changed.notify_one();
    }

    fn tick(&self, engine: &Engine) {
        let mut seen = 0;
        let mut closed = self.closed.lock();
        while !*closed {
            let started = self.started.load(Ordering::Relaxed);
            if self.running.load(Ordering::SeqCst) > 0 || started != seen {
                seen = started;
                self.changed.wait_for(&mut closed, SLICE);
                engine.increment_epoch();
                continue;
            }
            self.asleep.store(true, Ordering::SeqCst);
            if self.running.load(Ordering::SeqCst) > 0 {
                self.asleep.store(false, Ordering::SeqCst);
                continue;
            }
            while self.asleep.load(Ordering::SeqCst) && !*closed {
                self.changed.wait(&mut closed);
            }
        }
    }
}

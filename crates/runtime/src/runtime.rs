use crate::admission::{Admission, AdmissionLimits};
use crate::connection::Connection;
use crate::engine::Engine;
use crate::link::Link;
use crate::memory::resident_bytes;
use hotcell_guest::{EventSink, Warden};
use hotcell_modules::ModuleCache;
use hotcell_protocol::{ErrorCode, ErrorInfo, Event, LimitOverrides, Limits, Notice, RetireReason, Stats};
use hotcell_vfs::MountRoots;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// What a runtime is made with.
pub struct RuntimeOptions {
    pub engine: Arc<dyn Engine>,
    pub modules: Arc<ModuleCache>,
    pub admission: AdmissionLimits,
    /// The directories of the host's that sandboxes may have mounted.
    pub mount_roots: MountRoots,
    /// The version of the program that the runtime lives in, for [`hotcell_protocol::Stats`].
    pub version: String,
    /// V8's version, for the same.
    pub v8_version: String,
    /// Whether every guest's exit says where its time went, as if each had been started with `phases`.
    pub phases: bool,
    /// How long guests may go on in a process that is not to be trusted any more, so that those that have nothing to do with
    /// it come to their end; milliseconds, at most 2^32 - 1. Zero ends them with the process at once.
    pub drain: Duration,
    /// Called once when this process is not to be trusted any more, after every host was told so and the last guest has ended
    /// or `drain` is over: it is to hand over what its carriers still hold, and to end. Called from a guest's thread, which may
    /// be in any state, from the warden's or from one of its own; need not return. The carriers' own threads may be stuck.
    pub on_retire: Box<dyn Fn(RetireReason) + Send + Sync>,
    /// Called once when a host asked the runtime to shut down and the last guest's exit has been handed to its sink.
    pub on_shutdown: Box<dyn Fn() + Send + Sync>,
}

/// Runs guests for its connections. One serves a process; dropping it is not enough to end it: its connections must be
/// dropped too.
pub struct Runtime {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub options: RuntimeOptions,
    pub warden: Arc<Warden>,
    pub admission: Arc<Admission>,
    started: Instant,
    links: Mutex<Links>,
    pub sandboxes: AtomicU32,
    /// Guests whose exit has not been handed to its sink yet: what a shutdown waits for.
    guests: AtomicU32,
    guests_started: AtomicU64,
    /// Counted before the exit is sent, so that a host that has it finds it in the figures.
    guests_ended: AtomicU64,
    retired: OnceLock<RetireReason>,
    gave_up: AtomicBool,
    /// Waits for the last guest of a process that has retired; set before `draining`.
    drainer: OnceLock<Thread>,
    draining: AtomicBool,
    shutting_down: AtomicBool,
    shutdown_told: AtomicBool,
}

#[derive(Default)]
struct Links {
    by_serial: HashMap<u64, Weak<Link>>,
    next_serial: u64,
}

impl Runtime {
    /// A runtime with its warden's thread.
    ///
    /// # Errors
    /// What the operating system says where it can make no thread.
    pub fn new(options: RuntimeOptions) -> std::io::Result<Self> {
        Ok(Self {
            shared: Arc::new(Shared {
                admission: Admission::new(options.admission),
                options,
                warden: Warden::start()?,
                started: Instant::now(),
                links: Mutex::default(),
                sandboxes: AtomicU32::new(0),
                guests: AtomicU32::new(0),
                guests_started: AtomicU64::new(0),
                guests_ended: AtomicU64::new(0),
                retired: OnceLock::new(),
                gave_up: AtomicBool::new(false),
                drainer: OnceLock::new(),
                draining: AtomicBool::new(false),
                shutting_down: AtomicBool::new(false),
                shutdown_told: AtomicBool::new(false),
            }),
        })
    }

    /// A connection for one host, whose events go to `sink`. `defaults` hold for every sandbox that does not set its own.
    ///
    /// # Errors
    /// Where a default lies outside of its range: what the host is to be told.
    pub fn connect(&self, sink: Arc<dyn EventSink>, defaults: LimitOverrides) -> Result<Connection, ErrorInfo> {
        let limits = defaults.over(Limits::default());
        let limits = limits.map_err(|error| ErrorInfo::new(ErrorCode::InvalidOption, error.to_string()))?;
        let link = Arc::new(Link::new(sink, Arc::clone(&self.shared)));
        let mut links = self.shared.links.lock();
        let serial = links.next_serial;
        links.next_serial += 1;
        links.by_serial.insert(serial, Arc::downgrade(&link));
        drop(links);
        Ok(Connection::new(Arc::clone(&self.shared), link, serial, limits))
    }

    /// Cancels every guest and takes no new work, as [`hotcell_protocol::Request::Shutdown`] does.
    pub fn shut_down(&self) {
        self.shared.shut_down();
    }

    /// Why this process is not to be trusted any more, where it came to that: every connection was told so, or is about to be.
    /// A connection that is made from then on is not told.
    pub fn retired(&self) -> Option<RetireReason> {
        self.shared.retired.get().copied()
    }
}

impl Shared {
    /// Whether no new work is taken.
    pub fn is_closing(&self) -> bool {
        self.shutting_down.load(Ordering::SeqCst) || self.retired.get().is_some()
    }

    pub fn disconnect(&self, serial: u64) {
        self.links.lock().by_serial.remove(&serial);
    }

    fn live_links(&self) -> Vec<Arc<Link>> {
        self.links.lock().by_serial.values().filter_map(Weak::upgrade).collect()
    }

    pub fn guest_enters(&self) {
        self.guests.fetch_add(1, Ordering::SeqCst);
        self.guests_started.fetch_add(1, Ordering::SeqCst);
    }

    /// Its exit is about to be sent.
    pub fn guest_ends(&self) {
        self.guests_ended.fetch_add(1, Ordering::SeqCst);
    }

    /// Its exit has been sent.
    pub fn guest_left(&self) {
        self.admission.left();
        if self.guests.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.tell_shutdown_if_idle();
            if self.draining.load(Ordering::SeqCst)
                && let Some(drainer) = self.drainer.get()
            {
                drainer.unpark();
            }
        }
    }

    pub fn shut_down(&self) {
        self.shutting_down.store(true, Ordering::SeqCst);
        self.live_links().iter().for_each(|link| link.cancel_all());
        self.tell_shutdown_if_idle();
    }

    fn tell_shutdown_if_idle(&self) {
        let idle = self.shutting_down.load(Ordering::SeqCst) && self.guests.load(Ordering::SeqCst) == 0;
        if idle && !self.shutdown_told.swap(true, Ordering::SeqCst) {
            (self.options.on_shutdown)();
        }
    }

    /// See [`hotcell_guest::Lifecycle::retire`].
    pub fn retire(self: &Arc<Self>, reason: RetireReason, message: String, finish: &mut dyn FnMut()) {
        // Beside an engine whose state is broken nobody is to go on.
        let drain = if reason == RetireReason::EngineFatal { Duration::ZERO } else { self.options.drain };
        if self.retired.set(reason).is_err() {
            finish();
            if drain.is_zero() {
                self.give_up(reason);
            }
            return;
        }
        tracing::error!(?reason, message, "this sidecar retires");
        let drain_ms = u32::try_from(drain.as_millis()).unwrap_or(u32::MAX);
        for link in self.live_links() {
            link.send(Event::Notice { id: 0, notice: Notice::Retiring { reason, message: message.clone(), drain_ms } });
        }
        finish();
        if drain.is_zero() || self.start_draining(reason, drain).is_err() {
            self.give_up(reason);
        }
    }

    /// Gives the process up when the last guest has ended or the time is over. On a thread of its own: the caller's may be the
    /// warden's, which still has deadlines to watch.
    fn start_draining(self: &Arc<Self>, reason: RetireReason, drain: Duration) -> std::io::Result<()> {
        let shared = Arc::clone(self);
        let deadline = Instant::now() + drain;
        let drainer = thread::Builder::new().name("drain".into()).stack_size(256 << 10).spawn(move || {
            let _ = shared.drainer.set(thread::current());
            // Before the count is looked at: whoever brings it to zero afterwards finds this thread.
            shared.draining.store(true, Ordering::SeqCst);
            while shared.guests.load(Ordering::SeqCst) > 0 {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    tracing::error!("guests were still running when the time that they had to end was over");
                    break;
                }
                thread::park_timeout(left);
            }
            shared.give_up(reason);
        });
        drainer.map(drop)
    }

    fn give_up(&self, reason: RetireReason) {
        if !self.gave_up.swap(true, Ordering::SeqCst) {
            (self.options.on_retire)(reason);
        }
    }

    pub fn stats(&self) -> Stats {
        // In this order, so that no guest has ended that had not started.
        let guests_ended = self.guests_ended.load(Ordering::SeqCst);
        let guests_started = self.guests_started.load(Ordering::SeqCst);
        Stats {
            pid: std::process::id(),
            version: self.options.version.clone(),
            v8_version: self.options.v8_version.clone(),
            uptime_ms: self.started.elapsed().as_millis() as u64,
            sandboxes: self.sandboxes.load(Ordering::Relaxed),
            guests: (guests_started - guests_ended) as u32,
            guests_started,
            guests_ended,
            resident_bytes: resident_bytes(),
            module_cache: self.options.modules.stats(),
            pool: self.options.engine.pool_stats(),
        }
    }
}

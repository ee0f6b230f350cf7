use crate::error::SidecarError;
use crate::os::exit_now;
use crate::outbox::Outbox;
use crate::settings::{Settings, Snapshot};
use hotcell_modules::{ArtifactStore, ModuleCache};
use hotcell_protocol::RetireReason;
use hotcell_runtime::{Engine, Runtime, RuntimeOptions};
use hotcell_vfs::MountRoots;
use parking_lot::Mutex;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// The exit code of a sidecar that gave itself up: `EX_SOFTWARE` of `sysexits.h`.
pub const EXIT_RETIRED: i32 = 70;

/// How long the hosts may take to read what they are still to be sent, when the sidecar ends.
pub const FLUSH_PATIENCE: Duration = Duration::from_millis(200);

/// The version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Why an engine can't start.
pub type EngineError = Box<dyn std::error::Error + Send + Sync>;

/// The engine that guests run on.
pub struct EngineSource {
    pub v8_version: &'static str,
    /// Starts the processes that the engine will need. Called before `start`, and only where the process then gives up starting
    /// any.
    pub start_processes: Box<dyn Fn() -> Result<(), EngineError> + Send + Sync>,
    /// Called once, on the process's main thread, before any other thread is made.
    pub start: Box<StartEngine>,
}

/// Starts an engine as the settings say.
pub type StartEngine = dyn Fn(EngineOptions) -> Result<Arc<dyn Engine>, EngineError> + Send + Sync;

/// What the settings say to the engine.
pub struct EngineOptions {
    pub snapshot: Snapshot,
    pub warm_isolates: usize,
    pub warm_isolates_total: usize,
    /// Where snapshots are kept from one process to the next, if anywhere.
    pub store: Option<Arc<ArtifactStore>>,
}

/// Makes the engine and a runtime on it. To be called on the process's main thread, before it makes any other thread.
///
/// # Errors
/// Where the engine can't start, a mount root can't be opened, or the system gives no thread.
pub fn start_runtime(
    engine: &EngineSource,
    settings: &Settings,
    snapshot: Snapshot,
    on_retire: impl Fn(RetireReason) + Send + Sync + 'static,
    on_shutdown: impl Fn() + Send + Sync + 'static,
) -> Result<Runtime, SidecarError> {
    let mount_roots = MountRoots::open(settings.mount_roots.iter().cloned()).map_err(SidecarError::MountRoot)?;
    let store = if snapshot == Snapshot::Off { None } else { open_store(settings) };
    let (warm_isolates, warm_isolates_total) = (settings.warm_isolates, settings.warm_isolates_total());
    let options = EngineOptions { snapshot, warm_isolates, warm_isolates_total, store };
    Runtime::new(RuntimeOptions {
        mount_roots,
        engine: (engine.start)(options).map_err(SidecarError::Engine)?,
        modules: Arc::new(ModuleCache::new(settings.module_cache)),
        admission: settings.admission,
        version: VERSION.into(),
        v8_version: engine.v8_version.into(),
        phases: settings.phases,
        drain: Duration::from_millis(settings.drain_ms.into()),
        on_retire: Box::new(on_retire),
        on_shutdown: Box::new(on_shutdown),
    })
    .map_err(SidecarError::NoResources)
}

/// The store of what engines make, where there is one. Without it they make it anew.
fn open_store(settings: &Settings) -> Option<Arc<ArtifactStore>> {
    let directory = settings.cache_directory.as_deref()?;
    match ArtifactStore::open(directory, settings.cache_bytes) {
        Ok(store) => Some(Arc::new(store)),
        Err(error) => {
            tracing::warn!(%error, "nothing is kept on disk: set HOTCELL_CACHE_DIR to a directory that can be used, or to off");
            None
        }
    }
}

/// The event loop of the process's I/O thread.
///
/// # Errors
/// Where the system gives none.
pub fn event_loop() -> Result<tokio::runtime::Runtime, SidecarError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(SidecarError::NoResources)
}

/// A process that serves hosts: the runtime, and what concerns all connections.
pub struct Sidecar {
    pub runtime: Runtime,
    pub v8_version: &'static str,
    pub max_frame: u32,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    outboxes: Mutex<Vec<Weak<Outbox>>>,
    shut_down: Notify,
    /// The socket's file, to be removed at the end.
    socket: OnceLock<PathBuf>,
}

impl Sidecar {
    /// See [`start_runtime`].
    pub fn start(engine: &EngineSource, settings: &Settings) -> Result<Self, SidecarError> {
        let shared = Arc::new(Shared::default());
        let (retiring, shutting_down) = (Arc::clone(&shared), Arc::clone(&shared));
        let snapshot = settings.snapshot.unwrap_or(Snapshot::Auto);
        let on_retire = move |_reason| retiring.end(EXIT_RETIRED);
        let on_shutdown = move || shutting_down.shut_down.notify_one();
        let runtime = start_runtime(engine, settings, snapshot, on_retire, on_shutdown)?;
        Ok(Self { runtime, v8_version: engine.v8_version, max_frame: settings.max_frame, shared })
    }

    /// Has an outbox emptied before the process ends.
    pub fn register(&self, outbox: &Arc<Outbox>) {
        let mut outboxes = self.shared.outboxes.lock();
        outboxes.retain(|outbox| outbox.strong_count() > 0);
        outboxes.push(Arc::downgrade(outbox));
    }

    /// Has a socket's file removed when the process ends.
    pub fn remove_at_end(&self, socket: PathBuf) {
        let _ = self.shared.socket.set(socket);
    }

    /// Returns when a host or a signal asked for the end and the last guest has ended.
    pub async fn shut_down(&self) {
        self.shared.shut_down.notified().await;
    }

    /// Sends the hosts what they are still to be sent, as far as they read it soon, and ends the process.
    pub fn end(&self, code: i32) -> ! {
        self.shared.end(code)
    }
}

impl Shared {
    /// May be called from any thread, whatever state the others are in.
    fn end(&self, code: i32) -> ! {
        let deadline = Instant::now() + FLUSH_PATIENCE;
        let outboxes = self.outboxes.try_lock_until(deadline).map(|outboxes| outboxes.clone()).unwrap_or_default();
        for outbox in outboxes.iter().filter_map(Weak::upgrade) {
            outbox.flush_blocking(deadline);
        }
        if let Some(socket) = self.socket.get() {
            let _ = std::fs::remove_file(socket);
        }
        exit_now(code)
    }
}

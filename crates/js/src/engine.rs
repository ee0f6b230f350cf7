use crate::error::JsError;
use crate::platform;
use crate::pool::Pool;
use crate::snapshot::{Baker, MAX_SOURCE_BYTES, Snapshot, SnapshotStats, Snapshots};
use crate::worker::WorkerKey;
use hotcell_guest::{GuestSpec, Userland};
use hotcell_modules::{ArtifactStore, digest_of};
use hotcell_protocol::{Limits, Phase, PoolStats};
use std::any::Any;
use std::sync::{Arc, OnceLock};
use std::thread;

/// When the userland comes from a snapshot. Guests behave the same byte for byte in all three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SnapshotMode {
    /// A guest never waits for the snapshot: until it is there, the userland is run in each isolate.
    #[default]
    Auto,
    /// Starting the engine waits for the snapshot, and until workers are parked; so does [`JsEngine::prepare_userland`].
    Block,
    /// The userland is run in each isolate, and no worker is parked.
    Off,
}

/// Which threads guests may be made from, and so which their isolates live on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IsolateThreads {
    /// Those that descend from the one that starts the engine. V8 then protects its code with memory protection keys, where the
    /// CPU has them, which only these threads hold.
    #[default]
    Descendants,
    /// Any thread of the process. V8's code is then not protected that way.
    Any,
}

/// How the engine is set up.
#[derive(Clone, Debug)]
pub struct JsOptions {
    pub snapshot: SnapshotMode,
    /// Workers that are kept parked for each kind in use, which snapshot and heap limit make; 0 parks none.
    pub warm_isolates: usize,
    /// Workers that are kept parked of all kinds together. Where more kinds are in use than fit, the one that was claimed least
    /// recently gives way.
    pub warm_isolates_total: usize,
    pub threads: IsolateThreads,
    /// Where snapshots are kept from one process to the next, if anywhere.
    pub store: Option<Arc<ArtifactStore>>,
    pub baker: Baker,
}

impl JsOptions {
    pub const DEFAULT_WARM_ISOLATES: usize = 2;
}

impl Default for JsOptions {
    fn default() -> Self {
        Self {
            snapshot: SnapshotMode::default(),
            warm_isolates: Self::DEFAULT_WARM_ISOLATES,
            warm_isolates_total: 4 * Self::DEFAULT_WARM_ISOLATES,
            threads: IsolateThreads::default(),
            store: None,
            baker: Baker::default(),
        }
    }
}

/// Runs guests in V8, each in a virgin isolate on a thread of its own.
pub struct JsEngine {
    mode: SnapshotMode,
    snapshots: Snapshots,
    /// The snapshot without a sandbox's userland, once it is there.
    plain: OnceLock<Arc<Snapshot>>,
    pool: Pool,
}

impl JsEngine {
    /// Initialises V8, as the first call says, and starts the engine. With [`IsolateThreads::Descendants`] to be called on the
    /// process's main thread, before any thread is made that will enter an isolate.
    ///
    /// # Errors
    /// [`JsError`] where the userland is broken, or no thread can be made.
    pub fn start(options: JsOptions) -> Result<Arc<Self>, JsError> {
        let JsOptions { snapshot: mode, warm_isolates, warm_isolates_total, threads, store, baker } = options;
        let snapshots = Snapshots::new(store, baker);
        // A snapshot that was made before is read while V8 starts, which takes as long.
        let plain = thread::scope(|scope| {
            let load = || (mode != SnapshotMode::Off).then(|| snapshots.load_plain()).flatten();
            let loading = thread::Builder::new().name("snapshot".into()).spawn_scoped(scope, load)?;
            platform::initialize(threads);
            Ok::<_, JsError>(loading.join().unwrap_or_default())
        })?;
        let engine = Arc::new(Self {
            mode,
            snapshots,
            plain: plain.map(OnceLock::from).unwrap_or_default(),
            pool: Pool::new(if mode == SnapshotMode::Off { 0 } else { warm_isolates }, warm_isolates_total)?,
        });
        match mode {
            SnapshotMode::Off => {}
            SnapshotMode::Block => engine.get_ready()?,
            SnapshotMode::Auto if engine.plain.get().is_some() => engine.get_ready()?,
            SnapshotMode::Auto => {
                let engine = Arc::clone(&engine);
                thread::Builder::new().name("snapshot".into()).spawn(move || {
                    if let Err(error) = engine.get_ready() {
                        tracing::error!(%error, "the userland is run in each isolate, since there is no snapshot");
                    }
                })?;
            }
        }
        Ok(engine)
    }

    fn get_ready(&self) -> Result<(), JsError> {
        let snapshot = match self.plain.get() {
            Some(snapshot) => snapshot,
            None => {
                let snapshot = self.snapshots.get(None)?;
                self.plain.get_or_init(|| snapshot)
            }
        };
        self.seed(snapshot);
        Ok(())
    }

    fn seed(&self, snapshot: &Arc<Snapshot>) {
        let snapshot = Some(Arc::clone(snapshot));
        let key = key(snapshot, None, &Limits::DEFAULT);
        match self.mode {
            SnapshotMode::Auto => self.pool.seed(key),
            SnapshotMode::Block => self.pool.seed_and_wait(key),
            SnapshotMode::Off => {}
        }
    }

    /// Makes JavaScript of the caller's own ready, for the [`GuestSpec::userland`] of every guest of a sandbox: a script that
    /// is run once, on top of the engine's userland, and leaves its globals to each guest. It has no streams, files, modules to
    /// import, timers, clocks or random bytes, and no `WebAssembly`; functions that it defines have what their guest has.
    ///
    /// Waits for a snapshot with the script, some tenths of a second at most where nobody else wants one: for a thread that
    /// may. With [`SnapshotMode::Off`], too, since a script must not be accepted or refused depending on the mode; the guests
    /// then run it themselves.
    ///
    /// # Errors
    /// [`JsError`] with what is wrong with the script: it throws or leaves a rejection, asks for what only guests have, takes
    /// too long or too much memory, or makes what a snapshot can't hold. And where no snapshot can be made at all.
    pub fn prepare_userland(&self, source: Arc<str>) -> Result<Arc<Userland>, JsError> {
        if source.len() > MAX_SOURCE_BYTES as usize {
            let message = format!("It has {} bytes, but {MAX_SOURCE_BYTES} are the most.", source.len());
            return Err(JsError::SandboxUserland(message));
        }
        let snapshot = self.snapshots.get(Some(&source))?;
        self.seed(&snapshot);
        let prepared = (self.mode != SnapshotMode::Off).then_some(snapshot as Arc<dyn Any + Send + Sync>);
        Ok(Arc::new(Userland { digest: digest_of(source.as_bytes()), source, prepared }))
    }

    /// The version of V8, such as `15.2.124.1`.
    pub fn v8_version() -> &'static str {
        v8::V8::get_version()
    }

    /// Runs a guest. Returns at once; the guest ends with its exit, whatever happens.
    pub fn run(&self, spec: GuestSpec) {
        let key = self.worker_key(&spec);
        spec.guest.end_phase(Phase::SnapshotGet);
        self.pool.run(key, spec);
    }

    fn worker_key(&self, spec: &GuestSpec) -> WorkerKey {
        let limits = spec.guest.limits();
        let Some(userland) = &spec.userland else { return key(self.plain.get().cloned(), None, limits) };
        match userland.prepared.as_ref().and_then(|prepared| Arc::clone(prepared).downcast().ok()) {
            Some(snapshot) => key(Some(snapshot), None, limits),
            None => key(self.plain.get().cloned(), Some(Arc::clone(userland)), limits),
        }
    }

    /// Where the snapshots came from so far.
    pub fn snapshot_stats(&self) -> SnapshotStats {
        self.snapshots.stats()
    }

    /// What became of the pool's workers so far.
    pub fn pool_stats(&self) -> PoolStats {
        self.pool.stats()
    }
}

/// The key for the worker of a guest with those limits.
fn key(snapshot: Option<Arc<Snapshot>>, userland: Option<Arc<Userland>>, limits: &Limits) -> WorkerKey {
    WorkerKey { snapshot, userland, heap_mb: limits.heap_mb, stack_kb: limits.stack_kb }
}

use crate::error::JsError;
use crate::isolate::Blob;
use crate::platform;
use crate::pool::{Pool, PoolStats, key};
use crate::userland;
use hotcell_guest::{GuestSpec, Phase};
use hotcell_protocol::Limits;
use std::sync::{Arc, OnceLock};
use std::thread;

/// When the userland comes from a snapshot. Guests behave the same byte for byte in all three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SnapshotMode {
    /// A guest never waits for the snapshot: until it is there, the userland is run in each isolate.
    #[default]
    Auto,
    /// Starting the engine waits for the snapshot.
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
    /// Workers that are kept parked for each heap limit in use; 0 parks none.
    pub warm_isolates: usize,
    pub threads: IsolateThreads,
}

impl JsOptions {
    pub const DEFAULT_WARM_ISOLATES: usize = 2;
}

impl Default for JsOptions {
    fn default() -> Self {
        Self {
            snapshot: SnapshotMode::default(),
            warm_isolates: Self::DEFAULT_WARM_ISOLATES,
            threads: IsolateThreads::default(),
        }
    }
}

/// Runs guests in V8, each in a virgin isolate on a thread of its own.
pub struct JsEngine {
    snapshot: OnceLock<Blob>,
    pool: Pool,
}

impl JsEngine {
    /// Initialises V8, as the first call says, and starts the engine. With [`IsolateThreads::Descendants`] to be called on the
    /// process's main thread, before any thread is made that will enter an isolate.
    ///
    /// # Errors
    /// [`JsError`] where the userland is broken, or no thread can be made.
    pub fn start(options: JsOptions) -> Result<Arc<Self>, JsError> {
        platform::initialize(options.threads);
        let warm_isolates = if options.snapshot == SnapshotMode::Off { 0 } else { options.warm_isolates };
        let engine = Arc::new(Self { snapshot: OnceLock::new(), pool: Pool::new(warm_isolates) });
        match options.snapshot {
            SnapshotMode::Off => {}
            SnapshotMode::Block => engine.bake()?,
            SnapshotMode::Auto => {
                let engine = Arc::clone(&engine);
                thread::Builder::new().name("snapshot".into()).spawn(move || {
                    if let Err(error) = engine.bake() {
                        tracing::error!(%error, "the userland is run in each isolate, since there is no snapshot");
                    }
                })?;
            }
        }
        Ok(engine)
    }

    fn bake(&self) -> Result<(), JsError> {
        let blob = userland::bake()?;
        // Isolates refer to it for as long as they live.
        let blob: Blob = Box::leak(Box::<[u8]>::from(&*blob));
        tracing::debug!(bytes = blob.len(), "snapshot made");
        let blob = *self.snapshot.get_or_init(|| blob);
        self.pool.seed(key(Some(blob), Limits::DEFAULT_HEAP_MB));
        Ok(())
    }

    /// The version of V8, such as `15.2.124.1`.
    pub fn v8_version() -> &'static str {
        v8::V8::get_version()
    }

    /// Runs a guest. Returns at once; the guest ends with its exit, whatever happens.
    pub fn run(&self, spec: GuestSpec) {
        spec.guest.end_phase(Phase::Queue);
        let key = key(self.snapshot.get().copied(), spec.guest.limits().heap_mb);
        spec.guest.end_phase(Phase::SnapshotGet);
        self.pool.run(key, spec);
    }

    /// What the pool of parked workers has done so far.
    pub fn pool_stats(&self) -> PoolStats {
        self.pool.stats()
    }
}

impl Drop for JsEngine {
    fn drop(&mut self) {
        self.pool.close();
    }
}

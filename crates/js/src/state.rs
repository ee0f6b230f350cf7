use crate::external_memory::ExternalMemory;
use crate::hooks::Hooks;
use crate::loader::ModuleMap;
use crate::mailbox::Mailbox;
use crate::wasi::WasiInstance;
use hotcell_guest::{Ending, Guest, GuestProgram, GuestSpec};
use hotcell_modules::MakeTicket;
use hotcell_vfs::Vfs;
use hotcell_wasi::{BuildError, WasiCtx};
use std::cell::{Cell, OnceCell, RefCell};
use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// What an isolate's native functions work on. It lies in a slot of the isolate, and belongs to the isolate's thread.
pub(crate) struct IsolateState {
    pub mailbox: Mailbox,
    pub external: Arc<ExternalMemory>,
    pub hooks: OnceCell<Hooks>,
    /// What the isolate was claimed for. Empty while it is parked, and while userland is run.
    pub claim: OnceCell<Claim>,
    /// A read of stdin is under way.
    pub stdin_wanted: Cell<bool>,
    pub modules: RefCell<ModuleMap>,
    /// Modules that the guest has loaded, of either kind.
    pub modules_loaded: Cell<u32>,
    pub wasi: RefCell<Option<WasiInstance>>,
    /// This isolate is the one that compiles its program for all.
    pub compiling: RefCell<Option<MakeTicket<v8::CompiledWasmModule, Infallible>>>,
    /// What userland was refused first, since it asked for a guest where none was.
    pub refused: OnceCell<String>,
    /// Promises that userland left rejected, and why.
    pub rejected: RefCell<Vec<(v8::Global<v8::Promise>, v8::Global<v8::Value>)>>,
}

/// What is particular to the one guest of an isolate.
pub(crate) struct Claim {
    pub guest: Arc<Guest>,
    pub vfs: Arc<Vfs>,
    /// Where the guest is now; where it started is in `spec`.
    pub cwd: RefCell<String>,
    pub spec: GuestSpec,
    pub started: Instant,
    pub time_origin_ms: f64,
}

impl Claim {
    pub(crate) fn new(spec: GuestSpec) -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            guest: Arc::clone(&spec.guest),
            vfs: Arc::clone(&spec.vfs),
            cwd: RefCell::new(spec.cwd.clone()),
            spec,
            started: Instant::now(),
            time_origin_ms: since_1970.as_millis() as f64,
        }
    }

    /// The program's WebAssembly, for the wasm runner.
    pub(crate) fn module_bytes(&self) -> Option<&[u8]> {
        if let GuestProgram::Wasm { bytes, .. } = &self.spec.program { Some(bytes) } else { None }
    }

    /// The context that the program's WASI calls work on. For the guest's thread.
    pub(crate) fn wasi_ctx(&self) -> Result<WasiCtx, BuildError> {
        let name = if let GuestProgram::Wasm { name, .. } = &self.spec.program { name } else { "" };
        hotcell_guest::wasi_ctx(&self.spec, name)
    }

    /// Milliseconds since the guest's start, to a hundredth: finer clocks help attacks on caches more than programs.
    pub(crate) fn now_ms(&self) -> f64 {
        (self.started.elapsed().as_secs_f64() * 1e5).floor() / 100.0
    }
}

impl IsolateState {
    pub(crate) fn new(mailbox: Mailbox, external: Arc<ExternalMemory>) -> Rc<Self> {
        Rc::new(Self {
            mailbox,
            external,
            hooks: OnceCell::new(),
            claim: OnceCell::new(),
            stdin_wanted: Cell::new(false),
            modules: RefCell::default(),
            modules_loaded: Cell::new(0),
            wasi: RefCell::default(),
            compiling: RefCell::default(),
            refused: OnceCell::new(),
            rejected: RefCell::default(),
        })
    }

    /// The state of the isolate that runs on this thread.
    ///
    /// # Panics
    /// Where the isolate has none; every isolate gets one before any native function can be called.
    pub(crate) fn of(isolate: &v8::Isolate) -> Rc<Self> {
        isolate.get_slot::<Rc<Self>>().map(Rc::clone).expect("every isolate has its state")
    }

    /// The userland's functions.
    ///
    /// # Panics
    /// Before the userland was installed; nothing that calls them runs before.
    pub(crate) fn hooks(&self) -> &Hooks {
        self.hooks.get().expect("the userland is installed first")
    }

    /// Counts a module that the guest is about to load. False where it may load no more: then it is being ended.
    pub(crate) fn count_module(&self) -> bool {
        let Some(claim) = self.claim() else { return true };
        let limit = claim.guest.limits().modules;
        let loaded = self.modules_loaded.get();
        if loaded >= limit {
            claim.guest.end(Ending::Modules { limit });
            return false;
        }
        self.modules_loaded.set(loaded + 1);
        true
    }

    /// The guest's particulars; `None` while there is none, and only userland is run.
    pub(crate) fn claim(&self) -> Option<&Claim> {
        self.claim.get()
    }
}

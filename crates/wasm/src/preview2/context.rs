use super::clocks::CoarseClocks;
use super::stdio::{Input, Output, PendingOutput, flush};
use crate::limiter::MemoryLimiter;
use hotcell_guest::Guest;
use hotcell_protocol::Stream;
use hotcell_vfs::Vfs;
use std::collections::BTreeMap;
use std::sync::Arc;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// Files, streams and the like that a component may hold at once.
const MAX_RESOURCES: usize = 10_000;

/// Random bytes that one call may ask for.
const MAX_RANDOM_BYTES: u64 = 1 << 20;

/// What a component's host functions work on: the data of its store.
pub(crate) struct ComponentState {
    /// On whose behalf it runs. Changes from call to call where the instance is kept.
    pub guest: Arc<Guest>,
    pub limiter: MemoryLimiter,
    pub vfs: Arc<Vfs>,
    /// The directories that it finds open, by the names that it knows them by, as absolute paths.
    pub preopens: Vec<(String, String)>,
    pub table: ResourceTable,
    /// Output that there was no credit for yet.
    pending: Option<[PendingOutput; 2]>,
    wasi: WasiCtx,
}

/// What a component is told of where it is.
pub(crate) struct WasiOptions<'a> {
    /// The first is its own name.
    pub arguments: Vec<&'a str>,
    pub env: Vec<(&'a str, &'a str)>,
    pub cwd: &'a str,
    /// See [`hotcell_guest::GuestSpec::preopens`].
    pub preopens: Option<&'a BTreeMap<String, String>>,
    /// Whether stdin, stdout and stderr are the guest's; else stdin is empty and output is thrown away.
    pub stdio: bool,
}

impl ComponentState {
    pub(crate) fn new(guest: &Arc<Guest>, vfs: &Arc<Vfs>, options: &WasiOptions<'_>) -> Self {
        let mut wasi = WasiCtx::builder();
        wasi.args(&options.arguments)
            .envs(&options.env)
            .initial_cwd(options.cwd)
            .wall_clock(CoarseClocks::new())
            .monotonic_clock(CoarseClocks::new())
            .max_random_size(MAX_RANDOM_BYTES)
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false);
        let mut pending = None;
        if options.stdio {
            let [stdout, stderr] = [Stream::Stdout, Stream::Stderr].map(|stream| Output::new(guest, stream));
            pending = Some([stdout.pending(), stderr.pending()]);
            wasi.stdin(Input(Arc::clone(guest))).stdout(stdout).stderr(stderr);
        }
        let preopens = match options.preopens {
            Some(preopens) => preopens.iter().map(|(name, path)| (name.clone(), path.clone())).collect(),
            None => vec![("/".into(), "/".into())],
        };
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_RESOURCES);
        Self {
            guest: Arc::clone(guest),
            limiter: MemoryLimiter::new(guest.limits().external_mb),
            vfs: Arc::clone(vfs),
            preopens,
            table,
            pending,
            wasi: wasi.build(),
        }
    }

    /// Waits until what the component wrote has gone, or its guest is ended.
    pub(crate) fn flush(&self) -> impl Future<Output = ()> + Send + use<> {
        let (guest, pending) = (Arc::clone(&self.guest), self.pending.clone());
        async move {
            let Some([stdout, stderr]) = pending else { return };
            flush(&guest, Stream::Stdout, &stdout).await;
            flush(&guest, Stream::Stderr, &stderr).await;
        }
    }
}

impl WasiView for ComponentState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

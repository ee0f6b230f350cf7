use hotcell_guest::{GuestSpec, Userland};
use hotcell_protocol::{ErrorInfo, PoolStats};
use std::sync::Arc;

/// What runs guests.
pub trait Engine: Send + Sync {
    /// Runs the guest on a thread of its own; never blocks the caller. Whatever happens, [`hotcell_guest::Guest::finish`] is
    /// called in the end, since the guest counts as living until then.
    fn run(&self, spec: GuestSpec);

    /// Makes a sandbox's userland ready for its guests. May take seconds; called on a thread of its own.
    ///
    /// # Errors
    /// What the host is to be told: what is wrong with the userland, or why it can't be made ready.
    fn prepare_userland(&self, source: Arc<str>) -> Result<Arc<Userland>, ErrorInfo>;

    /// What became of the workers that it makes ahead of their guests; nothing where it makes none.
    fn pool_stats(&self) -> PoolStats {
        PoolStats::default()
    }
}

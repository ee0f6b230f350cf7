use hotcell_guest::GuestSpec;

/// What runs guests.
pub trait Engine: Send + Sync {
    /// Runs the guest on a thread of its own; never blocks the caller. Whatever happens, [`hotcell_guest::Guest::finish`] is
    /// called in the end, since the guest counts as living until then.
    fn run(&self, spec: GuestSpec);
}

use super::OnChange;
use hotcell_protocol::ComponentChange;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;

/// Tells of changes in the order in which they came, and never under the lock of what changed.
pub(super) struct Events {
    pending: Mutex<VecDeque<Change>>,
    /// Held by whoever tells.
    listener: Mutex<OnChange>,
}

struct Change {
    component: String,
    change: ComponentChange,
    error: Option<Arc<str>>,
}

impl Events {
    pub fn new(listener: OnChange) -> Self {
        Self { pending: Mutex::default(), listener: Mutex::new(listener) }
    }

    /// Notes a change; to be called under the lock of what changed, and followed by [`Events::publish`] after it.
    pub fn push(&self, component: &str, change: ComponentChange, error: Option<&Arc<str>>) {
        self.pending.lock().push_back(Change { component: component.into(), change, error: error.cloned() });
    }

    /// Tells of all changes that were noted and not told yet.
    pub fn publish(&self) {
        let listener = self.listener.lock();
        loop {
            let Some(Change { component, change, error }) = self.pending.lock().pop_front() else { return };
            listener(&component, change, error.as_deref());
        }
    }
}

use super::file::FileStamp;
use super::{Interface, Ready, RegistryError, Source};
use hotcell_protocol::{ComponentState, ComponentSummary};
use std::sync::Arc;
use tokio::sync::oneshot;

/// One component.
pub(super) struct Entry<C> {
    pub source: Source,
    /// A new one with each replacement: what was begun for an older one is thrown away.
    pub serial: u64,
    pub state: EntryState<C>,
    /// The state of the file that all else here is about; `None` where there is none.
    pub stamp: Option<FileStamp>,
    /// From the metadata, then from the code.
    pub known: Option<Arc<Interface>>,
    pub waiters: Vec<Waiter<C>>,
}

pub(super) enum EntryState<C> {
    Queued,
    Loading,
    Loaded(Arc<Ready<C>>),
    Failed(Arc<str>),
}

pub(super) type Outcome<C> = Result<Arc<Ready<C>>, RegistryError>;

/// One who waits for a component to be loaded.
pub(super) struct Waiter<C>(pub oneshot::Sender<Outcome<C>>);

impl<C> Entry<C> {
    pub fn summary(&self, id: &str) -> ComponentSummary {
        let known = self.known.as_ref();
        ComponentSummary {
            id: id.into(),
            state: match self.state {
                EntryState::Queued | EntryState::Loading => ComponentState::Loading,
                EntryState::Loaded(_) => ComponentState::Loaded,
                EntryState::Failed(_) => ComponentState::Failed,
            },
            kind: known.map(|known| known.kind),
            digest: known.map(|known| known.digest),
            functions: known.map(|known| known.functions.iter().map(|function| function.name.clone()).collect()),
            path: match &self.source {
                Source::File(path) => Some(path.display().to_string()),
                Source::Bytes { .. } => None,
            },
            error: match &self.state {
                EntryState::Failed(reason) => Some(reason.to_string()),
                _ => None,
            },
        }
    }

    /// Tells those who wait.
    pub fn tell(self, outcome: &Outcome<C>) {
        tell(self.waiters, outcome);
    }
}

pub(super) fn tell<C>(waiters: Vec<Waiter<C>>, outcome: &Outcome<C>) {
    for Waiter(waiter) in waiters {
        // One who waits no more needs no answer.
        let _ = waiter.send(outcome.clone());
    }
}

//! Loads what is registered, a bounded number at a time.

use super::entry::{EntryState, Outcome, tell};
use super::file::{self, FileStamp};
use super::{Interface, Loader, Made, Ready, Registry, RegistryError, Shared, Source, State};
use hotcell_protocol::ComponentChange;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::thread;

/// What a thread of the loaders' is to load.
struct Job {
    id: String,
    serial: u64,
    source: Source,
}

/// What came of it.
struct Loaded<C> {
    made: Result<(Made<C>, Arc<Interface>), String>,
    stamp: Option<FileStamp>,
}

impl<L: Loader> Registry<L> {
    /// Starts as many threads as there is work for, within the bound.
    pub(super) fn start_loaders(&self, state: &mut State<L::Code>) {
        // One that is about to look for work may take what another is started for: then the other ends again.
        for _ in 0..state.queue.len().min(self.0.loaders - state.loading_threads) {
            let shared = Arc::downgrade(&self.0);
            let spawned = thread::Builder::new().name("component-loader".into()).spawn(move || run(&shared));
            match spawned {
                Ok(_) => state.loading_threads += 1,
                Err(error) if state.loading_threads == 0 => {
                    // Whoever comes next tries again; those who wait would wait for that.
                    tracing::error!(%error, "the system gave no thread to load components with");
                    return self.fail_all(state, &format!("the system gave no thread ({error})."));
                }
                Err(_) => return,
            }
        }
    }

    fn fail_all(&self, state: &mut State<L::Code>, reason: &str) {
        let reason: Arc<str> = reason.into();
        for id in std::mem::take(&mut state.queue) {
            let Some(entry) = state.entries.get_mut(&id) else { continue };
            entry.state = EntryState::Failed(Arc::clone(&reason));
            let outcome = Err(RegistryError::Failed { id: id.clone(), reason: reason.to_string() });
            tell(std::mem::take(&mut entry.waiters), &outcome);
            self.0.events.push(&id, ComponentChange::Failed, Some(&reason));
        }
    }
}

/// A loader's thread: lives until nothing is left to load, or nobody has the registry any more.
fn run<L: Loader>(registry: &Weak<Shared<L>>) {
    while let Some(shared) = registry.upgrade() {
        let Some(job) = next_job(&mut shared.state.lock()) else { return };
        let loaded = load(&shared, &job);
        finish(&shared, job, loaded);
    }
}

/// The next that is to be loaded; with `None`, the thread counts as ended.
fn next_job<C>(state: &mut State<C>) -> Option<Job> {
    while let Some(id) = state.queue.pop_front() {
        let Some(entry) = state.entries.get_mut(&id) else { continue };
        if !matches!(entry.state, EntryState::Queued) {
            continue;
        }
        entry.state = EntryState::Loading;
        return Some(Job { id, serial: entry.serial, source: entry.source.clone() });
    }
    state.loading_threads -= 1;
    None
}

fn load<L: Loader>(shared: &Shared<L>, job: &Job) -> Loaded<L::Code> {
    let load = |digest, bytes: &[u8]| {
        let made = catch_unwind(AssertUnwindSafe(|| shared.loader.load(digest, bytes)));
        let made = made.unwrap_or_else(|_| Err("the compiler failed on it; the sidecar's log says where.".into()))?;
        let interface = Interface { digest, kind: made.kind, functions: made.functions.clone() };
        Ok((made, Arc::new(interface)))
    };
    match &job.source {
        Source::Bytes { digest, bytes } => Loaded { made: load(*digest, bytes), stamp: None },
        Source::File(path) => match file::read(path) {
            Ok(content) => {
                let made = load(content.digest, &content.bytes);
                if let (Ok((_, interface)), Some(metadata)) = (&made, &shared.metadata) {
                    let known = metadata.load(path, &content.stamp);
                    if known.as_ref() != Some(&**interface) {
                        metadata.save(path, &content.stamp, interface);
                    }
                }
                Loaded { made, stamp: Some(content.stamp) }
            }
            Err(error) => Loaded {
                made: Err(format!("its file {} can't be read ({error}).", path.display())),
                stamp: FileStamp::of(path),
            },
        },
    }
}

fn finish<L: Loader>(shared: &Arc<Shared<L>>, job: Job, loaded: Loaded<L::Code>) {
    let Job { id, serial, .. } = job;
    let mut state = shared.state.lock();
    // Of one that was removed or replaced meanwhile, nothing is kept: whoever waits for it waits for the new one.
    let Some(entry) = state.entries.get_mut(&id).filter(|entry| entry.serial == serial) else { return };
    entry.stamp = loaded.stamp;
    let outcome: Outcome<L::Code> = match loaded.made {
        Ok((made, interface)) => {
            entry.known = Some(Arc::clone(&interface));
            let ready = Arc::new(Ready { id: id.clone(), serial, interface, code: made.code });
            entry.state = EntryState::Loaded(Arc::clone(&ready));
            shared.events.push(&id, ComponentChange::Loaded, None);
            Ok(ready)
        }
        Err(reason) => {
            tracing::warn!(component = id, reason, "a component can't be loaded");
            let reason: Arc<str> = reason.into();
            entry.known = None;
            entry.state = EntryState::Failed(Arc::clone(&reason));
            shared.events.push(&id, ComponentChange::Failed, Some(&reason));
            Err(RegistryError::Failed { id: id.clone(), reason: reason.to_string() })
        }
    };
    let waiters = std::mem::take(&mut entry.waiters);
    drop(state);
    shared.events.publish();
    tell(waiters, &outcome);
}

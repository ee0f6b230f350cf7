//! The components that are registered: listed at once, loaded in the background, callable all the while.
//!
//! What a component is made into, and how, is a [`Loader`]'s business; here is when.
//!
//! # Threads
//! Loading goes on in threads of its own, at most [`RegistryOptions::loaders`], which end when nothing is left to load. One lock
//! guards all entries; nothing is read, loaded or told to anybody while it is held.

mod directory;
mod entry;
mod events;
mod file;
mod loading;
mod metadata;

#[cfg(test)]
mod tests;

pub use metadata::MetadataStore;

use directory::Watch;
use entry::{Entry, EntryState, Waiter};
use events::Events;
use file::FileStamp;
use hotcell_modules::BlobDigest;
use hotcell_protocol::{ComponentChange, ComponentDetails, ComponentFunction, ComponentKind, ComponentSummary};
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use tokio::sync::oneshot;

/// Components that may be registered at once.
pub const MAX_COMPONENTS: usize = 10_000;

/// Characters that an id may have.
pub const MAX_ID_LENGTH: usize = 128;

/// Makes code of bytes.
pub trait Loader: Send + Sync + 'static {
    /// What is called.
    type Code: Send + Sync + 'static;

    /// Makes the code ready. May take long.
    ///
    /// # Errors
    /// Why the bytes are nothing that can be called.
    fn load(&self, digest: BlobDigest, bytes: &[u8]) -> Result<Made<Self::Code>, String>;
}

/// What a [`Loader`] makes.
pub struct Made<C> {
    pub code: C,
    pub kind: ComponentKind,
    pub functions: Vec<ComponentFunction>,
}

/// What is known of a component without its code.
#[derive(Clone, Debug, PartialEq)]
pub struct Interface {
    pub digest: BlobDigest,
    pub kind: ComponentKind,
    pub functions: Vec<ComponentFunction>,
}

/// A component that can be called.
pub struct Ready<C> {
    pub id: String,
    /// Differs from one load to the next.
    pub serial: u64,
    pub interface: Arc<Interface>,
    pub code: C,
}

/// Where a component's bytes come from.
#[derive(Clone, Debug)]
pub enum Source {
    File(PathBuf),
    Bytes { digest: BlobDigest, bytes: Arc<Vec<u8>> },
}

/// Why a component can't be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    #[error("There is no component {id:?}: register it first.")]
    Unknown { id: String },
    #[error("The component {id:?} can't be loaded: {reason}")]
    Failed { id: String, reason: String },
    #[error(
        "A component can't have the id {id:?}: use 1 to {MAX_ID_LENGTH} letters, digits and any of _.:@/-, the first of them a \
         letter or digit."
    )]
    InvalidId { id: String },
    #[error("There are {MAX_COMPONENTS} components already: remove some first.")]
    TooMany,
    #[error("A component's path must be absolute, but {path:?} was given.")]
    RelativePath { path: PathBuf },
    #[error("The directory of components {path:?} can't be read ({reason}): name one that can.")]
    Directory { path: PathBuf, reason: String },
}

/// Told of every change, in order; must not block.
pub type OnChange = Box<dyn Fn(&str, ComponentChange, Option<&str>) + Send + Sync>;

/// What a registry is made with.
pub struct RegistryOptions {
    /// Components that are loaded at the same time.
    pub loaders: usize,
    /// Where metadata is kept; without, what was listed before has to be loaded before its functions are known.
    pub metadata: Option<MetadataStore>,
    pub on_change: OnChange,
}

/// The components of a process. A clone is the same registry.
pub struct Registry<L: Loader>(Arc<Shared<L>>);

struct Shared<L: Loader> {
    loader: L,
    loaders: usize,
    metadata: Option<MetadataStore>,
    events: Events,
    watch: OnceLock<Watch>,
    state: Mutex<State<L::Code>>,
}

struct State<C> {
    entries: BTreeMap<String, Entry<C>>,
    /// Ids whose entries want to be loaded, the next first. May name some that do not any more.
    queue: VecDeque<String>,
    loading_threads: usize,
    next_serial: u64,
    /// What to do once the directory has been listed; `None` from then on.
    postponed: Option<Vec<Box<dyn FnOnce() + Send>>>,
    /// The one whose files are all components.
    directory: Option<PathBuf>,
    /// Whose ids lie in which file.
    files: HashMap<PathBuf, Vec<String>>,
}

impl<L: Loader> Clone for Registry<L> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<L: Loader> Registry<L> {
    /// A registry without components.
    pub fn new(loader: L, options: RegistryOptions) -> Self {
        let RegistryOptions { loaders, metadata, on_change } = options;
        Self(Arc::new(Shared {
            loader,
            loaders: loaders.max(1),
            metadata,
            events: Events::new(on_change),
            watch: OnceLock::new(),
            state: Mutex::new(State {
                entries: BTreeMap::new(),
                queue: VecDeque::new(),
                loading_threads: 0,
                next_serial: 1,
                postponed: None,
                directory: None,
                files: HashMap::new(),
            }),
        }))
    }

    /// Registers a component, in place of one that has the id already. It is listed, and so callable, when this returns.
    ///
    /// # Errors
    /// Where the id or the path is none, or there are too many.
    pub fn add(&self, id: &str, source: Source) -> Result<(), RegistryError> {
        check_id(id)?;
        if let Source::File(path) = &source
            && !path.is_absolute()
        {
            return Err(RegistryError::RelativePath { path: path.clone() });
        }
        let known = self.known(&source);
        if let Source::File(path) = &source {
            self.watch(path);
        }
        let mut state = self.0.state.lock();
        if !state.entries.contains_key(id) && state.entries.len() >= MAX_COMPONENTS {
            return Err(RegistryError::TooMany);
        }
        self.insert(&mut state, id, source, known);
        self.start_loaders(&mut state);
        drop(state);
        self.0.events.publish();
        Ok(())
    }

    /// Forgets a component. Those who wait for it are told that there is none.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`].
    pub fn remove(&self, id: &str) -> Result<(), RegistryError> {
        let mut state = self.0.state.lock();
        let Some(entry) = state.take(id) else { return Err(unknown(id)) };
        self.0.events.push(id, ComponentChange::Removed, None);
        drop(state);
        self.0.events.publish();
        entry.tell(&Err(unknown(id)));
        Ok(())
    }

    /// All components, by id.
    pub fn list(&self) -> Vec<ComponentSummary> {
        self.0.state.lock().entries.iter().map(|(id, entry)| entry.summary(id)).collect()
    }

    /// Does something once the directory has been listed: at once, where it has or there is none.
    pub fn when_listed(&self, act: impl FnOnce() + Send + 'static) {
        let mut state = self.0.state.lock();
        match &mut state.postponed {
            Some(postponed) => postponed.push(Box::new(act)),
            None => {
                drop(state);
                act();
            }
        }
    }

    /// The functions of a component. Waits where they are not known before it is loaded.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`] and [`RegistryError::Failed`].
    pub async fn details(&self, id: &str) -> Result<ComponentDetails, RegistryError> {
        self.refresh(id);
        let known = {
            let state = self.0.state.lock();
            let entry = state.entries.get(id).ok_or_else(|| unknown(id))?;
            entry.known.clone()
        };
        let interface = match known {
            Some(interface) => interface,
            None => Arc::clone(&self.ready(id).await?.interface),
        };
        let Interface { digest, kind, functions } = (*interface).clone();
        Ok(ComponentDetails { id: id.into(), kind, digest, functions })
    }

    /// The code of a component. Where it is not loaded, its load goes to the front and this waits for it. Where its file was
    /// replaced, that counts as not loaded.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`] and [`RegistryError::Failed`].
    pub async fn ready(&self, id: &str) -> Result<Arc<Ready<L::Code>>, RegistryError> {
        self.refresh(id);
        let waiting = {
            let mut state = self.0.state.lock();
            let entry = state.entries.get_mut(id).ok_or_else(|| unknown(id))?;
            match &entry.state {
                EntryState::Loaded(ready) => return Ok(Arc::clone(ready)),
                EntryState::Failed(reason) => {
                    return Err(RegistryError::Failed { id: id.into(), reason: reason.to_string() });
                }
                EntryState::Queued | EntryState::Loading => {}
            }
            let queued = matches!(entry.state, EntryState::Queued);
            let (tell, waiting) = oneshot::channel();
            entry.waiters.push(Waiter(tell));
            if queued {
                state.queue.push_front(id.into());
                self.start_loaders(&mut state);
            }
            waiting
        };
        self.0.events.publish();
        waiting.await.unwrap_or_else(|_| Err(unknown(id)))
    }

    /// Has the component loaded anew where its file is not the one any more that it was loaded from.
    fn refresh(&self, id: &str) {
        let (path, stamp) = {
            let state = self.0.state.lock();
            match state.entries.get(id) {
                Some(Entry { source: Source::File(path), stamp, .. }) => (path.clone(), *stamp),
                _ => return,
            }
        };
        let now = FileStamp::of(&path);
        if now != stamp {
            self.replaced(id, &path, now);
        }
    }

    /// Notes that the file of a component is another now.
    fn replaced(&self, id: &str, path: &Path, now: Option<FileStamp>) {
        let known = now.and_then(|stamp| self.0.metadata.as_ref()?.load(path, &stamp)).map(Arc::new);
        let mut state = self.0.state.lock();
        let serial = state.take_serial();
        let Some(entry) = state.entries.get_mut(id) else { return };
        if !matches!(&entry.source, Source::File(of) if of == path) || entry.stamp == now {
            return;
        }
        entry.serial = serial;
        entry.state = EntryState::Queued;
        entry.stamp = now;
        entry.known = known;
        state.queue.push_back(id.into());
        self.0.events.push(id, ComponentChange::Changed, None);
        self.start_loaders(&mut state);
        drop(state);
        self.0.events.publish();
    }

    /// What the metadata says of a file, and the file's state.
    fn known(&self, source: &Source) -> Known {
        let Source::File(path) = source else { return Known::default() };
        let stamp = FileStamp::of(path);
        let interface = stamp.and_then(|stamp| self.0.metadata.as_ref()?.load(path, &stamp));
        Known { stamp, interface: interface.map(Arc::new) }
    }

    /// Enters a component, in place of one that has the id already.
    fn insert(&self, state: &mut State<L::Code>, id: &str, source: Source, known: Known) {
        let waiters = state.take(id).map(|entry| entry.waiters);
        let change = if waiters.is_some() { ComponentChange::Changed } else { ComponentChange::Loading };
        if let Source::File(path) = &source {
            state.files.entry(path.clone()).or_default().push(id.into());
        }
        let entry = Entry {
            source,
            serial: state.take_serial(),
            state: EntryState::Queued,
            stamp: known.stamp,
            known: known.interface,
            waiters: waiters.unwrap_or_default(),
        };
        state.entries.insert(id.into(), entry);
        state.queue.push_back(id.into());
        self.0.events.push(id, change, None);
    }
}

/// What is known of a component that is about to be entered.
#[derive(Default)]
struct Known {
    stamp: Option<FileStamp>,
    interface: Option<Arc<Interface>>,
}

impl<C> State<C> {
    fn take_serial(&mut self) -> u64 {
        let serial = self.next_serial;
        self.next_serial += 1;
        serial
    }

    /// Takes an entry out.
    fn take(&mut self, id: &str) -> Option<Entry<C>> {
        let entry = self.entries.remove(id)?;
        if let Source::File(path) = &entry.source
            && let Some(ids) = self.files.get_mut(path)
        {
            ids.retain(|of| of != id);
            if ids.is_empty() {
                self.files.remove(path);
            }
        }
        Some(entry)
    }
}

fn unknown(id: &str) -> RegistryError {
    RegistryError::Unknown { id: id.into() }
}

/// Whether a component can have that id.
///
/// # Errors
/// [`RegistryError::InvalidId`].
pub fn check_id(id: &str) -> Result<(), RegistryError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:@/-".contains(&byte);
    let valid = id.len() <= MAX_ID_LENGTH
        && id.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
        && id.bytes().all(allowed);
    if valid { Ok(()) } else { Err(RegistryError::InvalidId { id: id.into() }) }
}

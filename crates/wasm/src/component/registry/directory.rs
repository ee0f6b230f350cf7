//! Directories whose components are registered, and the files that others lie in: both are watched.

use super::file::FileStamp;
use super::{Known, Loader, Registry, RegistryError, Shared, Source, check_id};
use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use parking_lot::Mutex;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::thread;

/// The ending of a component's file.
const EXTENSION: &str = "wasm";

/// What is watched.
pub(super) struct Watch {
    /// `None` where the system has no watcher to give: then a replaced file shows at the next call.
    watcher: Mutex<Option<RecommendedWatcher>>,
    watched: Mutex<HashSet<PathBuf>>,
}

impl<L: Loader> Registry<L> {
    /// Registers every file of that directory that ends in `.wasm` by its name without the ending, now and as they come, and
    /// forgets those that go. Goes on in a thread of its own: see [`Registry::when_listed`].
    ///
    /// # Errors
    /// Where the directory can't be read, or was called before.
    pub fn register_directory(&self, path: &Path) -> Result<(), RegistryError> {
        let refuse = |reason: String| RegistryError::Directory { path: path.into(), reason };
        let absolute = path.canonicalize().map_err(|error| refuse(error.to_string()))?;
        fs::read_dir(&absolute).map_err(|error| refuse(error.to_string()))?;
        {
            let mut state = self.0.state.lock();
            if state.directory.is_some() {
                return Err(refuse("another was registered before".into()));
            }
            state.directory = Some(absolute.clone());
            state.postponed = Some(Vec::new());
        }
        let shared = Arc::clone(&self.0);
        let list = move || {
            let registry = Registry(shared);
            // Before the list is made, so that nothing is missed in between.
            registry.watch(&absolute.join("any"));
            registry.list_directory(&absolute);
            registry.start_loaders(&mut registry.0.state.lock());
            registry.0.events.publish();
            registry.act_postponed();
        };
        thread::Builder::new().name("component-list".into()).spawn(list).map_err(|error| {
            self.0.state.lock().postponed = None;
            refuse(error.to_string())
        })?;
        Ok(())
    }

    /// Does what was postponed, in its order: what comes meanwhile is done after it.
    fn act_postponed(&self) {
        loop {
            let acts = {
                let mut state = self.0.state.lock();
                match &mut state.postponed {
                    Some(acts) if !acts.is_empty() => std::mem::take(acts),
                    _ => {
                        state.postponed = None;
                        return;
                    }
                }
            };
            acts.into_iter().for_each(|act| act());
        }
    }

    /// Enters what is new in the directory, and takes out what has gone.
    fn list_directory(&self, directory: &Path) {
        let mut present = HashSet::new();
        match fs::read_dir(directory) {
            Ok(files) => {
                for file in files.flatten() {
                    let path = file.path();
                    if self.file_changed(&path) {
                        present.insert(path);
                    }
                }
            }
            Err(error) => {
                tracing::error!(path = %directory.display(), %error, "the directory of components can't be read any more");
                return;
            }
        }
        let gone: Vec<_> = {
            let state = self.0.state.lock();
            let files = state.files.keys();
            files.filter(|file| file.parent() == Some(directory) && !present.contains(*file)).cloned().collect()
        };
        for path in gone {
            self.file_changed(&path);
        }
    }

    /// Sees what became of a file; whether it is there.
    fn file_changed(&self, path: &Path) -> bool {
        let stamp = FileStamp::of(path);
        let (ids, in_directory) = {
            let state = self.0.state.lock();
            let registered = state.directory.as_deref();
            (state.files.get(path).cloned().unwrap_or_default(), registered.is_some() && path.parent() == registered)
        };
        let own_id = in_directory.then(|| component_id(path)).flatten();
        for id in &ids {
            if stamp.is_none() && own_id.as_ref() == Some(id) {
                // One that was just removed by a host is not there any more, which is as well.
                let _ = self.remove(id);
            } else {
                self.replaced(id, path, stamp);
            }
        }
        if let (Some(stamp), Some(id)) = (stamp, own_id)
            && ids.is_empty()
            // Whoever writes it is about to: that is told of again.
            && stamp.size > 0
        {
            self.enter_file(&id, path, stamp);
        }
        stamp.is_some()
    }

    fn enter_file(&self, id: &str, path: &Path, stamp: FileStamp) {
        let interface = self.0.metadata.as_ref().and_then(|metadata| metadata.load(path, &stamp)).map(Arc::new);
        let mut state = self.0.state.lock();
        if state.entries.contains_key(id) {
            // A host's own, which goes first.
            return;
        }
        if state.entries.len() >= super::MAX_COMPONENTS {
            tracing::error!(path = %path.display(), "a component is not registered: there are too many");
            return;
        }
        self.insert(&mut state, id, Source::File(path.into()), Known { stamp: Some(stamp), interface });
        if state.postponed.is_none() {
            self.start_loaders(&mut state);
        }
        drop(state);
        self.0.events.publish();
    }

    /// Watches the directory of that file.
    pub(super) fn watch(&self, path: &Path) {
        let Some(parent) = path.parent() else { return };
        self.0
            .watch
            .get_or_init(|| Watch { watcher: Mutex::new(self.watcher()), watched: Mutex::default() })
            .watch(parent);
    }

    fn watcher(&self) -> Option<RecommendedWatcher> {
        let shared: Weak<Shared<L>> = Arc::downgrade(&self.0);
        let told = move |event: notify::Result<notify::Event>| {
            let Some(shared) = shared.upgrade() else { return };
            Registry(shared).told(event);
        };
        let watcher = notify::recommended_watcher(told);
        watcher
            .inspect_err(
                |error| tracing::warn!(%error, "files can't be watched: a replaced component shows when it is called"),
            )
            .ok()
    }

    /// Called on the watcher's thread.
    fn told(&self, event: notify::Result<notify::Event>) {
        let event = match event {
            Ok(event) => event,
            Err(error) => {
                tracing::warn!(%error, "the watcher of component files failed");
                return;
            }
        };
        if event.need_rescan() {
            let registered = self.0.state.lock().directory.clone();
            if let Some(directory) = registered {
                self.list_directory(&directory);
            }
        }
        // Reading changes nothing, and what is being written is told of when it is closed.
        let matters = match event.kind {
            EventKind::Access(kind) => kind == AccessKind::Close(AccessMode::Write),
            EventKind::Modify(notify::event::ModifyKind::Data(_)) => false,
            _ => true,
        };
        if matters {
            for path in &event.paths {
                self.file_changed(path);
            }
        }
    }
}

impl Watch {
    fn watch(&self, directory: &Path) {
        if !self.watched.lock().insert(directory.into()) {
            return;
        }
        if let Some(watcher) = &mut *self.watcher.lock()
            && let Err(error) = watcher.watch(directory, RecursiveMode::NonRecursive)
        {
            let path = directory.display();
            tracing::warn!(%path, %error, "a directory can't be watched: a replaced component shows when it is called");
        }
    }
}

/// The id of the component in that file; `None`, with a warning, where its name is none.
fn component_id(path: &Path) -> Option<String> {
    if path.extension()? != EXTENSION {
        return None;
    }
    let id = path.file_stem()?.to_string_lossy().into_owned();
    match check_id(&id) {
        Ok(()) => Some(id),
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "a file is not registered as a component");
            None
        }
    }
}

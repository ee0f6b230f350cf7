//! Compiled modules on disk, from one process to the next.

use crate::modules::CompiledModule;
use hotcell_modules::{ArtifactKind, ArtifactStore, BlobDigest, digest_of};
use parking_lot::{Condvar, Mutex};
use std::hash::{Hash, Hasher};
use std::io;
use std::sync::Arc;
use wasmtime::component::Component;
use wasmtime::{Engine, Module};

/// Raised where something else is kept under a key than before.
const FORMAT_VERSION: u32 = 1;

/// A store, and the saves into it that are under way.
pub(crate) struct Artifacts {
    store: Arc<ArtifactStore>,
    saves: Mutex<Saves>,
    saved: Condvar,
}

#[derive(Default)]
struct Saves {
    under_way: usize,
    errors: Vec<String>,
    warned: bool,
}

impl Artifacts {
    pub(crate) fn new(store: Arc<ArtifactStore>) -> Self {
        Self { store, saves: Mutex::default(), saved: Condvar::new() }
    }

    /// The module of the program with that digest, as this engine would compile it.
    pub(crate) fn load(&self, engine: &Engine, program: &BlobDigest) -> Option<Module> {
        let key = key(engine, program);
        let bytes = self.store.load(ArtifactKind::CompiledModule, &key)?;
        // SAFETY: deserialize trusts its bytes to be what `Module::serialize` gave. These were verified, after they were read,
        // to have been saved under this key by a holder of the store's secret, and nothing else is saved under such a key: it
        // has the program's digest and what makes code fit this engine.
        let module = unsafe { Module::deserialize(engine, &bytes) };
        module
            .inspect_err(|error| {
                tracing::warn!(%program, %error, "a compiled module is not accepted and is made anew");
                self.store.discard(ArtifactKind::CompiledModule, &key);
            })
            .ok()
    }

    /// The component with that digest, as this engine would compile it.
    pub(crate) fn load_component(&self, engine: &Engine, component: &BlobDigest) -> Option<Component> {
        let key = key(engine, component);
        let bytes = self.store.load(ArtifactKind::CompiledComponent, &key)?;
        // SAFETY: as for modules; components are of a kind of their own, so that none is taken for the other.
        let loaded = unsafe { Component::deserialize(engine, &bytes) };
        loaded
            .inspect_err(|error| {
                tracing::warn!(%component, %error, "a compiled component is not accepted and is made anew");
                self.store.discard(ArtifactKind::CompiledComponent, &key);
            })
            .ok()
    }

    /// Keeps a component that was compiled.
    pub(crate) fn save_component(&self, digest: &BlobDigest, component: &Component) {
        let key = key(component.engine(), digest);
        match component.serialize() {
            Ok(bytes) => self.store.save(ArtifactKind::CompiledComponent, &key, &bytes),
            Err(error) => tracing::warn!(%digest, %error, "a compiled component can't be written"),
        }
    }

    /// Keeps a module that was compiled, and is no program.
    pub(crate) fn save_library(&self, digest: &BlobDigest, module: &Module) {
        match module.serialize() {
            Ok(bytes) => self.store.save(ArtifactKind::CompiledModule, &key(module.engine(), digest), &bytes),
            Err(error) => tracing::warn!(%digest, %error, "a compiled module can't be written"),
        }
    }

    /// A save is to be waited for from now on, until it is performed or dropped.
    pub(crate) fn announce(self: &Arc<Self>) -> Save {
        self.saves.lock().under_way += 1;
        Save(Arc::clone(self))
    }

    /// Waits for the saves under way; why those failed that did.
    pub(crate) fn finish(&self) -> Vec<String> {
        let mut saves = self.saves.lock();
        self.saved.wait_while(&mut saves, |saves| saves.under_way > 0);
        std::mem::take(&mut saves.errors)
    }
}

pub(crate) struct Save(Arc<Artifacts>);

impl Save {
    pub(crate) fn perform(self, program: &BlobDigest, module: &CompiledModule) {
        let module = module.module();
        let saved = module.serialize().map_err(|error| io::Error::other(format!("{error:#}"))).and_then(|bytes| {
            self.0.store.try_save(ArtifactKind::CompiledModule, &key(module.engine(), program), &bytes)
        });
        if let Err(error) = saved {
            self.0.failed(program, &error);
        }
    }
}

impl Drop for Save {
    fn drop(&mut self) {
        self.0.saves.lock().under_way -= 1;
        self.0.saved.notify_all();
    }
}

impl Artifacts {
    fn failed(&self, program: &BlobDigest, error: &io::Error) {
        let path = self.store.path().display();
        let mut saves = self.saves.lock();
        saves.errors.push(format!("{program} ({error})"));
        if !std::mem::replace(&mut saves.warned, true) {
            tracing::warn!(%path, %error, "the cache directory can't be written: compiled modules live as long as this process");
        }
    }
}

/// Under what the module of a program is kept: other code has another key.
fn key(engine: &Engine, program: &BlobDigest) -> BlobDigest {
    let mut input = Collector(Vec::with_capacity(256));
    engine.precompile_compatibility_hash().hash(&mut input);
    // Of a fixed length, and at the end: no two inputs are the same.
    input.0.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
    input.0.extend_from_slice(&program.0);
    digest_of(&input.0)
}

/// Takes what a value says of itself to hashers.
struct Collector(Vec<u8>);

impl Hasher for Collector {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

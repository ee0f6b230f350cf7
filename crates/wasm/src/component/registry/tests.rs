use super::*;
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::fs;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(120);

/// Makes of bytes the same bytes as text, once it is let; `bad` and what begins so can't be made anything of.
struct TestLoader {
    begun: Sender<String>,
    /// One message lets one load go on.
    gate: Receiver<()>,
    at_once: Arc<AtomicUsize>,
    most_at_once: Arc<AtomicUsize>,
}

impl Loader for TestLoader {
    type Code = String;

    fn load(&self, _digest: BlobDigest, bytes: &[u8]) -> Result<Made<String>, String> {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        self.most_at_once.fetch_max(self.at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let _ = self.begun.send(text.clone());
        self.gate.recv().unwrap();
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        if text.starts_with("panic") {
            panic!("as it was asked to");
        }
        if text.starts_with("bad") {
            return Err(format!("{text} is bad."));
        }
        let function = ComponentFunction { name: text.clone(), parameters: None, result: None, unsupported: None };
        Ok(Made { code: text, kind: ComponentKind::Component, functions: vec![function] })
    }
}

struct Harness {
    registry: Registry<TestLoader>,
    directory: tempfile::TempDir,
    gate: Sender<()>,
    begun: Receiver<String>,
    changes: Receiver<String>,
    most_at_once: Arc<AtomicUsize>,
}

impl Harness {
    fn new(loaders: usize) -> Self {
        Self::within(tempfile::tempdir().unwrap(), loaders)
    }

    fn within(directory: tempfile::TempDir, loaders: usize) -> Self {
        fs::create_dir_all(directory.path().join("components")).unwrap();
        let (gate, gated) = unbounded();
        let (begin, begun) = unbounded();
        let (change, changes) = unbounded();
        let most_at_once = Arc::<AtomicUsize>::default();
        let loader =
            TestLoader { begun: begin, gate: gated, at_once: Arc::default(), most_at_once: Arc::clone(&most_at_once) };
        let on_change = move |id: &str, kind: ComponentChange, error: Option<&str>| {
            let error = error.map(|error| format!(": {error}")).unwrap_or_default();
            let _ = change.send(format!("{id} {}{error}", format!("{kind:?}").to_lowercase()));
        };
        let metadata = Some(MetadataStore::new(directory.path().join("metadata")));
        let options = RegistryOptions { loaders, metadata, on_change: Box::new(on_change) };
        Self { registry: Registry::new(loader, options), directory, gate, begun, changes, most_at_once }
    }

    /// Ends the registry and starts another over the same files.
    fn restart(self) -> Self {
        let Self { registry, directory, gate, .. } = self;
        drop((registry, gate));
        Self::within(directory, 2)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join("components").join(name)
    }

    /// Puts a file in place as a whole.
    fn put(&self, name: &str, text: &str) -> PathBuf {
        let temporary = self.directory.path().join("new");
        fs::write(&temporary, text).unwrap();
        fs::rename(&temporary, self.path(name)).unwrap();
        self.path(name)
    }

    fn add(&self, id: &str, text: &str) {
        let bytes = Arc::new(text.as_bytes().to_vec());
        let digest = hotcell_modules::digest_of(&bytes);
        self.registry.add(id, Source::Bytes { digest, bytes }).unwrap();
    }

    fn let_through(&self, count: usize) {
        (0..count).for_each(|_| self.gate.send(()).unwrap());
    }

    /// The next change.
    fn change(&self) -> String {
        self.changes.recv_timeout(PATIENCE).expect("a change comes")
    }

    /// Takes changes until that one.
    fn wait_for(&self, change: &str) {
        while self.change() != change {}
    }

    fn begun(&self) -> String {
        self.begun.recv_timeout(PATIENCE).expect("a load begins")
    }

    fn register_directory(&self) {
        self.registry.register_directory(&self.path("")).unwrap();
        let (listed, wait) = unbounded();
        self.registry.when_listed(move || listed.send(()).unwrap());
        wait.recv_timeout(PATIENCE).unwrap();
    }

    fn states(&self) -> Vec<(String, String)> {
        let state = |component: ComponentSummary| (component.id, format!("{:?}", component.state).to_lowercase());
        self.registry.list().into_iter().map(state).collect()
    }

    fn functions(&self, id: &str) -> Option<Vec<String>> {
        self.registry.list().into_iter().find(|component| component.id == id).unwrap().functions
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(PATIENCE, future).await.expect("the registry answers") })
}

#[test]
fn component_is_listed_before_it_is_loaded_and_a_call_waits() {
    let harness = Harness::new(2);
    harness.add("a", "one");
    assert_eq!(harness.states(), [("a".into(), "loading".into())]);
    assert_eq!(harness.change(), "a loading");
    let registry = harness.registry.clone();
    let mut ready = pin!(registry.ready("a"));
    assert!(ready.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    harness.let_through(1);
    assert_eq!(wait(ready).unwrap().code, "one");
    assert_eq!(harness.change(), "a loaded");
    assert_eq!(harness.states(), [("a".into(), "loaded".into())]);
    assert_eq!(harness.functions("a"), Some(vec!["one".into()]));
}

#[test]
fn call_moves_its_load_to_the_front() {
    let harness = Harness::new(1);
    for id in ["a", "b", "c", "d"] {
        harness.add(id, id);
    }
    assert_eq!(harness.begun(), "a");
    let mut ready = pin!(harness.registry.ready("d"));
    assert!(ready.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    harness.let_through(4);
    let order: Vec<_> = (0..3).map(|_| harness.begun()).collect();
    assert_eq!(order, ["d", "b", "c"]);
    assert_eq!(wait(ready).unwrap().code, "d");
}

#[test]
fn loads_are_at_most_as_many_at_once_as_was_said() {
    let harness = Harness::new(3);
    for number in 0..20 {
        harness.add(&format!("c{number}"), "text");
    }
    (0..3).for_each(|_| drop(harness.begun()));
    harness.let_through(20);
    for number in 0..20 {
        wait(harness.registry.ready(&format!("c{number}"))).unwrap();
    }
    assert_eq!(harness.most_at_once.load(Ordering::SeqCst), 3);
}

#[test]
fn component_that_fails_says_why_until_it_is_replaced() {
    let harness = Harness::new(2);
    harness.let_through(10);
    let path = harness.put("a.wasm", "bad thing");
    harness.registry.add("a", Source::File(path)).unwrap();
    harness.wait_for("a failed: bad thing is bad.");
    let error = wait(harness.registry.ready("a")).map(drop).unwrap_err();
    assert_eq!(error, RegistryError::Failed { id: "a".into(), reason: "bad thing is bad.".into() });
    assert_eq!(harness.registry.list()[0].error.as_deref(), Some("bad thing is bad."));
    harness.put("a.wasm", "good thing");
    assert_eq!(wait(harness.registry.ready("a")).unwrap().code, "good thing");
}

#[test]
fn loader_that_panics_fails_its_component_and_no_other() {
    let harness = Harness::new(1);
    harness.let_through(2);
    harness.add("a", "panic");
    harness.add("b", "fine");
    assert!(matches!(wait(harness.registry.ready("a")).map(drop), Err(RegistryError::Failed { .. })));
    assert_eq!(wait(harness.registry.ready("b")).unwrap().code, "fine");
}

#[test]
fn component_that_is_removed_is_unknown_to_those_who_wait() {
    let harness = Harness::new(1);
    harness.add("a", "one");
    harness.begun();
    let mut ready = pin!(harness.registry.ready("a"));
    assert!(ready.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    harness.registry.remove("a").unwrap();
    assert_eq!(wait(ready).map(drop).unwrap_err(), RegistryError::Unknown { id: "a".into() });
    assert_eq!(harness.registry.remove("a").unwrap_err(), RegistryError::Unknown { id: "a".into() });
    harness.wait_for("a removed");
    harness.let_through(1);
    harness.add("b", "two");
    harness.let_through(1);
    wait(harness.registry.ready("b")).unwrap();
    assert_eq!(harness.states(), [("b".into(), "loaded".into())]);
}

#[test]
fn replaced_while_it_loads_runs_the_new_code_for_those_who_waited() {
    let harness = Harness::new(1);
    harness.add("a", "old");
    assert_eq!(harness.begun(), "old");
    let mut ready = pin!(harness.registry.ready("a"));
    assert!(ready.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    harness.add("a", "new");
    harness.let_through(2);
    assert_eq!(wait(ready).unwrap().code, "new");
    assert_eq!(harness.begun(), "new");
    let changes: Vec<_> = (0..3).map(|_| harness.change()).collect();
    assert_eq!(changes, ["a loading", "a changed", "a loaded"]);
}

#[test]
fn file_that_is_replaced_is_noticed_at_the_next_call() {
    let harness = Harness::new(2);
    harness.let_through(100);
    let path = harness.put("a.wasm", "one");
    harness.registry.add("a", Source::File(path.clone())).unwrap();
    let first = wait(harness.registry.ready("a")).unwrap();
    assert_eq!(first.code, "one");
    let same_time = fs::metadata(&path).unwrap().modified().unwrap();
    for round in 0..20 {
        // Of the same length and time of modification, in place and as another file.
        let text = format!("t{:02}", round);
        if round % 2 == 0 {
            harness.put("a.wasm", &text);
        } else {
            fs::write(&path, &text).unwrap();
        }
        fs::File::options().write(true).open(&path).unwrap().set_modified(same_time).unwrap();
        assert_eq!(wait(harness.registry.ready("a")).unwrap().code, text);
    }
}

#[test]
fn directory_is_watched_for_files_that_come_change_and_go() {
    let harness = Harness::new(2);
    harness.let_through(100);
    harness.put("a.wasm", "one");
    harness.put("notes.txt", "none of them");
    harness.put("-b.wasm", "an id that is none");
    harness.register_directory();
    assert_eq!(harness.states().len(), 1);
    harness.wait_for("a loaded");
    harness.put("a.wasm", "two");
    harness.wait_for("a changed");
    harness.wait_for("a loaded");
    assert_eq!(wait(harness.registry.ready("a")).unwrap().code, "two");
    fs::write(harness.path("c.wasm"), "written in place").unwrap();
    harness.wait_for("c loaded");
    fs::rename(harness.path("c.wasm"), harness.path("d.wasm")).unwrap();
    harness.wait_for("c removed");
    harness.wait_for("d loaded");
    fs::remove_file(harness.path("a.wasm")).unwrap();
    harness.wait_for("a removed");
    assert_eq!(harness.states(), [("d".into(), "loaded".into())]);
}

#[test]
fn start_lists_functions_from_metadata_before_anything_is_loaded() {
    let harness = Harness::new(2);
    harness.let_through(2);
    harness.put("a.wasm", "one");
    harness.put("b.wasm", "two");
    harness.register_directory();
    harness.wait_for("a loaded");
    wait(harness.registry.ready("b")).unwrap();
    let harness = harness.restart();
    fs::write(harness.path("b.wasm"), "changed").unwrap();
    harness.register_directory();
    assert_eq!(harness.functions("a"), Some(vec!["one".into()]));
    assert_eq!(harness.functions("b"), None);
    assert_eq!(wait(harness.registry.details("a")).unwrap().functions[0].name, "one");
    harness.let_through(2);
    assert_eq!(wait(harness.registry.details("b")).unwrap().functions[0].name, "changed");
}

#[test]
fn metadata_of_other_bytes_gives_way_to_the_code() {
    let harness = Harness::new(2);
    harness.let_through(1);
    let path = harness.put("a.wasm", "one");
    harness.register_directory();
    harness.wait_for("a loaded");
    let harness = harness.restart();
    // Nothing but the digest tells these bytes from those.
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    fs::write(&path, "two").unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    harness.register_directory();
    assert_eq!(harness.functions("a"), Some(vec!["one".into()]));
    harness.let_through(1);
    let ready = wait(harness.registry.ready("a")).unwrap();
    assert_eq!(ready.interface.functions[0].name, "two");
    assert_eq!(harness.functions("a"), Some(vec!["two".into()]));
    let harness = harness.restart();
    harness.register_directory();
    assert_eq!(harness.functions("a"), Some(vec!["two".into()]));
}

#[test]
fn thousand_components_are_listed_from_metadata_in_a_moment() {
    let harness = Harness::new(4);
    for number in 0..1000 {
        fs::write(harness.path(&format!("c{number:03}.wasm")), format!("text {number}")).unwrap();
    }
    harness.let_through(1000);
    harness.register_directory();
    for number in 0..1000 {
        wait(harness.registry.ready(&format!("c{number:03}"))).unwrap();
    }
    let harness = harness.restart();
    let started = Instant::now();
    harness.register_directory();
    let elapsed = started.elapsed();
    let listed = harness.registry.list();
    assert_eq!(listed.len(), 1000);
    assert!(listed.iter().all(|component| component.functions.is_some()));
    // The aim is 100 ms on a quiet machine, which the benches measure.
    assert!(elapsed < Duration::from_secs(2), "{elapsed:?}");
}

#[test]
fn id_is_checked_before_anything_is_registered() {
    let harness = Harness::new(1);
    for id in ["", "-a", "a b", "ä", "a\0", &"x".repeat(129)] {
        let source = Source::File("/nowhere".into());
        assert!(matches!(harness.registry.add(id, source), Err(RegistryError::InvalidId { .. })), "{id:?}");
    }
    let relative = harness.registry.add("a", Source::File("a.wasm".into()));
    assert!(matches!(relative, Err(RegistryError::RelativePath { .. })));
    assert!(harness.registry.list().is_empty());
    harness.let_through(1);
    harness.registry.add("ns:pkg/name@1.0.0", Source::File("/nowhere/at/all.wasm".into())).unwrap();
    let error = wait(harness.registry.ready("ns:pkg/name@1.0.0")).map(drop).unwrap_err();
    assert!(error.to_string().contains("/nowhere/at/all.wasm can't be read"), "{error}");
}

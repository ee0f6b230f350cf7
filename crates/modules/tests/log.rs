use crate::cache::{bounds, module};
use hotcell_modules::ModuleCache;
use std::io;
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// What `action` logs on this thread, line by line.
pub fn logged(level: tracing::Level, action: impl FnOnce()) -> Vec<String> {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .without_time()
        .with_ansi(false)
        .with_writer(lines.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, action);
    let bytes = lines.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap().lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
fn eviction_warns_once_with_digest_and_size() {
    let lines = logged(tracing::Level::WARN, || {
        let cache = ModuleCache::new(bounds(1, 100));
        cache.put(module(1, 5)).unwrap();
        cache.put(module(2, 6)).unwrap();
        cache.put(module(2, 6)).unwrap();
    });
    assert_eq!(lines.len(), 1, "{lines:#?}");
    let digest = hotcell_modules::digest_of(&module(1, 5)).to_string();
    assert!(lines[0].starts_with("WARN") && lines[0].contains(&digest) && lines[0].contains("bytes=5"), "{lines:#?}");
}

#[test]
fn debug_level_tells_each_entry_and_the_total() {
    let lines = logged(tracing::Level::DEBUG, || {
        let cache = ModuleCache::new(bounds(8, 100));
        cache.put(module(1, 5)).unwrap();
        cache.put(module(2, 6)).unwrap();
        cache.put(module(2, 6)).unwrap();
    });
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(lines[0].contains("bytes=5 entries=1 total=5"), "{lines:#?}");
    assert!(lines[1].contains("bytes=6 entries=2 total=11"), "{lines:#?}");
}

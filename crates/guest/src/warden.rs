use crate::guest::Guest;
use parking_lot::{Condvar, Mutex};
use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

/// How long a guest may take to yield after it was told to end. Then its exit is sent over its head, and the process that it
/// lives in is replaced: V8 has builtins and loops that never look at the request to terminate.
pub const GRACE: Duration = Duration::from_secs(1);

/// The same for a guest whose thread collects garbage all the while, and yields once that is over, or for one that did not get
/// the CPU to yield with.
pub const LONGEST_GRACE: Duration = Duration::from_secs(5);

/// The thread that watches all deadlines. It sleeps until the earliest of them; a guest whose deadline lies later costs one
/// insertion into an ordered map under a short lock, and wakes nobody. The thread ends when the warden is dropped.
pub struct Warden {
    shared: Arc<Shared>,
}

struct Shared {
    book: Mutex<Book>,
    changed: Condvar,
}

struct Book {
    looks: BTreeMap<(Instant, u64), Weak<Guest>>,
    /// Until when the thread sleeps; `None` for ever.
    sleeps_until: Option<Instant>,
    closed: bool,
}

impl Warden {
    /// A warden with its thread.
    ///
    /// # Errors
    /// What the operating system says where it can make no thread.
    pub fn start() -> std::io::Result<Arc<Self>> {
        let book = Book { looks: BTreeMap::new(), sleeps_until: None, closed: false };
        let shared = Arc::new(Shared { book: Mutex::new(book), changed: Condvar::new() });
        let watched = Arc::clone(&shared);
        thread::Builder::new().name("warden".into()).stack_size(256 << 10).spawn(move || watched.watch())?;
        Ok(Arc::new(Self { shared }))
    }

    /// Looks at the guest at `when` and not at the time it was to be looked at before.
    pub(crate) fn look_at(&self, guest: &Arc<Guest>, when: Instant) {
        self.enter(guest, &mut guest.next_look.lock(), when);
    }

    /// The same, unless the guest is being ended: then the end of its grace stays in the book.
    pub(crate) fn look_at_while_running(&self, guest: &Arc<Guest>, when: Instant) {
        let mut next_look = guest.next_look.lock();
        if !guest.is_ending() {
            self.enter(guest, &mut next_look, when);
        }
    }

    fn enter(&self, guest: &Arc<Guest>, next_look: &mut Option<Instant>, when: Instant) {
        let mut book = self.shared.book.lock();
        if let Some(before) = next_look.replace(when) {
            book.looks.remove(&(before, guest.serial));
        }
        book.looks.insert((when, guest.serial), Arc::downgrade(guest));
        if book.sleeps_until.is_none_or(|until| when < until) {
            book.sleeps_until = Some(when);
            self.shared.changed.notify_one();
        }
    }

    /// Looks at the guest no more.
    pub(crate) fn forget(&self, guest: &Guest) {
        if let Some(before) = guest.next_look.lock().take() {
            self.shared.book.lock().looks.remove(&(before, guest.serial));
        }
    }
}

impl Drop for Warden {
    fn drop(&mut self) {
        self.shared.book.lock().closed = true;
        self.shared.changed.notify_one();
    }
}

impl Shared {
    fn watch(&self) {
        let mut due = Vec::new();
        let mut book = self.book.lock();
        while !book.closed {
            let now = Instant::now();
            while let Some(entry) = book.looks.first_entry().filter(|entry| entry.key().0 <= now) {
                due.push(entry.remove());
            }
            if due.is_empty() {
                book.sleeps_until = book.looks.first_key_value().map(|((when, _), _)| *when);
                match book.sleeps_until {
                    Some(until) => {
                        self.changed.wait_until(&mut book, until);
                    }
                    None => self.changed.wait(&mut book),
                }
                continue;
            }
            parking_lot::MutexGuard::unlocked(&mut book, || {
                due.drain(..).filter_map(|guest| guest.upgrade()).for_each(|guest| guest.look());
            });
        }
    }
}

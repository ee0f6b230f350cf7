//! Workers of one kind that wait for their errands, and errands that wait for a worker.
//!
//! Everything that the threads of a pool hand each other goes through here, and this file knows neither V8 nor guests:
//! `tests/shelf_model.rs` compiles it once more, with the threads and locks of a model checker.

use crate::sync::{Arc, Condvar, Mutex, MutexGuard, mpsc, thread};
use std::collections::VecDeque;
use std::io;
use std::sync::PoisonError;

/// The workers of a shelf. Each gets a thread of its own, and one errand at most.
pub(crate) trait Workers: Send + Sync + Sized + 'static {
    type Errand: Send + 'static;

    /// Virtual memory for a worker's thread, in bytes.
    fn stack_bytes(&self) -> usize;

    /// A worker's life: makes it, waits in `claim` for its errand, does that, and takes the worker down.
    ///
    /// # Errors
    /// Why the worker can't be made. `claim` was not called then.
    fn work(&self, claim: impl FnOnce() -> Option<Claimed<Self::Errand>>) -> Result<(), String>;

    /// There is no worker for an errand that waited for one.
    fn refuse(&self, errand: Self::Errand, reason: &str);

    /// Told of everything that happens to workers. Called by whoever does it, on its way.
    fn note(&self, transition: Transition);
}

/// What a worker is claimed for.
pub(crate) struct Claimed<E> {
    pub errand: E,
    /// Whether a parked worker was found for it.
    pub hit: bool,
}

/// What becomes of workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transition {
    /// One is made to be parked, before the first errand of its shelf.
    Seed,
    /// One is made to be parked after others were claimed.
    Refill,
    /// One is there that nobody waits for.
    Park,
    /// An errand found a parked one.
    ClaimHit,
    /// One has to be made, or one that is being made is waited for.
    ClaimMiss,
    /// A parked one was given up unused.
    Evict,
}

/// A lock guards what is handed over, for some instructions at a time: never while a worker is made, works or is taken down.
pub(crate) struct Shelf<W: Workers> {
    workers: W,
    most_being_made: usize,
    state: Mutex<State<W::Errand>>,
    /// An errand came, or a worker is to leave.
    parked: Condvar,
}

struct State<E> {
    /// Those that no worker has taken yet, the oldest first.
    errands: VecDeque<Claimed<E>>,
    /// Workers that wait for an errand, those included that are about to find one.
    parked: usize,
    being_made: usize,
    /// Workers that are kept parked.
    capacity: usize,
    was_claimed: bool,
}

impl<E> State<E> {
    /// Parked workers that no errand is there for.
    fn free(&self) -> usize {
        self.parked.saturating_sub(self.errands.len())
    }

    /// Errands that no parked worker is there for.
    fn waiting(&self) -> usize {
        self.errands.len().saturating_sub(self.parked)
    }

    fn has_room(&self) -> bool {
        self.waiting() == 0 && self.being_made == 0 && self.free() < self.capacity
    }
}

impl<W: Workers> Shelf<W> {
    pub(crate) fn new(workers: W, capacity: usize, most_being_made: usize) -> Arc<Self> {
        let state = State { errands: VecDeque::new(), parked: 0, being_made: 0, capacity, was_claimed: false };
        Arc::new(Self { workers, most_being_made, state: Mutex::new(state), parked: Condvar::new() })
    }

    fn lock(&self) -> MutexGuard<'_, State<W::Errand>> {
        // Nothing that is done under the lock leaves it half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has a parked worker do the errand, or one that is made now. Whether that leaves room on the shelf and nobody on it.
    pub(crate) fn claim(self: &Arc<Self>, errand: W::Errand) -> bool {
        let mut state = self.lock();
        let hit = state.free() > 0;
        state.errands.push_back(Claimed { errand, hit });
        state.was_claimed = true;
        let emptied = state.free() == 0 && state.capacity > 0;
        drop(state);
        self.workers.note(if hit { Transition::ClaimHit } else { Transition::ClaimMiss });
        if hit {
            self.parked.notify_one();
        } else {
            self.make_for_waiting();
        }
        emptied
    }

    /// Parked workers that nobody has claimed.
    pub(crate) fn free(&self) -> usize {
        self.lock().free()
    }

    /// Whether a worker is to be made to be parked: there is room, and nobody waits for one.
    pub(crate) fn has_room(&self) -> bool {
        self.lock().has_room()
    }

    /// Makes a worker where there is room, and waits until it is there; whether it is.
    pub(crate) fn refill(self: &Arc<Self>) -> bool {
        let mut state = self.lock();
        if !state.has_room() {
            return false;
        }
        state.being_made += 1;
        let transition = if state.was_claimed { Transition::Refill } else { Transition::Seed };
        drop(state);
        self.workers.note(transition);
        let (made, is_made) = mpsc::channel();
        if let Err(error) = self.start(Some(made)) {
            self.not_made(&no_thread(&error));
            self.make_for_waiting();
        }
        is_made.recv().is_ok()
    }

    /// Keeps no worker parked any more: those that nobody claims meanwhile leave.
    pub(crate) fn evict(&self) {
        self.lock().capacity = 0;
        self.parked.notify_all();
    }

    fn make_for_waiting(self: &Arc<Self>) {
        loop {
            let mut state = self.lock();
            if state.waiting() <= state.being_made || state.being_made >= self.most_being_made {
                return;
            }
            state.being_made += 1;
            drop(state);
            if let Err(error) = self.start(None) {
                self.not_made(&no_thread(&error));
            }
        }
    }

    /// Starts a worker that is on the books already. `made` is told when it is there, or dropped where it is not to be.
    fn start(self: &Arc<Self>, made: Option<mpsc::Sender<()>>) -> io::Result<()> {
        let shelf = Arc::clone(self);
        let thread = thread::Builder::new().name("js".into()).stack_size(self.workers.stack_bytes());
        thread.spawn(move || shelf.run_worker(made)).map(drop)
    }

    fn run_worker(self: Arc<Self>, made: Option<mpsc::Sender<()>>) {
        let mut was_made = false;
        let worked = self.workers.work(|| {
            was_made = true;
            self.arrive();
            if let Some(made) = made {
                let _ = made.send(());
            }
            self.wait()
        });
        if !was_made {
            let reason = worked.err().unwrap_or_else(|| "A worker ended before it was made.".into());
            self.not_made(&reason);
            self.make_for_waiting();
        }
    }

    /// A worker is made.
    fn arrive(self: &Arc<Self>) {
        let mut state = self.lock();
        let is_waited_for = state.waiting() > 0;
        state.being_made -= 1;
        state.parked += 1;
        drop(state);
        if !is_waited_for {
            self.workers.note(Transition::Park);
        }
        // Others may wait that there were too many being made for.
        self.make_for_waiting();
    }

    /// A worker waits for its errand; `None` where it is to leave.
    fn wait(&self) -> Option<Claimed<W::Errand>> {
        let mut state = self.lock();
        loop {
            let errand = state.errands.pop_front();
            if errand.is_some() || state.parked > state.capacity {
                state.parked -= 1;
                drop(state);
                if errand.is_none() {
                    self.workers.note(Transition::Evict);
                }
                return errand;
            }
            state = self.parked.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A worker that was on the books is not to be. Where an errand waited for it, that is refused: the last, so that those
    /// before it keep their places.
    fn not_made(&self, reason: &str) {
        let mut state = self.lock();
        state.being_made -= 1;
        let refused = if state.waiting() > state.being_made { state.errands.pop_back() } else { None };
        drop(state);
        if let Some(Claimed { errand, .. }) = refused {
            self.workers.refuse(errand, reason);
        }
    }
}

fn no_thread(error: &io::Error) -> String {
    format!("No thread could be started for a guest: {error}. Lower the number of guests at once.")
}

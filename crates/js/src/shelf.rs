//! Workers of one kind that wait for their guests, and guests that wait for a worker.

use crate::pool::Counters;
use crate::worker::{self, STACK_BYTES, WorkerKey};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use hotcell_guest::{Ending, Guest, GuestSpec};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering};
use std::thread;

/// One shelf holds the workers of one [`WorkerKey`]. A guest is put on the shelf's queue, and whichever worker is ready takes
/// it: a parked one at once, else one that is being made. No lock is taken; the queue is a lock-free channel.
pub(crate) struct Shelf {
    key: WorkerKey,
    /// Workers that the shelf keeps parked.
    capacity: AtomicUsize,
    guests: Sender<Errand>,
    errands: Receiver<Errand>,
    /// Workers that are parked or being made, less the guests that were queued for them. Below zero, guests wait for whom
    /// nobody is being made yet.
    spare: AtomicIsize,
    being_made: AtomicUsize,
    most_being_made: usize,
    counters: Arc<Counters>,
}

/// What a parked worker is woken for.
enum Errand {
    Run(Box<GuestSpec>),
    /// The shelf has one worker too many.
    Leave,
}

impl Shelf {
    pub(crate) fn new(key: WorkerKey, capacity: usize, most_being_made: usize, counters: &Arc<Counters>) -> Arc<Self> {
        let (guests, errands) = unbounded();
        Arc::new(Self {
            key,
            capacity: AtomicUsize::new(capacity),
            guests,
            errands,
            spare: AtomicIsize::new(0),
            being_made: AtomicUsize::new(0),
            most_being_made,
            counters: Arc::clone(counters),
        })
    }

    /// Runs a guest on a parked worker, or on one that is made now. Costs a push onto the queue, one atomic subtraction, and
    /// the wake-up of the worker.
    pub(crate) fn run(self: &Arc<Self>, spec: GuestSpec) {
        let hit = self.spare.fetch_sub(1, Ordering::SeqCst) > 0;
        self.counters.claimed(hit);
        let _ = self.guests.send(Errand::Run(Box::new(spec)));
        if !hit {
            self.make_for_waiting();
        }
    }

    /// Makes workers until as many are parked as the shelf keeps, one at a time.
    pub(crate) fn refill(self: &Arc<Self>) {
        let wanted = self.capacity.load(Ordering::SeqCst) as isize;
        if self.spare.load(Ordering::SeqCst) < wanted && self.being_made.load(Ordering::SeqCst) == 0 {
            self.counters.refilled();
            self.make(None);
        }
    }

    /// Makes as many workers as the shelf keeps, all at once, and waits until they are parked.
    pub(crate) fn fill(self: &Arc<Self>) {
        let (being_made, parked) = bounded(0);
        let wanted = self.capacity.load(Ordering::SeqCst) as isize;
        for _ in self.spare.load(Ordering::SeqCst)..wanted {
            self.make(Some(being_made.clone()));
        }
        drop(being_made);
        // Disconnected once the last of them is parked, or is not to be.
        let _ = parked.recv();
    }

    /// Keeps no worker parked any more.
    pub(crate) fn evict(&self) {
        self.capacity.store(0, Ordering::SeqCst);
        while self
            .spare
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |spare| (spare > 0).then(|| spare - 1))
            .is_ok()
        {
            self.counters.evicted();
            let _ = self.guests.send(Errand::Leave);
        }
    }

    fn make_for_waiting(self: &Arc<Self>) {
        while self.spare.load(Ordering::SeqCst) < 0 && self.being_made.load(Ordering::SeqCst) < self.most_being_made {
            self.make(None);
        }
    }

    /// Makes a worker. Whoever waits for the other end of `being_made` is told when it is parked, by its drop.
    fn make(self: &Arc<Self>, being_made: Option<Sender<Infallible>>) {
        self.spare.fetch_add(1, Ordering::SeqCst);
        self.being_made.fetch_add(1, Ordering::SeqCst);
        let shelf = Arc::clone(self);
        let thread =
            thread::Builder::new().name("js".into()).stack_size(STACK_BYTES).spawn(move || shelf.work(being_made));
        if let Err(error) = thread {
            self.made();
            self.lost(&format!("No thread could be started for a guest: {error}. Lower the number of guests at once."));
        }
    }

    fn made(self: &Arc<Self>) {
        self.being_made.fetch_sub(1, Ordering::SeqCst);
        self.make_for_waiting();
    }

    /// A worker that was counted on is not to be: takes it off the books and, where a guest waits for it, ends that.
    fn lost(&self, message: &str) {
        let before = self.spare.fetch_sub(1, Ordering::SeqCst);
        if before <= 0 {
            self.spare.fetch_add(1, Ordering::SeqCst);
            if let Ok(Errand::Run(spec)) = self.errands.try_recv() {
                crash(&spec.guest, message);
            }
        }
    }

    /// A worker's thread.
    fn work(self: Arc<Self>, being_made: Option<Sender<Infallible>>) {
        let mut guest = None;
        let claim = || {
            self.made();
            self.counters.parked();
            drop(being_made);
            self.refill();
            match self.errands.recv() {
                Ok(Errand::Run(spec)) => {
                    guest = Some(Arc::clone(&spec.guest));
                    Some(*spec)
                }
                Ok(Errand::Leave) | Err(_) => None,
            }
        };
        let on_exit = || self.refill();
        let worked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| worker::work(&self.key, claim, on_exit)));
        let message = match worked {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "The sidecar failed while it ran the guest; its log says where.".into(),
        };
        match guest {
            Some(guest) => crash(&guest, &message),
            None => {
                self.made();
                self.lost(&message);
            }
        }
    }
}

fn crash(guest: &Arc<Guest>, message: &str) {
    tracing::error!(guest = guest.id(), message, "a guest could not be run");
    guest.clear_interrupt();
    guest.finish(Ending::Crash { message: message.into() }, 0);
}

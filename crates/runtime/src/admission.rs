//! Which guests may start now, and which wait for their turn: nobody that runs is ended to make room for others.

use crate::memory::resident_bytes;
use hotcell_guest::{Ending, Guest, Interrupt};
use hotcell_protocol::Signal;
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// What the guests of a process may take together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdmissionLimits {
    /// Guests that run at once; at least 1.
    pub guests: u32,
    /// Bytes that may be resident, beyond those that were when the runtime started, where another guest is to start.
    pub memory_bytes: u64,
    /// How long a guest waits for its turn.
    pub wait: Duration,
}

impl AdmissionLimits {
    pub const DEFAULT_GUESTS: u32 = 512;
    pub const DEFAULT_MEMORY_BYTES: u64 = 4096 << 20;
    pub const DEFAULT_WAIT: Duration = Duration::from_secs(30);
}

impl Default for AdmissionLimits {
    fn default() -> Self {
        Self { guests: Self::DEFAULT_GUESTS, memory_bytes: Self::DEFAULT_MEMORY_BYTES, wait: Self::DEFAULT_WAIT }
    }
}

/// How old a look at the process's memory may be: it costs some microseconds.
const MEMORY_LOOK: Duration = Duration::from_millis(20);

/// What starts a guest that has waited.
pub(crate) type Start = Box<dyn FnOnce(Arc<Guest>) + Send>;

pub(crate) struct Admission {
    limits: AdmissionLimits,
    started: Instant,
    /// Bytes that were resident at the start.
    resident_at_start: u64,
    /// When memory was last looked at, in microseconds since the start, and what was found.
    looked_us: AtomicU64,
    resident: AtomicU64,
    /// Guests that have been admitted and have not ended.
    running: AtomicU32,
    /// The length of the queue, so that nobody takes its lock where nobody waits.
    waiting: AtomicU32,
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    guests: VecDeque<Waiting>,
    /// Whether the thread is there that watches the queue.
    watched: bool,
}

struct Waiting {
    guest: Arc<Guest>,
    until: Instant,
    start: Start,
}

/// What keeps a guest from starting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lack {
    Guests,
    Memory,
}

impl Admission {
    pub fn new(limits: AdmissionLimits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            started: Instant::now(),
            resident_at_start: resident_bytes(),
            looked_us: AtomicU64::new(0),
            resident: AtomicU64::new(0),
            running: AtomicU32::new(0),
            waiting: AtomicU32::new(0),
            queue: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    /// Whether a guest may start now, in which case it counts from here on. Else it is to wait. Costs two atomic operations
    /// where nobody waits.
    pub fn enter_at_once(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) == 0 && self.enter().is_ok()
    }

    /// A guest has ended, whether it had started or not.
    pub fn left(&self) {
        self.running.fetch_sub(1, Ordering::SeqCst);
        if self.waiting.load(Ordering::SeqCst) > 0 {
            self.start_waiting_and_watch();
        }
    }

    /// Counts one more guest, where there is room for it.
    fn enter(&self) -> Result<(), Lack> {
        let enters = |running| (running < self.limits.guests).then_some(running + 1);
        self.running.fetch_update(Ordering::SeqCst, Ordering::SeqCst, enters).map_err(|_| Lack::Guests)?;
        if self.has_memory() {
            return Ok(());
        }
        self.running.fetch_sub(1, Ordering::SeqCst);
        Err(Lack::Memory)
    }

    fn has_memory(&self) -> bool {
        let now_us = self.started.elapsed().as_micros() as u64;
        let looked_us = self.looked_us.load(Ordering::Relaxed);
        let is_due = looked_us == 0 || now_us - looked_us.min(now_us) > MEMORY_LOOK.as_micros() as u64;
        // Whoever wins the exchange looks; the others take what the last look found.
        if is_due
            && self.looked_us.compare_exchange(looked_us, now_us.max(1), Ordering::Relaxed, Ordering::Relaxed).is_ok()
        {
            self.resident.store(resident_bytes(), Ordering::Relaxed);
        }
        self.resident.load(Ordering::Relaxed).saturating_sub(self.resident_at_start) <= self.limits.memory_bytes
    }

    /// Starts the guest when it is its turn. Where that does not come in time, or the guest is to end before, it ends here.
    pub fn wait(self: &Arc<Self>, guest: Arc<Guest>, start: Start) {
        let until = Instant::now() + self.limits.wait;
        let watch = {
            let mut queue = self.queue.lock();
            queue.guests.push_back(Waiting { guest: Arc::clone(&guest), until, start });
            self.waiting.store(queue.guests.len() as u32, Ordering::SeqCst);
            !std::mem::replace(&mut queue.watched, true)
        };
        tracing::debug!(guest = guest.id(), "the guest waits for its turn");
        guest.on_interrupt(Box::new(LeaveQueue { admission: Arc::downgrade(self), guest: Arc::downgrade(&guest) }));
        if watch {
            let admission = Arc::clone(self);
            let thread = std::thread::Builder::new().name("admission".into()).stack_size(256 << 10);
            if let Err(error) = thread.spawn(move || admission.watch()) {
                tracing::warn!(%error, "guests that wait are started late, since there is no thread to watch them");
                self.queue.lock().watched = false;
            }
        }
        // Whoever left meanwhile may have found nobody waiting.
        self.start_waiting_and_watch();
    }

    fn start_waiting_and_watch(&self) {
        if self.start_waiting() == Some(Lack::Memory) {
            self.changed.notify_one();
        }
    }

    /// Starts those at the head of the queue for whom there is room. What keeps the next one, if anything does.
    fn start_waiting(&self) -> Option<Lack> {
        loop {
            let next = {
                let mut queue = self.queue.lock();
                if queue.guests.is_empty() {
                    return None;
                }
                if let Err(lack) = self.enter() {
                    return Some(lack);
                }
                let next = queue.guests.pop_front();
                self.waiting.store(queue.guests.len() as u32, Ordering::SeqCst);
                next
            };
            let Some(Waiting { guest, start, .. }) = next else { return None };
            guest.clear_interrupt();
            if guest.is_ending() {
                guest.finish(Ending::Cancelled, 0);
            } else {
                start(guest);
            }
        }
    }

    /// Ends those whose turn did not come in time, and starts others as memory becomes free, of which nobody tells. Ends with
    /// the queue.
    fn watch(&self) {
        loop {
            let lack = self.start_waiting();
            let mut queue = self.queue.lock();
            let Some(first) = queue.guests.front() else {
                queue.watched = false;
                return;
            };
            let now = Instant::now();
            if now >= first.until {
                let guest = Arc::clone(&first.guest);
                drop(queue);
                guest.end(self.not_admitted(lack.unwrap_or(Lack::Guests)));
                continue;
            }
            let look = if lack == Some(Lack::Memory) { first.until.min(now + MEMORY_LOOK) } else { first.until };
            self.changed.wait_until(&mut queue, look);
        }
    }

    fn not_admitted(&self, lack: Lack) -> Ending {
        let seconds = self.limits.wait.as_secs_f64();
        let (waited_for, what) = match lack {
            Lack::Guests => ("guests", format!("{} others ran all the while", self.limits.guests)),
            Lack::Memory => {
                ("memory", format!("the sidecar's memory was above {} MiB", self.limits.memory_bytes >> 20))
            }
        };
        let message = format!(
            "The guest was not started: it waited {seconds} s for its turn, but {what}. Try again later, or start another \
             sidecar."
        );
        Ending::NotAdmitted { waited_for, message }
    }

    /// A guest that waits is to end: takes it out of the queue and finishes it.
    fn leave_queue(&self, guest: &Arc<Guest>) {
        let waiting = {
            let mut queue = self.queue.lock();
            let Some(index) = queue.guests.iter().position(|waiting| Arc::ptr_eq(&waiting.guest, guest)) else {
                return;
            };
            let waiting = queue.guests.remove(index);
            self.waiting.store(queue.guests.len() as u32, Ordering::SeqCst);
            waiting
        };
        if waiting.is_some() {
            self.changed.notify_one();
            // Its exit takes it off again, as every guest's does.
            self.running.fetch_add(1, Ordering::SeqCst);
            guest.finish(Ending::Cancelled, 0);
        }
    }
}

struct LeaveQueue {
    admission: Weak<Admission>,
    guest: Weak<Guest>,
}

impl Interrupt for LeaveQueue {
    fn interrupt(&self) {
        if let (Some(admission), Some(guest)) = (self.admission.upgrade(), self.guest.upgrade()) {
            admission.leave_queue(&guest);
        }
    }

    fn signal(&self, _signal: Signal) {}
}

//! When workers are made to be parked in the place of those that were claimed: not in the way of guests.

use crate::error::JsError;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long guests that run keep the making of a worker waiting: one that runs for long must not leave the pool empty.
const PATIENCE: Duration = Duration::from_millis(20);

/// Tells the keeper that there may be room.
#[derive(Clone)]
pub(crate) struct Bell {
    load: Arc<Load>,
    rope: Sender<()>,
}

impl Bell {
    /// A bell, and what the keeper hears of it.
    pub(crate) fn new() -> (Self, Rings) {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let load = Arc::new(Load { cores, running: AtomicUsize::new(0) });
        // One ring is as good as many.
        let (rope, rings) = bounded(1);
        (Self { load: Arc::clone(&load), rope }, Rings { load, rings })
    }

    pub(crate) fn ring(&self) {
        match self.rope.try_send(()) {
            Ok(()) | Err(TrySendError::Full(()) | TrySendError::Disconnected(())) => {}
        }
    }

    /// A guest runs until the guard is dropped, which rings.
    pub(crate) fn guest_runs(&self) -> RunningGuest<'_> {
        self.load.running.fetch_add(1, Ordering::Relaxed);
        RunningGuest(self)
    }
}

pub(crate) struct RunningGuest<'a>(&'a Bell);

impl Drop for RunningGuest<'_> {
    fn drop(&mut self) {
        self.0.load.running.fetch_sub(1, Ordering::Relaxed);
        self.0.ring();
    }
}

struct Load {
    cores: usize,
    /// Guests that have a worker and have not ended.
    running: AtomicUsize,
}

impl Load {
    /// Whether a worker that is made now would take a core from a guest, or from those whom guests tell of their end.
    fn is_high(&self) -> bool {
        let running = self.running.load(Ordering::Relaxed);
        running > 0 && running + 1 >= self.cores
    }
}

pub(crate) struct Rings {
    load: Arc<Load>,
    rings: Receiver<()>,
}

/// What the keeper keeps full.
pub(crate) trait Stock: Send + 'static {
    /// Whether there is room, and nobody waits for a worker. False once there is no stock any more.
    fn has_room(&self) -> bool;

    /// Makes one worker and waits until it is there; whether it is.
    fn refill(&self) -> bool;
}

/// Keeps the stock full, on a thread that ends with the last bell.
///
/// # Errors
/// Where the system gives no thread.
pub(crate) fn start(stock: impl Stock, rings: Rings) -> Result<(), JsError> {
    thread::Builder::new().name("pool".into()).spawn(move || keep(&stock, &rings))?;
    Ok(())
}

fn keep(stock: &impl Stock, rings: &Rings) {
    while rings.rings.recv().is_ok() {
        while stock.has_room() {
            rings.give_way();
            if !stock.refill() {
                // What is in the way rings when it is over.
                break;
            }
        }
    }
}

impl Rings {
    /// Waits until guests leave a core, but not for ever.
    fn give_way(&self) {
        let until = Instant::now() + PATIENCE;
        while self.load.is_high() {
            match self.rings.recv_deadline(until) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossbeam_channel::unbounded;

    /// Has room for so many workers, and tells of each one when it is made.
    struct Shelf {
        room: AtomicUsize,
        made: Sender<Instant>,
    }

    impl Stock for Shelf {
        fn has_room(&self) -> bool {
            self.room.load(Ordering::SeqCst) > 0
        }

        fn refill(&self) -> bool {
            let _ = self.made.send(Instant::now());
            self.room.fetch_sub(1, Ordering::SeqCst) > 0
        }
    }

    fn keeper(cores: usize, room: usize) -> (Bell, Receiver<Instant>) {
        let load = Arc::new(Load { cores, running: AtomicUsize::new(0) });
        let (rope, rings) = bounded(1);
        let (made, told) = unbounded();
        start(Shelf { room: room.into(), made }, Rings { load: Arc::clone(&load), rings }).unwrap();
        (Bell { load, rope }, told)
    }

    fn next(told: &Receiver<Instant>) -> Instant {
        told.recv_timeout(Duration::from_secs(20)).expect("the keeper makes a worker")
    }

    #[test]
    fn keeper_fills_the_stock_at_one_ring() {
        let (bell, told) = keeper(2, 3);
        bell.ring();
        for _ in 0..3 {
            next(&told);
        }
        bell.ring();
        drop(bell);
        // Its end.
        assert!(told.recv_timeout(Duration::from_secs(20)).is_err());
    }

    #[test]
    fn keeper_gives_way_to_guests_that_run_but_not_for_ever() {
        for (cores, guests) in [(1, 1), (2, 1), (2, 5), (8, 7)] {
            let (bell, told) = keeper(cores, 2);
            let running: Vec<_> = (0..guests).map(|_| bell.guest_runs()).collect();
            let rung = Instant::now();
            bell.ring();
            let first = next(&told);
            assert!(first - rung >= PATIENCE, "{cores} cores, {guests} guests: after {:?}", first - rung);
            assert!(next(&told) - first >= PATIENCE, "each one gives way anew");
            drop(running);
        }
    }

    #[test]
    fn keeper_makes_a_worker_as_soon_as_a_guest_leaves_a_core() {
        let (bell, told) = keeper(2, 1);
        let running = bell.guest_runs();
        assert!(bell.load.is_high());
        drop(running);
        // Rung by the guest's end.
        next(&told);
    }

    #[test]
    fn load_is_high_where_a_guest_runs_on_every_core_but_one() {
        for (cores, running, high) in
            [(1, 0, false), (1, 1, true), (2, 0, false), (2, 1, true), (4, 2, false), (4, 3, true)]
        {
            assert_eq!(Load { cores, running: running.into() }.is_high(), high, "{running} on {cores}");
        }
    }
}

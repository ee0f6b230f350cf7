use crate::cpu_clock::ThreadCpuClock;
use parking_lot::Mutex;
use std::time::{Duration, Instant};

/// CPU time that a guest has used on all the threads that it ran on, one after the other.
#[derive(Debug, Default)]
pub(crate) struct CpuMeter(Mutex<Meter>);

#[derive(Debug, Default)]
struct Meter {
    /// On threads that it has left.
    spent: Duration,
    running: Option<Running>,
}

/// The guest is on a thread.
#[derive(Debug)]
struct Running {
    clock: ThreadCpuClock,
    /// What the clock said when the guest came.
    start: Duration,
    since: Instant,
}

impl Meter {
    fn used(&self) -> Duration {
        let running = self.running.as_ref().and_then(|at| Some(at.clock.elapsed()?.saturating_sub(at.start)));
        self.spent + running.unwrap_or_default()
    }
}

impl CpuMeter {
    /// The guest runs on the calling thread from now on.
    pub(crate) fn enter_thread(&self) {
        let clock = ThreadCpuClock::of_this_thread();
        let start = clock.elapsed().unwrap_or_default();
        self.0.lock().running = Some(Running { clock, start, since: Instant::now() });
    }

    /// The guest runs on no thread.
    pub(crate) fn leave_thread(&self) {
        let mut meter = self.0.lock();
        meter.spent = meter.used();
        meter.running = None;
    }

    pub(crate) fn used(&self) -> Duration {
        self.0.lock().used()
    }

    /// Since when the guest has been on the thread that it is on, if it is on one.
    pub(crate) fn running_since(&self) -> Option<Instant> {
        self.0.lock().running.as_ref().map(|running| running.since)
    }
}

#[cfg(test)]
mod tests {
    use super::CpuMeter;
    use std::thread;
    use std::time::Duration;

    #[test]
    fn meter_adds_up_what_was_used_on_several_threads() {
        let meter = CpuMeter::default();
        for _ in 0..2 {
            let before = meter.used();
            thread::scope(|scope| {
                scope.spawn(|| {
                    meter.enter_thread();
                    while meter.used() < before + Duration::from_millis(2) {}
                    meter.leave_thread();
                });
            });
            assert!(meter.used() >= before + Duration::from_millis(2));
            assert_eq!((meter.used(), meter.running_since()), (meter.used(), None));
        }
    }
}

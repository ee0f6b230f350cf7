//! What the warden does when it looks at a guest: wall time, CPU time, and the grace of one that was told to end.

use crate::ending::Ending;
use crate::guest::{Guest, Near};
use crate::warden::{GRACE, LONGEST_GRACE};
use hotcell_protocol::RetireReason;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How often the warden looks at a guest that gets more than the ordinary grace.
const LOOK_IN_LONGER_GRACE: Duration = Duration::from_millis(20);

/// Four fifths of a limit: where the host is warned.
pub(crate) fn near(limit: u64) -> u64 {
    limit - limit / 5
}

impl Guest {
    /// When the warden first looks at a guest that was made then.
    pub(crate) fn first_look(&self) -> Instant {
        self.created() + Duration::from_millis(near(self.limits().wall_ms.min(self.limits().cpu_ms)))
    }

    /// Looks at the guest's deadlines. For the warden.
    pub(crate) fn look(self: &Arc<Self>) {
        if self.finished.load(Ordering::SeqCst) {
            return;
        }
        let now = Instant::now();
        if let Some(grace_ends) = self.grace_ends.get() {
            return self.look_at_grace(now, *grace_ends);
        }
        let wall_deadline = self.wall_deadline();
        if now >= wall_deadline {
            self.end(Ending::WallTime { limit_ms: self.limits().wall_ms });
            return;
        }
        let budget = Duration::from_millis(self.limits().cpu_ms);
        let used = self.cpu_used();
        if used >= budget {
            self.end(Ending::CpuTime { limit_ms: self.limits().cpu_ms });
            return;
        }
        let wall_near = self.created() + Duration::from_millis(near(self.limits().wall_ms));
        if now >= wall_near {
            self.report_near(Near::WallMs, (now - self.created()).as_millis() as u64, self.limits().wall_ms);
        }
        if used >= Duration::from_millis(near(self.limits().cpu_ms)) {
            self.report_near(Near::CpuMs, used.as_millis() as u64, self.limits().cpu_ms);
        }
        self.warden.look_at_while_running(self, self.next_wall_look(now));
        // Set before `waiting` is read, so that a guest that stops waiting meanwhile sees it: one of the two looks again.
        self.cpu_unwatched.store(true, Ordering::SeqCst);
        if !self.waiting.load(Ordering::SeqCst) {
            self.watch_cpu_again();
        }
    }

    fn wall_deadline(&self) -> Instant {
        self.created() + Duration::from_millis(self.limits().wall_ms)
    }

    fn next_wall_look(&self, now: Instant) -> Instant {
        let wall_near = self.created() + Duration::from_millis(near(self.limits().wall_ms));
        if now < wall_near { wall_near } else { self.wall_deadline() }
    }

    pub(crate) fn watch_cpu_again(self: &Arc<Self>) {
        if self.cpu_unwatched.swap(false, Ordering::SeqCst) {
            let now = Instant::now();
            let used = self.cpu_used();
            let cpu_near = Duration::from_millis(near(self.limits().cpu_ms));
            let next = if used < cpu_near { cpu_near } else { Duration::from_millis(self.limits().cpu_ms) };
            // A thread can't use CPU time faster than time passes.
            let soonest = now + next.saturating_sub(used).max(Duration::from_millis(1));
            self.warden.look_at_while_running(self, soonest.min(self.next_wall_look(now)));
        }
    }

    fn look_at_grace(self: &Arc<Self>, now: Instant, grace_ends: Instant) {
        if now < grace_ends {
            self.warden.look_at(self, grace_ends);
        } else if now < grace_ends + (LONGEST_GRACE - GRACE) && self.may_yield_soon() {
            self.warden.look_at(self, now + LOOK_IN_LONGER_GRACE);
        } else {
            self.give_up();
        }
    }

    /// Whether a guest that has not yielded may be about to: the collector is at work, which takes its time in a heap that is
    /// full, or the machine is so busy that the guest's thread has hardly run since it was told.
    fn may_yield_soon(&self) -> bool {
        let told_at = Duration::from_micros(self.cpu_us_at_end.load(Ordering::Relaxed));
        self.collecting.load(Ordering::Relaxed) || self.cpu_used().saturating_sub(told_at) < GRACE / 2
    }

    fn give_up(self: &Arc<Self>) {
        let message =
            format!("Guest {} did not yield within {} ms of being told to end.", self.id(), GRACE.as_millis());
        self.retire_cell(RetireReason::Unyielding, message.clone(), Ending::Crash { message });
    }

    /// Has the process that the guest lives in replaced, because of this guest, which ends so. Does nothing where the guest
    /// has ended meanwhile: then the process is as good as ever.
    pub fn retire_cell(self: &Arc<Self>, reason: RetireReason, message: String, ending: Ending) {
        if self.finished.swap(true, Ordering::SeqCst) {
            return;
        }
        tracing::warn!(guest = self.id(), ?reason, ending = ?self.ending(), "the guest takes its process with it");
        self.lifecycle.retire(reason, message, &mut || self.send_exit(ending.clone(), 0));
    }
}

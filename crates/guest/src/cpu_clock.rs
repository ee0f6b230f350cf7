use std::time::Duration;

/// The CPU clock of one thread, readable from any thread while that thread lives.
///
/// Source: `pthread_getcpuclockid(3)` and `clock_gettime(2)`.
#[derive(Clone, Copy, Debug)]
pub struct ThreadCpuClock(libc::clockid_t);

impl ThreadCpuClock {
    /// The clock of the calling thread.
    ///
    /// # Panics
    /// Never in practice: the call only fails for a thread that does not exist.
    pub fn of_this_thread() -> Self {
        let mut clock = 0;
        // SAFETY: pthread_self is a live thread, and `clock` outlives the call.
        let status = unsafe { libc::pthread_getcpuclockid(libc::pthread_self(), &mut clock) };
        assert_eq!(status, 0, "the calling thread has no CPU clock");
        Self(clock)
    }

    /// CPU time that the thread has used since it began; `None` once the thread is gone.
    pub fn elapsed(&self) -> Option<Duration> {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `time` outlives the call; a clock that is gone is an error, not a fault.
        let status = unsafe { libc::clock_gettime(self.0, &mut time) };
        (status == 0).then(|| Duration::new(time.tv_sec as u64, time.tv_nsec as u32))
    }
}

//! Clocks and timers, as the embedder supplies them.

use std::{
    task::{Context, Poll},
    time::{Duration, Instant, SystemTime},
};

use crate::stdio::StreamError;

/// What a guest can tell the time by.
pub trait Clocks: Send {
    /// Time since 1970 in UTC.
    fn realtime(&self) -> Duration;
    /// Time since a fixed moment before the guest's start; never goes back.
    fn monotonic(&self) -> Duration;
    /// CPU time that the guest has used; `None` where that is not measured.
    fn cpu_time(&self) -> Option<Duration>;
    /// The step of the three clocks; never zero.
    fn resolution(&self) -> Duration;
}

/// Lets a guest wait for a moment.
pub trait Timers: Send {
    /// Ready once the moment has come. A guest waits for one moment at a time, and a call replaces the one before it: an
    /// embedder that polls on a thread of the guest's own notes the moment and parks until then; one that runs many guests
    /// on a thread resets the one timer that it keeps.
    ///
    /// # Errors
    /// [`StreamError::Killed`] when the guest is being ended; never [`StreamError::Closed`].
    fn poll_wait_until(&mut self, cx: &mut Context<'_>, moment: Instant) -> Poll<Result<(), StreamError>>;
}

/// The operating system's clocks, made coarser.
#[derive(Clone, Copy, Debug)]
pub struct SystemClocks {
    start: Instant,
    cpu_start: Option<Duration>,
    resolution: Duration,
}

impl SystemClocks {
    /// Every clock counts in steps of `resolution`, at least a nanosecond. The CPU clock is that of the thread that asks,
    /// from this call on: make the clocks on the guest's own thread, or do not rely on it.
    pub fn new(resolution: Duration) -> SystemClocks {
        SystemClocks {
            start: Instant::now(),
            cpu_start: crate::thread_cpu_time::now(),
            resolution: resolution.max(Duration::from_nanos(1)),
        }
    }

    /// The last step of these clocks up to `time`.
    pub fn floor(&self, time: Duration) -> Duration {
        let step = self.resolution.as_nanos();
        let nanos = time.as_nanos() / step * step;
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

impl Clocks for SystemClocks {
    fn realtime(&self) -> Duration {
        self.floor(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
    }

    fn monotonic(&self) -> Duration {
        self.floor(self.start.elapsed())
    }

    fn cpu_time(&self) -> Option<Duration> {
        let used = crate::thread_cpu_time::now()?.saturating_sub(self.cpu_start?);
        Some(self.floor(used))
    }

    fn resolution(&self) -> Duration {
        self.resolution
    }
}

use hotcell_guest::CLOCK_RESOLUTION;
use hotcell_wasi::{Clocks, SystemClocks};
use std::time::Duration;
use wasmtime_wasi::{HostMonotonicClock, HostWallClock};

/// The system's clocks in steps of [`CLOCK_RESOLUTION`].
pub(super) struct CoarseClocks(SystemClocks);

impl CoarseClocks {
    pub(super) fn new() -> Self {
        Self(SystemClocks::new(CLOCK_RESOLUTION))
    }
}

impl HostWallClock for CoarseClocks {
    fn resolution(&self) -> Duration {
        self.0.resolution()
    }

    fn now(&self) -> Duration {
        self.0.realtime()
    }
}

impl HostMonotonicClock for CoarseClocks {
    fn resolution(&self) -> u64 {
        self.0.resolution().as_nanos() as u64
    }

    fn now(&self) -> u64 {
        self.0.monotonic().as_nanos() as u64
    }
}

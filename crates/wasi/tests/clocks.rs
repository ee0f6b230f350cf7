use std::time::Duration;

use hotcell_wasi::{Clocks, SystemClocks, WasiCtxBuilder, calls::wasi_snapshot_preview1 as wasi};

use crate::{harness::*, standard::*};

const REALTIME: i32 = 0;
const MONOTONIC: i32 = 1;
const PROCESS_CPU: i32 = 2;
const THREAD_CPU: i32 = 3;

fn guest_with_clocks(clocks: impl Clocks + 'static) -> Guest {
    let streams = Streams::default();
    let mut guest = Guest::new();
    guest.ctx = WasiCtxBuilder::new(
        guest.vfs.clone(),
        Box::new(streams.stdin),
        Box::new(streams.stdout),
        Box::new(streams.stderr),
        Box::new(clocks),
        Box::new(streams.timers),
    )
    .build()
    .unwrap();
    guest
}

fn time(guest: &mut Guest, clock: i32) -> Result<u64, i32> {
    let ret = guest.room(8);
    match guest.call(|ctx, memory| wasi::clock_time_get(ctx, memory, clock, 0, ret)) {
        errno::SUCCESS => Ok(guest.get_u64(ret)),
        error => Err(error),
    }
}

#[test]
fn clock_time_get_tells_each_clock_in_nanoseconds() {
    let mut guest = guest_with_clocks(FixedClocks);
    assert_eq!(time(&mut guest, REALTIME), Ok(FixedClocks::REALTIME.as_nanos() as u64));
    assert_eq!(time(&mut guest, MONOTONIC), Ok(FixedClocks::MONOTONIC.as_nanos() as u64));
    assert_eq!(time(&mut guest, PROCESS_CPU), Ok(FixedClocks::CPU.as_nanos() as u64));
    assert_eq!(time(&mut guest, THREAD_CPU), Ok(FixedClocks::CPU.as_nanos() as u64));
    assert_eq!(time(&mut guest, 4), Err(errno::INVAL));
}

#[test]
fn clock_res_get_tells_the_step() {
    let mut guest = guest_with_clocks(FixedClocks);
    let ret = guest.room(8);
    for clock in [REALTIME, MONOTONIC, PROCESS_CPU, THREAD_CPU] {
        assert_eq!(guest.call(|ctx, memory| wasi::clock_res_get(ctx, memory, clock, ret)), errno::SUCCESS);
        assert_eq!(guest.get_u64(ret), FixedClocks::RESOLUTION.as_nanos() as u64);
    }
    assert_eq!(guest.call(|ctx, memory| wasi::clock_res_get(ctx, memory, -1, ret)), errno::INVAL);
}

struct NoCpuClock;

impl Clocks for NoCpuClock {
    fn realtime(&self) -> Duration {
        FixedClocks::REALTIME
    }

    fn monotonic(&self) -> Duration {
        FixedClocks::MONOTONIC
    }

    fn cpu_time(&self) -> Option<Duration> {
        None
    }

    fn resolution(&self) -> Duration {
        FixedClocks::RESOLUTION
    }
}

#[test]
fn clocks_that_are_not_there_are_einval() {
    let mut guest = guest_with_clocks(NoCpuClock);
    let ret = guest.room(8);
    assert_eq!(time(&mut guest, PROCESS_CPU), Err(errno::INVAL));
    assert_eq!(guest.call(|ctx, memory| wasi::clock_res_get(ctx, memory, THREAD_CPU, ret)), errno::INVAL);
}

#[test]
fn system_clocks_count_in_steps_and_never_go_back() {
    let step = Duration::from_millis(3);
    let clocks = SystemClocks::new(step);
    let mut last = Duration::ZERO;
    for _ in 0..100 {
        let now = clocks.monotonic();
        assert!(now >= last);
        last = now;
        for time in [now, clocks.realtime(), clocks.cpu_time().expect("this system has a thread clock")] {
            assert_eq!(time.as_nanos() % step.as_nanos(), 0);
        }
    }
    assert_eq!(clocks.resolution(), step);
    let since_1970 = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    assert!(since_1970 - clocks.realtime() < Duration::from_secs(10));
    assert_eq!(SystemClocks::new(Duration::ZERO).resolution(), Duration::from_nanos(1));
}

//! What an embedder supplies: a way to run calls that wait, streams, timers and clocks.

use std::{
    collections::VecDeque,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, Wake, Waker},
    thread::Thread,
    time::{Duration, Instant},
};

use hotcell_wasi::{
    Clocks, Timers,
    stdio::{InputStream, OutputStream, Readiness, StreamError},
};

/// Polls a future where it stands and parks the thread in between, as an engine with a thread per guest does.
pub fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        std::thread::park();
    }
}

/// The two ends of a pipe in memory. Cloning gives a further handle to the same one.
#[derive(Clone, Default)]
pub struct Pipe(Arc<Mutex<PipeState>>);

#[derive(Default)]
struct PipeState {
    bytes: VecDeque<u8>,
    /// Bytes that can be written before the writer waits.
    capacity: Option<usize>,
    closed: bool,
    killed: bool,
    waker: Option<Waker>,
}

impl Pipe {
    /// Makes the writer wait after that many bytes.
    pub fn set_capacity(&self, capacity: usize) {
        self.state().capacity = Some(capacity);
    }

    fn state(&self) -> MutexGuard<'_, PipeState> {
        self.0.lock().unwrap()
    }

    fn change(&self, change: impl FnOnce(&mut PipeState)) {
        let mut state = self.state();
        change(&mut state);
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }

    pub fn push(&self, bytes: &[u8]) {
        self.change(|state| state.bytes.extend(bytes));
    }

    pub fn close(&self) {
        self.change(|state| state.closed = true);
    }

    pub fn kill(&self) {
        self.change(|state| state.killed = true);
    }

    /// Takes everything out.
    pub fn drain(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.change(|state| bytes = state.bytes.drain(..).collect());
        bytes
    }
}

impl InputStream for Pipe {
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<Result<usize, StreamError>> {
        let mut state = self.state();
        if state.killed {
            return Poll::Ready(Err(StreamError::Killed));
        }
        if state.bytes.is_empty() && !state.closed {
            state.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let count = buffer.len().min(state.bytes.len());
        for (slot, byte) in buffer.iter_mut().zip(state.bytes.drain(..count)) {
            *slot = byte;
        }
        Poll::Ready(Ok(count))
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<Readiness, StreamError>> {
        let mut state = self.state();
        if state.killed {
            return Poll::Ready(Err(StreamError::Killed));
        }
        if state.bytes.is_empty() && !state.closed {
            state.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Ok(Readiness { bytes: state.bytes.len() as u64, hangup: state.closed }))
    }
}

impl OutputStream for Pipe {
    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, StreamError>> {
        let mut state = self.state();
        if state.killed {
            return Poll::Ready(Err(StreamError::Killed));
        }
        if state.closed {
            return Poll::Ready(Err(StreamError::Closed));
        }
        let room = state.capacity.map_or(usize::MAX, |capacity| capacity.saturating_sub(state.bytes.len()));
        if room == 0 {
            state.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let count = bytes.len().min(room);
        state.bytes.extend(&bytes[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<Readiness, StreamError>> {
        let mut state = self.state();
        if state.killed {
            return Poll::Ready(Err(StreamError::Killed));
        }
        if state.closed {
            return Poll::Ready(Err(StreamError::Closed));
        }
        let room = state.capacity.map_or(usize::MAX, |capacity| capacity.saturating_sub(state.bytes.len()));
        if room == 0 {
            state.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Ok(Readiness { bytes: room as u64, hangup: false }))
    }
}

/// A timer whose moments come when the test says so. Cloning gives a further handle to the same one.
#[derive(Clone, Default)]
pub struct ManualTimers(Arc<Mutex<TimerState>>);

#[derive(Default)]
struct TimerState {
    asked: Option<Instant>,
    reached: Option<Instant>,
    killed: bool,
    waker: Option<Waker>,
}

impl ManualTimers {
    /// The moment that the guest waits for.
    pub fn asked(&self) -> Option<Instant> {
        self.0.lock().unwrap().asked
    }

    /// Lets every moment up to that one come.
    pub fn reach(&self, moment: Instant) {
        let mut state = self.0.lock().unwrap();
        state.reached = Some(moment);
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }

    pub fn kill(&self) {
        self.0.lock().unwrap().killed = true;
    }
}

impl Timers for ManualTimers {
    fn poll_wait_until(&mut self, cx: &mut Context<'_>, moment: Instant) -> Poll<Result<(), StreamError>> {
        let mut state = self.0.lock().unwrap();
        if state.killed {
            return Poll::Ready(Err(StreamError::Killed));
        }
        state.asked = Some(moment);
        if state.reached.is_some_and(|reached| reached >= moment) {
            return Poll::Ready(Ok(()));
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// Clocks that stand still.
pub struct FixedClocks;

impl FixedClocks {
    pub const REALTIME: Duration = Duration::new(1_700_000_000, 123_000_000);
    pub const MONOTONIC: Duration = Duration::new(50, 5_000_000);
    pub const CPU: Duration = Duration::from_millis(7);
    pub const RESOLUTION: Duration = Duration::from_millis(1);
}

impl Clocks for FixedClocks {
    fn realtime(&self) -> Duration {
        Self::REALTIME
    }

    fn monotonic(&self) -> Duration {
        Self::MONOTONIC
    }

    fn cpu_time(&self) -> Option<Duration> {
        Some(Self::CPU)
    }

    fn resolution(&self) -> Duration {
        Self::RESOLUTION
    }
}

use hotcell_protocol::Stream;
use parking_lot::Mutex;
use std::task::Waker;

/// The most bytes that one output event carries. Larger writes become several events.
pub const MAX_OUTPUT_CHUNK: usize = 1 << 20;

/// One output stream of a guest: what it may still send, and who waits for more.
#[derive(Debug)]
pub struct OutputPipe {
    pub(crate) stream: Stream,
    pub(crate) state: Mutex<OutputState>,
}

#[derive(Debug)]
pub(crate) struct OutputState {
    /// Bytes that the host still takes.
    pub credit: u64,
    pub written: u64,
    pub closed: bool,
    pub waker: Option<Waker>,
}

impl OutputPipe {
    pub(crate) fn new(stream: Stream, credit: u64) -> Self {
        Self { stream, state: Mutex::new(OutputState { credit, written: 0, closed: false, waker: None }) }
    }

    pub(crate) fn grant(&self, bytes: u32) {
        let waker = {
            let mut state = self.state.lock();
            state.credit = state.credit.saturating_add(bytes.into());
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(crate) fn close(&self) -> u64 {
        let mut state = self.state.lock();
        state.closed = true;
        state.waker = None;
        state.written
    }

    pub(crate) fn wake(&self) {
        let waker = self.state.lock().waker.take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

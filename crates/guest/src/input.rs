use bytes::Bytes;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::task::Waker;

/// A guest's stdin: what the host sent and the guest has not read yet, at most its window of bytes.
#[derive(Debug)]
pub struct InputPipe {
    pub(crate) state: Mutex<InputState>,
}

#[derive(Debug)]
pub(crate) struct InputState {
    pub chunks: VecDeque<Bytes>,
    /// Bytes that the host may send ahead of the guest.
    window: u32,
    /// Bytes that the host may still send.
    granted: u32,
    /// Bytes read since the last grant.
    read_since_grant: u32,
    /// The host sends no more.
    pub ended: bool,
    /// The guest reads no more.
    pub closed: bool,
    pub waker: Option<Waker>,
}

/// What came of input that the host sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Push {
    Taken,
    /// More than was granted, or something after the end.
    Refused,
}

impl InputPipe {
    /// A stdin with a window of that many bytes, all granted; one that is at its end where there is none.
    pub(crate) fn new(window: Option<u32>) -> Self {
        let piped = window.is_some();
        let window = window.unwrap_or(0);
        Self {
            state: Mutex::new(InputState {
                chunks: VecDeque::new(),
                window,
                granted: window,
                read_since_grant: 0,
                ended: !piped,
                closed: false,
                waker: None,
            }),
        }
    }

    pub(crate) fn push(&self, bytes: Bytes, last: bool) -> Push {
        let waker = {
            let mut state = self.state.lock();
            if state.closed {
                return Push::Taken;
            }
            if state.ended || bytes.len() > state.granted as usize {
                return Push::Refused;
            }
            state.granted -= bytes.len() as u32;
            if !bytes.is_empty() {
                state.chunks.push_back(bytes);
            }
            state.ended = last;
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
        Push::Taken
    }

    pub(crate) fn wake(&self) {
        let waker = self.state.lock().waker.take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Forgets what was not read; what still comes is thrown away.
    pub(crate) fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        state.chunks = VecDeque::new();
        state.waker = None;
    }
}

impl InputState {
    /// Takes at most `max` bytes; the second part is what the host is to be granted, if it is worth a message.
    pub fn take(&mut self, max: usize) -> Option<(Bytes, Option<u32>)> {
        let front = self.chunks.front_mut()?;
        let chunk = if front.len() > max { front.split_to(max) } else { self.chunks.pop_front()? };
        self.read_since_grant += chunk.len() as u32;
        let grant = (!self.ended && self.read_since_grant >= self.window / 2).then(|| {
            self.granted += self.read_since_grant;
            std::mem::take(&mut self.read_since_grant)
        });
        Some((chunk, grant))
    }
}

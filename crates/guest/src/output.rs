use hotcell_protocol::Stream;
use memchr::memrchr;
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
    /// Bytes since the last newline.
    pub line: u64,
    pub closed: bool,
    pub waker: Option<Waker>,
}

impl OutputPipe {
    pub(crate) fn new(stream: Stream, credit: u64) -> Self {
        Self { stream, state: Mutex::new(OutputState { credit, written: 0, line: 0, closed: false, waker: None }) }
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

impl OutputState {
    /// How many of these bytes may go before a line is longer than `max`, and how long the last line is then.
    pub fn within_line(&self, bytes: &[u8], max: u64) -> (usize, u64) {
        // Most output ends with a newline, or not far behind one.
        let after_newline = |bytes: &[u8]| memrchr(b'\n', bytes).map(|at| at + 1);
        if self.line + bytes.len() as u64 <= max {
            let line = match after_newline(bytes) {
                Some(start) => (bytes.len() - start) as u64,
                None => self.line + bytes.len() as u64,
            };
            return (bytes.len(), line);
        }
        let mut line = self.line;
        for (index, byte) in bytes.iter().enumerate() {
            match *byte {
                b'\n' => line = 0,
                _ if line == max => return (index, line),
                _ => line += 1,
            }
        }
        (bytes.len(), line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn within_line_counts_over_writes_and_stops_at_the_limit() {
        let state = |line| OutputState { credit: 0, written: 0, line, closed: false, waker: None };
        for (before, bytes, expected) in [
            (0, "abc", (3, 3)),
            (2, "abc", (3, 5)),
            (3, "abc", (2, 5)),
            (5, "\nabc", (4, 3)),
            (5, "a\n", (0, 5)),
            (4, "a\nabcdef\n", (7, 5)),
            (0, "abcde\n\nabcde\n", (13, 0)),
        ] {
            assert_eq!(state(before).within_line(bytes.as_bytes(), 5), expected, "{before} {bytes:?}");
        }
    }
}

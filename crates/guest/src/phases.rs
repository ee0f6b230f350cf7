use hotcell_protocol::{Phase, PhaseSpan, Phases};
use parking_lot::Mutex;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// When a worker was made.
#[derive(Clone, Copy, Debug)]
pub struct Making {
    pub began: Instant,
    /// Its isolate was there.
    pub isolate: Instant,
    /// Its context was there, and it could be claimed.
    pub context: Instant,
}

/// Notes where a guest's time goes.
#[derive(Debug)]
pub(crate) struct PhaseClock {
    received: Instant,
    received_ms: f64,
    record: Mutex<Record>,
}

#[derive(Debug)]
struct Record {
    warm_worker: bool,
    /// Each span goes from the end of the one before, the first from the request's arrival.
    spans: Vec<(Phase, Instant)>,
}

impl Record {
    fn end(&mut self, received: Instant, phase: Phase, at: Instant) {
        let since = self.spans.last().map_or(received, |(_, end)| *end);
        match self.spans.last_mut() {
            _ if at <= since => {}
            Some((last, end)) if *last == phase => *end = at,
            _ => self.spans.push((phase, at)),
        }
    }
}

impl PhaseClock {
    pub(crate) fn start(received: Instant) -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let received_ms = since_1970.saturating_sub(received.elapsed()).as_secs_f64() * 1e3;
        let record = Record { warm_worker: false, spans: Vec::with_capacity(2 * Phase::ALL.len()) };
        Self { received, received_ms, record: Mutex::new(record) }
    }

    /// Puts the time from the last call's until `at` down to `phase`.
    pub(crate) fn end(&self, phase: Phase, at: Instant) {
        self.record.lock().end(self.received, phase, at);
    }

    /// Ends the wait for a worker. Where it was parked, all of the wait was [`Phase::Claim`]; else that is what was not its
    /// making.
    pub(crate) fn claimed(&self, making: Option<Making>, at: Instant) {
        let mut record = self.record.lock();
        record.warm_worker = making.is_none();
        if let Some(Making { began, isolate, context }) = making {
            record.end(self.received, Phase::Claim, began);
            record.end(self.received, Phase::IsolateNew, isolate);
            record.end(self.received, Phase::Context, context);
        }
        record.end(self.received, Phase::Claim, at);
    }

    pub(crate) fn report(&self) -> Phases {
        let record = self.record.lock();
        let microseconds = |from: Instant, to: Instant| (to - from).as_nanos() as f64 / 1e3;
        let mut start = self.received;
        let spans = record.spans.iter().map(|(phase, end)| {
            let span = PhaseSpan {
                phase: *phase,
                start_us: microseconds(self.received, start),
                duration_us: microseconds(start, *end),
            };
            start = *end;
            span
        });
        Phases { received_ms: self.received_ms, spans: spans.collect(), warm_worker: record.warm_worker }
    }
}

use crate::bounded::BoundedLru;
use crate::{BlobDigest, CacheBounds};
use crossbeam_channel::{Receiver, Sender, bounded};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};

/// What an engine made of programs, by digest and within bounds: made once, however many ask at the same time.
///
/// `E` is why making failed. A failure goes to those who were waiting for that attempt and is then forgotten: the next who
/// asks tries again. An attempt that is given up (its guest was killed, say) fails nobody: one of those who waited makes it
/// instead.
pub struct DerivedCache<T, E> {
    shared: Arc<Mutex<State<T, E>>>,
}

struct State<T, E> {
    made: BoundedLru<Arc<T>>,
    flights: HashMap<BlobDigest, Arc<FlightState<T, E>>>,
    hits: u64,
    misses: u64,
}

/// What a [`DerivedCache`] holds, and how often it was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DerivedStats {
    pub entries: usize,
    /// The weight of the entries together.
    pub bytes: u64,
    /// Claims that found the value.
    pub hits: u64,
    /// Claims that did not: whoever asked makes it, or waits for another who does.
    pub misses: u64,
}

struct FlightState<T, E> {
    /// Disconnected when the attempt has ended; nothing is ever sent.
    ended: Receiver<Infallible>,
    /// Those who wait without a thread. `None` once the attempt has ended.
    wakers: Mutex<Option<Vec<Waker>>>,
    /// Empty after the end where the attempt was given up.
    result: OnceLock<Result<Arc<T>, E>>,
}

/// What one who asks is to do.
#[derive(Debug)]
pub enum Claim<T, E> {
    /// Nothing: here it is.
    Ready(Arc<T>),
    /// Make it.
    Make(MakeTicket<T, E>),
    /// Wait for another, who makes it now.
    Wait(Flight<T, E>),
}

impl<T, E: Clone> DerivedCache<T, E> {
    /// An empty cache. It takes memory as it fills.
    pub fn new(bounds: CacheBounds) -> Self {
        let state = State { made: BoundedLru::new(bounds), flights: HashMap::new(), hits: 0, misses: 0 };
        Self { shared: Arc::new(Mutex::new(state)) }
    }

    /// Asks without waiting: for those who have more to wait for than this, such as their own guest's end.
    pub fn claim(&self, digest: BlobDigest) -> Claim<T, E> {
        let mut state = self.shared.lock();
        if let Some(value) = state.made.get(&digest) {
            let value = value.clone();
            state.hits += 1;
            return Claim::Ready(value);
        }
        state.misses += 1;
        if let Some(flight) = state.flights.get(&digest) {
            return Claim::Wait(Flight { state: flight.clone() });
        }
        let (end, ended) = bounded(0);
        let flight = Arc::new(FlightState { ended, wakers: Mutex::new(Some(Vec::new())), result: OnceLock::new() });
        state.flights.insert(digest, flight.clone());
        drop(state);
        Claim::Make(MakeTicket { cache: self.clone(), digest, flight, end: Some(end) })
    }

    /// Gives what was made of that program, makes it, or waits for another who does. `make` returns the value and its
    /// weight in bytes, which counts against [`CacheBounds::bytes`]; it must not ask for the same program, whose end it
    /// would wait for itself.
    ///
    /// # Errors
    /// What `make` returned, to whoever called it and to those who waited for that call.
    ///
    /// # Panics
    /// Where `make` does; those who waited then make it themselves.
    pub fn get_or_make(&self, digest: BlobDigest, make: impl FnOnce() -> Result<(T, u64), E>) -> Result<Arc<T>, E> {
        loop {
            match self.claim(digest) {
                Claim::Ready(value) => return Ok(value),
                Claim::Make(ticket) => {
                    return match make() {
                        Ok((value, bytes)) => Ok(ticket.made(value, bytes)),
                        Err(error) => {
                            ticket.failed(error.clone());
                            Err(error)
                        }
                    };
                }
                Claim::Wait(flight) => {
                    if let Some(result) = flight.wait() {
                        return result;
                    }
                }
            }
        }
    }

    /// The counters.
    pub fn stats(&self) -> DerivedStats {
        let state = self.shared.lock();
        DerivedStats { entries: state.made.len(), bytes: state.made.bytes(), hits: state.hits, misses: state.misses }
    }
}

impl<T, E> Clone for DerivedCache<T, E> {
    /// The same cache, not a copy of it.
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

impl<T, E> fmt::Debug for DerivedCache<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DerivedCache").finish_non_exhaustive()
    }
}

/// The task of making a value, for which others perhaps wait. Dropping it gives the task up: one of them takes it over.
#[must_use = "others wait until this is used or dropped"]
pub struct MakeTicket<T, E> {
    cache: DerivedCache<T, E>,
    digest: BlobDigest,
    flight: Arc<FlightState<T, E>>,
    /// Dropped at the end, which wakes those who wait.
    end: Option<Sender<Infallible>>,
}

impl<T, E> MakeTicket<T, E> {
    /// The attempt that this is the task of, for whoever has another thread perform it and waits.
    pub fn flight(&self) -> Flight<T, E> {
        Flight { state: self.flight.clone() }
    }

    /// Puts the value into the cache, `bytes` heavy, and hands it to those who wait. One that is heavier than the cache's
    /// bound goes to them, but is not kept.
    pub fn made(self, value: T, bytes: u64) -> Arc<T> {
        let value = Arc::new(value);
        let evicted = {
            let mut state = self.cache.shared.lock();
            state.made.insert(self.digest, value.clone(), bytes)
        };
        for entry in evicted {
            tracing::debug!(digest = %entry.digest, bytes = entry.bytes, "derived module evicted");
        }
        let _ = self.flight.result.set(Ok(value.clone()));
        value
    }

    /// Tells those who wait that it can't be made.
    pub fn failed(self, error: E) {
        let _ = self.flight.result.set(Err(error));
    }
}

impl<T, E> Drop for MakeTicket<T, E> {
    fn drop(&mut self) {
        self.cache.shared.lock().flights.remove(&self.digest);
        drop(self.end.take());
        let wakers = self.flight.wakers.lock().take();
        wakers.into_iter().flatten().for_each(Waker::wake);
    }
}

impl<T, E> fmt::Debug for MakeTicket<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MakeTicket").field("digest", &self.digest).finish_non_exhaustive()
    }
}

/// Somebody else's attempt at making a value.
pub struct Flight<T, E> {
    state: Arc<FlightState<T, E>>,
}

impl<T, E: Clone> Flight<T, E> {
    /// A channel that disconnects when the attempt has ended, to wait on beside others. Nothing ever comes out of it.
    pub fn ended(&self) -> &Receiver<Infallible> {
        &self.state.ended
    }

    /// How the attempt ended. `None` where it has not, or was given up: after the end, that means to claim again.
    pub fn result(&self) -> Option<Result<Arc<T>, E>> {
        self.state.result.get().cloned()
    }

    /// Waits for the end of the attempt without a thread: pending until then. `None` where it was given up: claim again.
    pub fn poll_result(&self, context: &mut Context<'_>) -> Poll<Option<Result<Arc<T>, E>>> {
        if let Some(wakers) = &mut *self.state.wakers.lock() {
            if !wakers.iter().any(|waker| waker.will_wake(context.waker())) {
                wakers.push(context.waker().clone());
            }
            return Poll::Pending;
        }
        Poll::Ready(self.result())
    }

    /// Waits for the end of the attempt. `None` where it was given up: claim again.
    pub fn wait(&self) -> Option<Result<Arc<T>, E>> {
        let Err(_disconnected) = self.state.ended.recv();
        self.result()
    }
}

impl<T, E> fmt::Debug for Flight<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flight").finish_non_exhaustive()
    }
}

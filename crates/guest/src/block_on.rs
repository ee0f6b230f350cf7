use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Instant;

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future to its end on the calling thread, which is parked while the future waits: until it is woken, or until the
/// moment that `wakes_at` gives, if any.
pub(crate) fn block_on<F: Future>(mut future: Pin<&mut F>, wakes_at: impl Fn() -> Option<Instant>) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        match wakes_at() {
            None => thread::park(),
            Some(moment) => thread::park_timeout(moment.saturating_duration_since(Instant::now())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::block_on;
    use std::future::poll_fn;
    use std::pin::pin;
    use std::task::Poll;
    use std::time::{Duration, Instant};

    #[test]
    fn block_on_wakes_for_another_thread() {
        let mut started = false;
        let future = pin!(poll_fn(|context| {
            if std::mem::replace(&mut started, true) {
                return Poll::Ready(7);
            }
            let waker = context.waker().clone();
            std::thread::spawn(move || waker.wake());
            Poll::Pending
        }));
        assert_eq!(block_on(future, || None), 7);
    }

    #[test]
    fn block_on_wakes_at_the_moment() {
        let moment = Instant::now() + Duration::from_millis(20);
        let future = pin!(poll_fn(|_| if Instant::now() >= moment { Poll::Ready(()) } else { Poll::Pending }));
        block_on(future, || Some(moment));
        assert!(Instant::now() >= moment);
    }
}
